#!/bin/sh
# The proof that the two commands work on a fresh machine: `./dev test` as root in a minimal Debian 12 root.
# Needs root and debootstrap; takes a mirror and a directory. Nothing outside the directory is touched.
#   deploy/proof/debootstrap.sh [DIRECTORY] [MIRROR] [COMMAND…]
# A directory that holds a root already is used again, with a fresh clone of the project in it.
set -eu
[ "$(id -u)" = 0 ] || { echo 'the proof needs root, for chroot and mounts' >&2; exit 1; }
command -v debootstrap >/dev/null || { echo 'apt-get install --no-install-recommends debootstrap' >&2; exit 1; }

here=$(cd "$(dirname "$0")/../.." && pwd -P)
root=${1:-/var/tmp/mailvane-proof}
mirror=${2:-http://deb.debian.org/debian}
security=${SECURITY_MIRROR:-http://deb.debian.org/debian-security}
if [ $# -ge 2 ]; then shift 2; else shift $#; fi
[ $# -gt 0 ] || set -- ./dev test

if [ ! -x "$root/bin/sh" ]; then
    debootstrap --variant=minbase bookworm "$root" "$mirror"
fi
# debootstrap names only `main`; the Rust that is new enough comes with the security suite.
printf 'deb %s bookworm main\ndeb %s bookworm-updates main\ndeb %s bookworm-security main\n' \
    "$mirror" "$mirror" "$security" >"$root/etc/apt/sources.list"
# Networks with certificates or proxies of their own: what this machine trusts, the root trusts.
cp /etc/resolv.conf "$root/etc/resolv.conf" 2>/dev/null || true
mkdir -p "$root/usr/local/share/ca-certificates"
cp /usr/local/share/ca-certificates/*.crt "$root/usr/local/share/ca-certificates/" 2>/dev/null || true
[ ! -d /etc/apt/apt.conf.d ] || cp -n /etc/apt/apt.conf.d/*proxy* "$root/etc/apt/apt.conf.d/" 2>/dev/null || true

rm -rf "$root/srv/mailvane"
git clone -q "$here" "$root/srv/mailvane"

# An own mount, pid and ipc namespace: whatever the run leaves behind ends with it.
# shellcheck disable=SC2016 # the inner shell expands
exec unshare --mount --pid --ipc --fork --kill-child sh -c '
    root=$1; shift
    mount -t proc proc "$root/proc"
    mount -t tmpfs -o mode=1777 tmp "$root/tmp"
    mount --rbind /dev "$root/dev"
    mount -t tmpfs shm "$root/dev/shm" 2>/dev/null || true
    exec chroot "$root" /usr/bin/env -i HOME=/root TERM=dumb LANG=C.UTF-8 CI="${CI:-}" \
        NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt PIP_CERT=/etc/ssl/certs/ca-certificates.crt \
        PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
        sh -c "cd /srv/mailvane && exec \"\$@\"" proof "$@"
' proof "$root" "$@"
