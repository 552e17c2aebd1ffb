#!/usr/bin/env bash
# Containers against peers, for all of them alike: under crun, which most hosts have, and with files in memory, for ext4 makes
# files several times slower for a minute after many were removed. Where control groups are not v2 alone, which crun refuses,
# that is a throwaway host that sees v2, and containers without groups of their own.
set -euo pipefail
cd "$(dirname "$0")/.."
if [ "$(stat -f -c %T /sys/fs/cgroup)" = cgroup2fs ]; then
  exec unshare --mount bash -c 'mount -t tmpfs bench /var/tmp && mount -t tmpfs bench /var/lib/containers && exec node scripts/bench-containers.mjs "$@"' bench "$@"
fi
exec bash test/host/throwaway.sh -c v2 -- bash -c '
  set -euo pipefail
  mount -t tmpfs bench /var/lib/containers
  mount -t tmpfs bench /var/tmp
  printf "[containers]\ncgroups = \"disabled\"\n[engine]\nruntime = \"crun\"\n" > /etc/containers/containers.conf.d/60-bench.conf
  cd "$1"
  shift
  exec node scripts/bench-containers.mjs "$@"' bench "$PWD" "$@"
