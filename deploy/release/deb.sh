#!/bin/sh
# Debian packages of what was built: mailvane-agent and mailvane-server, into target/packages.
#
#   deploy/release/deb.sh [--profile NAME] [--programs DIR]    # DIR: programs that are built already
set -eu
cd "$(dirname "$0")/../.."
profile=release programs=''
while [ $# -gt 0 ]; do
    case $1 in
        --profile) profile=$2 ;; --programs) programs=$2 ;;
        *) echo "deb.sh: unknown argument $1" >&2; exit 2 ;;
    esac
    shift 2
done
command -v dpkg-deb >/dev/null || { echo 'deb.sh: dpkg-deb is missing: packages are made on Debian or Ubuntu' >&2; exit 3; }
if [ -z "$programs" ]; then
    cargo build --locked --quiet --profile "$profile" -p mailvane-agent -p mailvane-server --bins
    folder=$profile; [ "$profile" != dev ] || folder=debug
    programs=${CARGO_TARGET_DIR:-target}/$folder
fi
version=$(sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -n 1)
arch=$(dpkg --print-architecture)
out=target/packages
mkdir -p "$out"

# control NAME DEPENDS DESCRIPTION: reads the long description from standard input.
control() {
    mkdir -p "$stage/DEBIAN"
    {
        printf 'Package: %s\nVersion: %s\nArchitecture: %s\nMaintainer: Mailvane <maintainers@mailvane.example>\n' "$1" "$version" "$arch"
        printf 'Section: mail\nPriority: optional\nDepends: %s\nDescription: %s\n' "$2" "$3"
        sed 's/^/ /'
    } >"$stage/DEBIAN/control"
}

finish() {
    printf '#!/bin/sh\nset -e\n%s\n' "$2" >"$stage/DEBIAN/postinst"
    printf '#!/bin/sh\nset -e\n%s\n' "$3" >"$stage/DEBIAN/prerm"
    printf '#!/bin/sh\nset -e\n%s\n' "$4" >"$stage/DEBIAN/postrm"
    chmod 0755 "$stage/DEBIAN/postinst" "$stage/DEBIAN/prerm" "$stage/DEBIAN/postrm"
    dpkg-deb --root-owner-group --build "$stage" "$out/$1_${version}_$arch.deb" >/dev/null
    rm -rf "$stage"
    echo "$out/$1_${version}_$arch.deb"
}

stage=$(mktemp -d); chmod 0755 "$stage"
install -D -m 0755 "$programs/mailvane-agent" "$stage/usr/bin/mailvane-agent"
for unit in deploy/systemd/mailvane-agent.service deploy/systemd/mailvane-queue.*; do
    [ ! -e "$unit" ] || install -D -m 0644 "$unit" "$stage/lib/systemd/system/$(basename "$unit")"
done
install -D -m 0644 deploy/release/agent.toml "$stage/etc/mailvane/agent.toml"
install -D -m 0644 LICENSE "$stage/usr/share/doc/mailvane-agent/copyright"
install -d "$stage/usr/share/man/man1"
gzip -9nc agent/mailvane-agent.1 >"$stage/usr/share/man/man1/mailvane-agent.1.gz"
control mailvane-agent 'libc6, passwd' 'watches Postfix on this host' <<'END'
Finds the Postfix instances by itself, reads every log line once and every queue
cheaply, and streams numbered batches to a Mailvane server. Runs without root.
END
echo /etc/mailvane/agent.toml >"$stage/DEBIAN/conffiles"
finish mailvane-agent 'for user in mailvane-agent mailvane-queue; do
    id $user >/dev/null 2>&1 || useradd --system --home-dir /var/lib/mailvane-agent --no-create-home --shell /usr/sbin/nologin $user
done
for group in adm systemd-journal postdrop; do
    ! getent group $group >/dev/null || usermod -a -G $group mailvane-agent
done
install -d -m 0700 -o mailvane-agent -g mailvane-agent /var/lib/mailvane-agent
if [ -d /run/systemd/system ]; then
    systemctl daemon-reload
    [ ! -e /var/lib/mailvane-agent/identity.json ] || systemctl restart mailvane-agent || true
fi
[ -e /var/lib/mailvane-agent/identity.json ] || echo "Enrol this host: mailvane-agent enroll --server https://HOST:PORT"' \
'if [ "$1" = remove ] && [ -d /run/systemd/system ]; then systemctl disable --now mailvane-agent || true; fi' \
'if [ "$1" = purge ]; then
    rm -rf /var/lib/mailvane-agent
    rm -f /etc/mailvane/ca.pem; rmdir /etc/mailvane 2>/dev/null || true
    for user in mailvane-agent mailvane-queue; do ! id $user >/dev/null 2>&1 || userdel $user; done
fi'

stage=$(mktemp -d); chmod 0755 "$stage"
install -D -m 0755 "$programs/mailvane-server" "$stage/usr/bin/mailvane-server"
install -D -m 0644 deploy/systemd/mailvane-server.service "$stage/lib/systemd/system/mailvane-server.service"
install -D -m 0644 LICENSE "$stage/usr/share/doc/mailvane-server/copyright"
control mailvane-server 'libc6, passwd, util-linux' 'monitoring of Postfix for many tenants' <<'END'
Receives figures from agents, judges them, tells people. Brings up a private
PostgreSQL of its own unless DATABASE_URL names one.
END
sed -i 's/^Description:/Recommends: postgresql\nDescription:/' "$stage/DEBIAN/control"
finish mailvane-server 'id mailvane >/dev/null 2>&1 || useradd --system --home-dir /var/lib/mailvane --no-create-home --shell /usr/sbin/nologin mailvane
install -d -m 0755 -o mailvane -g mailvane /var/lib/mailvane
if [ -d /run/systemd/system ]; then systemctl daemon-reload; fi
echo "Settings: /etc/mailvane/server.env. Start: systemctl enable --now mailvane-server"' \
'if [ "$1" = remove ] && [ -d /run/systemd/system ]; then systemctl disable --now mailvane-server || true; fi' \
'if [ "$1" = purge ]; then
    echo "The data stay in /var/lib/mailvane: remove them by hand"
fi'
