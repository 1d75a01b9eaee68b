#!/bin/sh
# Builds build/lib__NAME__.so. ALPHALOOP_SDK: the PluginSDK folder of Alpha Loop, where it is not installed.
set -eu
cd "$(dirname "$0")"
# `alphaloop plugin new` leaves the path of the SDK it copied this from.
[ -n "${ALPHALOOP_SDK:-}" ] || [ ! -f .alphaloop-sdk ] || ALPHALOOP_SDK=$(cat .alphaloop-sdk)
for sdk in "${ALPHALOOP_SDK:-}" /usr/local/share/alphaloop/PluginSDK /usr/share/alphaloop/PluginSDK; do
  [ -n "$sdk" ] && [ -f "$sdk/Package.swift" ] && break
  sdk=
done
if [ -z "$sdk" ]; then
  echo "build.sh: no plugin SDK found; set ALPHALOOP_SDK to the PluginSDK folder of Alpha Loop" >&2
  exit 2
fi
ALPHALOOP_SDK=$(cd "$sdk" && pwd) swift build -c release --product __NAME__
mkdir -p build
# Under a fresh inode: a file that a running host has mapped must not be written over.
cp .build/release/lib__NAME__.so build/.lib__NAME__.so
mv build/.lib__NAME__.so build/lib__NAME__.so
echo "build/lib__NAME__.so"
