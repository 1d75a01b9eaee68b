#!/bin/sh
# Builds build/lib__NAME__.so with rustc alone: no crates, no SDK (src/alphaloop.rs holds the headers).
# RUSTC: another compiler than the distribution's.
set -eu
cd "$(dirname "$0")"
if [ -z "${RUSTC:-}" ]; then
  if [ -x /usr/bin/rustc ]; then RUSTC=/usr/bin/rustc; else RUSTC=rustc; fi
fi
command -v "$RUSTC" >/dev/null || {
  echo "build.sh: no rustc; apt-get install rustc" >&2
  exit 2
}
RUSTC_TOOLCHAIN=$("$RUSTC" --version | cut -d' ' -f1,2)
export RUSTC_TOOLCHAIN
mkdir -p build
# Made beside and moved over: a file that a running host has mapped must not be written over.
# Panics end the process, so none leaves the plugin. lto leaves out what of the standard library is not used.
"$RUSTC" --edition 2021 --crate-type cdylib --crate-name plugin -C opt-level=3 -C lto=fat -C codegen-units=1 \
  -C panic=abort -C strip=symbols -o build/.lib__NAME__.so src/lib.rs
mv build/.lib__NAME__.so build/lib__NAME__.so
echo "build/lib__NAME__.so"
