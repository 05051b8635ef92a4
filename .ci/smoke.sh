#!/usr/bin/env bash
# Installs the packed tarball in an empty folder and proxies one request from code, and one from the command line.
# Use: smoke.sh TARBALL
set -euo pipefail
tarball=$(realpath "$1")
cd "$(dirname "$0")/.."

# The Node that the checkout pins, for the script and for npx.
PATH="$PWD/node_modules/node/bin:$PATH"
export PATH
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp .ci/smoke.mjs "$work"
cd "$work"
npm init -y >/dev/null
npm install --no-audit --no-fund --loglevel=error "$tarball"
node smoke.mjs
