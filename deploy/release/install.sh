#!/bin/sh
# Installs the Mailvane agent on this machine and enrols it, as one reads it from top to bottom. Served by a Mailvane
# server at /install.sh with the three values below filled in; needs root, and never asks anything.
#
#   curl -fsS SERVER/install.sh | sudo bash -s -- --key=mv_enr_…
#
#   --key=KEY         enrolment key (from the page *Add host*); kept only in a 0600 file, and only until it was used
#   --key-file=FILE   the same from a file; the file is emptied after use
#   --dry-run         say what would be done, and do nothing
#   --no-spool        leave out the queue helper: five of the ten queues stay invisible
#   --no-start        install and enrol, but start nothing
#   --uninstall       remove everything that this script installed, identity and spool too
#   --release-key=FINGERPRINT   refuse any other release key than this one (compare it with the README's)
#
# Exit codes: 0 done, 2 usage, 3 this system is not supported, 4 the release was refused, 5 network, 6 not root.
set -eu

SERVER='@SERVER@'
RELEASE_KEY='@RELEASE_KEY@'
CA='@CA@'

STATE=/var/lib/mailvane-agent
CONFIG=/etc/mailvane
SHARE=/usr/share/mailvane
BIN=/usr/bin
UNITS=/etc/systemd/system
MAN=/usr/share/man/man1
USERS='mailvane-agent mailvane-queue'

say() { printf '%s\n' "$*"; }
end() { code=$1; shift; printf 'install.sh: %s\n' "$*" >&2; exit "$code"; }
have() { command -v "$1" >/dev/null 2>&1; }
# Everything that changes this machine goes through here.
act() { if [ "$dry" = yes ]; then say "would: $*"; else "$@"; fi; }

key='' key_file='' dry=no spool=yes start=yes remove=no wanted_key=''
for argument in "$@"; do
    case $argument in
        --key=*) key=${argument#*=} ;;
        --key-file=*) key_file=${argument#*=} ;;
        --dry-run) dry=yes ;;
        --no-spool) spool=no ;;
        --no-start) start=no ;;
        --uninstall) remove=yes ;;
        --release-key=*) wanted_key=${argument#*=} ;;
        *) end 2 "unknown argument ${argument%%=*}; see the head of this script" ;;
    esac
done

# ---------------------------------------------------------------- what is there

[ "$(id -u)" = 0 ] || [ "$dry" = yes ] || end 6 'root is needed: pipe into "sudo bash -s --", or try --dry-run'
[ "$(uname -s)" = Linux ] || end 3 "$(uname -s) is not supported: the agent runs on Linux"
case $(uname -m) in
    x86_64 | amd64) arch=x86_64 ;;
    aarch64 | arm64) arch=aarch64 ;;
    *) end 3 "$(uname -m) is not supported: releases exist for x86_64 and aarch64" ;;
esac
systemd() { [ -d /run/systemd/system ] && have systemctl; }

# ---------------------------------------------------------------- --uninstall

if [ "$remove" = yes ]; then
    if systemd; then
        for unit in mailvane-agent.service mailvane-queue.service mailvane-queue.socket; do
            [ ! -e "$UNITS/$unit" ] || act systemctl disable --quiet --now "$unit" || true
        done
    fi
    # Only processes of our own users.
    for user in $USERS; do
        if id "$user" >/dev/null 2>&1 && have pkill; then act pkill -u "$user" || true; fi
    done
    for path in "$BIN/mailvane-agent" "$BIN/mailvane-agent.previous" "$UNITS/mailvane-agent.service" \
        "$UNITS/mailvane-queue.service" "$UNITS/mailvane-queue.socket" "$MAN/mailvane-agent.1" "$SHARE" "$CONFIG" "$STATE"; do
        [ ! -e "$path" ] || act rm -rf "$path"
    done
    for user in $USERS; do
        if id "$user" >/dev/null 2>&1; then act userdel "$user"; fi
    done
    if systemd; then act systemctl daemon-reload; fi
    say 'The agent is removed. Its figures stay on the server until you retire the host there.'
    exit 0
fi

# ---------------------------------------------------------------- the release, proved before anything is changed

[ -n "$key$key_file" ] || [ -e "$STATE/identity.json" ] ||
    end 2 'an enrolment key is needed: --key=KEY from the page *Add host*, or --key-file=FILE'
case $key in '' | mv_enr_*) ;; *) end 2 'the key does not begin with mv_enr_: copy it again from the page *Add host*' ;; esac
for tool in openssl sha256sum tar; do have "$tool" || end 3 "$tool is missing: install it and run this again"; done
have curl || have wget || end 3 'curl or wget is needed: install one and run this again'

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
printf '%s\n' "$RELEASE_KEY" >"$work/release.pub"
[ -z "$CA" ] || printf '%s\n' "$CA" >"$work/ca.pem"

# get NAME: one file of the release into $work.
get() {
    if have curl; then
        curl -fsS --retry 2 --max-time 300 ${CA:+--cacert "$work/ca.pem"} -o "$work/$1" "$SERVER/release/$1"
    else
        wget -q --tries=3 --timeout=60 ${CA:+--ca-certificate="$work/ca.pem"} -O "$work/$1" "$SERVER/release/$1"
    fi || end 5 "cannot get $SERVER/release/$1: is the server reachable from here, and has it a release?"
}

fingerprint=$(openssl pkey -pubin -in "$work/release.pub" -outform DER 2>/dev/null | sha256sum | cut -d ' ' -f 1)
[ -z "$wanted_key" ] || [ "$wanted_key" = "$fingerprint" ] ||
    end 4 "the release key is $fingerprint and not the one that you named: do not trust this server"
get manifest
get manifest.sig
openssl base64 -d -in "$work/manifest.sig" -out "$work/signature" 2>/dev/null &&
    openssl dgst -sha256 -verify "$work/release.pub" -signature "$work/signature" "$work/manifest" >/dev/null 2>&1 ||
    end 4 'the release manifest is not signed by the release key: it was tampered with, nothing was installed'

field() { sed -n "s/^$1 //p" "$work/manifest" | head -n 1; }
[ "$(field format)" = 1 ] || end 4 'the release is of a newer form: take install.sh again from the server'
version=$(field version)
[ "$(date +%s)" -lt "$(field expires)" ] ||
    end 4 "release $version has expired (or the clock of this machine is wrong): ask the server's operator for a newer one"
if [ -x "$BIN/mailvane-agent" ]; then
    present=$("$BIN/mailvane-agent" --version | awk '{ print $2 }')
    newest=$(printf '%s\n%s\n' "$present" "$version" | sort -V | tail -n 1)
    [ "$newest" = "$version" ] ||
        end 4 "version $present is installed and the server offers the older $version: an agent never goes back by itself"
fi
name=mailvane-agent-$version-$arch.tar.gz
sum=$(awk -v name="$name" '$1 == "file" && $4 == name { print $2 }' "$work/manifest")
[ -n "$sum" ] || end 3 "release $version has no agent for $arch"
get "$name"
printf '%s  %s\n' "$sum" "$work/$name" | sha256sum -c - >/dev/null 2>&1 ||
    end 4 "$name is not what the signed manifest says: it was tampered with or cut off, nothing was installed"
mkdir "$work/files"
tar -xzf "$work/$name" -C "$work/files" --no-same-owner

# ---------------------------------------------------------------- install

say "Mailvane agent $version for $arch, from $SERVER"
say "Release key $fingerprint"
say "This puts the program into $BIN, its units into $UNITS, its settings into $CONFIG and its state into $STATE,"
say 'and adds the system user mailvane-agent, which may read the mail log and list queues. It never runs as root.'

no_shell=$(command -v nologin || echo /bin/false)
groups=
for group in adm systemd-journal postdrop; do
    ! getent group "$group" >/dev/null || groups="$groups${groups:+,}$group"
done
id mailvane-agent >/dev/null 2>&1 ||
    act useradd --system --home-dir "$STATE" --no-create-home --shell "$no_shell" mailvane-agent
[ -z "$groups" ] || act usermod -a -G "$groups" mailvane-agent
if [ "$spool" = yes ] && [ -e "$work/files/systemd/mailvane-queue.service" ]; then
    id mailvane-queue >/dev/null 2>&1 ||
        act useradd --system --home-dir / --no-create-home --shell "$no_shell" mailvane-queue
fi

act install -d -m 0755 "$SHARE" "$CONFIG" "$MAN"
act install -d -m 0700 -o mailvane-agent -g mailvane-agent "$STATE"
# The name changes in one step: an agent that runs is not disturbed.
act install -m 0755 "$work/files/bin/mailvane-agent" "$BIN/mailvane-agent.new"
act mv -f "$BIN/mailvane-agent.new" "$BIN/mailvane-agent"
act install -m 0644 "$work/release.pub" "$SHARE/release.pub"
act install -m 0644 "$work/files/man/mailvane-agent.1" "$MAN/mailvane-agent.1"
[ -z "$CA" ] || act install -m 0644 "$work/ca.pem" "$CONFIG/ca.pem"
[ -e "$CONFIG/agent.toml" ] || act install -m 0644 "$work/files/agent.toml" "$CONFIG/agent.toml"
if [ -d "$UNITS" ] || systemd; then
    for unit in "$work"/files/systemd/*; do
        case $unit in */mailvane-queue.*) [ "$spool" = yes ] || continue ;; esac
        act install -D -m 0644 "$unit" "$UNITS/$(basename "$unit")"
    done
fi

if [ -e "$STATE/identity.json" ]; then
    say 'This host is enrolled already; its identity is kept.'
elif [ "$dry" = yes ]; then
    say "would: mailvane-agent enroll --server $SERVER"
else
    if [ -n "$key" ]; then
        key_file=$CONFIG/enrolment.key
        (umask 077 && printf '%s\n' "$key" >"$key_file")
    fi
    "$BIN/mailvane-agent" enroll --server "$SERVER" ${CA:+--ca "$CONFIG/ca.pem"} --key-file "$key_file" || {
        code=$?
        say "The agent is installed but not enrolled. With a good key: mailvane-agent enroll --server $SERVER ${CA:+--ca $CONFIG/ca.pem}" >&2
        [ -z "$key" ] || rm -f "$key_file"
        exit "$code"
    }
    [ -z "$key" ] || rm -f "$key_file"
    chown -R mailvane-agent:mailvane-agent "$STATE"
fi

# ---------------------------------------------------------------- start

if [ "$start" = no ]; then
    say 'Not started, as you asked.'
elif systemd; then
    act systemctl daemon-reload
    if [ "$spool" = yes ] && [ -e "$UNITS/mailvane-queue.service" ]; then
        unit=mailvane-queue.service
        [ ! -e "$UNITS/mailvane-queue.socket" ] || unit=mailvane-queue.socket
        act systemctl enable --quiet --now "$unit"
    fi
    act systemctl enable --quiet mailvane-agent.service
    act systemctl restart mailvane-agent.service
    say 'Started. `mailvane-agent status` says how it does; `mailvane-agent doctor` what it cannot see.'
else
    say 'No systemd runs here. Start the agent from your own init as its user, for example:'
    say "  setpriv --reuid=mailvane-agent --regid=mailvane-agent --init-groups $BIN/mailvane-agent run &"
fi
