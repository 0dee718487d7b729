//! Events into counters and breakdowns of the interval that each belongs to.
//!
//! Pure and bounded: lines and their stamps come in, figures come out; no file, no socket, no clock. What must be
//! remembered between lines is in [`track::Track`], whose changes go to disk with the figures they led to.

pub mod interval;
pub mod redact;
pub mod replies;
pub mod roster;
pub mod seal;
pub mod sight;
pub mod state;
pub mod tally;
pub mod track;
pub mod users;

mod deliveries;
mod health;
mod messages;
mod refusals;
mod sessions;

use mailvane_proto::catalogue::{
    self, DimensionId, agent as agent_cat, delivery as delivery_cat, event as happened, group,
    log as log_cat, smtpd as smtpd_cat,
};
use sha2::{Digest as _, Sha256};

use crate::postfix::{self, Event, Line, Spoken};
pub(crate) use refusals::{class_of, reason_name};
use roster::Roster;
use tally::Tally;
use track::Track;
use users::Users;

/// Everything that outlives one line.
#[derive(Debug, Default)]
pub struct Fold {
    /// Messages and sessions.
    pub track: Track,
    /// Instances.
    pub roster: Roster,
    /// Makes hashes of user names that only this host can make.
    user_key: [u8; 32],
    /// Where users signed in from lately.
    users: Users,
}

/// Figures of one interval by the instances' places.
#[derive(Debug, Clone, Default)]
pub struct Tallies(Vec<Tally>);

impl Tallies {
    /// The tally at a place; made if it is new.
    pub fn at(&mut self, place: u32) -> &mut Tally {
        let index = usize::try_from(place).unwrap_or(0).min(roster::INSTANCES_MAX - 1);
        if self.0.len() <= index {
            self.0.resize_with(index + 1, Tally::default);
        }
        // The line above made room; the first tally stands in for what cannot happen.
        let last = self.0.len() - 1;
        #[expect(
            clippy::indexing_slicing,
            reason = "index and last are below the length set above"
        )]
        &mut self.0[index.min(last)]
    }

    /// All tallies with their places.
    pub fn iter(&self) -> impl Iterator<Item = (u32, &Tally)> {
        self.0.iter().enumerate().map(|(place, tally)| (u32::try_from(place).unwrap_or(0), tally))
    }

    /// Whether nothing was counted or measured.
    pub fn is_empty(&self) -> bool {
        self.0.iter().all(Tally::is_empty)
    }
}

impl Fold {
    /// An empty memory; user names are hashed with this key.
    pub fn new(user_key: [u8; 32]) -> Self {
        Self { user_key, ..Self::default() }
    }

    /// Counts one line, stamped `at_ms`, into the figures of its interval. Lines of other programs are passed over.
    ///
    /// Says whether the line was understood or another program's.
    pub fn line(
        &mut self,
        line: &Line<'_>,
        bytes: usize,
        at_ms: i64,
        tallies: &mut Tallies,
    ) -> bool {
        if !postfix::is_postfix(line) {
            Self::foreign(line, at_ms, tallies);
            return true;
        }
        let spoken = postfix::understand(line);
        let place = self.place(line, &spoken);
        let tally = tallies.at(place);
        let (mut tls_in, mut tls_out) = (false, false);
        let mut counter = Counter {
            tally,
            track: &mut self.track,
            roster: &mut self.roster,
            user_key: &self.user_key,
            users: &mut self.users,
            place,
            at_ms,
            pid: line.pid,
            service: line.service,
            daemon: line.daemon,
            text: line.text,
            tls_in: &mut tls_in,
            tls_out: &mut tls_out,
        };
        counter.line(bytes, spoken.level, spoken.event != Event::Unrecognised);
        if !postfix::is_own_probe(line) {
            counter.event(&spoken);
        }
        if let Some(instance) = self.roster.get_mut(place) {
            instance.tls_in |= tls_in;
            instance.tls_out |= tls_out;
        }
        if let Some(instance) = self.roster.get(place) {
            tally.see_silence(instance);
        }
        spoken.event != Event::Unrecognised
    }

    /// The log daemon's own word about lines that it dropped concerns every instance; the first one carries it.
    fn foreign(line: &Line<'_>, at_ms: i64, tallies: &mut Tallies) {
        if let Event::Suppressed(lines) = postfix::understand(line).event {
            tallies.at(0).suppressed(lines, at_ms);
        }
    }

    /// A message's instance is where its first line came from: some transports log under another name.
    fn place(&mut self, line: &Line<'_>, spoken: &Spoken<'_>) -> u32 {
        let begins = matches!(
            spoken.event,
            Event::Smtpd(postfix::smtpd::Event::Client(_)) | Event::Submission(_)
        );
        match spoken.id.and_then(|id| self.track.message(id)) {
            Some(message) if !begins => message.instance,
            // A child of master that could not become its program writes as plain `master`.
            _ if line.instance == line.daemon => self.roster.place(b"postfix"),
            _ => self.roster.place(line.instance),
        }
    }

    /// Gauges that come from memory rather than from the host.
    pub fn gauges(&mut self, tallies: &mut Tallies) {
        let places = u32::try_from(self.roster.len()).unwrap_or(0);
        for place in 0..places {
            let open = self.track.sessions_of(place);
            tallies.at(place).set(smtpd_cat::CONNECTIONS_ACTIVE, open);
        }
        let tracked = u64::try_from(self.track.len()).unwrap_or(u64::MAX);
        tallies.at(0).set(agent_cat::TRACKED, tracked);
        tallies.at(0).add(agent_cat::FORGOTTEN, self.track.take_forgotten());
    }
}

/// One line being counted.
pub(crate) struct Counter<'a> {
    tally: &'a mut Tally,
    track: &'a mut Track,
    roster: &'a mut Roster,
    user_key: &'a [u8; 32],
    users: &'a mut Users,
    place: u32,
    at_ms: i64,
    pid: u64,
    service: &'a [u8],
    daemon: &'a [u8],
    text: &'a [u8],
    tls_in: &'a mut bool,
    tls_out: &'a mut bool,
}

impl Counter<'_> {
    fn event(&mut self, spoken: &Spoken<'_>) {
        match (&spoken.event, spoken.id) {
            (Event::Delivery(delivery), Some(id)) => self.delivery(id, delivery),
            (Event::Smtpd(event), id) => self.smtpd(id, event),
            (Event::Cleanup(event), Some(id)) => self.cleanup(id, event),
            (Event::Qmgr(event), Some(id)) => self.queue(id, event),
            (Event::QmgrWarning(warning), _) => self.queue_warning(warning),
            (Event::Notice(notice), _) => self.notice(notice),
            (Event::UndeliverableNotice, _) => self.tally.add(delivery_cat::NOTICE_FAILED, 1),
            (Event::Submission(submission), Some(id)) => self.submission(id, submission),
            (Event::Postscreen(event), _) => self.screened(event),
            (Event::Dnsblog(event), _) => self.asked(event),
            (Event::Operation(operation), _) => self.operation(operation),
            (Event::Withdrawn, Some(id)) => {
                self.withdrawn(id);
            }
            (Event::Master(event), _) => self.master(event),
            (Event::Script(event), _) => self.script(*event),
            (Event::Tls(event), _) => self.tls(event),
            (Event::ProxyConnect, _) => self.track.note_tlsproxy(self.pid),
            (Event::Peak(peak), _) => self.peak(*peak),
            (Event::ServerFailed(server), _) => self.server_failed(server),
            (Event::Suppressed(lines), _) => self.tally.suppressed(*lines, self.at_ms),
            (Event::Trouble, _) => self.trouble(),
            _ => {}
        }
    }

    /// `requeued` keeps the memory for the id that pickup will give.
    fn withdrawn(&mut self, id: &[u8]) {
        if self.text.ends_with(b": removed") {
            self.track.end(id);
        }
    }

    fn server_failed(&mut self, server: &[u8]) {
        self.tally.add(delivery_cat::CONNECT_FAILED, 1);
        if !server.is_empty() {
            let server = server.to_ascii_lowercase();
            self.open(delivery_cat::RELAY, &server, delivery_cat::hop::CONNECT_FAILED, 1);
        }
    }

    fn stress(&mut self, begins: bool) {
        let kind = if begins { happened::STRESS_BEGAN } else { happened::STRESS_ENDED };
        self.happen(kind, b"", b"");
    }

    fn open(&mut self, dimension: DimensionId, key: &[u8], measure: usize, by: u64) {
        if self.tally.open(dimension, key, measure, by) {
            self.tally.add(agent_cat::KEYS_FOLDED, 1);
        }
    }

    fn open_service(&mut self, measure: usize) {
        self.open_service_by(measure, 1);
    }

    fn open_service_by(&mut self, measure: usize, by: u64) {
        if by > 0 {
            let service = match (self.service, self.daemon) {
                // A log that lost the daemon's name lost the service with it.
                (_, b"") => catalogue::OTHER.as_bytes(),
                (b"", b"postscreen") => b"postscreen",
                (b"", _) => b"smtpd",
                (service, _) => service,
            };
            let service = service.to_vec();
            self.open(smtpd_cat::SERVICE, &service, measure, by);
        }
    }

    /// A user name as a hash that only this host can make.
    fn user_hash(&self, user: &[u8]) -> String {
        let digest = Sha256::new()
            .chain_update(self.user_key)
            .chain_update(user.to_ascii_lowercase())
            .finalize();
        let hex = |byte: &u8| {
            [byte >> 4, byte & 15]
                .map(|digit| char::from_digit(u32::from(digit), 16).unwrap_or('0'))
        };
        digest.iter().take(USER_HASH_BYTES).flat_map(hex).collect()
    }
}

/// Half of a UUID: a million users collide with a chance of 3 in 100 million.
const USER_HASH_BYTES: usize = 8;

impl Tally {
    /// Groups that any line of this instance makes visible.
    fn see_log(&mut self, tls_in: bool, tls_out: bool) {
        for group in LOG_GROUPS {
            self.see(*group);
        }
        if tls_in {
            self.see(group::TLS_IN);
        }
        if tls_out {
            self.see(group::TLS_OUT);
        }
    }

    /// Lines that the log daemon dropped: counted, and marked, as every other figure is too small by them.
    fn suppressed(&mut self, lines: u64, at_ms: i64) {
        self.add(log_cat::SUPPRESSED, lines);
        self.happen(tally::Happening {
            at_ms,
            kind: happened::LOG_SUPPRESSED,
            subject: String::new(),
            text: String::new(),
            count: 1,
        });
    }

    /// The log was read to the interval's end, though this instance said nothing.
    pub fn see_silence(&mut self, instance: &roster::Instance) {
        self.see_log(instance.tls_in, instance.tls_out);
    }
}

const LOG_GROUPS: &[catalogue::GroupId] = &[
    group::MESSAGE,
    group::DELIVERY,
    group::DELAY,
    group::NOTICE,
    group::SMTPD,
    group::REJECT,
    group::LIMIT,
    group::SASL,
    group::POSTSCREEN,
    group::LOG,
    group::HEALTH,
];

/// A hash that is the same after a restart: FNV-1a. Chosen for being stable, not for being strong.
pub(crate) fn hash(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

/// The network of a client, /24 or /48; `unknown` where the address is none.
pub(crate) fn network(address: &[u8]) -> String {
    let address = std::str::from_utf8(address).unwrap_or_default();
    let address = address.strip_prefix("IPv6:").unwrap_or(address);
    match address.parse() {
        Ok(std::net::IpAddr::V4(ip)) => {
            let [a, b, c, _] = ip.octets();
            format!("{a}.{b}.{c}.0/24")
        }
        Ok(std::net::IpAddr::V6(ip)) => {
            let [a, b, c, ..] = ip.segments();
            format!("{}/48", std::net::Ipv6Addr::new(a, b, c, 0, 0, 0, 0, 0))
        }
        Err(_) => String::from("unknown"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_that_journald_dropped_leave_a_mark() {
        let text = b"Nov 23 12:07:40 mx1 systemd-journald[7]: Suppressed 420 messages from postfix@-.service";
        let line = Line::parse(text).unwrap();
        let mut tallies = Tallies::default();
        Fold::default().line(&line, text.len(), 1_000, &mut tallies);
        assert_eq!(tallies.at(0).get(log_cat::SUPPRESSED), 420);
        assert_eq!(tallies.at(0).events()[0].kind, happened::LOG_SUPPRESSED);
    }

    #[test]
    fn client_addresses_are_cut_to_their_networks() {
        assert_eq!(network(b"203.0.113.77"), "203.0.113.0/24");
        assert_eq!(network(b"2001:db8:1:2::7"), "2001:db8:1::/48");
        assert_eq!(network(b"unknown"), "unknown");
    }
}
