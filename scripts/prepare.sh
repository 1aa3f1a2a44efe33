# For scripts/test and scripts/quickstart, which source it: packages and the build.
#
#   weir_packages SECTION...   installs what packages.txt lists there and is missing, and says which
#   weir_packages_if_possible SECTION...   the same, but what cannot be had is only named: its tests are skipped
#   weir_cuda                  without a CUDA toolkit on this machine: brings its compiler and runtime from PyPI and
#                              sets CUDA_HOME to them; where that fails, the CUDA half is off
#   weir_build DIR             configures and builds the tree of this script in DIR; of it only $weir_target, where that is set
#
# Without apt-get, or without root or sudo: one line with the list of what is missing, exit 2.

weir_root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

weir_missing() {
  local section package unless wanted
  while read -r section package unless; do
    [[ $section == "" || $section == \#* ]] && continue
    for wanted in "$@"; do
      [[ $section == "$wanted" ]] || continue
      [[ -n $unless ]] && command -v "$unless" > /dev/null && continue
      [[ $(dpkg-query -W -f '${db:Status-Status}' "$package" 2> /dev/null) == installed ]] || echo "$package"
    done
  done < "$weir_root/scripts/packages.txt" | sort -u
}

weir_packages() {
  local missing
  mapfile -t missing < <(weir_missing "$@")
  ((${#missing[@]} == 0)) || weir_install "${missing[@]}"
}

# No package of these may fail the command, nor start a server on a machine that is in use.
weir_packages_if_possible() {
  local missing package
  mapfile -t missing < <(weir_missing "$@")
  ((${#missing[@]} == 0)) && return
  if [[ $* == *servers* && -d /run/systemd/system ]]; then
    echo "weir: not installed here, because they would be started as services: ${missing[*]}; tests that need them are skipped" >&2
    return
  fi
  (weir_install "${missing[@]}") && return
  for package in "${missing[@]}"; do
    (weir_install "$package") || echo "weir: going on without $package; tests that need it are skipped" >&2
  done
}

weir_install() {
  local missing=("$@") become=()
  if ((EUID != 0)); then become=(sudo); fi
  if ! command -v apt-get > /dev/null || { ((EUID != 0)) && ! command -v sudo > /dev/null; }; then
    echo "weir: cannot install packages here (needs apt-get, and root or sudo); missing: ${missing[*]}" >&2
    exit 2
  fi
  echo "weir: installing ${missing[*]}"
  # RUNLEVEL: what a package would start, it does not.
  local install=("${become[@]}" env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 apt-get install -y -qq --no-install-recommends "${missing[@]}")
  if ! "${install[@]}" > /dev/null 2>&1; then
    # The package lists may be missing or old.
    if ! { "${become[@]}" apt-get update -qq && "${install[@]}" > /dev/null; }; then
      echo "weir: apt-get could not install all of: ${missing[*]}" >&2
      exit 2
    fi
  fi
}

weir_has_toolkit() {
  local place compiler
  compiler=$(command -v nvcc || true)
  [[ -n $compiler ]] && compiler=$(dirname "$(readlink -f "$compiler")")/..
  for place in "${CUDA_HOME:-}" "${CUDA_PATH:-}" /usr/local/cuda /opt/cuda /usr "$compiler"; do
    [[ -n $place && -e $place/include/cudaTypedefs.h ]] && return
  done
  return 1
}

weir_cuda() {
  local home=$weir_root/build/cuda wheels
  weir_has_toolkit && return
  if [[ ! -e $home/complete ]]; then
    mapfile -t wheels < <(grep -v '^#' "$weir_root/scripts/cuda_wheels.txt")
    echo "weir: bringing the CUDA compiler and runtime from PyPI: ${wheels[*]}"
    rm -rf "$home"
    mkdir -p "$home"
    if ! python3 -m pip install --quiet --disable-pip-version-check --no-deps --target "$home/wheels" "${wheels[@]}" \
      > "$home/pip.log" 2>&1; then
      echo "weir: could not bring them (see ${home#"$weir_root"/}/pip.log): the CUDA half is off, its tests are skipped" >&2
      return 0
    fi
    # The wheels lack what a linker looks for.
    mv "$home"/wheels/nvidia/cu13/* "$home"
    ln -s lib "$home/lib64"
    ln -s libcudart.so.13 "$home/lib/libcudart.so"
    touch "$home/complete"
  fi
  export CUDA_HOME=$home
}

weir_build() {
  local directory=$1 log
  shift
  log=$directory/build.log
  mkdir -p "$directory"
  echo "weir: building in ${directory#"$weir_root"/}: some minutes, with the output in ${log#"$weir_root"/}"
  if ! { cmake -S "$weir_root" -B "$directory" -G Ninja -DCMAKE_BUILD_TYPE=RelWithDebInfo "$@" &&
    cmake --build "$directory" ${weir_target:+--target "$weir_target"}; } > "$log" 2>&1; then
    tail -n 60 "$log" >&2
    echo "weir: the build failed; all of its output is in $log" >&2
    exit 1
  fi
}
