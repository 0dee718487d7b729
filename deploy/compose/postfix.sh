#!/bin/sh
# A Postfix that takes mail on port 25 and throws it away: something to watch, and nothing can leave.
set -eu
[ -e /etc/postfix/master.cf ] || cp /usr/share/postfix/master.cf.dist /etc/postfix/master.cf
if [ ! -e /etc/postfix/main.cf ]; then
    printf 'compatibility_level = 3.6\n' >/etc/postfix/main.cf
    postconf -e \
        "myhostname=${POSTFIX_HOSTNAME:-mx1.compose.test}" 'mydestination=' 'local_recipient_maps=' \
        'inet_protocols=ipv4' 'default_transport=discard' 'relay_transport=discard' \
        'maillog_file=/var/log/postfix/maillog' 'smtpd_relay_restrictions=permit_mynetworks,reject'
    # An empty chroot has no libraries and no resolver.
    postconf -F '*/*/chroot=n'
fi
mkdir -p /var/log/postfix
touch /var/log/postfix/maillog
exec postfix start-fg
