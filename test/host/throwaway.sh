#!/usr/bin/env bash
# A throwaway host: this machine's root file system under an overlay, with mounts, processes, network, names and control
# groups of its own. What runs in it changes nothing outside. As root:
#   throwaway.sh [-c v2|hybrid|v1|none] [-l LAYER] [-k LAYER] -- COMMAND...
# -c  the layout of control groups that it sees (default v2)
# -l  a layer, as -k kept it, that it starts from
# -k  a folder that keeps what was written, as a layer
set -euo pipefail
layout=v2 from='' keep=''
while [ $# -gt 0 ]; do
  case $1 in
    -c) layout=$2; shift 2 ;;
    -l) from=$2; shift 2 ;;
    -k) keep=$2; shift 2 ;;
    --) shift; break ;;
    *) echo "throwaway: unknown argument $1" >&2; exit 2 ;;
  esac
done

# A control group of its own, so that the namespace's root is not the machine's.
unified=$(findmnt -n -o TARGET -t cgroup2 | head -n 1)
before=$unified$(sed -n 's/^0:://p' /proc/self/cgroup)
group=$unified/throwaway-$$
[ -z "$unified" ] || mkdir "$group"
work=$(mktemp -d /var/tmp/throwaway.XXXXXX)
mount -t tmpfs -o mode=755 throwaway "$work"
cleanup() {
  umount -l "$work"
  rmdir "$work"
  [ -z "$unified" ] || for _ in $(seq 50); do
    find "$group" -depth -type d -exec rmdir {} + 2> /dev/null && break
    sleep 0.1
  done
}
trap cleanup EXIT
upper=${keep:-$work/upper}
mkdir -p "$upper" "$work/work" "$work/root"
# An overlay's upper layer and its working folder lie on one file system.
[ -z "$keep" ] || { mkdir -p "$keep.work"; rmdir "$work/work"; ln -s "$keep.work" "$work/work"; }
# A layer cannot lie inside the one below it: it is copied to the file system of this host, whiteouts and all.
[ -z "$from" ] || { cp -a "$from" "$work/layer"; from=$work/layer; }
export work upper layout from
[ -z "$unified" ] || echo $$ > "$group/cgroup.procs"
status=0
unshare --mount --pid --ipc --uts --net --cgroup --fork --kill-child --propagation private bash -c '
  set -euo pipefail
  root=$work/root
  mount -t overlay -o "lowerdir=${from:+$from:}/,upperdir=$upper,workdir=$(readlink -f "$work/work")" throwaway "$root"
  mount -t proc proc "$root/proc"
  mount --rbind /sys "$root/sys"
  umount -R -l "$root/sys/fs/cgroup" 2> /dev/null || :
  case $layout in
    v2) mount -t cgroup2 cgroup2 "$root/sys/fs/cgroup" ;;
    hybrid | v1)
      mount -t tmpfs -o mode=755 tmpfs "$root/sys/fs/cgroup"
      [ $layout = v1 ] || { mkdir "$root/sys/fs/cgroup/unified"; mount -t cgroup2 cgroup2 "$root/sys/fs/cgroup/unified"; } ;;
  esac
  mount -t tmpfs -o mode=755 dev "$root/dev"
  mkdir -p "$root/dev/net" "$root/dev/shm" "$root/dev/pts"
  for device in "null 1 3" "zero 1 5" "full 1 7" "random 1 8" "urandom 1 9" "tty 5 0" "fuse 10 229" "net/tun 10 200"; do
    read -r name major minor <<< "$device"
    mknod -m 666 "$root/dev/$name" c "$major" "$minor"
  done
  ln -s /proc/self/fd "$root/dev/fd"
  mount -t tmpfs -o mode=1777 shm "$root/dev/shm"
  mount -t tmpfs -o mode=755 run "$root/run"
  mount -t tmpfs -o mode=1777 tmp "$root/tmp"
  ip link set lo up
  mkdir "$root/.old"
  cd "$root"
  pivot_root . .old
  umount -l /.old
  rmdir /.old
  cd /
  exec "$@"' throwaway "$@" || status=$?
[ -z "$unified" ] || echo $$ > "$before/cgroup.procs"
exit $status
