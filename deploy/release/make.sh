#!/bin/sh
# Makes one release of the agent: a package for each architecture that can be built here, the manifest that names them
# with their sums, and its signature. A server only serves these files; it never holds the key that signs them.
#
#   deploy/release/make.sh [--key FILE] [--days N] [--out DIR] [--profile NAME] [--agent PROGRAM] [--version V]
#
# --agent packs that program for this machine's architecture and builds nothing; --version is for proofs of upgrades.
#
# Without --key a key for this clone is made in target/release-key.pem: good for trying, never for customers.
set -eu
cd "$(dirname "$0")/../.."

key='' days=365 out=target/release-files profile=dist agent=''
version=$(sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -n 1)
while [ $# -gt 0 ]; do
    case $1 in
        --key) key=$2 ;; --days) days=$2 ;; --out) out=$2 ;; --profile) profile=$2 ;; --agent) agent=$2 ;; --version) version=$2 ;;
        *) echo "make.sh: unknown argument $1" >&2; exit 2 ;;
    esac
    shift 2
done
folder=$profile; [ "$profile" != dev ] || folder=debug
TARGET=${CARGO_TARGET_DIR:-target}

if [ -z "$key" ]; then
    key=target/release-key.pem
    mkdir -p target
    [ -e "$key" ] || (umask 077 && openssl ecparam -name prime256v1 -genkey -noout -out "$key")
    echo "Signing with $key, the key of this clone" >&2
fi

mkdir -p "$out"
rm -f "$out"/*
# target ARCH -> the compiler's target: static where it is installed, else what this machine builds natively.
installed=$(rustup target list --installed 2>/dev/null || true)
target_of() {
    for triple in "$1-unknown-linux-musl" "$1-unknown-linux-gnu"; do
        case "$installed " in *"$triple"*) echo "$triple"; return ;; esac
    done
    [ "$1" != "$(uname -m)" ] || echo native
}
# A C compiler is needed for the target's cryptography; a foreign one must be installed.
can_build() {
    case $1 in
        "") return 1 ;;
        x86_64-unknown-linux-musl) command -v musl-gcc >/dev/null ;;
        aarch64-unknown-linux-*) [ "$(uname -m)" = aarch64 ] || command -v aarch64-linux-gnu-gcc >/dev/null ;;
    esac
}

for arch in x86_64 aarch64; do
    target=$(target_of "$arch")
    if [ -n "$agent" ]; then
        [ "$arch" = "$(uname -m)" ] || continue
        target=given
    elif ! can_build "$target"; then
        [ "$arch" != "$(uname -m)" ] || target=native
        if [ "$target" != native ]; then echo "left out: $arch (no compiler for ${target:-it} here)" >&2; continue; fi
    fi
    built=$TARGET/$folder/mailvane-agent
    if [ "$target" = given ]; then
        built=$agent
    elif [ "$target" = native ]; then
        cargo build --locked --quiet --profile "$profile" -p mailvane-agent
    else
        CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_LINKER=aarch64-linux-gnu-gcc \
        CARGO_TARGET_AARCH64_UNKNOWN_LINUX_MUSL_LINKER=aarch64-linux-gnu-gcc \
        CC_aarch64_unknown_linux_musl=aarch64-linux-gnu-gcc \
            cargo build --locked --quiet --profile "$profile" -p mailvane-agent --target "$target"
        built=$TARGET/$target/$folder/mailvane-agent
    fi
    stage=$(mktemp -d)
    install -D -m 0755 "$built" "$stage/bin/mailvane-agent"
    for unit in deploy/systemd/mailvane-agent.service deploy/systemd/mailvane-queue.*; do
        [ ! -e "$unit" ] || install -D -m 0644 "$unit" "$stage/systemd/$(basename "$unit")"
    done
    install -D -m 0644 agent/mailvane-agent.1 "$stage/man/mailvane-agent.1"
    install -m 0644 deploy/release/agent.toml LICENSE "$stage/"
    # The same files give the same package.
    tar -C "$stage" --sort=name --owner=0 --group=0 --numeric-owner --mtime='2026-01-01 00:00Z' -cf - . |
        gzip -9n >"$out/mailvane-agent-$version-$arch.tar.gz"
    rm -rf "$stage"
done

{
    echo "format 1"
    echo "version $version"
    echo "made $(date +%s)"
    echo "expires $(($(date +%s) + days * 86400))"
    for file in "$out"/*.tar.gz; do
        echo "file $(sha256sum "$file" | cut -d ' ' -f 1) $(stat -c %s "$file") $(basename "$file")"
    done
} >"$out/manifest"
openssl dgst -sha256 -sign "$key" "$out/manifest" | openssl base64 >"$out/manifest.sig"
openssl pkey -in "$key" -pubout -out "$out/release.pub"
echo "Release $version in $out:"
sed -n 's/^file [^ ]* /  /p' "$out/manifest"
echo "Release key $(openssl pkey -pubin -in "$out/release.pub" -outform DER | sha256sum | cut -d ' ' -f 1)"
