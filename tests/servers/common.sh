# shellcheck shell=bash
# What the server scripts beside this file share: folders, one process by its pid, KEY='VALUE' lines.
# To be sourced; sets -euo pipefail.
set -euo pipefail
umask 077
export LC_ALL=C.UTF-8

die() { echo "${0##*/}: $*" >&2; exit 1; }

need() { # COMMAND...: each must be installed
  local command
  for command; do
    command -v "$command" >/dev/null || die "needs $command, which is not installed (tests/run.sh installs it)"
  done
}

# open_folders DIR: makes $dir (this instance's own folder) and $cache (what all instances of one build share:
# installed modules, generated keys). The cache is $OAUTH_TOKEN_BUILD/servers, without a build folder DIR/cache.
open_folders() {
  [ -n "${1-}" ] || die "usage: ${0##*/} start|stop|env DIR"
  mkdir -p -- "$1"
  dir=$(cd -- "$1" && pwd)
  cache=${OAUTH_TOKEN_BUILD:+$OAUTH_TOKEN_BUILD/servers}
  cache=${cache:-$dir/cache}
  mkdir -p -- "$cache"
  cache=$(cd -- "$cache" && pwd)
}

# once NAME FUNCTION FILE...: FUNCTION fills the empty folder it is given, once however many start together, and again
# when a FILE has changed. $prepared is that folder then. A run that was cut short leaves nothing that looks finished.
once() {
  local name=$1 fill=$2 work
  shift 2
  prepared=$cache/$name-$(cat -- "$@" | sha256sum | cut -c 1-12)
  exec 9>"$prepared.lock"
  flock 9
  if [ ! -d "$prepared" ]; then
    work=$(mktemp -d "$prepared.XXXXXX")
    "$fill" "$work" 9>&-
    mv -T -- "$work" "$prepared"
  fi
  exec 9>&-
}

# The 22nd field of /proc/PID/stat, the start time, names a process for good together with its pid.
start_time() {
  local stat
  stat=$(cat "/proc/$1/stat" 2>/dev/null) || return 1
  stat=${stat##*) }
  # shellcheck disable=SC2086 # split into fields on purpose
  set -- $stat
  echo "${20}"
}

remember_process() { echo "$1 $(start_time "$1")" >"$dir/server.pid"; }

# running: prints the pid of the server of $dir, fails when there is none.
running() {
  local pid started
  [ -s "$dir/server.pid" ] && read -r pid started <"$dir/server.pid" &&
    [ "$(start_time "$pid" || true)" = "$started" ] && echo "$pid"
}

stop_server() {
  local pid
  if pid=$(running); then
    kill "$pid" 2>/dev/null || true
    for _ in $(seq 100); do
      running >/dev/null || break
      sleep 0.05
    done
    if running >/dev/null; then kill -KILL "$pid" 2>/dev/null || true; fi
  fi
  rm -f -- "$dir/server.pid"
}

# serve MODE USAGE: what each server's script does for start, env and stop; `start` is the script's own
serve() {
  case $1 in
    start)
      running >/dev/null || start
      cat "$dir/env"
      ;;
    env) cat "$dir/env" ;;
    stop) stop_server ;;
    *) die "usage: ${0##*/} $2" ;;
  esac
}

# say KEY VALUE: one line that any POSIX shell can eval
say() {
  local quote="'\\''"
  printf "%s='%s'\n" "$1" "${2//\'/$quote}"
}

# make_ca PREFIX NAME: PREFIX.pem and PREFIX.key
make_ca() {
  openssl req -x509 -newkey rsa:2048 -nodes -sha256 -days 3650 -subj "/O=oauth-token tests/CN=$2" \
    -addext "keyUsage=critical,keyCertSign,cRLSign" -keyout "$1.key" -out "$1.pem" 2>/dev/null
}

# make_certificate PREFIX CA_PREFIX NAME EXTENSION...: PREFIX.pem and PREFIX.key, signed by the CA
make_certificate() {
  local prefix=$1 ca=$2 name=$3
  shift 3
  openssl req -newkey rsa:2048 -nodes -sha256 -subj "/O=oauth-token tests/CN=$name" \
    -keyout "$prefix.key" -out "$prefix.csr" 2>/dev/null
  openssl x509 -req -in "$prefix.csr" -CA "$ca.pem" -CAkey "$ca.key" -CAcreateserial -sha256 -days 3650 \
    -extfile <(printf '%s\n' 'basicConstraints=critical,CA:FALSE' "$@") -out "$prefix.pem" 2>/dev/null
  rm -f -- "$prefix.csr"
}

# make_key PREFIX GENPKEY_OPTION...: PREFIX.key and PREFIX.pub, both PEM
make_key() {
  local prefix=$1
  shift
  openssl genpkey "$@" -out "$prefix.key" 2>/dev/null
  openssl pkey -in "$prefix.key" -pubout -out "$prefix.pub"
}

# make_client_certificates FOLDER NAME SELF_SIGNED_NAME: client, client-other (of somebody else, signed by FOLDER/ca as
# well) and client-selfsigned, each .pem and .key
make_client_certificates() {
  make_certificate "$1/client" "$1/ca" "$2" 'extendedKeyUsage=clientAuth' "subjectAltName=DNS:$2.example"
  make_certificate "$1/client-other" "$1/ca" someone-else 'extendedKeyUsage=clientAuth'
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -sha256 -days 3650 -subj "/CN=$3" \
    -keyout "$1/client-selfsigned.key" -out "$1/client-selfsigned.pem" 2>/dev/null
}

say_client_certificates() {
  local name
  for name in '' _other _selfsigned; do
    say "CLIENT_CERTIFICATE${name^^}" "$dir/client${name//_/-}.pem"
    say "CLIENT_KEY${name^^}" "$dir/client${name//_/-}.key"
  done
}
