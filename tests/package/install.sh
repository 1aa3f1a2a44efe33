#!/usr/bin/env bash
# `cmake --install` into a fresh prefix: the files are there, find_package and pkg-config find them, a consumer
# of weir.h compiles and runs with and without the preload, and the tree works after it was moved.
set -euo pipefail
build=$1 leaky=$2 here=$(cd "$(dirname "$0")" && pwd)
scratch=$(mktemp -d) && trap 'rm -rf "$scratch"' EXIT
source "$here/installed.sh"

cmake --install "$build" --prefix "$scratch/first" > "$scratch/log" || fail "$(cat "$scratch/log")"
mv "$scratch/first" "$scratch/moved"
prefix=$scratch/moved
for file in bin/weir lib/libweir.so include/weir/weir.h include/weir/weir.hpp lib/cmake/weir/weirConfig.cmake \
  lib/cmake/weir/weirConfigVersion.cmake lib/pkgconfig/weir.pc; do
  [[ -f $prefix/$file ]] || fail "$file is not installed"
done
if grep -rIl -e "$build" -e "$scratch/first" "$prefix"; then fail "the files above name the place they were built in"; fi
installed_works "$prefix" "$leaky"

cmake -S "$here/consumer" -B "$scratch/consumer" -DCMAKE_PREFIX_PATH="$prefix" > "$scratch/log" 2>&1 &&
  cmake --build "$scratch/consumer" >> "$scratch/log" 2>&1 || fail "find_package: $(cat "$scratch/log")"
export PKG_CONFIG_PATH=$prefix/lib/pkgconfig
# shellcheck disable=SC2046  # words on purpose
gcc "$here/consumer/consumer.c" -o "$scratch/by-pkg-config" $(pkg-config --cflags --libs weir)
[[ -f $(pkg-config --variable=preload weir) ]] || fail "pkg-config's preload is no file: $(pkg-config --variable=preload weir)"
for program in "$scratch/consumer/consumer" "$scratch/consumer/consumer_cxx" "$scratch/by-pkg-config"; do
  [[ $("$program") == "without weir" ]] || fail "$program alone says: $("$program")"
  with=$(LD_PRELOAD=$prefix/lib/libweir.so WEIR_OUT=$scratch/c.%p.weir WEIR_QUIET=1 "$program")
  [[ $with == "with weir" ]] || fail "$program under weir says: $with"
done
echo "the installed tree works"
