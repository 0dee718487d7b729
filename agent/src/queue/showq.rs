//! What showq says: the list of queued messages as its socket gives it. Bytes in, messages out.
//!
//! Pure. Attributes are taken by name, as names and their order differ by version; unknown ones are passed over. A
//! text longer than anybody needs is cut, and a stream that never ends its lists gives no message.

use super::Queue;

/// Bytes of one name or value that are kept: an address has at most 320.
const TEXT_BYTES_MAX: usize = 1_024;
/// Recipients of one message that are kept; the others are only counted.
const RECIPIENTS_MAX: usize = 1_000;

/// A message that waits.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Message {
    /// Where.
    pub queue: Option<Queue>,
    /// Its queue id.
    pub id: Vec<u8>,
    /// When it came, seconds since 1970.
    pub arrived_s: u64,
    /// Size of its content.
    pub bytes: u64,
    /// Domains of those who still wait for it, in lower case; beyond a limit they are only counted.
    pub domains: Vec<Vec<u8>>,
    /// How many still wait for it.
    pub recipients: u64,
}

/// Reads the stream piece by piece.
#[derive(Debug, Default)]
pub struct Reader {
    text: Vec<u8>,
    name: Option<Vec<u8>>,
    message: Message,
    in_list: bool,
    ended: bool,
}

impl Reader {
    /// Takes the next bytes and hands over each message that they complete.
    pub fn feed(&mut self, bytes: &[u8], mut visit: impl FnMut(&Message)) {
        for byte in bytes {
            match byte {
                _ if self.ended => return,
                0 => self.text_ends(&mut visit),
                _ if self.text.len() < TEXT_BYTES_MAX => self.text.push(*byte),
                _ => {}
            }
        }
    }

    /// Whether the list was given to its end.
    pub const fn is_complete(&self) -> bool {
        self.ended
    }

    /// A name, a value, or nothing: the end of a list, and after that of all lists.
    fn text_ends(&mut self, visit: &mut impl FnMut(&Message)) {
        let text = std::mem::take(&mut self.text);
        match self.name.take() {
            Some(name) => self.attribute(&name, &text),
            None if !text.is_empty() => {
                self.name = Some(text);
                self.in_list = true;
            }
            None if self.in_list => {
                let message = std::mem::take(&mut self.message);
                if message.queue.is_some() {
                    visit(&message);
                }
                self.in_list = false;
            }
            None => self.ended = true,
        }
    }

    fn attribute(&mut self, name: &[u8], value: &[u8]) {
        match name {
            b"queue_name" => self.message.queue = Queue::of_name(value),
            b"queue_id" => self.message.id = value.to_vec(),
            b"time" => self.message.arrived_s = number(value),
            b"size" => self.message.bytes = number(value),
            b"recipient" => {
                self.message.recipients += 1;
                if self.message.domains.len() < RECIPIENTS_MAX {
                    self.message.domains.push(domain(value));
                }
            }
            _ => {}
        }
    }
}

fn number(text: &[u8]) -> u64 {
    std::str::from_utf8(text).ok().and_then(|text| text.trim().parse().ok()).unwrap_or(0)
}

/// What stands behind the last `@`, in lower case and without dots around it, as qshape has it.
fn domain(address: &[u8]) -> Vec<u8> {
    let domain = address.rsplit(|byte| *byte == b'@').next().unwrap_or(address);
    let domain = domain.strip_prefix(b".").unwrap_or(domain);
    domain.strip_suffix(b".").unwrap_or(domain).to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const CAPTURED: &[u8] = include_bytes!("../../tests/corpus/25-rfc5424-full-name/showq.bin");

    fn read(pieces: &[&[u8]]) -> (Vec<Message>, bool) {
        let (mut reader, mut messages) = (Reader::default(), Vec::new());
        for piece in pieces {
            reader.feed(piece, |message| messages.push(message.clone()));
        }
        (messages, reader.is_complete())
    }

    #[test]
    fn what_postfix_3_7_said_is_what_postqueue_showed() {
        let (messages, complete) = read(&[CAPTURED]);
        assert!(complete);
        let ids: Vec<_> = messages.iter().map(|m| String::from_utf8_lossy(&m.id)).collect();
        assert_eq!(ids, ["ECADDC10080", "DE834C10079"]);
        let first = &messages[0];
        assert_eq!(first.queue, Some(Queue::Deferred));
        assert_eq!((first.arrived_s, first.bytes, first.recipients), (1_795_437_165, 304, 1));
        assert_eq!(first.domains, [b"refused.test"]);
    }

    #[test]
    fn it_may_come_in_pieces_and_may_be_cut_off() {
        let whole = read(&[CAPTURED]);
        for at in 0..CAPTURED.len() {
            let (head, tail) = CAPTURED.split_at(at);
            assert_eq!(read(&[head, tail]), whole, "split at {at}");
            assert!(!read(&[head]).1, "cut at {at}");
        }
    }

    #[test]
    fn later_versions_name_more_and_an_empty_queue_is_complete() {
        let later = b"protocol\0mail_queue_list_protocol\0\0queue_name\0hold\0queue_id\0A1B2C3\0size\x009\0time\x005\0\
            original_recipient\0\0recipient\0Info@Example.ORG.\0log_class\0defer\0reason\0later\0\
            original_recipient\0x@y\0recipient\0b@example.net\0log_class\0bounce\0reason\0never\0\0\0";
        let (messages, complete) = read(&[later]);
        assert!(complete);
        assert_eq!(messages[0].domains, [b"example.org".to_vec(), b"example.net".to_vec()]);
        assert_eq!(read(&[b"protocol\0mail_queue_list_protocol\0\0\0"]), (Vec::new(), true));
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic_or_grow(bytes in prop::collection::vec(any::<u8>(), 0..4_000)) {
            let mut reader = Reader::default();
            reader.feed(&bytes, |_| ());
            prop_assert!(reader.text.len() <= TEXT_BYTES_MAX);
        }
    }
}
