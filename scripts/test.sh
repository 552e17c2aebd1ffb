#!/usr/bin/env bash
# `npm test`: format, lint, types, generated files, then every test, on real Podman where this is root.
set -euo pipefail
cd "$(dirname "$0")/.."
if [ "$(id -u)" = 0 ]; then bash scripts/prepare-host.sh umoci docker.io faketime tini docker-registry systemd dbus libpam-systemd zstd xz-utils binutils libcap2-bin openssl gpgv chromium age curl procps mandoc groff-base tmux; fi
bash scripts/install.sh
node scripts/build.mjs
npx biome check .
npx knip
node scripts/generate.mjs --check
# Two lanes, one for each processor of a small machine: what needs the machine's engines, and all else beside it.
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
run() { npx vitest run --reporter=default --reporter=json --outputFile.json="$work/$1.json" "${@:2}"; }
status=0
run beside --project unit --project apart > "$work/beside.log" 2>&1 &
beside=$!
run host --project host || status=$?
wait "$beside" || status=$?
cat "$work/beside.log"
node scripts/summary.mjs "$work/host.json" "$work/beside.json"
exit "$status"
