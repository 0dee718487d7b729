//! What the next hops of the lab answer: pure, so that the same recipient always gets the same treatment.
//!
//! A domain has a manner; the local part of a story's recipient overrides it (`sent-7@…`, `later2-7@…`, `never-7@…`,
//! `refused-7@…`), which is how a story knows its outcome before it starts.

use crate::world::fingerprint;

/// A domain that the lab's Postfix routes to one next hop of its own.
#[derive(Debug, Clone, Copy)]
pub struct NextHop {
    /// The recipient domain.
    pub domain: &'static str,
    /// How it treats mail that names no outcome of its own.
    pub manner: Manner,
    /// Its temporary refusal, as on the wire.
    pub defer: Reply,
    /// Its final refusal, as on the wire.
    pub refuse: Reply,
}

/// How a next hop treats mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Manner {
    /// Takes everything, after this many milliseconds.
    Accept {
        /// Time between the end of the data and the answer.
        after_ms: u64,
    },
    /// Defers so many percent of the attempts, takes the rest.
    Limit {
        /// Share of deferred attempts.
        defer_percent: u64,
    },
    /// Defers the first attempt at each recipient, takes the second.
    Greylist,
    /// Defers every attempt.
    Defer,
    /// Refuses for good.
    Refuse,
    /// Nobody listens: the connection is refused.
    Dead,
}

/// When a reply is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    /// In answer to RCPT TO.
    Rcpt,
    /// In answer to the end of the data.
    EndOfData,
}

/// One reply of a remote server, possibly of several lines.
#[derive(Debug, Clone, Copy)]
pub struct Reply {
    /// When it is given.
    pub moment: Moment,
    /// The text, code first; lines apart by `\n`.
    pub text: &'static str,
}

/// What becomes of one recipient in one attempt.
#[derive(Debug, Clone, Copy)]
pub enum Verdict {
    /// Taken, after a pause.
    Accept {
        /// Milliseconds of pause before the answer to the data.
        after_ms: u64,
    },
    /// Told to come again.
    Defer(Reply),
    /// Told never to come again.
    Refuse(Reply),
}

const NO_SUCH_USER: Reply = Reply {
    moment: Moment::Rcpt,
    text: "550 5.1.1 The email account that you tried to reach does not exist",
};
const BUSY: Reply = Reply {
    moment: Moment::Rcpt,
    text: "451 4.3.2 System not accepting network messages, try again later",
};

/// The next hops that the lab's Postfix knows. The domains end in `.test`, so that nothing can leave.
pub const NEXT_HOPS: &[NextHop] = &[
    hop("ok.test", Manner::Accept { after_ms: 0 }, BUSY, NO_SUCH_USER),
    hop("shop.test", Manner::Accept { after_ms: 0 }, BUSY, NO_SUCH_USER),
    hop("news.test", Manner::Accept { after_ms: 0 }, BUSY, NO_SUCH_USER),
    hop("slow.test", Manner::Accept { after_ms: 700 }, BUSY, NO_SUCH_USER),
    hop(
        "gmail-like.test",
        Manner::Limit { defer_percent: 45 },
        Reply {
            moment: Moment::EndOfData,
            text: "421-4.7.28 Our system has detected an unusual rate of mail from your\n421-4.7.28 address. To protect our users it has been temporarily\n421 4.7.28 rate limited. h10si218 - gsmtp",
        },
        NO_SUCH_USER,
    ),
    hop(
        "outlook-like.test",
        Manner::Limit { defer_percent: 20 },
        Reply {
            moment: Moment::Rcpt,
            text: "451 4.7.650 The mail server [192.0.2.25] has been temporarily rate limited due to IP reputation. (S775) [AM6.prod.protection.test]",
        },
        Reply {
            moment: Moment::Rcpt,
            text: "550 5.7.1 Unfortunately, messages from [192.0.2.25] weren't sent, part of their network is on our block list (S3140).",
        },
    ),
    hop(
        "grey.test",
        Manner::Greylist,
        Reply {
            moment: Moment::Rcpt,
            text: "450 4.2.0 Recipient address rejected: Greylisted, try again in 60 seconds",
        },
        NO_SUCH_USER,
    ),
    hop(
        "full.test",
        Manner::Defer,
        Reply {
            moment: Moment::Rcpt,
            text: "452 4.2.2 The recipient's mailbox is over its storage quota",
        },
        NO_SUCH_USER,
    ),
    hop("gone.test", Manner::Refuse, BUSY, NO_SUCH_USER),
    hop(
        "blocking.test",
        Manner::Refuse,
        BUSY,
        Reply {
            moment: Moment::Rcpt,
            text: "554 5.7.1 Service unavailable; client host [192.0.2.25] blocked using a blocklist, see https://blocklist.test/192.0.2.25",
        },
    ),
    hop("dead.test", Manner::Dead, BUSY, NO_SUCH_USER),
];

const fn hop(domain: &'static str, manner: Manner, defer: Reply, refuse: Reply) -> NextHop {
    NextHop { domain, manner, defer, refuse }
}

impl NextHop {
    /// What becomes of `recipient` in its `attempt`th attempt (the first is 1).
    #[must_use]
    pub fn judge(&self, recipient: &str, attempt: u32) -> Verdict {
        if let Some(verdict) = self.scripted(recipient, attempt) {
            return verdict;
        }
        let taken = Verdict::Accept { after_ms: 0 };
        match self.manner {
            Manner::Accept { after_ms } => Verdict::Accept { after_ms },
            Manner::Limit { defer_percent } => {
                let chance = fingerprint(format!("{recipient} {attempt}").as_bytes()) % 100;
                if chance < defer_percent { Verdict::Defer(self.defer) } else { taken }
            }
            Manner::Greylist if attempt == 1 => Verdict::Defer(self.defer),
            Manner::Greylist => taken,
            Manner::Defer | Manner::Dead => Verdict::Defer(self.defer),
            Manner::Refuse => Verdict::Refuse(self.refuse),
        }
    }

    /// The outcome that the local part asks for, if it asks for one.
    fn scripted(&self, recipient: &str, attempt: u32) -> Option<Verdict> {
        let (wish, _) = recipient.split_once('-')?;
        let taken = Verdict::Accept { after_ms: 0 };
        match wish {
            "sent" => Some(taken),
            "never" => Some(Verdict::Defer(self.defer)),
            "refused" => Some(Verdict::Refuse(self.refuse)),
            later => {
                let times: u32 = later.strip_prefix("later")?.parse().ok()?;
                Some(if attempt <= times { Verdict::Defer(self.defer) } else { taken })
            }
        }
    }
}

/// The next hop of a domain, if the lab has one.
#[must_use]
pub fn find(domain: &str) -> Option<&'static NextHop> {
    NEXT_HOPS.iter().find(|hop| hop.domain.eq_ignore_ascii_case(domain))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_local_part_decides_the_outcome_of_a_story() {
        let hop = find("ok.test").unwrap();
        assert!(matches!(hop.judge("sent-1@ok.test", 1), Verdict::Accept { .. }));
        assert!(matches!(hop.judge("later2-1@ok.test", 2), Verdict::Defer(_)));
        assert!(matches!(hop.judge("later2-1@ok.test", 3), Verdict::Accept { .. }));
        assert!(matches!(hop.judge("never-1@ok.test", 99), Verdict::Defer(_)));
        assert!(matches!(hop.judge("refused-1@ok.test", 1), Verdict::Refuse(_)));
    }

    #[test]
    fn a_greylisting_host_takes_the_second_attempt() {
        let hop = find("grey.test").unwrap();
        assert!(matches!(hop.judge("anna@grey.test", 1), Verdict::Defer(_)));
        assert!(matches!(hop.judge("anna@grey.test", 2), Verdict::Accept { .. }));
    }
}
