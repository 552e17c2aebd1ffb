#!/usr/bin/env bash
# `npm run up`: from a fresh clone to the running example. Root gets a whole host, anybody else a home environment.
set -euo pipefail
cd "$(dirname "$0")/.."
if [ "$(id -u)" = 0 ]; then
  bash scripts/prepare-host.sh
  declaration=examples/hello/host.ts
else
  declaration=examples/hello/home.ts
fi
bash scripts/install.sh
lading="node dist/cli/main.js"
$lading apply "$declaration" --yes
node scripts/fetch.mjs http://127.0.0.1:8080/
cat << END

It runs at http://127.0.0.1:8080/. What to try next:
  $lading status
  $lading logs -f probe
  $lading action web command-line
  edit examples/hello/site/about.html, then: $lading plan $declaration
  $lading apply $declaration && $lading rollback
  npm run down               (npm run down -- --volumes takes the data as well)
END
