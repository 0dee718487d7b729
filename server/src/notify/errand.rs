//! What every channel is handed and what it brings back: the same for all receivers.

use std::time::Duration;

use chrono::{DateTime, Utc};
use serde_json::Value;
use url::Url;

use super::{
    client::{Answer, GuardedClient},
    facts::Notice,
    mailer::Mailer,
};
use crate::domain::{
    channel::Address,
    ids::{self, PublicId},
};

/// One message on its way to one receiver.
#[derive(Debug)]
pub(super) struct Errand<'a> {
    /// What to tell.
    pub(super) notice: &'a Notice,
    /// The same over all tries: receivers that take a key know a repeat by it.
    pub(super) delivery: PublicId<ids::Delivery>,
    /// Now.
    pub(super) now: DateTime<Utc>,
    /// When it was owed first.
    pub(super) owed_at: DateTime<Utc>,
    /// What the receiver called the first message of the lane.
    pub(super) root: Option<&'a Value>,
    /// The first message of the lane is of the same incident, and may be changed to say that it is over.
    pub(super) own: bool,
    /// What an earlier try of this very message achieved.
    pub(super) so_far: Option<&'a Value>,
    /// The key that opened the lane, where the rest must use the same.
    pub(super) pinned: Option<&'a str>,
    /// An earlier try may have arrived.
    pub(super) possible_repeat: bool,
    /// What a click sends back.
    pub(super) buttons: Option<&'a Buttons>,
    /// Whose news it is.
    pub(super) tenant: &'a str,
    /// What people call the channel.
    pub(super) channel_name: &'a str,
    /// Where one stops mail, one for each recipient.
    pub(super) unsubscribe: &'a [Url],
}

/// What a click on a message sends back: opaque, checked when it comes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Buttons {
    pub(super) acknowledge: String,
    pub(super) silence: String,
}

/// What carries messages out of the house.
#[derive(Debug, Clone, Copy)]
pub(super) struct Carriers<'a> {
    pub(super) client: &'a GuardedClient,
    pub(super) mailer: Option<&'a Mailer>,
}

/// How an errand went.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Sent {
    pub(super) verdict: Verdict,
    /// HTTP status, where one came.
    pub(super) http_status: Option<u16>,
    /// What the receiver calls the message, or what of it was achieved.
    pub(super) reference: Option<Value>,
    /// The receiver has moved: use this from now on.
    pub(super) moved: Option<Address>,
}

impl Sent {
    pub(super) const fn plain(verdict: Verdict, http_status: Option<u16>) -> Self {
        Self { verdict, http_status, reference: None, moved: None }
    }

    pub(super) fn never(why: impl Into<String>) -> Self {
        Self::plain(Verdict::Permanent { why: why.into(), disable: false }, None)
    }
}

/// What an answer means for a delivery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// The receiver has it.
    Delivered,
    /// Not now.
    Retry {
        /// The receiver said when.
        after: Option<Duration>,
        /// In words.
        why: String,
    },
    /// Never.
    Permanent {
        /// In words.
        why: String,
        /// The channel itself is gone.
        disable: bool,
    },
    /// It may have arrived.
    Ambiguous {
        /// In words.
        why: String,
    },
}

/// An answer's status, what it asks to wait, its first words and its body; or what it means that none came.
pub(super) type Spoken = (u16, Option<Duration>, String, Vec<u8>);

/// Splits an answer into what was said and what silence means.
#[expect(clippy::result_large_err, reason = "both sides go on at once; nothing is kept")]
pub(super) fn heard(answer: Answer) -> Result<Spoken, Sent> {
    match answer {
        Answer::NotSent(why) => Err(Sent::plain(Verdict::Retry { after: None, why }, None)),
        Answer::Ambiguous(why) => Err(Sent::plain(Verdict::Ambiguous { why }, None)),
        Answer::Status { code, retry_after, excerpt, body } => {
            Ok((code, retry_after, excerpt, body))
        }
    }
}

/// `Slack answered 404: no_service`
pub(super) fn answered(who: &str, code: u16, said: &str) -> String {
    format!("{who} answered {code}: {}", if said.is_empty() { "(nothing)" } else { said })
}
