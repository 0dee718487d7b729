//! How many messages are due at which moment: the retry wave of deferred mail, and the countdown to its expiry.

use mailvane_proto::catalogue::{KeyId, queue::moment};

/// Moments of the catalogue, in its order.
const MOMENTS: usize = moment::KEYS.len();

/// Upper bounds of the moments between *due* and *later*, in seconds from now.
const BOUNDS_S: [u64; MOMENTS - 2] = [300, 900, 3_600, 21_600, 86_400];

/// Counts by moment.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Wave([u64; MOMENTS]);

impl Wave {
    /// Of counts in the order of the catalogue's moments.
    pub const fn of(counts: [u64; MOMENTS]) -> Self {
        Self(counts)
    }

    /// Counts what happens at `at_s`, seen from `now_s`.
    pub fn add(&mut self, at_s: u64, now_s: u64) {
        let place = match at_s.checked_sub(now_s) {
            None | Some(0) => 0,
            Some(wait_s) => 1 + BOUNDS_S.iter().take_while(|bound| wait_s >= **bound).count(),
        };
        if let Some(count) = self.0.get_mut(place) {
            *count += 1;
        }
    }

    /// Each that was counted stands for so many.
    pub fn scale(&mut self, by: u64) {
        self.0 = self.0.map(|count| count * by);
    }

    /// What is due now or was due before.
    pub fn due(&self) -> u64 {
        self.before(1)
    }

    /// What is due within 24 hours, now included.
    pub fn within_24h(&self) -> u64 {
        self.before(MOMENTS - 1)
    }

    /// Counts in the order of the catalogue's moments.
    pub const fn counts(&self) -> [u64; MOMENTS] {
        self.0
    }

    /// Moments that are not empty.
    pub fn by_moment(&self) -> impl Iterator<Item = (KeyId, u64)> {
        let all = moment::KEYS.iter().map(|key| key.id).zip(self.0);
        all.filter(|(_, count)| *count > 0)
    }

    fn before(&self, place: usize) -> u64 {
        self.0.iter().take(place).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_wait_falls_into_its_moment() {
        let mut wave = Wave::default();
        for wait_s in [0, 1, 299, 300, 899, 900, 3_599, 3_600, 21_600, 86_399, 86_400, 400_000] {
            wave.add(1_000_000 + wait_s, 1_000_000);
        }
        wave.add(5, 1_000_000);
        assert_eq!(wave.counts(), [2, 2, 2, 2, 1, 2, 2]);
        assert_eq!(wave.due(), 2);
        assert_eq!(wave.within_24h(), 11);
        let later = wave.by_moment().last().unwrap();
        assert_eq!(later, (moment::LATER, 2));
    }
}
