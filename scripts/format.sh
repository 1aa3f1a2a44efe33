#!/usr/bin/env bash
# Formats the product's sources with Debian 12's clang-format, or with --check says which are not formatted.
set -eu
cd "$(dirname "$0")/.."
files=$(git ls-files src preload include | grep -E '\.(cpp|hpp|h)$')
if [ "${1:-}" = --check ]; then
  # shellcheck disable=SC2086
  exec clang-format --dry-run --Werror $files
fi
# shellcheck disable=SC2086
exec clang-format -i $files
