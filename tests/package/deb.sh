#!/usr/bin/env bash
# `cpack -G DEB`: the package has its dependencies, and what it unpacks works from there.
set -euo pipefail
build=$1 leaky=$2 here=$(cd "$(dirname "$0")" && pwd)
command -v dpkg-shlibdeps > /dev/null || { echo "skipped: dpkg-dev is not installed"; exit 77; }
scratch=$(mktemp -d) && trap 'rm -rf "$scratch"' EXIT
source "$here/installed.sh"

cpack -G DEB --config "$build/CPackConfig.cmake" -B "$scratch" > "$scratch/log" 2>&1 || fail "$(cat "$scratch/log")"
package=$(echo "$scratch"/*.deb)
[[ -f $package ]] || fail "cpack left no package: $(cat "$scratch/log")"
depends=$(dpkg-deb -f "$package" Depends)
for wanted in libc6 libstdc++6 libdw1; do
  [[ $depends == *"$wanted"* ]] || fail "$wanted is not among its dependencies: $depends"
done
[[ $depends != *jemalloc* && $depends != *unwind* ]] || fail "it depends on what is inside or not used: $depends"
dpkg-deb -x "$package" "$scratch/unpacked"
[[ -x $scratch/unpacked/usr/bin/weir ]] || fail "no usr/bin/weir in it: $(dpkg-deb -c "$package")"
installed_works "$scratch/unpacked/usr" "$leaky"
echo "$(basename "$package") works; depends on $depends"
