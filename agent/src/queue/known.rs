//! When each waiting message came, how large it is and when it is tried next; remembered so that a file is looked at once.
//!
//! Pure and bounded: of a queue larger than the table every second, fourth … message is remembered, and it says which.

use super::Depth;

/// Messages remembered of one queue; 16 bytes each, in a table at most three quarters full.
pub(super) const KNOWN_MAX: usize = 196_608;
/// Cells of the smallest table: 1 KiB.
const CELLS_MIN: usize = 64;
/// Marks a message that the present walk has seen; the size of a file has the bits below.
const SEEN: u32 = 1 << 31;

/// One message.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Known {
    /// Seconds since 1970.
    pub(super) arrived_s: u32,
    /// Bytes of its file, at most 2 GiB.
    pub(super) bytes: u32,
    /// When a deferred message is tried again: its file's mtime, which lies ahead. Seconds since 1970.
    pub(super) next_try_s: u32,
}

#[derive(Debug, Clone, Copy, Default)]
struct Cell {
    /// Hash of the name; 0 is free.
    key: u32,
    known: Known,
}

/// What is remembered of one queue.
#[derive(Debug, Default)]
pub(super) struct Table {
    cells: Vec<Cell>,
    len: usize,
    /// Keys that end in this many zero bits are remembered.
    skipped_bits: u32,
}

/// The key of a name.
pub(super) fn key(name: &[u8]) -> u32 {
    crate::fold::hash::half(crate::fold::hash::hash(name)).max(1)
}

impl Table {
    /// Whether a message is one of those that are remembered.
    pub(super) fn wants(&self, key: u32) -> bool {
        key.trailing_zeros() >= self.skipped_bits
    }

    /// One of so many messages is remembered.
    pub(super) fn one_of(&self) -> u64 {
        1 << self.skipped_bits
    }

    /// A walk begins.
    pub(super) fn begin(&mut self) {
        for cell in &mut self.cells {
            cell.known.bytes &= !SEEN;
        }
    }

    /// What is known of a message; the walk has seen it.
    pub(super) fn see(&mut self, key: u32) -> Option<Known> {
        let at = self.find(key).ok()?;
        let cell = self.cells.get_mut(at)?;
        cell.known.bytes |= SEEN;
        Some(cell.known)
    }

    /// Remembers a message, as seen. Says whether it is new.
    pub(super) fn put(&mut self, key: u32, known: Known) -> bool {
        if (self.len + 1) * 4 > self.cells.len() * 3 {
            self.grow();
        }
        if !self.wants(key) {
            return false;
        }
        let known = Known { bytes: known.bytes.min(SEEN - 1) | SEEN, ..known };
        let (at, new) = match self.find(key) {
            Ok(at) => (at, false),
            Err(at) => (at, true),
        };
        if let Some(cell) = self.cells.get_mut(at) {
            *cell = Cell { key, known };
            self.len += usize::from(new);
        }
        new
    }

    /// Forgets a message. Says whether it was known.
    pub(super) fn remove(&mut self, key: u32) -> bool {
        self.find(key).is_ok_and(|at| {
            self.clear(at);
            true
        })
    }

    /// A walk has ended: what it did not see is gone.
    pub(super) fn end(&mut self) {
        let unseen = |cell: &&Cell| cell.key != 0 && cell.known.bytes & SEEN == 0;
        let gone: Vec<u32> = self.cells.iter().filter(unseen).map(|cell| cell.key).collect();
        for key in gone {
            self.remove(key);
        }
        if self.len * 8 < self.cells.len() && self.cells.len() > CELLS_MIN {
            self.rebuild((self.len * 2).next_power_of_two().max(CELLS_MIN));
        }
        if self.len * 4 < KNOWN_MAX && self.skipped_bits > 0 {
            // The next walk looks at the others too.
            self.skipped_bits -= 1;
        }
    }

    /// Ages, bytes and waves at `now_s`, each message standing for [`Self::one_of`].
    pub(super) fn depth(&self, now_s: u64, lifetime_s: Option<u64>, waves: bool) -> Depth {
        let mut depth = Depth { one_of: self.one_of(), ..Depth::default() };
        for Cell { known, .. } in self.cells.iter().filter(|cell| cell.key != 0) {
            depth.add(Known { bytes: known.bytes & !SEEN, ..*known }, now_s);
            if waves {
                depth.retry.add(u64::from(known.next_try_s), now_s);
                if let Some(lifetime_s) = lifetime_s {
                    depth.expire.add(u64::from(known.arrived_s) + lifetime_s, now_s);
                }
            }
        }
        depth.scale(self.one_of());
        depth
    }

    /// The place of a key, or the free one where it would be.
    fn find(&self, key: u32) -> Result<usize, usize> {
        let mask = self.cells.len().wrapping_sub(1);
        let mut at = home(key) & mask;
        loop {
            match self.cells.get(at) {
                Some(cell) if cell.key == key => return Ok(at),
                Some(cell) if cell.key != 0 => at = (at + 1) & mask,
                _ => return Err(at),
            }
        }
    }

    /// Frees a place and moves those behind it nearer to their homes.
    fn clear(&mut self, at: usize) {
        let mask = self.cells.len().wrapping_sub(1);
        let (mut hole, mut next) = (at, (at + 1) & mask);
        while let Some(cell) = self.cells.get(next).copied().filter(|cell| cell.key != 0) {
            let wanted = home(cell.key) & mask;
            if (next.wrapping_sub(wanted) & mask) >= (next.wrapping_sub(hole) & mask) {
                if let Some(to) = self.cells.get_mut(hole) {
                    *to = cell;
                }
                hole = next;
            }
            next = (next + 1) & mask;
        }
        if let Some(cell) = self.cells.get_mut(hole) {
            *cell = Cell::default();
            self.len -= 1;
        }
    }

    /// More cells, or, at the limit, half as many messages.
    fn grow(&mut self) {
        if self.len < KNOWN_MAX {
            self.rebuild((self.cells.len() * 2).max(CELLS_MIN));
        } else {
            self.skipped_bits += 1;
            self.rebuild(self.cells.len());
        }
    }

    fn rebuild(&mut self, cells: usize) {
        let old = std::mem::replace(&mut self.cells, vec![Cell::default(); cells]);
        self.len = 0;
        for cell in old.into_iter().filter(|cell| cell.key != 0) {
            if let (true, Err(at)) = (self.wants(cell.key), self.find(cell.key))
                && let Some(to) = self.cells.get_mut(at)
            {
                *to = cell;
                self.len += 1;
            }
        }
    }
}

/// The low bits choose who is remembered, so that all bits must place.
fn home(key: u32) -> usize {
    usize::try_from(u64::from(key).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(number: u32) -> (u32, Known) {
        let known = Known { arrived_s: number, bytes: 1_000, next_try_s: number + 60 };
        (key(format!("A{number:010X}").as_bytes()), known)
    }

    #[test]
    fn what_a_walk_does_not_see_is_forgotten() {
        let mut table = Table::default();
        for number in 0..10_000 {
            let (key, known) = message(number);
            assert!(table.put(key, known));
        }
        table.begin();
        for number in 0..3_000 {
            assert_eq!(table.see(message(number).0).map(|known| known.arrived_s), Some(number));
        }
        table.end();
        assert_eq!(table.len, 3_000);
        assert!(table.remove(message(7).0) && !table.remove(message(7).0));
        assert_eq!(table.see(message(3_001).0), None);
        let depth = table.depth(3_000, Some(10), true);
        assert_eq!((depth.bytes, depth.one_of), (2_999_000, 1));
        assert_eq!(depth.oldest_s, 3_000);
    }

    #[test]
    fn of_a_million_every_eighth_is_remembered_and_stands_for_eight() {
        let mut table = Table::default();
        table.begin();
        for number in 0..1_000_000 {
            let (key, known) = message(number);
            table.put(key, known);
        }
        table.end();
        assert_eq!(table.one_of(), 8);
        assert!(table.len <= KNOWN_MAX && table.cells.len() <= 262_144);
        let bytes = table.depth(1_000_000, None, false).bytes;
        assert!((980_000_000..1_020_000_000).contains(&bytes), "{bytes}");
    }
}
