#!/usr/bin/env bash
# Shows oauth-token doing its main job against a real authorization server, all on this machine: installs what that
# needs (the only step that asks for root), builds into build/quickstart, starts Glewlwyd and a keyring of its own, signs
# in, uses and renews the token, signs out. Leaves nothing running, and your own keyring and settings untouched.
set -euo pipefail
top=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd)
build=$top/build/quickstart
export LC_ALL=C.UTF-8

heading() { printf '\n== %s\n' "$*"; }

quietly() { # COMMAND...: its output only when it fails
  "$@" >>"$build/log" 2>&1 || { tail -n 40 "$build/log" >&2; echo "This failed: $* (all of it: $build/log)" >&2; exit 1; }
}

# --- program, server, keyring -----------------------------------------------------------------------------------------

build_program() {
  mkdir -p "$build"
  : >"$build/log"
  quietly cmake -S "$top" -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=Release -DOAUTH_TOKEN_TESTS=OFF \
    -DOAUTH_TOKEN_PRECOMPILE=ON -DCMAKE_INSTALL_PREFIX="$build/prefix" \
    -DCMAKE_CXX_COMPILER_LAUNCHER="$(command -v ccache || true)"
  quietly cmake --build "$build"
  quietly cmake --install "$build"
  PATH=$build/prefix/bin:$PATH
}

start_server() {
  server=$work/server
  TLS=1 OAUTH_TOKEN_BUILD=$build quietly "$top/tests/servers/glewlwyd.sh" start "$server"
  # shellcheck disable=SC1091 # sets SERVER, ISSUER, CLIENT_ID, USERNAME, PASSWORD, ...
  . "$server/env"
  cp -- "$CA_FILE" ca.pem
  (umask 077 && printf %s "$CLIENT_SECRET" >client-secret)
}

start_keyring() {
  export HOME=$work XDG_RUNTIME_DIR=$work/runtime XDG_CONFIG_HOME=$work/config XDG_STATE_HOME=$work/state
  export XDG_DATA_HOME=$work/data XDG_CACHE_HOME=$work/cache DBUS_SESSION_BUS_ADDRESS=unix:path=$work/bus
  mkdir -p "$XDG_RUNTIME_DIR" "$XDG_CONFIG_HOME" "$XDG_STATE_HOME" "$XDG_DATA_HOME" "$XDG_CACHE_HOME"
  dbus-daemon --nofork --nopidfile --nosyslog --config-file="$top/tests/support/session-bus.conf" \
    --address="$DBUS_SESSION_BUS_ADDRESS" >>"$build/log" 2>&1 &
  bus=$!
  until_true "the D-Bus daemon did not start" test -S "$work/bus"
  gnome-keyring-daemon --foreground --unlock --components=secrets <<<"keyring password" >>"$build/log" 2>&1 &
  keyring=$!
  until_true "gnome-keyring did not start" keyring_is_unlocked
}

keyring_is_unlocked() {
  dbus-send --print-reply --dest=org.freedesktop.secrets /org/freedesktop/secrets/aliases/default \
    org.freedesktop.DBus.Properties.Get string:org.freedesktop.Secret.Collection string:Locked | grep -q 'boolean false'
}

until_true() { # COMPLAINT COMMAND...
  local complaint=$1
  shift
  for _ in $(seq 200); do
    ! "$@" >/dev/null 2>&1 || return 0
    sleep 0.05
  done
  echo "$complaint (see $build/log)" >&2
  exit 1
}

clean_up() {
  local pid
  for pid in ${keyring-} ${bus-}; do
    kill "$pid" 2>/dev/null || true
    wait "$pid" 2>/dev/null || true
  done
  [ -z "${server-}" ] || "$top/tests/servers/glewlwyd.sh" stop "$server" || true
  cd / && rm -rf -- "$work"
}

# --- the transcript ---------------------------------------------------------------------------------------------------

# show COMMAND_LINE: the command as one would type it, then what it says, with long tokens shortened; its standard
# output stays in the file "answer".
show() {
  printf '\n$ %s\n' "$1"
  local status=0
  eval "$1" >answer 2>messages || status=$?
  shorten messages answer
  [ "$status" = 0 ] || { echo "This ended with status $status." >&2; exit "$status"; }
}

shorten() { sed -E 's/([A-Za-z0-9_-]{12})[A-Za-z0-9_.-]{50,}/\1.../g' "$@"; }

# shellcheck disable=SC2016,SC2153 # $PASSWORD is shown as one would type it; the server's env file sets the names
sign_in_and_out() {
  heading "A profile: where the server is and who this client is; no secret in it"
  show "oauth-token profile set demo --issuer $ISSUER --cacert ca.pem --client-id $CLIENT_ID \\
    --client-secret-file client-secret --basic-encoding raw --scope openid --scope scope1"

  heading "Signing in: $USERNAME has the password $PASSWORD"
  show "printf %s \"\$PASSWORD\" | oauth-token password demo --username $USERNAME --password-stdin -o none"
  unset PASSWORD

  heading "From now on there is a valid token whenever one asks"
  show 'oauth-token token demo'
  show "oauth-token token demo -o header | curl -sS --fail --cacert ca.pem -H @- $ISSUER/userinfo"
  echo
  show 'oauth-token introspect demo'
  jq -e '.active == true' answer >/dev/null || { echo "The server does not call the token active." >&2; exit 1; }

  heading "Renewing it now, without the password"
  show 'oauth-token refresh demo -o json'
  show 'oauth-token introspect demo --field active'
  show 'oauth-token list'

  heading "Signing out, at the server and here"
  show 'oauth-token revoke demo'
  show 'oauth-token list'
}

your_own_server() {
  heading "Your own server"
  cat <<'TEXT'
Install the program (cmake --install with the prefix you like), then type

  oauth-token profile set work --issuer https://your.server --client-id YOUR_CLIENT --scope openid
  oauth-token password work
  oauth-token token work -o header | curl --fail -H @- https://your.api/

The first line asks for the client secret, if the client has one, the second for user name and password. README.md has
ready profiles for many servers.
TEXT
}

main() {
  heading "Packages"
  "$top/tests/support/install-packages.sh" build servers
  heading "Building in $build"
  build_program
  heading "Starting Glewlwyd, an authorization server, and a keyring"
  work=$(mktemp -d)
  trap clean_up EXIT
  cd "$work"
  start_server
  start_keyring
  echo "${SERVER:?} at ${ISSUER:?}"
  sign_in_and_out
  your_own_server
}

main "$@"
