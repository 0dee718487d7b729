#!/usr/bin/env python3
"""Derives truth.json of every capture from its log, apart from the agent and in another way.

The agent reads a log once, from the left, with bounded memory. This reads a whole capture at once, looks
forward as freely as backward, and knows each kind of line by a pattern made for these captures. What a figure
means is written in README.md; what the driver of a capture did, and how that agrees, in DERIVATION.md.

    derive.py            compares every truth.json with what it derives
    derive.py --write    writes them
    derive.py 05-smtpd-rejects 'reject.total'     prints the lines that a figure was counted from
"""
import json
import os
import re
import sys
from collections import Counter, defaultdict, namedtuple

HERE = os.path.dirname(os.path.abspath(__file__))
Line = namedtuple("Line", "instance daemon pid text service")

ID = r"([0-9A-F]{6,}|[0-9B-DF-HJ-NP-TV-Zb-df-hj-np-tv-z]{10,}z[0-9B-DF-HJ-NP-TV-Zb-df-hj-np-tv-y]+)"
OF_ID = re.compile(rf"^{ID}: ")
STATUS = re.compile(
    rf"^{ID}: to=<(.*?)>,(?: orig_to=<.*?>,)? relay=(.*?),(?: conn_use=\d+,)? delay=([\d.]+),"
    rf" delays=([\d.]+)/([\d.]+)/([\d.]+)/([\d.]+),(?: tls=([^,]+),)? dsn=[\d.]+, status=(\S+) \((.*)\)$"
)
QUEUED = re.compile(rf"^{ID}: from=<(.*)>, size=(\d+), nrcpt=(\d+) \(queue active\)$")
CLIENT = re.compile(rf"^{ID}: client=")
PICKED = re.compile(rf"^{ID}: uid=\d+ from=<")
REFUSED = re.compile(rf"^(?:NOQUEUE|{ID}): (reject|milter-reject|proxy-reject): ([A-Z-]+) from (\S+?): (.*)$")
CONTENT = re.compile(rf"^{ID}: reject: (?:header|body) .*: ([45])\.\d+\.\d+ [^:]*$")
HELD = re.compile(rf"^(?:NOQUEUE|{ID}): (?:milter-)?(?:header-|body-)?hold: ")
THROWN = re.compile(rf"^(?:NOQUEUE|{ID}): (?:milter-)?discard: ")
ENDED = re.compile(r"^disconnect from \S+ (.*)$")
TLS = re.compile(r"^\w+ TLS connection (established|reused) (from|to) (\S+?)(?::\d+)?: TLS")

PHASES = {"CONNECT": "connect", "HELO": "helo", "EHLO": "ehlo", "MAIL": "mail", "RCPT": "rcpt", "DATA": "data",
          "BDAT": "bdat", "END-OF-MESSAGE": "end_of_message", "ETRN": "etrn", "VRFY": "vrfy"}
PHASE_METRICS = {"connect": "connect", "helo": "helo", "ehlo": "helo", "mail": "mail", "rcpt": "rcpt",
                 "data": "data", "end_of_message": "end_of_message"}
# The reasons, in the order in which they are tried: what is our own fault first, then what names its cause, then
# what names only the object.
REASONS = [
    ("local_error", r"Server configuration|Insufficient system storage"),
    ("blocklist", r"blocked using"),
    ("relay", r"Relay access denied"),
    ("greylist", r"[Gg]reylist"),
    ("size", r"size exceeds"),
    ("protocol", r"Protocol error|command pipelining"),
    ("client", r"too many connections"),
    ("reverse_name", r"cannot find your"),
    ("helo", r"Helo command rejected"),
    ("sender", r"Sender address rejected"),
    ("unknown_user", r"Recipient address rejected: User unknown"),
    ("recipient", r"Recipient address rejected"),
    ("client", r"Client host rejected"),
    ("other", r"Etrn command rejected"),
]


def logs(scenario):
    """The files of a capture, by flavour; rotated parts before the current file."""
    names = sorted(os.listdir(os.path.join(HERE, scenario)))
    if "maillog.postlogd.log" in names:
        return {"maillog.postlogd.log": ["maillog.postlogd.rotated.log", "maillog.postlogd.log"]}
    return {name: [name] for name in names if name.endswith(".log") or name == "journal.export"}


def read(scenario, files):
    found = []
    for name in files:
        with open(os.path.join(HERE, scenario, name), encoding="utf-8", errors="replace", newline="\n") as file:
            found += read_journal(file) if name == "journal.export" else map(read_line, file)
    return found


def program(name, pid, text):
    if "/" not in name:  # A child of master that could not become what it should, or a name cut at its slash.
        return Line("postfix" if name == "master" else name, "master" if name == "master" else "", int(pid), text, "")
    instance, *service, daemon = name.split("/")
    return Line(instance, daemon, int(pid), text, "/".join(service))


def read_line(line):
    line = line.rstrip("\n")
    if line.startswith("<"):
        _, _, _, app, pid, _, _, text = line.split(" ", 7)
        return program(app, pid, text.removeprefix(" "))
    tagged = re.match(r"^(?:\w{3} [ \d]\d [\d:]{8}|[\dT:.+-]+) \S+ ([^\[ ]+)\[(\d+)\]: (.*)$", line)
    return program(*tagged.groups())


def read_journal(file):
    for entry in file.read().split("\n\n"):
        fields = dict(line.split("=", 1) for line in entry.splitlines() if "=" in line)
        if fields:
            yield program(fields["SYSLOG_IDENTIFIER"], fields["SYSLOG_PID"], fields["MESSAGE"])


class Capture:
    """The figures of one capture, with the numbers of the lines that each was counted from."""

    def __init__(self, lines):
        self.lines = lines
        self.figures = defaultdict(Counter)
        self.phases, self.reasons = Counter(), Counter()
        self.breakdowns = defaultdict(lambda: defaultdict(lambda: defaultdict(Counter)))
        self.why = defaultdict(list)
        self.home = {}  # queue id -> the instance whose own daemons know it
        self.first = {}  # queue id of a requeued message -> the id that it had before
        for line in lines:
            of_id = OF_ID.match(line.text)
            if of_id and line.daemon in ("qmgr", "cleanup", "smtpd", "pickup"):
                self.home[of_id[1]] = line.instance
            requeued = re.match(rf"^{ID}: uid=.* orig_id=(\w+)$", line.text)
            if requeued:
                self.first[requeued[1]] = self.first.get(requeued[2], requeued[2])
        for step in (self.levels, self.messages, self.deliveries, self.notices, self.sessions, self.refusals,
                     self.settled, self.signing_in, self.encryption, self.screening, self.health, self.broken_down):
            step()

    def add(self, number, name, by=1, of=None):
        line = self.lines[number]
        self.figures[self.home.get(of, line.instance)][name] += by
        self.why[name].append(number)

    def of(self, *daemons):
        return [(n, line) for n, line in enumerate(self.lines) if line.daemon in daemons]

    def levels(self):
        for n, line in enumerate(self.lines):
            level = re.match(r"(warning|error|fatal|panic): ", line.text)
            if level:
                self.add(n, f"log.{level[1]}s")

    def messages(self):
        received, queued = set(), set()
        for n, line in self.of("smtpd"):
            client = CLIENT.match(line.text)
            if client and ", orig_queue_id=" in line.text:
                self.add(n, "message.reinjected")
            elif client:
                received.add(client[1])
                self.add(n, "message.received")
                self.add(n, "message.received_smtp")
                if ", sasl_method=" in line.text:
                    self.add(n, "message.received_signed_in")
            if client and ", sasl_username=" in line.text:
                self.add(n, "sasl.messages")
        reinjected = {CLIENT.match(line.text)[1] for _, line in self.of("smtpd") if CLIENT.match(line.text)}
        for n, line in self.of("pickup"):
            picked = PICKED.match(line.text)
            if picked:
                received.add(picked[1])
            if picked and " orig_id=" not in line.text:
                self.add(n, "message.received")
                self.add(n, "message.received_local")
        for n, line in self.of("qmgr"):
            active = QUEUED.match(line.text)
            if active:
                qid, sender, size, recipients = active.groups()
                qid = self.first.get(qid, qid)
                if qid in queued:
                    self.add(n, "message.retried")
                else:
                    queued.add(qid)
                    self.add(n, "message.queued")
                    self.add(n, "message.queued_bytes", int(size))
                    self.add(n, "message.queued_recipients", int(recipients))
                    made_here = sender == "" or sender.startswith("double-bounce@")
                    if made_here and qid not in received | reinjected:
                        self.add(n, "message.generated")
            elif re.match(rf"^{ID}: removed$", line.text):
                self.add(n, "message.removed")
            elif re.search(r", status=(force-)?expired, returned to sender$", line.text):
                self.add(n, "message.expired")

    def deliveries(self):
        # A filter is where a message goes before it comes back with the id that it had.
        came_back = {qid for line in self.lines for qid in re.findall(r", orig_queue_id=(\w+)", line.text)}
        last, deferred_before = {}, set()
        messages = {"deferred": set(), "bounced": set()}
        for n, line in enumerate(self.lines):
            status = STATUS.match(line.text)
            if status:
                qid, recipient, relay, *delays, tls, word, reason = status.groups()
                if word in ("deliverable", "undeliverable"):
                    self.add(n, "delivery.probed", of=qid)
                    continue
                assert word in ("sent", "deferred", "bounced"), line
                self.add(n, f"delivery.{word}", of=qid)
                qid = self.first.get(qid, qid)
                turn = "retry" if (qid, recipient) in deferred_before else "first"
                self.add(n, f"delivery.{turn}.{word}", of=qid)
                last[qid, recipient] = word
                if word == "deferred":
                    deferred_before.add((qid, recipient))
                if word != "sent" and qid not in messages[word]:
                    messages[word].add(qid)
                    self.add(n, f"delivery.messages_{word}", of=qid)
                if reason.startswith("delivery temporarily suspended"):
                    self.add(n, "delivery.suspended", of=qid)
                else:
                    self.add(n, "delivery.attempts", of=qid)
                    self.delays(n, qid, delays)
                if word == "sent":
                    if reason.startswith("forwarded as "):
                        self.add(n, "delivery.forwarded", of=qid)
                    elif qid in came_back:
                        self.add(n, "delivery.filtered", of=qid)
                    elif line.daemon != "discard":
                        self.add(n, "delivery.delivered", of=qid)
                self.encrypted_out(n, qid, line, relay, tls, word, reason)
            elif line.daemon == "qmgr" and "expired, returned to sender" in line.text:
                qid = self.first.get(OF_ID.match(line.text)[1], OF_ID.match(line.text)[1])
                given_up = [key for key, word in last.items() if key[0] == qid and word == "deferred"]
                self.add(n, "delivery.expired", len(given_up))
            elif line.daemon in ("smtp", "lmtp") and (
                    re.match(r"connect to \S+\[[^]]*\]:\d+: ", line.text)
                    or re.match(rf"^{ID}: (host|lost connection with|conversation with) ", line.text)):
                self.add(n, "delivery.connect_failed")

    def delays(self, n, qid, delays):
        names = ("total", "before_queue", "in_queue", "connect", "transmit")
        self.add(n, "delay.count", of=qid)
        for name, seconds in zip(names, delays):
            self.add(n, f"delay.{name}", round(float(seconds) * 1000), of=qid)

    def encrypted_out(self, n, qid, line, relay, tls, word, reason):
        if line.daemon != "smtp":
            return
        if "TLS is required, but" in reason or reason == "Server certificate not verified" or (tls or "")[:1] == "!":
            self.add(n, "tls.out.required", of=qid)
        if word != "sent":
            return
        host = relay.rsplit(":", 1)[0]
        before = [TLS.match(other.text) for other in self.lines[:n] if other.pid == line.pid]
        secured = any(seen and seen[2] == "to" and seen[3] == host for seen in before)
        if tls is not None:
            assert secured == (":none" not in tls), line
        self.add(n, "tls.out.sent" if secured else "tls.out.sent_plain", of=qid)

    def notices(self):
        for n, line in self.of("bounce"):
            for words, name in ((": sender non-delivery notification: ", "bounced"),
                                (": sender delay notification: ", "delayed"),
                                (": postmaster non-delivery notification: ", "postmaster"),
                                (": postmaster delay notification: ", "postmaster"),
                                (": undeliverable postmaster notification discarded", "failed")):
                if words in line.text:
                    self.add(n, f"notice.{name}")

    def sessions(self):
        for n, line in self.of("smtpd"):
            text = line.text
            for words, name in (("connect from ", "connections"), ("connect from unknown[", "unknown_clients")):
                if text.startswith(words):
                    self.add(n, f"smtpd.{name}")
            for words, name in (("lost connection after ", "lost"), ("timeout after ", "timed_out"),
                                ("too many errors after ", "too_many_errors")):
                if re.match(rf"^((NOQUEUE|{ID}): )?{words}", text):
                    self.add(n, f"smtpd.{name}")
            if re.match(r"improper command pipelining|warning: (non-SMTP command|Illegal address syntax) from", text):
                self.add(n, "smtpd.protocol_errors")
            if re.match(r"warning: .* limit exceeded: \d+ from ", text):
                self.add(n, "limit.exceeded")
            ended = ENDED.match(text)
            if ended:
                self.add(n, "smtpd.disconnections")
                self.commands(n, ended[1])

    def commands(self, n, counts):
        for name, counted in (pair.split("=") for pair in counts.split()):
            if name == "notes":
                self.add(n, "smtpd.protocol_errors")
                continue
            accepted, _, total = counted.partition("/")
            accepted, total = int(accepted), int(total or accepted)
            if name == "commands":
                self.add(n, "smtpd.commands", total)
                self.add(n, "smtpd.commands_refused", total - accepted)
            elif name == "rcpt":
                self.add(n, "smtpd.recipients_accepted", accepted)
                self.add(n, "smtpd.recipients_refused", total - accepted)
            elif name == "auth":
                self.add(n, "sasl.succeeded", accepted)
                self.add(n, "sasl.refused", total - accepted)

    def refusals(self):
        whole = set()  # processes whose client a milter has refused as a whole
        for n, line in enumerate(self.lines):
            if line.daemon == "smtpd" and line.text.startswith("connect from "):
                whole.discard(line.pid)
            if line.daemon == "smtpd" and re.match(r"^\w+: reject_warning: ", line.text):
                self.add(n, "reject.warned")
            content = line.daemon == "cleanup" and CONTENT.match(line.text)
            refused = line.daemon in ("smtpd", "cleanup", "postscreen") and REFUSED.match(line.text)
            if content:
                self.refusal(n, "end_of_message", "content", content[2] == "4")
            elif refused:
                _, kind, phase, _, text = refused.groups()
                if line.daemon == "postscreen" and text.startswith("450 4.3.2 "):
                    continue
                if kind == "milter-reject":
                    if line.pid in whole:
                        continue
                    if phase in ("CONNECT", "HELO", "EHLO"):
                        whole.add(line.pid)
                    self.add(n, "reject.milter")
                said = re.split(r"[;,] (?:from|to|proto)=", text)[0]
                reason = next((name for name, words in REASONS if re.search(words, said)), None)
                if kind == "milter-reject" and reason != "greylist":
                    reason = "policy"
                assert reason, line
                # postscreen logs no code for these; the client was told 421.
                later = text.startswith("4") or text == "too many connections" or text.endswith(" ports busy")
                self.refusal(n, PHASES[phase], reason, later)
                if line.daemon == "smtpd" and re.match(r"451 4\.3\.|421 4\.3\.0|452 4\.3\.1", text):
                    self.add(n, "health.local_errors")

    def refusal(self, n, phase, reason, later):
        self.add(n, "reject.total")
        self.add(n, "reject.temporary" if later else "reject.permanent")
        self.add(n, f"reject.phase.{PHASE_METRICS.get(phase, 'other')}")
        self.add(n, f"reject.reason.{reason}")
        line = self.lines[n]
        if line.daemon != "cleanup":
            self.by(line, "service", line.service or line.daemon, "rejected")
        self.phases[phase] += 1
        self.reasons[reason] += 1

    def settled(self):
        """Messages held, thrown away, refused as a whole or abandoned, each told from the whole capture."""
        queued = {QUEUED.match(line.text)[1] for _, line in self.of("qmgr") if QUEUED.match(line.text)}
        settled = set(queued)
        held, thrown = {}, {}
        pending = {}  # process -> what it said of the message whose id is still to come
        for n, line in self.of("smtpd", "cleanup", "qmgr"):
            of_id = OF_ID.match(line.text)
            if line.daemon == "smtpd" and line.text.startswith("connect from "):
                pending.pop(line.pid, None)
            for pattern, table in ((HELD, held), (THROWN, thrown)):
                if pattern.match(line.text):
                    if of_id:
                        table.setdefault(of_id[1], n)
                    else:
                        pending.setdefault(line.pid, (table, n))
            if line.daemon == "smtpd" and CLIENT.match(line.text) and line.pid in pending:
                table, at = pending.pop(line.pid)
                table.setdefault(of_id[1], at)
            if of_id and re.match(r"^\w+: (milter-)?reject: (DATA|END-OF-MESSAGE|header|body) ", line.text):
                settled.add(of_id[1])
        for table, name in ((held, "action.held"), (thrown, "action.discarded")):
            for at in table.values():
                self.add(at, name)
            settled |= set(table)
        for n, line in self.of("smtpd"):
            client = CLIENT.match(line.text)
            if client and client[1] not in settled:
                self.add(n, "message.abandoned")

    def signing_in(self):
        for n, line in self.of("smtpd"):
            if re.match(r"warning: \S+\[[^]]*\]: SASL \S+ authentication failed", line.text):
                self.add(n, "sasl.failed")
            elif re.match(r"warning: \S+\[[^]]*\]: SASL \S+ authentication aborted", line.text):
                self.add(n, "sasl.aborted")

    def encryption(self):
        secured = set()
        for n, line in self.of("smtpd"):
            if line.text.startswith("connect from "):
                secured.discard(line.pid)
            tls = TLS.match(line.text)
            if tls:
                secured.add(line.pid)
                self.add(n, "tls.in.connections")
            elif line.text.startswith("SSL_accept error from "):
                self.add(n, "tls.in.failed")
            elif CLIENT.match(line.text) and ", orig_queue_id=" not in line.text:
                self.add(n, "tls.in.messages" if line.pid in secured else "tls.in.messages_plain")
        # tlsproxy makes the connection for smtp, and smtp says so once more: the lines of smtp are counted.
        for n, line in self.of("smtp", "lmtp"):
            tls = TLS.match(line.text)
            if tls and tls[1] == "established":
                self.add(n, "tls.out.connections")
            elif line.text.startswith("SSL_connect error to "):
                self.add(n, "tls.out.failed")
            elif re.match(r"(server )?certificate verification failed for ", line.text):
                self.add(n, "tls.out.unverified")

    def screening(self):
        words = {"connections": "CONNECT from", "passed_new": "PASS NEW", "passed_old": "PASS OLD",
                 "allowlisted": "(ALLOW|WHITE)LISTED", "denylisted": "(DENY|BLACK)LISTED", "pregreeted": "PREGREET",
                 "blocklisted": "DNSBL rank", "hung_up": "HANGUP"}
        for n, line in self.of("postscreen"):
            for name, start in words.items():
                if re.match(rf"{start} ", line.text):
                    self.add(n, f"postscreen.{name}")
            if ": reject: " in line.text:
                later = ": 450 4.3.2 " in line.text
                self.add(n, "postscreen.postponed" if later else "postscreen.rejected")
                if "too many connections" in line.text or " ports busy" in line.text:
                    self.add(n, "postscreen.busy")
        for n, line in self.of("dnsblog"):
            self.add(n, "dnsbl.listed" if " listed by domain " in line.text else "dnsbl.failed")

    def health(self):
        patterns = {
            "health.crashed": ("master", r"warning: process \S+ pid \d+ (killed by signal|exit status) "),
            "health.throttled": ("master", r"warning: .*: bad command startup -- throttling$"),
            "health.process_limit_reached": ("master", r"warning: service .* has reached its process limit "),
            "health.reloaded": ("master", r"reload -- version "),
            "health.policy_failed": ("smtpd", r"warning: problem talking to server "),
            "health.transport_failed": ("qmgr", r"warning: (connect to transport |transport .* failure)"),
            "health.corrupted": ("qmgr", r"warning: saving corrupt file "),
            "health.no_space": ("smtpd", r"warning: not enough free space in mail queue|.*: 452 4\.3\.1 "),
            "health.lookup_failed": ("smtpd", r"warning: .* lookup error for |error: open database "),
        }
        for name, (daemon, pattern) in patterns.items():
            for n, line in self.of(daemon):
                if re.match(pattern, line.text):
                    self.add(n, name)
        for n, line in self.of("smtpd", "cleanup"):
            if re.match(r"warning: (connect to Milter service |milter .*: can't read )", line.text):
                self.add(n, "health.milter_failed")

    def by(self, line, dimension, key, measure, count=1, of=None):
        if count:
            instance = self.home.get(of, line.instance)
            self.breakdowns[instance][dimension][key][measure] += count

    def broken_down(self):
        for line in self.lines:
            if line.daemon == "smtpd":
                self.session_by(line)
            if line.daemon == "postscreen":
                self.screening_by(line)
            if line.daemon == "dnsblog" and " listed by domain " in line.text:
                self.by(line, "dnsbl_zone", re.search(r" domain (\S+) as ", line.text)[1], "listed")
            self.encryption_by(line)
        self.senders_by()
        self.statuses_by()

    def session_by(self, line):
        text = line.text
        peer = re.match(rf"(?:{ID}: client=|connect from |(?:{ID}: |NOQUEUE: )?lost connection after .* from )"
                        r"\S*\[(\d+\.\d+\.\d+)\.\d+\]", text)
        if peer:
            network = f"{peer[3]}.0/24"
            what = ("connections" if text.startswith("connect") else "lost" if "lost" in text else "messages")
            if what != "messages" or ", orig_queue_id=" not in text:
                self.by(line, "client_network", network, what)
                self.by(line, "service", line.service or "smtpd", what)
        ended = ENDED.match(text)
        for pair in ended[1].split() if ended else []:
            name, _, counted = pair.partition("=")
            accepted, _, total = counted.partition("/")
            if name in ("commands", "notes"):
                continue
            if name == "auth":
                self.by(line, "service", line.service or "smtpd", "sasl_succeeded", int(accepted))
            self.by(line, "smtp_command", name, "accepted", int(accepted))
            self.by(line, "smtp_command", name, "refused", int(total or accepted) - int(accepted))
        broken = re.match(rf"(?:{ID}: |NOQUEUE: )?(lost connection|timeout|too many errors) after (\S+)", text)
        if broken:
            how = {"lost connection": "lost", "timeout": "timed_out", "too many errors": "too_many_errors"}
            phase = PHASES.get(broken[3], broken[3].lower())
            self.by(line, "session_end", phase, how[broken[2]])
        method = re.match(r"warning: \S+: SASL (\S+) authentication failed", text)
        if method:
            self.by(line, "sasl_method", method[1].lower().replace("-", "_"), "failed")
            self.by(line, "service", line.service or "smtpd", "sasl_failed")
        method = re.search(r", sasl_method=(\w+)", text)
        if method:
            self.by(line, "sasl_method", method[1].lower(), "succeeded")

    def screening_by(self, line):
        tests = {"PREGREET": "pregreet", "DNSBL rank": "dnsbl", "COMMAND TIME LIMIT": "command_time_limit",
                 "COMMAND COUNT LIMIT": "command_count_limit", "COMMAND LENGTH LIMIT": "command_length_limit",
                 "COMMAND PIPELINING": "command_pipelining", "NON-SMTP COMMAND": "non_smtp_command",
                 "BARE NEWLINE": "bare_newline", "DATA without valid RCPT": "data_without_rcpt",
                 "BDAT without valid RCPT": "data_without_rcpt"}
        for words, test in tests.items():
            if line.text.startswith(words + " "):
                self.by(line, "postscreen_test", test, "failed")
        hangup = re.match(r"HANGUP .* in tests (before|after) SMTP handshake", line.text)
        if hangup:
            self.by(line, "postscreen_test", f"hangup_{hangup[1]}_handshake", "failed")

    def encryption_by(self, line):
        tls = re.match(r"^(\w+) TLS connection established (from|to) .*?: (TLSv[\d.]+) with cipher (\S+) ", line.text)
        if not tls or (line.daemon == "tlsproxy" and tls[2] == "to"):
            return
        way = "in" if tls[2] == "from" else "out"
        if way == "in":
            self.by(line, "service", line.service or "smtpd", "encrypted")
        self.by(line, "tls_trust", tls[1].lower(), way)
        self.by(line, "tls_protocol", tls[3].lower(), way)
        self.by(line, "tls_cipher", f"{tls[3]}\t{tls[4]}", way)

    def senders_by(self):
        self.sender = {}
        back = {CLIENT.match(line.text)[1] for line in self.lines if ", orig_queue_id=" in line.text}
        for _, line in self.of("qmgr"):
            active = QUEUED.match(line.text)
            if not active:
                continue
            qid = self.first.get(active[1], active[1])
            new = qid not in self.sender
            self.sender[qid] = self.sender[active[1]] = domain_of(active[2]) if active[2] else "<>"
            if new and qid not in back:
                for measure, count in (("messages", 1), ("bytes", int(active[3])), ("recipients", int(active[4]))):
                    self.by(line, "sender_domain", self.sender[qid], measure, count)

    def statuses_by(self):
        came_back = {qid for line in self.lines for qid in re.findall(r", orig_queue_id=(\w+)", line.text)}
        agents = {"smtp", "lmtp", "local", "virtual", "pipe", "error", "discard", "cleanup"}
        seen, last = set(), {}
        for line in self.lines:
            gone = re.match(rf"^{ID}: from=<.*>, status=(?:force-)?expired, returned to sender$", line.text)
            if gone:
                for (qid, recipient), word in last.items():
                    if qid == gone[1] and word == "deferred":
                        self.by(line, "recipient_domain", domain_of(recipient), "expired")
            status = STATUS.match(line.text)
            if not status:
                continue
            qid, recipient, _, delay = status[1], status[2], status[3], status[4]
            word, reason = status[10], status[11]
            self.by(line, "delivery_agent", line.daemon if line.daemon in agents else "other", word, of=qid)
            if word not in ("sent", "deferred", "bounced"):
                continue
            last[qid, recipient] = word
            final = not (reason.startswith("forwarded as ") or qid in came_back or line.daemon == "discard")
            if word != "sent" or final:
                self.by(line, "recipient_domain", domain_of(recipient), word, of=qid)
            if word == "sent" and final:
                self.by(line, "recipient_domain", domain_of(recipient), "delay", round(float(delay) * 1000), of=qid)
            if word != "sent":
                self.by(line, "sender_domain", self.sender.get(qid, "<>"), word, of=qid)
                code = re.search(r", dsn=([\d.]+), status=", line.text)[1]
                self.by(line, "reply_code", code, word, of=qid)
                message = self.first.get(qid, qid)
                if (message, code) not in seen:
                    seen.add((message, code))
                    self.by(line, "reply_code", code, "messages", of=qid)

    def truth(self):
        total = sum(self.figures.values(), Counter())
        for instance, figures in self.figures.items():
            # Without a TLS line nobody knows whether a plain session was one: the group is not visible.
            for way, plain in (("in", "tls.in.messages_plain"), ("out", "tls.out.sent_plain")):
                if not any(name.startswith(f"tls.{way}.") and name != plain for name in figures):
                    figures.pop(plain, None)
        names = {"received": "message.received", "delivered": "delivery.delivered", "sent": "delivery.sent",
                 "deferred": "delivery.deferred", "bounced": "delivery.bounced", "expired": "delivery.expired",
                 "rejected": "reject.total", "smtpd_connections": "smtpd.connections", "sasl_failures": "sasl.failed",
                 "tls_in": "tls.in.connections", "tls_out": "tls.out.connections"}
        truth = {"lines": len(self.lines), "unrecognised": 0}
        truth |= {word: total[name] for word, name in names.items()}
        truth["rejected_by_phase"] = dict(sorted(self.phases.items()))
        truth["rejected_by_reason"] = dict(sorted(self.reasons.items()))
        truth["metrics"] = {
            instance: {name: count for name, count in sorted(figures.items()) if count}
            for instance, figures in sorted(self.figures.items())
        }
        truth["breakdowns"] = {
            instance: {
                dimension: {key: dict(sorted(counts.items())) for key, counts in sorted(keys.items())}
                for dimension, keys in sorted(dimensions.items())
            }
            for instance, dimensions in sorted(self.breakdowns.items())
        }
        return truth


def domain_of(address):
    return address.rpartition("@")[2].rstrip(".").lower() if "@" in address else "local"


def derive(scenario):
    flavours = logs(scenario)
    named = next(name for name in ("mail.log", "maillog.postlogd.log") if name in flavours)
    lines = read(scenario, flavours[named])
    capture = Capture(lines)
    truth = capture.truth()
    truth["flavours"] = {}
    for flavour, files in flavours.items():
        other = read(scenario, files)
        exceptions = {}
        if len(other) != len(lines):
            exceptions["lines"] = len(other)
        cut = any(line.daemon == "" for line in other)
        # Each flavour must hold the same lines, or it could not have the same truth.
        same = {(line.pid, line.text) for line in other} <= {(line.pid, line.text) for line in lines}
        assert same and len(lines) - len(other) in (0, 1), (scenario, flavour)
        assert cut or set(other) <= set(lines), (scenario, flavour)
        truth["flavours"][flavour] = {"files": files, "daemons": not cut, "except": exceptions}
    return truth, capture


def main(arguments):
    scenarios = sorted(name for name in os.listdir(HERE) if re.match(r"\d\d-", name))
    if len(arguments) == 2:
        capture = derive(arguments[0])[1]
        for n in capture.why[arguments[1]]:
            line = capture.lines[n]
            print(f"{n + 1}: {line.instance}/{line.daemon}[{line.pid}]: {line.text}")
        return 0
    stale = []
    for scenario in scenarios:
        path = os.path.join(HERE, scenario, "truth.json")
        text = json.dumps(derive(scenario)[0], indent=2) + "\n"
        if arguments == ["--write"]:
            with open(path, "w", encoding="utf-8") as file:
                file.write(text)
        elif not os.path.exists(path) or open(path, encoding="utf-8").read() != text:
            stale.append(scenario)
    print("differs: " + ", ".join(stale) if stale else f"{len(scenarios)} captures agree")
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
