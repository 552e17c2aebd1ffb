#!/usr/bin/env bash
# Makes a Debian machine able to run rootless Podman: packages, devices, and the few settings that this machine needs.
# Run as root; run again, it changes nothing. Each change is one line on standard output.
set -euo pipefail
[ "$(id -u)" = 0 ] || { echo "prepare-host: must be root" >&2; exit 1; }
export DEBIAN_FRONTEND=noninteractive PATH="$PATH:/usr/sbin:/sbin"

wanted=(podman uidmap crun runc conmon slirp4netns fuse-overlayfs netavark aardvark-dns catatonit iptables
  busybox-static bubblewrap skopeo iproute2 util-linux "$@")
missing=()
for package in "${wanted[@]}"; do
  dpkg-query -W -f '${Status}\n' "$package" 2>/dev/null | grep -q '^install ok installed$' || missing+=("$package")
done
if [ ${#missing[@]} -gt 0 ]; then
  echo "installing ${missing[*]}"
  apt-get -qq update
  apt-get -qq -y --no-install-recommends -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0 install "${missing[@]}" > /dev/null
fi

# Rootless containers open these as their user.
device() {
  [ -e "$1" ] || { mkdir -p "${1%/*}"; mknod -m 666 "$1" c 10 "$2"; echo "made $1"; }
  case $(stat -c %a "$1") in *6 | *7) ;; *) chmod 666 "$1"; echo "opened $1 to users" ;; esac
}
device /dev/fuse 229
device /dev/net/tun 200

# What Podman must be told on a machine like this one; an ordinary systemd host needs none of it.
engine=() containers=()
[ -d /run/systemd/system ] || engine+=('cgroup_manager = "cgroupfs"' 'events_logger = "file"')
if [ "$(stat -f -c %T /sys/fs/cgroup)" = tmpfs ]; then engine+=('runtime = "runc"'); fi # crun refuses v1 and hybrid
if ! prlimit --nofile=1048576:1048576 --nproc=4194304:4194304 true 2> /dev/null; then
  files=$(prlimit --nofile --output HARD --noheadings | tr -d ' ')
  case $files in unlimited) files=20000 ;; esac
  containers+=("default_ulimits = [\"nofile=$files:$files\", \"nproc=32768:32768\"]")
fi
settings=/etc/containers/containers.conf.d/50-lading-host.conf
content=$(
  if [ ${#containers[@]} -gt 0 ]; then printf '[containers]\n'; printf '%s\n' "${containers[@]}"; fi
  if [ ${#engine[@]} -gt 0 ]; then printf '[engine]\n'; printf '%s\n' "${engine[@]}"; fi
)
if [ -n "$content" ] && [ "$content" != "$(cat "$settings" 2> /dev/null)" ]; then
  mkdir -p "${settings%/*}"
  printf '%s\n' "$content" > "$settings.new"
  mv "$settings.new" "$settings"
  echo "wrote $settings"
fi
