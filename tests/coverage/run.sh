#!/usr/bin/env bash
# How much of lib/, cli/ and the headers the tests run, counted by Clang in the program, its modules and libraries.
#   tests/coverage/run.sh [CTEST ARGUMENT...]      default: all tests; e.g. -R journal shows what these see
# Prints lines, branches and functions of each file; build/coverage/html shows which ones. With all tests, fails below 95 %
# of lines or 90 % of branches; what is left is in left.md.
set -euo pipefail
top=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.." && pwd)
export OAUTH_TOKEN_BUILD=$top/build/coverage
profiles=$OAUTH_TOKEN_BUILD/profiles
least_lines=95
least_branches=90
jobs=${CMAKE_BUILD_PARALLEL_LEVEL:-$(nproc)}

"$top/tests/support/install-packages.sh" build servers tests desktop checks
# A run that is shut in cannot open a module's counters. Counters are shared with a file all the time (%c), one for each
# binary (%m): what is killed or replaced has counted, too.
flags="-fprofile-instr-generate=$profiles/%m%c.profraw -fcoverage-mapping -mllvm -runtime-counter-relocation"
cmake -S "$top" -B "$OAUTH_TOKEN_BUILD" -G Ninja -DCMAKE_BUILD_TYPE=RelWithDebInfo -DCMAKE_CXX_COMPILER=clang++-14 \
  -DCMAKE_CXX_FLAGS="$flags" -DCMAKE_CXX_FLAGS_RELWITHDEBINFO=-O1 -DOAUTH_TOKEN_SANDBOX=OFF \
  -DCMAKE_CXX_COMPILER_LAUNCHER="$(command -v ccache || true)" >/dev/null
cmake --build "$OAUTH_TOKEN_BUILD" -j "$jobs" >"$OAUTH_TOKEN_BUILD/build.log" ||
  { tail -n 40 "$OAUTH_TOKEN_BUILD/build.log"; exit 1; }
"$top/tests/servers/oidc-provider/start.sh" install

mapfile -t libraries < <(find "$OAUTH_TOKEN_BUILD/lib" -name '*.so')
program=$OAUTH_TOKEN_BUILD/bin/oauth-token
rm -rf -- "$profiles"
# Some tests are other users, or have a mask of their own: everyone may count.
(
  umask 000
  mkdir -- "$profiles"
  "$program" --version
  python3 -c 'import ctypes, sys; [ctypes.CDLL(path) for path in sys.argv[1:]]' "${libraries[@]}"
) >/dev/null
# Whether the tests pass is for tests/run.sh to say: a few see the counting itself. Those without the program count nothing.
ctest --test-dir "$OAUTH_TOKEN_BUILD" --output-on-failure --no-tests=error -j "$jobs" \
  -E '^(packaging|subproject|desktop|mutation_table)_test$' "$@" >"$OAUTH_TOKEN_BUILD/tests.log" ||
  sed -n '/tests passed/,$p' "$OAUTH_TOKEN_BUILD/tests.log"

llvm-profdata-14 merge -sparse -o "$OAUTH_TOKEN_BUILD/profile" "$profiles"/*.profraw
cd -- "$top"
binaries=(-object "$program")
for library in "${libraries[@]}"; do binaries+=(-object "$library"); done
what=("${binaries[@]}" -instr-profile="$OAUTH_TOKEN_BUILD/profile" -ignore-filename-regex='^(/|tests/)')
llvm-cov-14 report "${what[@]}" -show-region-summary=false | tee "$OAUTH_TOKEN_BUILD/table"
rm -rf -- "$OAUTH_TOKEN_BUILD/html"
llvm-cov-14 show "${what[@]}" -format=html -show-branches=count -output-dir="$OAUTH_TOKEN_BUILD/html" >/dev/null
[ $# = 0 ] || exit 0
awk -v lines=$least_lines -v branches=$least_branches '$1 == "TOTAL" {
  print "Lines: " $7 " (at least " lines " %). Branches: " $10 " (at least " branches " %)."
  exit !($7 + 0 >= lines && $10 + 0 >= branches) }' "$OAUTH_TOKEN_BUILD/table"
