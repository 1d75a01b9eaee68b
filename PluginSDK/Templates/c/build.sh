#!/bin/sh
# Builds build/lib__NAME__.so. ALPHALOOP_SDK: the PluginSDK folder of Alpha Loop, where it is not installed.
set -eu
cd "$(dirname "$0")"
# `alphaloop plugin new` leaves the path of the SDK it copied this from.
[ -n "${ALPHALOOP_SDK:-}" ] || [ ! -f .alphaloop-sdk ] || ALPHALOOP_SDK=$(cat .alphaloop-sdk)
for include in "${ALPHALOOP_SDK:+$ALPHALOOP_SDK/include}" /usr/local/share/alphaloop/PluginSDK/include \
  /usr/share/alphaloop/PluginSDK/include /usr/local/include /usr/include; do
  [ -n "$include" ] && [ -f "$include/alphaloop.h" ] && break
  include=
done
if [ -z "$include" ]; then
  echo "build.sh: no alphaloop.h found; set ALPHALOOP_SDK to the PluginSDK folder of Alpha Loop" >&2
  exit 2
fi
mkdir -p build
# Made beside and moved over: a file that a running host has mapped must not be written over.
# -ffp-contract=off: fused multiply-add would give other last bits on other machines.
${CC:-gcc} -std=c11 -O2 -Wall -Wextra -Wpedantic -ffp-contract=off -fPIC -fvisibility=hidden -I"$include" \
  -shared -Wl,--version-script=plugin.map -Wl,--no-undefined -o build/.lib__NAME__.so plugin.c -lm
mv build/.lib__NAME__.so build/lib__NAME__.so
echo "build/lib__NAME__.so"
