#!/usr/bin/env bash
# Builds the project and runs all its tests; on a fresh Debian 12 it installs what they need first.
#   tests/run.sh [CTEST ARGUMENT...]      e.g. tests/run.sh -R secret_test
# The build is in build/tests; with CI set, warnings are errors.
set -euo pipefail
top=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd)
export OAUTH_TOKEN_BUILD=$top/build/tests

"$top/tests/support/install-packages.sh" build servers tests desktop
"$top/tests/support/build.sh"
"$top/tests/servers/oidc-provider/start.sh" install
exec ctest --test-dir "$OAUTH_TOKEN_BUILD" --output-on-failure --no-tests=error -j "$(($(nproc) + 2))" "$@"
