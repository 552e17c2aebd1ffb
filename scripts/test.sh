#!/usr/bin/env bash
# `npm test`: format, lint, types, generated files, then every test, on real Podman where this is root.
set -euo pipefail
cd "$(dirname "$0")/.."
if [ "$(id -u)" = 0 ]; then bash scripts/prepare-host.sh umoci docker.io faketime tini docker-registry systemd dbus libpam-systemd zstd xz-utils binutils libcap2-bin openssl gpgv chromium; fi
bash scripts/install.sh
node scripts/build.mjs
npx biome check .
npx knip
node scripts/generate.mjs --check
report=$(mktemp)
trap 'rm -f "$report"' EXIT
status=0
npx vitest run --reporter=default --reporter=json --outputFile.json="$report" || status=$?
node scripts/summary.mjs "$report"
exit "$status"
