#!/usr/bin/env bash
# build.sh: builds the project and its tests in build/tests; with CI set, warnings are errors.
set -euo pipefail
top=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.." && pwd)
build=$top/build/tests
cmake -S "$top" -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=RelWithDebInfo \
  -DOAUTH_TOKEN_WERROR="${CI:+ON}" -DCMAKE_CXX_COMPILER_LAUNCHER="$(command -v ccache || true)"
cmake --build "$build"
