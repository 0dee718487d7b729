//! Who asks, seen through the proxies that the settings trust. What a client writes itself never counts.

use std::net::IpAddr;

use axum::http::{HeaderMap, HeaderName};

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// The address of the client: each trusted proxy appends the address it saw, so the client's is that many entries from
/// the right. Fewer entries than proxies, or an entry that is no address, and it is the connection's own peer.
pub fn client(headers: &HeaderMap, peer: IpAddr, trusted_hops: u8) -> IpAddr {
    let Some(behind) = usize::from(trusted_hops).checked_sub(1) else { return peer };
    let entries: Vec<&str> = headers
        .get_all(FORWARDED_FOR)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|line| line.split(','))
        .map(str::trim)
        .collect();
    let entry = entries.len().checked_sub(behind + 1).and_then(|at| entries.get(at));
    entry.and_then(|entry| entry.parse().ok()).unwrap_or(peer)
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn seen(lines: &[&'static str], hops: u8) -> String {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(FORWARDED_FOR, HeaderValue::from_static(line));
        }
        client(&headers, IpAddr::from([10, 0, 0, 1]), hops).to_string()
    }

    #[test]
    fn a_header_counts_only_as_far_as_our_own_proxies_wrote_it() {
        assert_eq!(
            seen(&["203.0.113.9"], 0),
            "10.0.0.1",
            "no proxy: what the client writes is nothing"
        );
        assert_eq!(seen(&["1.2.3.4, 203.0.113.9"], 1), "203.0.113.9");
        assert_eq!(seen(&["1.2.3.4", "203.0.113.9"], 1), "203.0.113.9");
        assert_eq!(seen(&["1.2.3.4, 203.0.113.9, 10.0.0.2"], 2), "203.0.113.9");
        assert_eq!(seen(&["203.0.113.9"], 2), "10.0.0.1", "fewer entries than proxies");
        assert_eq!(seen(&["1.2.3.4, junk"], 1), "10.0.0.1");
        assert_eq!(seen(&[], 1), "10.0.0.1");
    }
}
