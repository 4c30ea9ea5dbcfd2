#!/usr/bin/env bash
# build.sh: builds the project and its tests in build/tests. With CI set, warnings are errors, and nobody will use a debugger.
set -euo pipefail
top=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.." && pwd)
build=$top/build/tests
names_of_variables=-g
[ -z "${CI-}" ] || names_of_variables=-g1
cmake -S "$top" -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=RelWithDebInfo -DOAUTH_TOKEN_WERROR="${CI:+ON}" \
  -DCMAKE_CXX_FLAGS_RELWITHDEBINFO="-O2 -DNDEBUG $names_of_variables" \
  -DCMAKE_CXX_COMPILER_LAUNCHER="$(command -v ccache || true)" -DOAUTH_TOKEN_PRECOMPILE=ON
cmake --build "$build"
