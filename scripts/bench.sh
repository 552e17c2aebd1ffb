#!/usr/bin/env bash
# `npm run bench`: us and a named peer in turn, in one run; prints medians and the ratio. Root only: it runs dockerd.
set -euo pipefail
cd "$(dirname "$0")/.."
[ "$(id -u)" = 0 ] || { echo "bench: must be root, to run dockerd beside Podman" >&2; exit 1; }
bash scripts/prepare-host.sh docker.io docker-compose buildah mmdebstrap time zstd
bash scripts/install.sh
status=0
node scripts/bench.mjs "$@" || status=$?
node scripts/bench-supervise.mjs "$@" || status=$?
bash scripts/bench-containers.sh "$@" || status=$?
node scripts/bench-programs.mjs "$@" || status=$?
node scripts/bench-images.mjs 3 || status=$?
exit "$status"
