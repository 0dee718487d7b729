//! Which ports of an instance speak TLS, from its master.cf.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use crate::discover::Found;
use crate::discover::master_cf::Service;

/// Ports looked at of one instance.
pub(super) const PORTS_MAX: usize = 8;

/// A port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Port {
    /// Where it is listened to.
    pub address: SocketAddr,
    /// TLS from the first byte, rather than by STARTTLS.
    pub wrapped: bool,
}

impl Port {
    /// As metrics and events name it.
    pub fn name(&self) -> String {
        format!("port {}", self.address.port())
    }
}

/// Ports of smtpd and postscreen where TLS is offered.
pub fn ports(found: &Found) -> Vec<Port> {
    let mut ports: Vec<Port> =
        found.services().iter().filter_map(|service| port(found, service)).collect();
    ports.dedup_by_key(|port| port.address.port());
    ports.truncate(PORTS_MAX);
    ports
}

fn port(found: &Found, service: &Service) -> Option<Port> {
    if service.kind != "inet" || !matches!(service.program.as_str(), "smtpd" | "postscreen") {
        return None;
    }
    let setting =
        |name: &str| service.option(name).unwrap_or_else(|| found.setting(name)).to_owned();
    let wrapped = setting("smtpd_tls_wrappermode").eq_ignore_ascii_case("yes");
    let offered = matches!(setting("smtpd_tls_security_level").as_str(), "may" | "encrypt");
    if !wrapped && !offered {
        return None;
    }
    let (host, name) = service.name.rsplit_once(':').unwrap_or(("", &service.name));
    let number = match name {
        "smtp" => 25,
        "submission" => 587,
        "smtps" | "submissions" => 465,
        number => number.parse().ok()?,
    };
    let host = host.trim_matches(['[', ']']);
    let ip =
        if host.is_empty() { listens_on(found.setting("inet_interfaces")) } else { parse(host) };
    Some(Port { address: SocketAddr::new(ip?, number), wrapped })
}

/// The first address that can be reached from loopback.
fn listens_on(interfaces: &str) -> Option<IpAddr> {
    interfaces.split([' ', ',', '\t']).find_map(|interface| match interface {
        "all" | "loopback-only" | "localhost" => Some(Ipv4Addr::LOCALHOST.into()),
        other => parse(other.trim_matches(['[', ']'])),
    })
}

/// The probe has an IPv4 address of its own, and so can only speak to such.
fn parse(host: &str) -> Option<IpAddr> {
    match host {
        "localhost" => Some(Ipv4Addr::LOCALHOST.into()),
        host => host.parse().ok().filter(IpAddr::is_ipv4),
    }
}
