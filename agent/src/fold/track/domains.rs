//! Domains of senders and recipients as small numbers: many messages, few domains.
//!
//! Pure and bounded: when it is full, those that nobody names any more go, and if that does not help, new ones are `other`.

use mailvane_proto::catalogue;

use crate::fold::keys::Keys;

/// Domains known at once; about 40 bytes each.
pub const DOMAINS_MAX: usize = 20_000;
/// New domains that must come in vain before those that nobody names are looked for again.
const IN_VAIN_MAX: usize = 5_000;

/// A domain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct DomainId(u32);

/// All domains.
#[derive(Debug)]
pub struct Domains {
    table: Keys,
    in_vain: usize,
}

impl Default for Domains {
    fn default() -> Self {
        let mut domains = Self { table: Keys::new(0, DOMAINS_MAX), in_vain: IN_VAIN_MAX };
        // The first numbers are fixed: nothing, and other.
        domains.table.place(b"");
        domains.table.place(catalogue::OTHER.as_bytes());
        domains
    }
}

const OTHER: DomainId = DomainId(1);

impl Domains {
    /// The number of a domain in lower case; nothing if those that are in use must be named first.
    pub fn number(&mut self, domain: &[u8]) -> Option<DomainId> {
        if let Some(place) = self.table.place(domain) {
            return Some(DomainId(place));
        }
        if self.in_vain >= IN_VAIN_MAX {
            return None;
        }
        self.in_vain += 1;
        Some(OTHER)
    }

    /// The domain of a number.
    pub fn name(&self, domain: DomainId) -> &[u8] {
        self.table.key(domain.0).unwrap_or_default()
    }

    /// Keeps only the domains that are in use: each is visited and gets its new number.
    pub fn keep_used(&mut self, visit: impl FnOnce(&mut dyn FnMut(&mut DomainId))) {
        let mut kept = Self::default();
        visit(&mut |domain| {
            *domain = kept.table.place(self.name(*domain)).map_or(OTHER, DomainId);
        });
        let full = kept.table.len() * 2 > DOMAINS_MAX;
        kept.in_vain = if full { 0 } else { IN_VAIN_MAX };
        *self = kept;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_of_domains_ends_in_other_and_passes() {
        let mut domains = Domains::default();
        let kept = domains.number(b"example.org").unwrap();
        let mut mine = vec![kept];
        for number in 0..200_000 {
            let name = format!("d{number}.example");
            match domains.number(name.as_bytes()) {
                Some(domain) if number % 1_000 == 0 => mine.push(domain),
                Some(_) => {}
                None => domains.keep_used(|rename| mine.iter_mut().for_each(rename)),
            }
        }
        assert_eq!(domains.name(mine[0]), b"example.org");
        assert!(domains.table.len() <= DOMAINS_MAX);
        assert_eq!(domains.name(DomainId::default()), b"");
        let last = domains.number(b"last.example").map(|domain| domains.name(domain).to_vec());
        assert!(last.is_none_or(|name| name == b"last.example" || name == b"other"));
    }
}
