//! Things by a 64-bit key, in one flat piece of memory with a limit; knows what changed since the last record.
//!
//! Pure. A place is used again when its thing is gone, so nothing is allocated for each thing.

/// What a slab holds.
pub trait Thing: Default {
    /// When it was last heard of, in any unit that grows; the least recent makes room for others.
    fn heard(&self) -> i64;
}

/// Things by key.
#[derive(Debug)]
pub struct Slab<T> {
    slots: Vec<Slot<T>>,
    /// Bits of each slot.
    states: Vec<u8>,
    free: Vec<u32>,
    index: Index,
    len_max: usize,
    /// Slots that changed since the last record; each is named once.
    changed: Vec<u32>,
    /// Keys of things that a record holds and that are gone.
    gone: Vec<u64>,
    /// Where the search for the least recent goes on.
    hand: usize,
    /// The last thing that was looked for: lines about one thing come together.
    last: (u64, u32),
    evicted: u64,
}

#[derive(Debug, Default)]
struct Slot<T> {
    key: u64,
    thing: T,
}

/// A thing is here.
const USED: u8 = 1;
/// The slot is named in `changed`.
const LISTED: u8 = 2;
/// A record holds the thing.
const KEPT: u8 = 4;
/// Slots among which the least recent thing is taken when there is no room.
const LOOKED_AT: usize = 64;
/// No slot.
const NONE: u32 = u32::MAX;

impl<T: Thing> Slab<T> {
    /// Empty, for at most `len_max` things.
    pub fn new(len_max: usize) -> Self {
        Self {
            slots: Vec::new(),
            states: Vec::new(),
            free: Vec::new(),
            index: Index::default(),
            len_max: len_max.max(1),
            changed: Vec::new(),
            gone: Vec::new(),
            hand: 0,
            last: (0, NONE),
            evicted: 0,
        }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.index.len
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    #[inline]
    fn find(&mut self, key: u64) -> Option<u32> {
        if self.last.0 == key && self.last.1 != NONE {
            return Some(self.last.1);
        }
        let slot = self.index.find(key, |slot| key_of(&self.slots, slot))?;
        self.last = (key, slot);
        Some(slot)
    }

    /// The thing of a key.
    #[inline]
    pub fn get(&mut self, key: u64) -> Option<&T> {
        let slot = self.find(key)?;
        self.slots.get(place(slot)).map(|slot| &slot.thing)
    }

    /// The thing of a key, without remembering that it was looked for.
    pub fn peek(&self, key: u64) -> Option<&T> {
        let slot = self.index.find(key, |slot| key_of(&self.slots, slot))?;
        self.slots.get(place(slot)).map(|slot| &slot.thing)
    }

    /// The thing of a key, to be changed.
    #[inline]
    pub fn get_mut(&mut self, key: u64) -> Option<&mut T> {
        let slot = self.find(key)?;
        self.list(slot);
        self.slots.get_mut(place(slot)).map(|slot| &mut slot.thing)
    }

    /// The thing of a key, to be changed; made if it is new.
    #[inline]
    pub fn touch(&mut self, key: u64) -> &mut T {
        let slot = match self.find(key) {
            Some(slot) => slot,
            None => self.make(key),
        };
        self.list(slot);
        #[expect(clippy::indexing_slicing, reason = "find and make give slots that are there")]
        &mut self.slots[place(slot)].thing
    }

    fn make(&mut self, key: u64) -> u32 {
        while self.index.len >= self.len_max {
            self.evict();
        }
        let slot = self.free.pop().unwrap_or_else(|| {
            self.slots.push(Slot::default());
            self.states.push(0);
            u32::try_from(self.slots.len() - 1).unwrap_or(NONE)
        });
        if let Some(made) = self.slots.get_mut(place(slot)) {
            made.key = key;
        }
        if let Some(state) = self.states.get_mut(place(slot)) {
            *state |= USED;
        }
        let slots = &self.slots;
        self.index.insert(key, slot, |slot| key_of(slots, slot));
        self.last = (key, slot);
        slot
    }

    /// Takes the least recent of some.
    fn evict(&mut self) {
        let mut oldest: Option<(i64, u64)> = None;
        let mut looked = 0;
        for _ in 0..self.slots.len() {
            self.hand = if self.hand + 1 < self.slots.len() { self.hand + 1 } else { 0 };
            if self.states.get(self.hand).is_none_or(|state| state & USED == 0) {
                continue;
            }
            let Some(slot) = self.slots.get(self.hand) else { continue };
            if oldest.is_none_or(|(heard, _)| slot.thing.heard() < heard) {
                oldest = Some((slot.thing.heard(), slot.key));
            }
            looked += 1;
            if looked == LOOKED_AT {
                break;
            }
        }
        if let Some((_, key)) = oldest {
            self.remove(key);
            self.evicted += 1;
        }
    }

    /// Takes a thing out.
    pub fn remove(&mut self, key: u64) -> Option<T> {
        let slot = self.find(key)?;
        self.last = (0, NONE);
        let slots = &self.slots;
        self.index.remove(key, slot, |slot| key_of(slots, slot));
        let state = self.states.get_mut(place(slot))?;
        if *state & KEPT != 0 {
            self.gone.push(key);
        }
        *state &= LISTED;
        self.free.push(slot);
        self.slots.get_mut(place(slot)).map(|slot| std::mem::take(&mut slot.thing))
    }

    /// Takes out all that a test holds for.
    pub fn remove_if(&mut self, mut test: impl FnMut(u64, &T) -> bool) -> u64 {
        let keys: Vec<u64> =
            self.iter().filter(|(key, thing)| test(*key, thing)).map(|(key, _)| key).collect();
        let removed = keys.iter().filter(|key| self.remove(**key).is_some()).count();
        u64::try_from(removed).unwrap_or(u64::MAX)
    }

    /// All things with their keys.
    pub fn iter(&self) -> impl Iterator<Item = (u64, &T)> {
        let used = |(slot, state): (_, &u8)| (state & USED != 0).then_some(slot);
        self.slots
            .iter()
            .zip(&self.states)
            .filter_map(used)
            .map(|slot: &Slot<T>| (slot.key, &slot.thing))
    }

    /// All things, to be changed without counting as changed.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = &mut T> {
        let used = |(slot, state): (_, &u8)| (state & USED != 0).then_some(slot);
        self.slots
            .iter_mut()
            .zip(&self.states)
            .filter_map(used)
            .map(|slot: &mut Slot<T>| &mut slot.thing)
    }

    #[inline]
    fn list(&mut self, slot: u32) {
        if let Some(state) = self.states.get_mut(place(slot))
            && *state & LISTED == 0
        {
            *state |= LISTED;
            self.changed.push(slot);
        }
    }

    /// Hands over what changed since the last call, and the keys of what a record holds and is gone.
    pub fn take_changes(&mut self, mut changed: impl FnMut(u64, &T)) -> Vec<u64> {
        for slot in std::mem::take(&mut self.changed) {
            let (Some(state), Some(slot)) =
                (self.states.get_mut(place(slot)), self.slots.get(place(slot)))
            else {
                continue;
            };
            *state &= !LISTED;
            if *state & USED != 0 {
                *state |= KEPT;
                changed(slot.key, &slot.thing);
            }
        }
        std::mem::take(&mut self.gone)
    }

    /// How many had to make room since the last call.
    pub fn take_evicted(&mut self) -> u64 {
        std::mem::take(&mut self.evicted)
    }

    /// Forgets that anything changed: a record holds all of it.
    pub fn settle(&mut self) {
        self.take_changes(|_, _| ());
        for state in &mut self.states {
            if *state & USED != 0 {
                *state |= KEPT;
            }
        }
    }
}

#[inline]
fn place(slot: u32) -> usize {
    usize::try_from(slot).unwrap_or(usize::MAX)
}

#[inline]
fn key_of<T>(slots: &[Slot<T>], slot: u32) -> u64 {
    slots.get(place(slot)).map_or(0, |slot| slot.key)
}

/// From keys to slots: open addressing with linear steps, at most half full.
#[derive(Debug, Default)]
struct Index {
    /// Slots; [`NONE`] where there is none. The length is a power of two.
    cells: Vec<u32>,
    len: usize,
}

impl Index {
    #[inline]
    fn home(&self, key: u64) -> usize {
        // Process ids are small numbers in a row; the multiplication spreads them.
        let spread = key.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        usize::try_from(spread >> 32).unwrap_or(0) & self.cells.len().wrapping_sub(1)
    }

    #[inline]
    fn next(&self, cell: usize) -> usize {
        (cell + 1) & self.cells.len().wrapping_sub(1)
    }

    #[inline]
    fn find(&self, key: u64, key_of: impl Fn(u32) -> u64) -> Option<u32> {
        let mut cell = self.home(key);
        loop {
            match *self.cells.get(cell)? {
                NONE => return None,
                slot if key_of(slot) == key => return Some(slot),
                _ => cell = self.next(cell),
            }
        }
    }

    fn insert(&mut self, key: u64, slot: u32, key_of: impl Fn(u32) -> u64) {
        if (self.len + 1) * 2 > self.cells.len() {
            let doubled = vec![NONE; (self.cells.len() * 2).max(CELLS_MIN)];
            for known in std::mem::replace(&mut self.cells, doubled) {
                if known != NONE {
                    self.put(key_of(known), known);
                }
            }
        }
        self.put(key, slot);
        self.len += 1;
    }

    fn put(&mut self, key: u64, slot: u32) {
        let mut cell = self.home(key);
        while let Some(taken) = self.cells.get_mut(cell) {
            if *taken == NONE {
                *taken = slot;
                return;
            }
            cell = self.next(cell);
        }
    }

    /// Takes a key out and moves those behind it nearer to their homes, so that no search ends early.
    fn remove(&mut self, key: u64, slot: u32, key_of: impl Fn(u32) -> u64) {
        let mut hole = self.home(key);
        while self.cells.get(hole).is_some_and(|cell| *cell != slot && *cell != NONE) {
            hole = self.next(hole);
        }
        let mask = self.cells.len().wrapping_sub(1);
        let mut cell = self.next(hole);
        while let Some(moved) = self.cells.get(cell).copied().filter(|moved| *moved != NONE) {
            let wanted = self.home(key_of(moved));
            // It may fill the hole if its home does not lie behind the hole.
            if (cell.wrapping_sub(wanted) & mask) >= (cell.wrapping_sub(hole) & mask) {
                if let Some(to) = self.cells.get_mut(hole) {
                    *to = moved;
                }
                hole = cell;
            }
            cell = self.next(cell);
        }
        if let Some(to) = self.cells.get_mut(hole) {
            *to = NONE;
            self.len -= 1;
        }
    }
}

const CELLS_MIN: usize = 16;

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use proptest::prelude::*;

    use super::*;

    impl Thing for i64 {
        fn heard(&self) -> i64 {
            *self
        }
    }

    #[test]
    fn the_least_recent_make_room() {
        let mut slab = Slab::new(50);
        for key in 1..=1_000_u64 {
            *slab.touch(key) = i64::try_from(key).unwrap();
        }
        assert_eq!((slab.len(), slab.take_evicted()), (50, 950));
        assert!(slab.iter().all(|(key, _)| key > 900));
    }

    #[test]
    fn what_came_and_went_between_two_records_is_in_neither() {
        let mut slab: Slab<i64> = Slab::new(50);
        *slab.touch(1) = 1;
        assert!(slab.take_changes(|_, _| ()).is_empty());
        *slab.touch(2) = 2;
        slab.remove(2);
        slab.remove(1);
        let mut changed = 0;
        assert_eq!(slab.take_changes(|_, _| changed += 1), [1]);
        assert_eq!(changed, 0);
    }

    proptest! {
        #[test]
        fn it_is_a_map_that_knows_its_changes(steps in prop::collection::vec((0_u64..40, 0..4), 0..400)) {
            let (mut slab, mut map, mut disk) = (Slab::new(1_000), HashMap::new(), HashMap::new());
            for (step, (key, what)) in steps.into_iter().enumerate() {
                // Keys far apart, and such as meet in the index.
                let key = key % 20 + (key / 20) * (1 << 52) + 1;
                let value = i64::try_from(step).unwrap();
                match what {
                    0 => prop_assert_eq!(slab.remove(key), map.remove(&key)),
                    1 => prop_assert_eq!(slab.get(key), map.get(&key)),
                    2 => {
                        let mut changes = Vec::new();
                        for gone in slab.take_changes(|key, thing| changes.push((key, *thing))) {
                            disk.remove(&gone);
                        }
                        disk.extend(changes);
                        prop_assert_eq!(&disk, &map);
                    }
                    _ => {
                        *slab.touch(key) = value;
                        map.insert(key, value);
                    }
                }
                prop_assert_eq!(slab.len(), map.len());
            }
            let all: HashMap<u64, i64> = slab.iter().map(|(key, thing)| (key, *thing)).collect();
            prop_assert_eq!(all, map);
        }
    }
}
