#!/usr/bin/env bash
# The tests again, on the oldest Node that `engines` promises.
set -euo pipefail
cd "$(dirname "$0")/.."

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
npm install --prefix "$work" --no-save --no-audit --no-fund --loglevel=error node@24
node24="$work/node_modules/node/bin/node"
"$node24" --version
"$node24" --test --test-concurrency=2 "test/**/*.test.ts"
