#!/usr/bin/env bash
# oidc-provider, from npm, as an authorization server on localhost over https; needs node (18 or later) and npm.
#   start.sh install          installs its modules into the build folder ($OAUTH_TOKEN_BUILD), where all instances share them
#   start.sh start DIR        starts one (installing if that was not done yet), prints KEY='VALUE' lines
#   start.sh env DIR          prints them again
#   start.sh stop DIR         ends it
# DIR/requests.jsonl has every request as it was received. PORT=N picks the port, else any free one.
here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=tests/servers/common.sh
. "$here/../common.sh"

long=$(printf '0123456789abcdef%.0s' {1..256})

install_modules() { # FOLDER
  cp -- "$here/package.json" "$here/package-lock.json" "$1/"
  (cd -- "$1" && npm ci --omit=dev --ignore-scripts --no-audit --no-fund >npm.log 2>&1) ||
    { cat "$1/npm.log" >&2; die "npm could not install oidc-provider"; }
}

make_keys() { # FOLDER
  make_ca "$1/ca" "oidc-provider's test CA"
  make_ca "$1/wrong-ca" "a stranger's CA"
  make_certificate "$1/tls" "$1/ca" localhost 'subjectAltName=DNS:localhost,IP:127.0.0.1' 'extendedKeyUsage=serverAuth'
  make_client_certificates "$1" tls-client selfsigned-client
  local name
  for name in rs256 ps256 server-rs256; do make_key "$1/$name" -algorithm RSA -pkeyopt rsa_keygen_bits:2048; done
  for name in es256 server-es256; do make_key "$1/$name" -algorithm EC -pkeyopt ec_paramgen_curve:P-256; done
  make_key "$1/es384" -algorithm EC -pkeyopt ec_paramgen_curve:P-384
  make_key "$1/eddsa" -algorithm ED25519
}

print_env() {
  local base name
  base=https://localhost:$(cat "$dir/port")
  say SERVER oidc-provider
  say DIR "$dir"
  say PID "$(running)"
  say LOG "$dir/server.log"
  say REQUESTS "$dir/requests.jsonl"
  say BASE_URL "$base"
  say ISSUER "$base"
  say TOKEN_ENDPOINT "$base/token"
  say INTROSPECTION_ENDPOINT "$base/token/introspection"
  say REVOCATION_ENDPOINT "$base/token/revocation"
  say USERINFO_ENDPOINT "$base/me"
  say MTLS_URL "https://localhost:$(cat "$dir/port-mtls")" # asks for client certificates; its endpoints are aliases
  say CA_FILE "$dir/ca.pem"
  say WRONG_CA_FILE "$dir/wrong-ca.pem"
  jq -r '
    def named($suffix): {id, secret} | to_entries[] | ["CLIENT_" + (.key | ascii_upcase) + $suffix, .value];
    .clients | to_entries[] | .key as $key | .value
    | named(if $key == "basic" then "" else "_" + ($key | ascii_upcase) end) | @tsv' "$here/accounts.json" |
    while IFS=$'\t' read -r name value; do say "$name" "${value//\\\\/\\}"; done
  say CLIENT_ID_LONG long-client
  say CLIENT_SECRET_LONG "$long"
  for name in public short steady norefresh refreshonly scoped dpop mtls_bound tls selfsigned; do
    say "CLIENT_ID_${name^^}" "${name//_/-}-client"
  done
  say CLIENT_ID_DPOP_NONCE dpop-nonce-client
  for name in rs256 ps256 es256 es384 eddsa; do
    say "CLIENT_ID_${name^^}" "$name-client"
    say "KEY_${name^^}" "$dir/$name.key"
    say "KID_${name^^}" "$name-1"
  done
  say_client_certificates
  say RESOURCE_OPAQUE https://api.example.com/
  say RESOURCE_JWT https://jwt.example.com/
  print_user '' alice
  print_user _EMOJI 'jörg: o"brien+x@exämple.com'
  print_user _LEADING leading
  print_user _TRAILING trailing
  # the password of this user is "caf" and one byte that is no UTF-8, any
  say USERNAME_BYTES bytes
  say USERNAME_LONG long
  say PASSWORD_LONG "$long"
  say SCOPE 'read write'
  say SCOPE_OPENID 'openid email read'
  say SCOPE_UNKNOWN launch-missiles
}

print_user() { # SUFFIX NAME
  say "USERNAME$1" "$2"
  say "PASSWORD$1" "$(jq -r --arg name "$2" '.users[$name].password' "$here/accounts.json")"
}

start() {
  local modules pid
  once oidc-provider-modules install_modules "$here/package-lock.json"
  modules=$prepared/node_modules
  once oidc-provider-keys make_keys "${BASH_SOURCE[0]}" "$here/../common.sh"
  cp -- "$prepared"/* "$dir/"
  : >"$dir/requests.jsonl"
  rm -f -- "$dir/port" "$dir/port-mtls"
  setsid node "$here/server.mjs" "$dir" "$modules" </dev/null >"$dir/server.log" 2>&1 &
  pid=$!
  for _ in $(seq 600); do
    [ ! -s "$dir/port" ] || break
    kill -0 "$pid" 2>/dev/null || break
    sleep 0.05
  done
  [ -s "$dir/port" ] || { cat "$dir/server.log" >&2; kill "$pid" 2>/dev/null || true; die "the server did not start"; }
  remember_process "$pid"
  print_env >"$dir/env"
}

mode=${1-}
need node npm openssl jq flock
if [ "$mode" = install ]; then
  [ -n "${OAUTH_TOKEN_BUILD-}" ] || die "install needs OAUTH_TOKEN_BUILD, the build folder"
  open_folders "$OAUTH_TOKEN_BUILD/servers"
  once oidc-provider-modules install_modules "$here/package-lock.json"
  exit
fi
open_folders "${2-}"
serve "$mode" 'install | start|stop|env DIR'
