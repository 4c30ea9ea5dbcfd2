#!/usr/bin/env bash
# What everything costs, beside its peers, and whether each goal is met: whole processes, a stored token, requests of the
# library, many users in one batch, signatures, small pieces. Times of processes are medians of runs in turn, ratios are taken run by run, instructions are
# callgrind's. Beside them stand the smallest C programs that do the same job: the floor on this machine, for a goal that is
# not met. It needs a quiet machine; instructions and ratios of CPU time bear a busy one.
#   tests/bench/run.sh [ROUNDS]       default 60; five times as many for all but slow peers
# All programs use the system's default trust store, unchanged but for one test CA that a private mount adds; without the
# right to make such a mount the https rows are left out, and said to be.
set -euo pipefail
here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
top=$(cd -- "$here/../.." && pwd)
build=$top/build/bench
unset SSL_CERT_FILE SSL_CERT_DIR CURL_CA_BUNDLE http_proxy https_proxy all_proxy HTTPS_PROXY ALL_PROXY

prepare() {
  "$top/tests/support/install-packages.sh" build servers bench
  cmake -S "$top" -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=RelWithDebInfo -DOAUTH_TOKEN_TESTS=OFF \
    -DCMAKE_CXX_COMPILER_LAUNCHER="$(command -v ccache || true)" >/dev/null
  cmake --build "$build" >"$build/build.log" || { tail -n 40 "$build/build.log" >&2; exit 1; }
  cc -O2 -Wall -Wextra -o "$build/runs" "$here/runs.c"
  c++ -O2 -std=c++20 -Wall -Wextra -I "$top/include" -o "$build/bin/signing" "$here/signing.cpp" \
    "$build/liboauth_token.a" -lcrypto -ldl -pthread
  c++ -O2 -std=c++20 -Wall -Wextra -I "$top/include" -o "$build/bin/requests" "$here/requests.cpp" \
    "$build/liboauth_token.a" -lcurl -ldl -pthread
  c++ -O2 -std=c++20 -Wall -Wextra -I "$top/include" -I "$top/lib" -I "$here" -o "$build/bin/micro" "$here/micro.cpp" \
    "$build/liboauth_token.a" -lbenchmark -lcurl -ldl -pthread
  cc -O2 -Wall -Wextra -o "$build/floor-token" "$here/floor/token.c" -lcurl
  cc -O2 -Wall -Wextra -o "$build/floor-stored" "$here/floor/stored.c"
  echo 'int main(void) { return 0; }' | cc -O2 -x c -o "$build/empty" -
}

# The trust store as it is, and the CA of the bench's own server; in the bundle and in the hashed folder.
trust() { # WORK
  (
    export dir=$1
    # shellcheck source=tests/servers/common.sh
    . "$top/tests/servers/common.sh"
    make_ca "$dir/ca" "the benchmark's CA"
    make_certificate "$dir/tls" "$dir/ca" 127.0.0.1 'subjectAltName=IP:127.0.0.1'
  )
  cp -a /etc/ssl/certs "$1/certs"
  cp -- "$1/ca.pem" "$1/certs/benchmark.pem"
  ln -s benchmark.pem "$1/certs/$(openssl x509 -noout -hash -in "$1/ca.pem").0"
  cat -- "$1/ca.pem" >>"$1/certs/ca-certificates.crt"
  [ ! -e "$1/no-https" ] && mount --bind "$1/certs" /etc/ssl/certs 2>/dev/null
}

# part COMMAND...: prints its tables, and keeps what it says of the goals for the end.
part() { "$@" | awk -v goals="$goals" '/^goal /{ print >>goals; next } { print; fflush() }'; }

if [ "${1-}" = --inside ]; then
  work=$2 goals=$2/goals
  trust "$work" || touch "$work/no-https"
  part python3 -B "$here/compare.py" "$build" "$work" "$3"
  part python3 -B "$here/throughput.py" "$build" "$work"
  exit
fi

prepare
rounds=${1:-60}
work=$(mktemp -d)
goals=$work/goals
trap 'rm -rf -- "$work"' EXIT
export PYTHONPATH=$top/tests/support
own_mounts=(unshare --mount)
[ "$(id -u)" = 0 ] || own_mounts=(unshare --user --map-root-user --mount)
# A root directory that is no mount, as chroot's, cannot be made private: where nothing is shared, that is no matter.
if ! "${own_mounts[@]}" true 2>/dev/null; then
  own_mounts+=(--propagation unchanged)
  if grep -qs ' shared:' /proc/1/mountinfo /proc/self/mountinfo || ! "${own_mounts[@]}" true 2>/dev/null; then
    own_mounts=()
    touch "$work/no-https"
  fi
fi
"${own_mounts[@]}" "${BASH_SOURCE[0]}" --inside "$work" "$rounds"
part python3 -B "$here/stored.py" "$build" "$rounds"
part python3 -B "$here/batch.py" "$build" "$work"
part "$build/bin/signing" "$rounds"
part python3 -B "$here/micro.py" "$build/bin/micro"
echo
sort -V "$goals"
