//! The first of many rules whose words stand anywhere in a text, found in one pass over it.

/// Rules in the order in which they win.
pub(crate) struct Words<T: 'static> {
    rules: &'static [(&'static [u8], T)],
    /// Rules whose words begin with this byte, a bit each.
    first: [u64; 256],
    /// Rules without words: they always fit.
    always: u64,
}

/// One bit each.
const RULES_MAX: usize = 64;

impl<T: Copy> Words<T> {
    /// At most 64 rules.
    #[expect(clippy::indexing_slicing, reason = "only while compiling, where it is an error")]
    pub(crate) const fn new(rules: &'static [(&'static [u8], T)]) -> Self {
        assert!(rules.len() <= RULES_MAX, "more rules than bits");
        let (mut first, mut always, mut place) = ([0; 256], 0, 0);
        while place < rules.len() {
            match rules[place].0 {
                [byte, ..] => first[*byte as usize] |= 1 << place,
                [] => always |= 1 << place,
            }
            place += 1;
        }
        Self { rules, first, always }
    }

    /// What the first rule that fits says.
    pub(crate) fn find(&self, text: &[u8]) -> Option<T> {
        let mut found = self.always;
        // Rules that would win over what was found.
        let mut wanted = below(found);
        for (at, byte) in text.iter().enumerate() {
            let mut here = self.first.get(usize::from(*byte)).copied().unwrap_or(0) & wanted;
            while here != 0 {
                let place = here.trailing_zeros();
                here &= here - 1;
                let words = self.rules.get(usize::try_from(place).unwrap_or(RULES_MAX));
                let fits = words.is_some_and(|(words, _)| {
                    text.get(at..).is_some_and(|rest| rest.starts_with(words))
                });
                if fits {
                    found |= 1 << place;
                    wanted &= below(1 << place);
                    break;
                }
            }
            if wanted == 0 {
                break;
            }
        }
        let place = usize::try_from(found.trailing_zeros()).unwrap_or(RULES_MAX);
        self.rules.get(place).map(|(_, says)| *says)
    }
}

/// The bits below the lowest one that is set.
fn below(bits: u64) -> u64 {
    bits.wrapping_sub(1) & !bits
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const RULES: &[(&[u8], u8)] = &[(b"ab", 0), (b"b", 1), (b"abc", 2), (b"ca", 3), (b"aab", 4)];
    const WORDS: Words<u8> = Words::new(RULES);
    const WITH_REST: Words<u8> = Words::new(&[(b"ab", 0), (b"", 1), (b"c", 2)]);

    #[test]
    fn a_rule_without_words_catches_the_rest() {
        assert_eq!(WITH_REST.find(b"xxab"), Some(0));
        assert_eq!(WITH_REST.find(b"c"), Some(1));
        assert_eq!(WITH_REST.find(b""), Some(1));
    }

    proptest! {
        #[test]
        fn the_first_rule_wins_wherever_its_words_stand(text in "[abcd]{0,12}") {
            let text = text.as_bytes();
            let slow = RULES.iter().find(|(words, _)| memchr::memmem::find(text, words).is_some());
            prop_assert_eq!(WORDS.find(text), slow.map(|(_, says)| *says));
        }
    }
}
