//! Ways to harm an input: bits, bytes, pieces, words that mean something, and pieces of another input.

/// Harms inputs, the same way for the same seed.
pub(crate) struct Damage(u64);

impl Damage {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// splitmix64.
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Below `bound`, which is not 0.
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        let bound = u64::try_from(bound.max(1)).unwrap();
        usize::try_from(self.next() % bound).unwrap()
    }

    /// One to four harms.
    pub(crate) fn harm(&mut self, input: &mut Vec<u8>, other: &[u8], words: &[&[u8]]) {
        for _ in 0..=self.below(4) {
            self.once(input, other, words);
        }
    }

    fn once(&mut self, input: &mut Vec<u8>, other: &[u8], words: &[&[u8]]) {
        const TELLING: [u8; 14] =
            [0, 0xff, 0x7f, 0x80, b'\n', b' ', b'<', b'>', b'[', b']', b':', b'=', b'0', b'"'];
        let at = self.below(input.len() + 1);
        let end = (at + 1 + self.below(32)).min(input.len());
        let byte = u8::try_from(self.below(256)).unwrap();
        match self.below(9) {
            0 if at < input.len() => input[at] ^= 1 << self.below(8),
            1 if at < input.len() => input[at] = TELLING[self.below(TELLING.len())],
            2 if at < input.len() => input[at] = byte,
            3 => input.insert(at, byte),
            4 if at < end => drop(input.drain(at..end)),
            5 if at < end => {
                let piece = input[at..end].to_vec();
                let to = self.below(input.len());
                input.splice(to..to, piece);
            }
            6 if !words.is_empty() => {
                let word = words[self.below(words.len())];
                input.splice(at..at, word.iter().copied());
            }
            7 if !other.is_empty() => {
                let from = self.below(other.len());
                let to = (from + 1 + self.below(200)).min(other.len());
                input.splice(at..end.max(at), other[from..to].iter().copied());
            }
            _ => input.truncate(at),
        }
    }
}
