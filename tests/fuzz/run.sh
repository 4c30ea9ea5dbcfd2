#!/usr/bin/env bash
# Fuzzes the parsers with libFuzzer, AddressSanitizer and UBSan.
#   tests/fuzz/run.sh [-ck] [-b FOLDER] [-j JOBS] [SECONDS [TARGET...]]     default: 10 seconds each, all targets
#   -b  builds there (build/fuzz)
#   -j  so many targets at the same time (1)
#   -c  counts seconds of processor time, however long that takes on a busy machine (a campaign: -ck 1200)
#   -k  keeps what is new: the corpora in tests/fuzz/corpus are made anew, as small as they reach the same code
# Ends with the first finding, whose input stays in FOLDER/findings; a mended one becomes a file of the corpus.
set -euo pipefail
here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
top=$(cd -- "$here/../.." && pwd)
build=$top/build/fuzz
keep=
processor_time=
jobs=1
while getopts b:cj:k option; do
  case $option in
  b) build=$(realpath -m -- "$OPTARG") ;;
  j) jobs=$OPTARG ;;
  c) processor_time=1 ;;
  k) keep=1 ;;
  *) exit 2 ;;
  esac
done
shift $((OPTIND - 1))
seconds=${1:-10}
[ $# = 0 ] || shift

"$top/tests/support/install-packages.sh" build checks tests
cmake -S "$top" -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=RelWithDebInfo -DCMAKE_CXX_COMPILER=clang++-14 \
  -DCMAKE_CXX_FLAGS_RELWITHDEBINFO="-O1 -g1" -DOAUTH_TOKEN_WERROR=ON -DOAUTH_TOKEN_FUZZ=ON \
  -DOAUTH_TOKEN_SANITIZE=address,undefined -DCMAKE_UNITY_BUILD=ON -DCMAKE_UNITY_BUILD_BATCH_SIZE=32 \
  -DCMAKE_CXX_COMPILER_LAUNCHER="$(command -v ccache || true)" >/dev/null
all=()
for source in "$here"/*.cpp; do
  name=$(basename -- "$source" .cpp)
  [ "$name" = replay ] || all+=("$name")
done
targets=("${@:-${all[@]}}")
exec {build_lock}>"$build/lock"
flock "$build_lock"
cmake --build "$build" --target "${targets[@]/#/fuzz_}" >"$build/build.log" || { tail -n 40 "$build/build.log"; exit 1; }
python3 -B "$here/seeds.py" "$build/seeds"
exec {build_lock}>&-
mkdir -p "$build/findings"

# What the children of this shell have used, in seconds. (A subshell would have none.)
measure_used() {
  times >"$build/$target.times"
  used=$(sed -n '2s/\([0-9]*\)m\([0-9]*\)[.,][^ ]* \([0-9]*\)m\([0-9]*\)[.,].*/(\1 + \3) * 60 + \2 + \4/p' "$build/$target.times")
  used=$((used))
}

fuzz_for() { # SECONDS
  "${fuzzer[@]}" -max_total_time="$1" "$build/found/$target" "$build/seeds/$target" "$here/corpus/$target" \
    2>"$build/$target.log" || { tail -n 40 "$build/$target.log"; echo "$target: a finding" >&2; exit 1; }
  measure_used
  runs=$((runs + $(sed -n 's/^stat::number_of_executed_units: *//p' "$build/$target.log")))
}

fuzz_target() {
  mkdir -p "$build/found/$target" "$here/corpus/$target"
  fuzzer=("$build/bin/fuzz_$target" -artifact_prefix="$build/findings/$target-" -print_final_stats=1 -max_len=8192)
  runs=0
  measure_used
  before=$used
  if [ -z "$processor_time" ]; then
    fuzz_for "$seconds"
  else
    until ((left = seconds - used + before, left <= 0)); do
      fuzz_for "$((left < 300 ? left : 300))"
    done
  fi
  echo "$target: $runs runs in $((used - before)) s of processor time without a finding"
  [ -n "$keep" ] || return 0
  mkdir -p "$build/merged/$target"
  "${fuzzer[@]}" -merge=1 -use_counters=0 "$build/merged/$target" "$here/corpus/$target" "$build/seeds/$target" "$build/found/$target" \
    2>>"$build/$target.log"
  # Those with a name are what was found and mended.
  find "$here/corpus/$target" -type f -regex '.*/[0-9a-f]+' -delete
  cp -n -- "$build/merged/$target"/* "$here/corpus/$target"
  rm -rf -- "$build/merged/$target"
}

trap 'mapfile -t left < <(jobs -rp); [ ${#left[@]} = 0 ] || kill "${left[@]}"' EXIT
for target in "${targets[@]}"; do
  mapfile -t running < <(jobs -rp)
  [ ${#running[@]} -lt "$jobs" ] || wait -n
  fuzz_target &
done
while mapfile -t running < <(jobs -p) && [ ${#running[@]} -gt 0 ]; do wait -n; done
