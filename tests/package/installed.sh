# For install.sh and deb.sh, which source it: is the tree under a prefix a working weir?

fail() {
  echo "FAILED: $*" >&2
  exit 1
}

# installed_works PREFIX LEAKY-PROGRAM: `weir run` from there, with nothing of the build tree in sight.
installed_works() {
  local prefix=$1 leaky=$2 status=0 work
  work=$(mktemp -d -p "$scratch")
  (cd "$work" && "$prefix/bin/weir" run -o p.weir -- "$leaky") 2> "$work/stderr" || status=$?
  ((status == 3)) || fail "weir run from $prefix ended with $status, not 3: $(cat "$work/stderr")"
  "$prefix/bin/weir" report --format text "$work/p.weir" > "$work/report" || fail "weir report from $prefix failed"
  grep -q lose_small "$work/report" || fail "the report does not name lose_small: $(cat "$work/report")"
  "$prefix/bin/weir" --version | grep -q '[0-9]\.[0-9]' || fail "no version"
  local preload
  preload=$(find "$prefix" -name libweir.so)
  LD_PRELOAD=$preload WEIR_OUT=$work/q.weir WEIR_QUIET=1 "$leaky" || status=$?
  [[ -s $work/q.weir ]] || fail "LD_PRELOAD=$preload left no profile"
  if nm -D --defined-only "$preload" | grep -qE ' (je_|mallctl)'; then fail "$preload shows its jemalloc"; fi
}
