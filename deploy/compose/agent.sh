#!/bin/sh
# Enrols once with the key that the first light has left, then watches the Postfix whose volumes it sees.
set -eu
state=/var/lib/mailvane-agent
config=$state/agent.toml
if [ ! -e "$state/enrolled" ]; then
    cp /run/first-light/ca.pem "$state/ca.pem"
    cat >"$config" <<END
server = "${MAILVANE_SERVER:-https://server:8443}"
ca = "$state/ca.pem"
config_directories = ["/etc/postfix"]
log = "/var/log/postfix/maillog"
END
    mailvane-agent enroll --config "$config" --state-dir "$state" \
        --server "${MAILVANE_SERVER:-https://server:8443}" --ca "$state/ca.pem" --key-file /run/first-light/key
    touch "$state/enrolled"
fi
exec mailvane-agent run --config "$config" --state-dir "$state"
