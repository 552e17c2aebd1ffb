#!/usr/bin/env bash
# Installs the npm packages and compiles, where that has not been done for these sources.
set -euo pipefail
cd "$(dirname "$0")/.."
if [ ! -e node_modules/.package-lock.json ] || [ package-lock.json -nt node_modules/.package-lock.json ]; then
  npm ci --silent --no-fund --no-audit
fi
if [ ! -x dist/cli/main.js ] || [ -n "$(find src package.json tsconfig.json -newer dist/cli/main.js -print -quit)" ]; then
  node scripts/build.mjs
fi
