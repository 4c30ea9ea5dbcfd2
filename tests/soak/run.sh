#!/usr/bin/env bash
# Whether an application can have the library in it all day: soak_host, with windows, accounts and guests, does everything at
# random for so long, at servers and a keyring that fail at random, once natively, once under valgrind's massif and once under
# memcheck.
#   tests/soak/run.sh [MINUTES [OPTION...]]      default 60; --seed N does the same again, --native-only leaves valgrind out
# Each minute all is let end, and heap, resident memory, descriptors, threads and files are counted: see verdicts.py for what
# must hold. It takes about a fifth of a processor, so it can run beside other work. What came of it is in result.md.
set -euo pipefail
here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
top=$(cd -- "$here/../.." && pwd)
export OAUTH_TOKEN_BUILD=$top/build/soak

"$top/tests/support/install-packages.sh" build servers tests desktop
cmake -S "$top" -B "$OAUTH_TOKEN_BUILD" -G Ninja -DCMAKE_BUILD_TYPE=RelWithDebInfo \
  -DCMAKE_CXX_COMPILER_LAUNCHER="$(command -v ccache || true)" >/dev/null
cmake --build "$OAUTH_TOKEN_BUILD" --target soak_host >"$OAUTH_TOKEN_BUILD/build.log" ||
  { tail -n 40 "$OAUTH_TOKEN_BUILD/build.log" >&2; exit 1; }
"$top/tests/servers/oidc-provider/start.sh" install
exec python3 -B "$here/soak.py" "${@:-60}"
