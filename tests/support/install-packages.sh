#!/usr/bin/env bash
# install-packages.sh GROUP...: installs the Debian packages of these groups that are missing. Only this needs root: an
# ordinary user is told what will be installed, and sudo asks.
set -euo pipefail
export LC_ALL=C.UTF-8

# What, of [tests], is there before the compiler begins
compiling_tests="doctest-dev nlohmann-json3-dev python3 valgrind"
declare -A groups=(
  [build]="g++ cmake ninja-build pkg-config libcurl4-openssl-dev libssl-dev libsecret-1-dev libexpected-dev
    libboost-dev libtomlplusplus-dev"
  [compiling_tests]=$compiling_tests
  # Glewlwyd and a private keyring, as the quickstart shows them
  [servers]="glewlwyd dbconfig-no-thanks sqlite3 curl jq openssl python3 dbus gnome-keyring util-linux"
  [tests]="$compiling_tests nodejs npm libsecret-tools faketime strace keepassxc xvfb xdotool zsh fish
    mandoc man-db jose softhsm2 libengine-pkcs11-openssl opensc"
  # The examples with windows: 120 packages, 52 MB to fetch
  [desktop]="libgtk-4-dev qt6-base-dev"
  [checks]="clang-14 libclang-rt-14-dev clang-format-14 clang-tidy-14 llvm-14 cppcheck shellcheck"
  [documentation]="doxygen"
  [packaging]="abigail-tools debhelper dpkg-dev fakeroot libarchive-tools lintian makepkg rpm ruby"
  [bench]="nginx-light valgrind strace gcc libc6-dev oidc-agent-cli python3-requests-oauthlib nodejs
    wrk libbenchmark-dev"
)

main() {
  local group wanted=() missing=()
  for group; do
    [ -n "${groups[$group]-}" ] || { echo "no group of packages is called $group" >&2; exit 2; }
    read -r -d '' -a more <<<"${groups[$group]}" || true
    wanted+=("${more[@]}")
  done
  if ! command -v dpkg-query >/dev/null; then
    echo "This is no Debian: please see to it that there is the like of: ${wanted[*]}" >&2
    return
  fi
  for package in "${wanted[@]}"; do installed "$package" || missing+=("$package"); done
  [ ${#missing[@]} -gt 0 ] || return 0
  if [ "$(id -u)" != 0 ]; then
    echo "These packages are missing: ${missing[*]}" >&2
    command -v sudo >/dev/null ||
      { echo "As root, run: apt-get install --no-install-recommends ${missing[*]}" >&2; exit 1; }
    exec sudo -- "$(realpath -- "${BASH_SOURCE[0]}")" "$@"
  fi
  install_as_root "${missing[@]}"
}

# Node.js may have come another way than from Debian, which keeps npm in a package of its own.
installed() {
  case $1 in
    nodejs) ! command -v node >/dev/null || return 0 ;;
    npm) ! command -v npm >/dev/null || return 0 ;;
  esac
  dpkg-query -W -f '${Status}' "$1" 2>/dev/null | grep -q '^install ok installed'
}

install_as_root() {
  echo "Installing ${#} packages and what they need: $*" >&2
  log=$(mktemp)
  trap 'rm -f -- "$log"; [ -z "${policy-}" ] || rm -f -- "$policy"' EXIT
  keep_daemons_down
  # Without an answer, its configuration asks for a PostgreSQL server.
  echo 'glewlwyd glewlwyd/config_type select No configuration' | debconf-set-selections
  apt_install "$@" >"$log" 2>&1 || { apt-get -q update && apt_install "$@"; } >"$log" 2>&1 ||
    { tail -n 40 "$log" >&2; echo "The packages could not be installed." >&2; exit 1; }
  for service in glewlwyd nginx; do
    ! [[ " $* " = *" $service"* ]] || update-rc.d "$service" disable >>"$log" 2>&1 || true
  done
}

apt_install() {
  # What CI installs need not outlive a power failure; waiting for the disk takes half of the time.
  DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=300 ${CI:+-o DPkg::Options::=--force-unsafe-io} \
    install --no-install-recommends "$@"
}

# The packages bring services of their own, which nobody asked to run.
keep_daemons_down() {
  [ ! -e /usr/sbin/policy-rc.d ] || return 0
  policy=/usr/sbin/policy-rc.d
  cat >"$policy" <<'POLICY'
#!/bin/sh
[ -d /run/systemd/system ] || exit 101
case "$1" in glewlwyd* | nginx*) exit 101 ;; esac
POLICY
  chmod 755 "$policy"
}

main "$@"
