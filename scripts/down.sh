#!/usr/bin/env bash
# `npm run down`: takes away everything that the example made; `-- --volumes` takes the data as well.
set -euo pipefail
cd "$(dirname "$0")/.."
bash scripts/install.sh
node dist/cli/main.js down --yes "$@"
