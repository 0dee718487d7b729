//! The words of the private Postfix's configuration files. Pure; writes nothing.

use std::{
    fmt::Write,
    net::{Ipv4Addr, SocketAddr},
    path::PathBuf,
};

/// What the private instance shall be.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The directory that holds all of it. Every parent must be open to all users.
    pub dir: PathBuf,
    /// `multi_instance_name`; it must begin with `postfix`.
    pub name: String,
    /// `myhostname`.
    pub host_name: String,
    /// Where it takes mail.
    pub smtp: SocketAddr,
    /// Next hop of each recipient domain.
    pub routes: Vec<(&'static str, SocketAddr)>,
    /// How soon it tries again.
    pub pace: Pace,
    /// `enable_long_queue_ids`.
    pub long_queue_ids: bool,
}

/// How soon Postfix tries deferred mail again, and how long it keeps it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pace {
    /// As on a busy relay, twenty times faster: for people who look at charts.
    Steady,
    /// As fast as Postfix can: for stories that must end within a minute.
    Story,
}

impl Plan {
    pub(super) fn etc(&self) -> PathBuf {
        self.dir.join("etc")
    }

    pub(super) fn spool(&self) -> PathBuf {
        self.dir.join("spool")
    }

    pub(super) fn data(&self) -> PathBuf {
        self.dir.join("data")
    }

    pub(super) fn log_directory(&self) -> PathBuf {
        self.dir.join("log")
    }

    pub(super) fn log(&self) -> PathBuf {
        self.log_directory().join("mail.log")
    }
}

/// What the lab's Postfix refuses, step by step; sources pick from here to be refused where they want to be.
#[derive(Debug)]
pub struct Refused {
    /// A client address that is refused when it connects.
    pub client: Ipv4Addr,
    /// A name that is refused in EHLO.
    pub helo: &'static str,
    /// A sender that is refused at MAIL FROM.
    pub sender: &'static str,
    /// A recipient that is unknown here.
    pub recipient: &'static str,
    /// A recipient in a domain that is not relayed.
    pub relay: &'static str,
    /// A sender that is refused at DATA.
    pub at_data: &'static str,
    /// A sender that is refused after the final dot.
    pub at_end: &'static str,
    /// A word in the subject that `header_checks` refuse.
    pub subject: &'static str,
}

/// The refusals of the lab's Postfix.
pub const REFUSED: Refused = Refused {
    client: Ipv4Addr::new(127, 0, 0, 66),
    helo: "dialup-7.bad.test",
    sender: "news@bad.test",
    recipient: "nobody@ok.test",
    relay: "anna@elsewhere.test",
    at_data: "bulk@ok.test",
    at_end: "late@ok.test",
    subject: "cheap-watches",
};

pub(super) const HEADER_CHECKS: &str = "/^Subject:.*cheap-watches/ REJECT We do not carry this\n";

pub(super) fn main_cf(plan: &Plan) -> String {
    let mut text = format!(
        "compatibility_level = 3.6\n\
         queue_directory = {spool}\n\
         data_directory = {data}\n\
         multi_instance_name = {name}\n\
         multi_instance_enable = yes\n\
         myhostname = {host}\n\
         mydestination =\n\
         mynetworks = 127.0.0.0/8\n\
         inet_interfaces = 127.0.0.1\n\
         inet_protocols = ipv4\n\
         alias_maps =\n\
         alias_database =\n\
         local_recipient_maps =\n\
         relay_transport = smtp\n\
         transport_maps = texthash:{etc}/transport\n\
         header_checks = regexp:{etc}/header_checks\n\
         default_transport = error:the lab sends nothing off this machine\n\
         smtp_dns_support_level = disabled\n\
         smtp_address_preference = ipv4\n\
         smtpd_peername_lookup = no\n\
         maillog_file = {log}\n\
         maillog_file_prefixes = {log_directory}\n\
         maillog_file_compressor = true\n\
         notify_classes =\n\
         enable_long_queue_ids = {long}\n",
        spool = plan.spool().display(),
        data = plan.data().display(),
        name = plan.name,
        host = plan.host_name,
        etc = plan.etc().display(),
        log = plan.log().display(),
        log_directory = plan.log_directory().display(),
        long = if plan.long_queue_ids { "yes" } else { "no" },
    );
    let domains: Vec<&str> = plan.routes.iter().map(|(domain, _)| *domain).collect();
    // Writing to a String cannot fail.
    let _infallible = writeln!(text, "relay_domains = {}", domains.join(", "));
    text.push_str(&restrictions());
    text.push_str(pace(plan.pace));
    text
}

/// Refusals at each step. `smtpd_delay_reject = no`, so that each is logged at the step where it belongs.
fn restrictions() -> String {
    let refused = REFUSED;
    format!(
        "smtpd_delay_reject = no\n\
         smtpd_helo_required = yes\n\
         smtpd_client_restrictions = check_client_access inline:{{ {{ {client} = REJECT Access denied }} }}\n\
         smtpd_helo_restrictions = check_helo_access inline:{{ {{ {helo} = REJECT Dynamic name }} }}\n\
         smtpd_sender_restrictions = check_sender_access inline:{{ {{ {sender} = REJECT Not welcome }} }}\n\
         smtpd_relay_restrictions = reject_unauth_destination\n\
         smtpd_recipient_restrictions = check_recipient_access inline:{{ {{ {recipient} = 550 5.1.1 User unknown }} }}\n\
         smtpd_data_restrictions = check_sender_access inline:{{ {{ {at_data} = REJECT No bulk mail }} }}\n\
         smtpd_end_of_data_restrictions = check_sender_access inline:{{ {{ {at_end} = REJECT Too late }} }}\n",
        client = refused.client,
        helo = refused.helo,
        sender = refused.sender,
        recipient = refused.recipient,
        at_data = refused.at_data,
        at_end = refused.at_end,
    )
}

fn pace(pace: Pace) -> &'static str {
    match pace {
        Pace::Steady => {
            "queue_run_delay = 15s\n\
             minimal_backoff_time = 30s\n\
             maximal_backoff_time = 200s\n\
             maximal_queue_lifetime = 20m\n\
             bounce_queue_lifetime = 10m\n"
        }
        Pace::Story => {
            "queue_run_delay = 1s\n\
             minimal_backoff_time = 2s\n\
             maximal_backoff_time = 3s\n\
             maximal_queue_lifetime = 20s\n\
             bounce_queue_lifetime = 20s\n"
        }
    }
}

pub(super) fn transport(plan: &Plan) -> String {
    plan.routes.iter().fold(String::new(), |mut text, (domain, next_hop)| {
        let _infallible = writeln!(text, "{domain} smtp:[{}]:{}", next_hop.ip(), next_hop.port());
        text
    })
}

/// Postfix's stock services without chroot (an empty chroot has no libraries), and one port of ours. qmgr and pickup look
/// every 3 s by themselves: a trigger that is lost in a reload would else leave mail in incoming for up to 300 s.
pub(super) fn master_cf(smtp: SocketAddr) -> String {
    format!(
        "{smtp} inet n - n - - smtpd\n\
         pickup unix n - n 3 1 pickup\n\
         cleanup unix n - n - 0 cleanup\n\
         qmgr unix n - n 3 1 qmgr\n\
         tlsmgr unix - - n 1000? 1 tlsmgr\n\
         rewrite unix - - n - - trivial-rewrite\n\
         bounce unix - - n - 0 bounce\n\
         defer unix - - n - 0 bounce\n\
         trace unix - - n - 0 bounce\n\
         verify unix - - n - 1 verify\n\
         flush unix n - n 1000? 0 flush\n\
         proxymap unix - - n - - proxymap\n\
         proxywrite unix - - n - 1 proxymap\n\
         smtp unix - - n - - smtp\n\
         relay unix - - n - - smtp\n\
         showq unix n - n - - showq\n\
         error unix - - n - - error\n\
         retry unix - - n - - error\n\
         discard unix - - n - - discard\n\
         local unix - n n - - local\n\
         virtual unix - n n - - virtual\n\
         lmtp unix - - n - - lmtp\n\
         anvil unix - - n - 1 anvil\n\
         scache unix - - n - 1 scache\n\
         postlog unix-dgram n - n - 1 postlogd\n"
    )
}
