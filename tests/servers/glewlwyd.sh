#!/usr/bin/env bash
# Glewlwyd, the Debian package, as an authorization server on 127.0.0.1; needs neither root nor systemd.
#   glewlwyd.sh start DIR   starts one with its own database in DIR, prints KEY='VALUE' lines
#   glewlwyd.sh env DIR     prints them again
#   glewlwyd.sh stop DIR    ends it
# TLS=1 serves https with the certificate authority that CA_FILE names. PORT=N picks the port, else any free one.
# shellcheck source=tests/servers/common.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/common.sh"

client_secret='s3cr%t:+/& ='
jwt_secret='a-long-enough-hmac-secret-0123456789'
username='jürgen+test@example.com'
# shellcheck disable=SC2016 # a password, not a variable
password='pä$$w+rd &=%20"é'
long_password=$(printf '0123456789abcdef%.0s' {1..256})

# --- the prepared server: keys and a configured database, made once --------------------------------------------------

write_configuration() { # FOLDER PORT SCHEME
  cat >"$1/glewlwyd.conf" <<CONF
port=$2
bind_address="127.0.0.1"
external_url="$3://127.0.0.1:$2"
login_url="login.html"
api_prefix="api"
log_mode="file"
log_level="DEBUG"
log_file="$1/server.log"
cookie_secure=0
session_key="GLEWLWYD2_SESSION_ID"
admin_session_authentication="cookie"
admin_scope="g_admin"
profile_scope="g_profile"
user_module_path="/usr/lib/glewlwyd/user"
client_module_path="/usr/lib/glewlwyd/client"
user_auth_scheme_module_path="/usr/lib/glewlwyd/scheme"
plugin_module_path="/usr/lib/glewlwyd/plugin"
use_secure_connection=$([ "$3" = https ] && echo true || echo false)
secure_connection_key_file="$1/tls.key"
secure_connection_pem_file="$1/tls.pem"
secure_connection_ca_file="$1/client-ca.pem"
hash_algorithm="SHA512"
database = { type = "sqlite3"; path = "$1/glewlwyd.db"; };
CONF
}

# launch FOLDER SCHEME: runs the daemon on FOLDER; $port is where. Ports lie below those that the kernel gives to
# clients; one that is taken makes the daemon end at once, and then another is tried.
launch() {
  local folder=$1 scheme=$2 pid
  for _ in $(seq 20); do
    port=${PORT:-$((12000 + RANDOM % 20000))}
    write_configuration "$folder" "$port" "$scheme"
    : >"$folder/server.log"
    if [ -s "$folder/base_url" ]; then move_database "$folder" "$scheme://127.0.0.1:$port"; fi
    setsid glewlwyd --config-file="$folder/glewlwyd.conf" </dev/null >"$folder/stdout" 2>&1 9>&- &
    pid=$!
    for _ in $(seq 400); do
      if grep -q 'Glewlwyd started on port' "$folder/server.log"; then
        launched=$pid
        return
      fi
      kill -0 "$pid" 2>/dev/null || break
      sleep 0.05
    done
    kill "$pid" 2>/dev/null || true
    wait "$pid" 2>/dev/null || true
    [ -z "${PORT-}" ] || break
  done
  tail -n 20 "$folder/server.log" "$folder/stdout" >&2
  die "the server did not start"
}

# The database holds the issuers: they move with the port.
move_database() { # FOLDER NEW_BASE_URL
  local old
  old=$(cat "$1/base_url")
  sqlite3 "$1/glewlwyd.db" \
    "UPDATE g_plugin_module_instance SET gpmi_parameters = replace(gpmi_parameters, '\"$old/', '\"$2/');"
  echo "$2" >"$1/base_url"
}

api() { # PATH JSON: POST to the administration API, signed in by the cookies of the first call
  local answer
  answer=$(curl -sS --noproxy '*' --max-time 20 -b "$work/cookies" -c "$work/cookies" -H 'Content-Type: application/json' \
    --data-binary "$2" -w '\n%{http_code}' "$base/api/$1")
  [ "${answer##*$'\n'}" = 200 ] || die "administration call $1 failed: $answer"
}

add_user() { # NAME PASSWORD [ENABLED]
  api user/ "$(jq -n --arg name "$1" --arg password "$2" --argjson enabled "${3:-true}" \
    '{username: $name, name: $name, email: "", password: $password, scope: ["openid", "scope1"], enabled: $enabled}')"
}

add_client() { # ID SECRET METHODS [MORE]
  local more=${4-}
  api client/ "$(jq -n --arg id "$1" --arg secret "$2" --argjson methods "$3" --argjson more "${more:-null}" '
    {client_id: $id, name: $id, confidential: true, enabled: true, client_secret: $secret, scope: ["scope1"],
     authorization_type: ["password", "refresh_token", "client_credentials", "delete_token"],
     token_endpoint_auth_method: $methods, redirect_uri: ["https://client.invalid/"]} + $more
    | if .client_secret == "" then del(.client_secret) else . end')"
}

add_openid_plugin() { # NAME REFRESH_TOKENS_USED_ONCE (always|never)
  api mod/plugin/ "$(jq -n --arg name "$1" --arg once "$2" --arg issuer "$base/api/$1" \
    --rawfile key "$work/server.key" --rawfile public "$work/server.pub" '
    {module: "oidc", name: $name, display_name: $name, enabled: true, parameters: {
      iss: $issuer, "jwt-type": "rsa", "jwt-key-size": "256", key: $key, cert: $public, "jwks-show": true,
      "code-duration": 600, "access-token-duration": 3600, "refresh-token-duration": 1209600,
      "refresh-token-one-use": $once, "refresh-token-rolling": ($once == "never"),
      "allow-non-oidc": true, "allowed-scope": ["openid", "scope1"],
      "auth-type-password-enabled": true, "auth-type-refresh-enabled": true, "auth-type-client-enabled": true,
      "auth-type-code-enabled": true, "auth-type-token-enabled": true, "auth-type-implicit-enabled": true,
      "auth-type-device-enabled": false, "auth-type-none-enabled": false,
      "introspection-revocation-allowed": true, "introspection-revocation-allow-target-client": true,
      "introspection-revocation-auth-scope": [], "request-parameter-allow": true, "request-maximum-exp": 3600,
      "client-cert-source": "TLS", "client-cert-use-endpoint-aliases": true, "client-cert-self-signed-allowed": true,
      "client-pubkey-parameter": "pubkey", "client-jwks-parameter": "jwks", "client-jwks_uri-parameter": "jwks_uri",
      "subject-type": "public", "name-claim": "on-demand", "email-claim": "no", "scope-claim": "no"}}')"
}

add_oauth2_plugin() { # NAME
  api mod/plugin/ "$(jq -n --arg name "$1" --rawfile key "$work/server.key" --rawfile public "$work/server.pub" '
    {module: "oauth2-glewlwyd", name: $name, display_name: $name, enabled: true, parameters: {
      "jwt-type": "rsa", "jwt-key-size": "256", key: $key, cert: $public, "code-duration": 600,
      "access-token-duration": 3600, "refresh-token-duration": 1209600, "refresh-token-rolling": true,
      "auth-type-password-enabled": true, "auth-type-refresh-enabled": true, "auth-type-client-enabled": true,
      "auth-type-code-enabled": true, "auth-type-implicit-enabled": true, "auth-type-device-enabled": false,
      "introspection-revocation-allowed": true, "introspection-revocation-allow-target-client": true,
      "introspection-revocation-auth-scope": []}}')"
}

key_set() { # the two client keys as a JWK set
  local modulus point
  modulus=$(openssl rsa -pubin -in "$work/rs256.pub" -noout -modulus | sed 's/^Modulus=//' | hex_to_base64url)
  point=$(openssl pkey -pubin -in "$work/es256.pub" -outform DER | tail -c 64 | od -An -tx1 -v | tr -d ' \n')
  jq -n --arg n "$modulus" --arg x "$(hex_to_base64url <<<"${point:0:64}")" --arg y "$(hex_to_base64url <<<"${point:64}")" \
    '{keys: [{kty: "RSA", kid: "rs-1", use: "sig", alg: "RS256", e: "AQAB", n: $n},
             {kty: "EC", kid: "es-1", use: "sig", alg: "ES256", crv: "P-256", x: $x, y: $y}]}'
}

certificate_set() { # the self-signed certificate of a client as a JWK set
  local point
  point=$(openssl x509 -in "$work/client-selfsigned.pem" -noout -pubkey | openssl pkey -pubin -outform DER | tail -c 64 |
    od -An -tx1 -v | tr -d ' \n')
  jq -n --arg x "$(hex_to_base64url <<<"${point:0:64}")" --arg y "$(hex_to_base64url <<<"${point:64}")" \
    --arg certificate "$(openssl x509 -in "$work/client-selfsigned.pem" -outform DER | base64 -w 0)" \
    '{keys: [{kty: "EC", kid: "cert-1", use: "sig", crv: "P-256", x: $x, y: $y, x5c: [$certificate]}]}'
}

hex_to_base64url() { python3 -c '
import base64, sys
print(base64.urlsafe_b64encode(bytes.fromhex(sys.stdin.read())).decode().rstrip("="))'; }

fill_accounts() {
  local both='["client_secret_basic", "client_secret_post"]'
  api auth/ '{"username": "admin", "password": "password"}'
  for scope in scope1 scope2; do
    api scope/ "$(jq -n --arg name "$scope" '{name: $name, display_name: $name, description: $name,
      password_required: true, password_max_age: 0, scheme: {}}')"
  done
  add_user "$username" "$password"
  add_user plain plainpassword
  add_user disabled disabledpassword false
  add_user emoji 'пароль🔑+%2B:/?&=#'
  add_user leading '@leading'
  add_user trailing 'a space at the end '
  add_user long "$long_password"
  add_client rp-basic "$client_secret" "$both"
  add_client rp-post-only "$client_secret" '["client_secret_post"]'
  add_client rp-basic-only "$client_secret" '["client_secret_basic"]'
  add_client rp-plain plainsecret "$both"
  add_client rp-emoji 'секрет🔑+%2B:/?&=#' "$both"
  add_client 'rp:colon %41+é' plainsecret "$both"
  add_client rp-nopassword "$client_secret" "$both" '{"authorization_type": ["client_credentials"]}'
  add_client rp-secret-jwt "$jwt_secret" '["client_secret_jwt"]'
  add_client rp-rs256 "" '["private_key_jwt"]' "$(jq -n --rawfile key "$work/rs256.pub" '{pubkey: $key}')"
  add_client rp-es256 "" '["private_key_jwt"]' "$(jq -n --rawfile key "$work/es256.pub" '{pubkey: $key}')"
  add_client rp-jwks "" '["private_key_jwt"]' "$(key_set | jq '{jwks: .}')"
  add_client rp-tls "" '["tls_client_auth"]' '{"tls_client_auth_san_dns": "rp-tls.example"}'
  add_client rp-selfsigned "" '["self_signed_tls_client_auth"]' "$(certificate_set | jq '{jwks: .}')"
  add_client rp-public "" '["none"]' '{"confidential": false, "authorization_type": ["password", "refresh_token"]}'
  add_openid_plugin oidc always
  add_openid_plugin oidcroll never
  add_oauth2_plugin oauth2
}

prepare() { # FOLDER
  local work=$1 base port launched
  make_ca "$work/ca" "Glewlwyd's test CA"
  make_certificate "$work/tls" "$work/ca" 127.0.0.1 'subjectAltName=IP:127.0.0.1,DNS:localhost'
  make_client_certificates "$work" rp-tls rp-selfsigned
  cat "$work/ca.pem" "$work/client-selfsigned.pem" >"$work/client-ca.pem"
  make_key "$work/server" -algorithm RSA -pkeyopt rsa_keygen_bits:2048
  make_key "$work/rs256" -algorithm RSA -pkeyopt rsa_keygen_bits:2048
  make_key "$work/es256" -algorithm EC -pkeyopt ec_paramgen_curve:P-256
  # The package's own initial database: administrator admin, password "password".
  sqlite3 "$work/glewlwyd.db" </usr/share/dbconfig-common/data/glewlwyd/install/sqlite3
  launch "$work" http
  base=http://127.0.0.1:$port
  # shellcheck disable=SC2064 # the pid of now
  trap "kill $launched 2>/dev/null || true" EXIT
  fill_accounts
  kill "$launched"
  wait "$launched" || true
  trap - EXIT
  echo "$base" >"$work/base_url"
  rm -f -- "$work/cookies" "$work/server.log" "$work/stdout" "$work/glewlwyd.conf"
}

# --- one instance -----------------------------------------------------------------------------------------------------

print_env() {
  local base
  base=$(cat "$dir/base_url")
  say SERVER "Glewlwyd $(dpkg-query -W -f '${Version}' glewlwyd)"
  say DIR "$dir"
  say PID "$(running)"
  say LOG "$dir/server.log"
  say BASE_URL "$base"
  [ "${base%%:*}" = http ] || say CA_FILE "$dir/ca.pem"
  # refresh tokens of "oidc" work once, those of "oidcroll" again and again
  say ISSUER "$base/api/oidc"
  say TOKEN_ENDPOINT "$base/api/oidc/token"
  say INTROSPECTION_ENDPOINT "$base/api/oidc/introspect"
  say REVOCATION_ENDPOINT "$base/api/oidc/revoke"
  say ISSUER_ROLLING "$base/api/oidcroll"
  say TOKEN_ENDPOINT_ROLLING "$base/api/oidcroll/token"
  say TOKEN_ENDPOINT_OAUTH2 "$base/api/oauth2/token"
  say INTROSPECTION_ENDPOINT_OAUTH2 "$base/api/oauth2/introspect"
  say REVOCATION_ENDPOINT_OAUTH2 "$base/api/oauth2/revoke"
  say CLIENT_ID rp-basic
  say CLIENT_SECRET "$client_secret"
  say CLIENT_ID_PLAIN rp-plain
  say CLIENT_SECRET_PLAIN plainsecret
  say CLIENT_ID_POST_ONLY rp-post-only
  say CLIENT_ID_BASIC_ONLY rp-basic-only
  say CLIENT_ID_EMOJI rp-emoji
  say CLIENT_SECRET_EMOJI 'секрет🔑+%2B:/?&=#'
  say CLIENT_ID_COLON 'rp:colon %41+é'
  say CLIENT_SECRET_COLON plainsecret
  say CLIENT_ID_NOPASSWORD rp-nopassword
  say CLIENT_ID_PUBLIC rp-public
  say CLIENT_ID_SECRET_JWT rp-secret-jwt
  say CLIENT_SECRET_SECRET_JWT "$jwt_secret"
  say CLIENT_ID_RS256 rp-rs256
  say KEY_RS256 "$dir/rs256.key"
  say CLIENT_ID_ES256 rp-es256
  say KEY_ES256 "$dir/es256.key"
  say CLIENT_ID_JWKS rp-jwks
  say CLIENT_ID_TLS rp-tls
  say CLIENT_ID_SELFSIGNED rp-selfsigned
  say_client_certificates
  say KID_RS256 rs-1
  say KID_ES256 es-1
  say USERNAME "$username"
  say PASSWORD "$password"
  say USERNAME_PLAIN plain
  say PASSWORD_PLAIN plainpassword
  say USERNAME_DISABLED disabled
  say PASSWORD_DISABLED disabledpassword
  say USERNAME_EMOJI emoji
  say PASSWORD_EMOJI 'пароль🔑+%2B:/?&=#'
  say USERNAME_LEADING leading
  say PASSWORD_LEADING '@leading'
  say USERNAME_TRAILING trailing
  say PASSWORD_TRAILING 'a space at the end '
  say USERNAME_LONG long
  say PASSWORD_LONG "$long_password"
  say SCOPE 'openid scope1'
  say SCOPE_NOT_GRANTED scope2
}

start() {
  local launched port scheme=http
  need glewlwyd sqlite3 curl jq openssl flock python3
  once glewlwyd prepare "${BASH_SOURCE[0]}" "$(dirname -- "${BASH_SOURCE[0]}")/common.sh"
  cp -- "$prepared"/* "$dir/"
  [ "${TLS:-0}" = 0 ] || scheme=https
  launch "$dir" "$scheme"
  remember_process "$launched"
  print_env >"$dir/env"
}

open_folders "${2-}"
serve "${1-}" 'start|stop|env DIR'
