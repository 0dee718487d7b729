//! Texts as small numbers in the order they came, with a row of counts each; one flat piece of memory with a limit.
//!
//! Pure. Nothing is allocated for each key: the texts lie end to end.

use super::hash::{half, hash};

/// Keys and their counts.
#[derive(Debug, Clone, Default)]
pub struct Keys {
    /// Counts of each key.
    width: usize,
    len_max: usize,
    /// Open addressing with linear steps, at most half full: place and four bytes of the hash.
    cells: Vec<Cell>,
    /// End of each key's text.
    ends: Vec<u32>,
    text: Vec<u8>,
    counts: Vec<u64>,
}

#[derive(Debug, Clone, Copy)]
struct Cell {
    hash: u32,
    place: u32,
}

/// No place.
const NONE: u32 = u32::MAX;
const FREE: Cell = Cell { hash: 0, place: NONE };
const CELLS_MIN: usize = 16;

impl Keys {
    /// No keys yet, of at most `len_max`, each with `width` counts.
    pub fn new(width: usize, len_max: usize) -> Self {
        Self { width, len_max, ..Self::default() }
    }

    /// How many keys there are.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// A key's number; given to it if it is new, unless there are too many.
    #[inline]
    pub fn place(&mut self, key: &[u8]) -> Option<u32> {
        let hash = half(hash(key));
        match self.find(hash, key) {
            Found::At(place) => Some(place),
            Found::Free(cell) => self.insert(hash, key, cell),
        }
    }

    /// The text of a number.
    #[inline]
    pub fn key(&self, place: u32) -> Option<&[u8]> {
        let place = usize::try_from(place).ok()?;
        let end = usize::try_from(*self.ends.get(place)?).ok()?;
        let start = match place.checked_sub(1) {
            Some(before) => usize::try_from(*self.ends.get(before)?).ok()?,
            None => 0,
        };
        self.text.get(start..end)
    }

    /// A key's counts, if it is known.
    pub fn get(&self, key: &[u8]) -> Option<&[u64]> {
        let Found::At(place) = self.find(half(hash(key)), key) else { return None };
        let row = usize::try_from(place).ok()?.checked_mul(self.width)?;
        self.counts.get(row..row.checked_add(self.width)?)
    }

    /// Adds to one of a key's counts.
    #[inline]
    pub fn add(&mut self, place: u32, measure: usize, by: u64) {
        if measure >= self.width {
            return;
        }
        let row = usize::try_from(place).unwrap_or(usize::MAX).saturating_mul(self.width);
        if let Some(count) = self.counts.get_mut(row.saturating_add(measure)) {
            *count = count.saturating_add(by);
        }
    }

    /// Raises one of a key's counts to at least a value.
    pub fn raise(&mut self, place: u32, measure: usize, value: u64) {
        let row = usize::try_from(place).unwrap_or(usize::MAX).saturating_mul(self.width);
        let count = self.counts.get_mut(row.saturating_add(measure));
        if let Some(count) = count.filter(|_| measure < self.width) {
            *count = (*count).max(value);
        }
    }

    /// Keys whose counts are not all zero, in the order they came.
    pub fn iter(&self) -> impl Iterator<Item = (&[u8], &[u64])> {
        let rows = self.counts.chunks_exact(self.width.max(1));
        let counted = |(_, counts): &(_, &[u64])| counts.iter().any(|count| *count > 0);
        (0_u32..).map_while(|place| self.key(place)).zip(rows).filter(counted)
    }

    #[inline]
    fn find(&self, hash: u32, key: &[u8]) -> Found {
        let mask = self.cells.len().wrapping_sub(1);
        let mut at = usize::try_from(hash).unwrap_or(0) & mask;
        while let Some(cell) = self.cells.get(at) {
            if cell.place == NONE {
                return Found::Free(at);
            }
            if cell.hash == hash && self.key(cell.place) == Some(key) {
                return Found::At(cell.place);
            }
            at = (at + 1) & mask;
        }
        Found::Free(at)
    }

    fn insert(&mut self, hash: u32, key: &[u8], cell: usize) -> Option<u32> {
        if self.ends.len() >= self.len_max {
            return None;
        }
        let place = u32::try_from(self.ends.len()).ok()?;
        let end = u32::try_from(self.text.len() + key.len()).ok()?;
        self.text.extend_from_slice(key);
        self.ends.push(end);
        self.counts.resize(self.ends.len() * self.width, 0);
        if self.ends.len() * 2 > self.cells.len() {
            self.grow();
            put(&mut self.cells, Cell { hash, place });
        } else if let Some(free) = self.cells.get_mut(cell) {
            *free = Cell { hash, place };
        }
        Some(place)
    }

    fn grow(&mut self) {
        let doubled = vec![FREE; (self.cells.len() * 2).max(CELLS_MIN)];
        for cell in std::mem::replace(&mut self.cells, doubled) {
            if cell.place != NONE {
                put(&mut self.cells, cell);
            }
        }
    }
}

enum Found {
    At(u32),
    Free(usize),
}

fn put(cells: &mut [Cell], new: Cell) {
    let mask = cells.len().wrapping_sub(1);
    let mut at = usize::try_from(new.hash).unwrap_or(0) & mask;
    while let Some(cell) = cells.get_mut(at) {
        if cell.place == NONE {
            *cell = new;
            return;
        }
        at = (at + 1) & mask;
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn beyond_the_limit_only_known_keys_have_a_place() {
        let mut keys = Keys::new(2, 3);
        for key in ["a", "b", "", "d"] {
            let place = keys.place(key.as_bytes());
            assert_eq!(place.is_none(), key == "d");
        }
        assert_eq!(keys.place(b""), Some(2));
        assert_eq!(keys.len(), 3);
    }

    proptest! {
        #[test]
        fn it_counts_as_a_map_does(adds in prop::collection::vec(("[a-d]{0,3}", 0_usize..3, 0_u64..9), 0..300)) {
            let (mut keys, mut map) = (Keys::new(3, 1_000), HashMap::<String, [u64; 3]>::new());
            for (key, measure, by) in adds {
                let place = keys.place(key.as_bytes()).unwrap();
                keys.add(place, measure, by);
                map.entry(key).or_default()[measure] += by;
            }
            let counted: HashMap<String, [u64; 3]> = keys
                .iter()
                .map(|(key, counts)| (String::from_utf8(key.to_vec()).unwrap(), counts.try_into().unwrap()))
                .collect();
            map.retain(|_, counts| *counts != [0; 3]);
            prop_assert_eq!(counted, map);
        }
    }
}
