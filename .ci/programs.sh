#!/usr/bin/env bash
# Installs with apt what is missing of the programs that tests and measurements call.
set -euo pipefail

declare -A package_of=(
  [nginx]=nginx-light
  [haproxy]=haproxy
  [wrk]=wrk
  [h2load]=nghttp2-client
  [chromium]=chromium
  [curl]=curl
  [openssl]=openssl
  [redis-server]=redis-server
  [microsocks]=microsocks
  [tinyproxy]=tinyproxy-bin
  [danted]=dante-server
)

missing=()
for program in "${!package_of[@]}"; do
  PATH="$PATH:/usr/local/sbin:/usr/sbin:/sbin" command -v "$program" >/dev/null || missing+=("${package_of[$program]}")
done
if [ ${#missing[@]} -eq 0 ]; then
  echo "all there"
  exit 0
fi
echo "missing: ${missing[*]}"

as_root=()
[ "$(id -u)" -eq 0 ] || as_root=(sudo)
apt() {
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -y -qq "$@"
}

apt update
apt install --no-install-recommends "${missing[@]}" || {
  echo "once more"
  sleep 5
  apt install --no-install-recommends "${missing[@]}"
}
