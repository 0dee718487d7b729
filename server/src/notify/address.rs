//! Which addresses a tenant's URL may lead to: only those reachable by everybody on the internet.
//!
//! Never asks the resolver; [`super::client`] does, and refuses a name if any of its addresses is refused here.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Whether `ip` is a public unicast address.
pub fn globally_reachable(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(v4) => v4_reachable(v4),
        IpAddr::V6(v6) => match v6.to_ipv4_mapped() {
            Some(v4) => v4_reachable(v4),
            None => v6_reachable(v6),
        },
    }
}

fn v4_reachable(ip: Ipv4Addr) -> bool {
    let bits = ip.to_bits();
    !V4_REFUSED.iter().any(|(net, len)| bits >> (32 - len) == net.to_bits() >> (32 - len))
}

fn v6_reachable(ip: Ipv6Addr) -> bool {
    let bits = ip.to_bits();
    let inside = |(net, len): &(Ipv6Addr, u32)| bits >> (128 - len) == net.to_bits() >> (128 - len);
    // Only 2000::/3 is given out as global unicast; everything else is special or not assigned.
    inside(&(v6(0x2000, 0, 0), 3)) && !V6_REFUSED.iter().any(inside)
}

const fn v4(a: u8, b: u8, c: u8) -> Ipv4Addr {
    Ipv4Addr::new(a, b, c, 0)
}

const fn v6(a: u16, b: u16, c: u16) -> Ipv6Addr {
    Ipv6Addr::new(a, b, c, 0, 0, 0, 0, 0)
}

const V4_REFUSED: &[(Ipv4Addr, u32)] = &[
    (v4(0, 0, 0), 8),       // this network
    (v4(10, 0, 0), 8),      // private
    (v4(100, 64, 0), 10),   // carrier NAT
    (v4(127, 0, 0), 8),     // loopback
    (v4(169, 254, 0), 16),  // link-local, cloud metadata
    (v4(172, 16, 0), 12),   // private
    (v4(192, 0, 0), 24),    // protocol assignments
    (v4(192, 0, 2), 24),    // documentation
    (v4(192, 31, 196), 24), // AS112
    (v4(192, 52, 193), 24), // AMT
    (v4(192, 88, 99), 24),  // 6to4 relays
    (v4(192, 168, 0), 16),  // private
    (v4(192, 175, 48), 24), // AS112
    (v4(198, 18, 0), 15),   // benchmarks
    (v4(198, 51, 100), 24), // documentation
    (v4(203, 0, 113), 24),  // documentation
    (v4(224, 0, 0), 4),     // multicast
    (v4(240, 0, 0), 4),     // reserved, broadcast
];

const V6_REFUSED: &[(Ipv6Addr, u32)] = &[
    (v6(0x2001, 0, 0), 23),     // protocol assignments: Teredo, ORCHID, benchmarks
    (v6(0x2001, 0xdb8, 0), 32), // documentation
    (v6(0x2002, 0, 0), 16),     // 6to4: carries any IPv4 address
    (v6(0x2620, 0x4f, 0x8000), 48), // AS112
    (v6(0x3fff, 0, 0), 20),     // documentation
    (v6(0x3ffe, 0, 0), 16),     // 6bone, withdrawn
];

#[cfg(test)]
mod tests;
