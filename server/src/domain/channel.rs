//! Where news can go, what each kind of receiver needs, and what each can do.
//!
//! An address is a secret: it prints as nothing, and what may be shown of it is a hint made elsewhere.

use std::{fmt, time::Duration};

use serde::{Deserialize, Serialize};

use super::member::Email;

/// The kinds of receivers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Slack, by an incoming webhook.
    Slack,
    /// Slack, by a bot.
    SlackBot,
    /// `PagerDuty`, Events API v2.
    PagerDuty,
    /// Telegram, by a bot.
    Telegram,
    /// E-mail.
    Email,
    /// Any program, by Standard Webhooks.
    Webhook,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Slack, Self::SlackBot, Self::PagerDuty, Self::Telegram, Self::Email, Self::Webhook];

    /// The word in rows and the API.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Slack => "slack",
            Self::SlackBot => "slack_bot",
            Self::PagerDuty => "pagerduty",
            Self::Telegram => "telegram",
            Self::Email => "email",
            Self::Webhook => "webhook",
        }
    }

    /// The kind of this word.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// Whether the receiver knows a repeated message by its key and takes it once.
    pub const fn takes_key(self) -> bool {
        matches!(self, Self::PagerDuty | Self::Webhook)
    }

    /// Whether a message that was sent can be changed.
    pub const fn edits(self) -> bool {
        matches!(self, Self::SlackBot | Self::Telegram)
    }

    /// Whether people read it: programs want each incident by itself, people want one message for many.
    pub const fn read_by_people(self) -> bool {
        !self.takes_key()
    }

    /// Least time between two messages. Slack and Telegram take one a second for each place (Telegram 20 a minute for a
    /// group, which is asked for by its answers), `PagerDuty` 120 a minute for each key.
    pub const fn pace(self) -> Duration {
        match self {
            Self::Slack | Self::SlackBot | Self::Telegram => Duration::from_secs(1),
            Self::PagerDuty => Duration::from_millis(500),
            Self::Email => Duration::from_millis(200),
            Self::Webhook => Duration::ZERO,
        }
    }
}

/// All that is needed to reach a receiver.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Address {
    /// See [`Kind::Slack`].
    Slack {
        /// The incoming webhook.
        webhook_url: String,
    },
    /// See [`Kind::SlackBot`].
    SlackBot {
        /// `xoxb-…`
        bot_token: String,
        /// `C…`, or `#name`.
        channel: String,
        /// Proves that a click comes from Slack.
        signing_secret: String,
    },
    /// See [`Kind::PagerDuty`].
    #[serde(rename = "pagerduty")]
    PagerDuty {
        /// Integration key, 32 characters.
        routing_key: String,
        /// Whether the account is in the European region.
        #[serde(default)]
        eu: bool,
    },
    /// See [`Kind::Telegram`].
    Telegram {
        /// `123456:…`
        bot_token: String,
        /// A chat's number, or `@name` of a channel.
        chat_id: String,
        /// Topic of a forum.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        thread_id: Option<i64>,
    },
    /// See [`Kind::Email`].
    Email {
        /// Whom.
        to: Vec<String>,
    },
    /// See [`Kind::Webhook`].
    Webhook {
        /// Where.
        url: String,
        /// `whsec_…`; the one before it still signs, too, until it is taken out.
        secret: String,
        /// The one before.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        former_secret: Option<String>,
    },
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Address({})", self.kind().name())
    }
}

/// Which part of an address cannot be, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AddressFault {
    /// `slack_bot.channel`
    pub field: String,
    /// For people.
    pub why: String,
}

impl Address {
    /// Its kind.
    pub const fn kind(&self) -> Kind {
        match self {
            Self::Slack { .. } => Kind::Slack,
            Self::SlackBot { .. } => Kind::SlackBot,
            Self::PagerDuty { .. } => Kind::PagerDuty,
            Self::Telegram { .. } => Kind::Telegram,
            Self::Email { .. } => Kind::Email,
            Self::Webhook { .. } => Kind::Webhook,
        }
    }

    /// What is wrong with its form. Whether a URL may be called is the guarded client's to say.
    pub fn check(&self) -> Result<(), AddressFault> {
        match self {
            Self::Slack { .. } | Self::Webhook { former_secret: Some(_), .. } => Ok(()),
            Self::SlackBot { bot_token, channel, signing_secret } => {
                let kind = |text: &str, min: usize| {
                    text.len() >= min && text.len() <= TOKEN_BYTES_MAX && text.bytes().all(is_token)
                };
                self.expect("bot_token", kind(bot_token, 16) && bot_token.starts_with("xox"),
                    "The token of a bot begins with xoxb-: see OAuth & Permissions of your Slack app.")?;
                let place = channel.trim_start_matches('#');
                self.expect(
                    "channel",
                    kind(place, 1) && place.len() <= 80,
                    "Give a channel's id (C…) or its #name.",
                )?;
                self.expect(
                    "signing_secret",
                    kind(signing_secret, 16),
                    "See Basic Information of your Slack app.",
                )
            }
            Self::PagerDuty { routing_key, .. } => self.expect(
                "routing_key",
                routing_key.len() == 32 && routing_key.bytes().all(|b| b.is_ascii_alphanumeric()),
                "An integration key of Events API v2 has 32 letters and digits.",
            ),
            Self::Telegram { bot_token, chat_id, .. } => {
                let parts = bot_token.split_once(':');
                let token = parts.is_some_and(|(id, rest)| {
                    !id.is_empty()
                        && id.len() <= 20
                        && id.bytes().all(|b| b.is_ascii_digit())
                        && (20..=80).contains(&rest.len())
                        && rest.bytes().all(is_token)
                });
                self.expect(
                    "bot_token",
                    token,
                    "The token that @BotFather gave looks like 123456:ABC….",
                )?;
                let chat = chat_id.parse::<i64>().is_ok()
                    || chat_id.strip_prefix('@').is_some_and(|name| {
                        (4..=64).contains(&name.len()) && name.bytes().all(is_token)
                    });
                self.expect(
                    "chat_id",
                    chat,
                    "Give a chat's number, as -1001234567890, or a channel's @name.",
                )
            }
            Self::Email { to } => {
                self.expect(
                    "to",
                    (1..=RECIPIENTS_MAX).contains(&to.len()),
                    "Give 1 to 10 addresses.",
                )?;
                let good = to.iter().all(|one| Email::parse(one).is_some());
                self.expect("to", good, "One of these is no mail address.")
            }
            Self::Webhook { secret, .. } => self.expect(
                "secret",
                secret.strip_prefix("whsec_").is_some_and(|rest| (32..=92).contains(&rest.len())),
                "A secret is whsec_ and 24 to 64 bytes in base64; leave it out and one is made.",
            ),
        }
    }

    fn expect(&self, part: &str, good: bool, why: &str) -> Result<(), AddressFault> {
        if good {
            return Ok(());
        }
        Err(AddressFault { field: format!("{}.{part}", self.kind().name()), why: why.to_owned() })
    }
}

const fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.')
}

const TOKEN_BYTES_MAX: usize = 200;
/// Recipients of a channel.
pub const RECIPIENTS_MAX: usize = 10;

#[cfg(test)]
mod tests {
    use super::*;

    fn bot(bot_token: &str, channel: &str) -> Address {
        Address::SlackBot {
            bot_token: bot_token.into(),
            channel: channel.into(),
            signing_secret: "8f742231b10e8888abcd99yyyzzz85a5".into(),
        }
    }

    #[test]
    fn what_people_paste_is_told_from_what_cannot_be() {
        assert!(bot("xoxb-1234567890-abcdef", "#ops").check().is_ok());
        assert_eq!(
            bot("hooks.slack.com", "#ops").check().unwrap_err().field,
            "slack_bot.bot_token"
        );
        assert_eq!(
            bot("xoxb-1234567890-abcdef", "a b").check().unwrap_err().field,
            "slack_bot.channel"
        );
        let key =
            |routing_key: &str| Address::PagerDuty { routing_key: routing_key.into(), eu: false };
        assert!(key("0123456789abcdef0123456789abcdef").check().is_ok());
        assert!(key("0123456789abcdef").check().is_err());
        let telegram = |token: &str, chat: &str| Address::Telegram {
            bot_token: token.into(),
            chat_id: chat.into(),
            thread_id: None,
        };
        assert!(telegram("123456:AAEhBOweik6ad9r_QXMENQjcrGbqCr4K-bc", "-1001234").check().is_ok());
        assert!(telegram("123456:AAEhBOweik6ad9r_QXMENQjcrGbqCr4K-bc", "ops").check().is_err());
        assert!(telegram("123456:../../x?y=aaaaaaaaaaaaaaaaa", "1").check().is_err());
        let mail = |to: &str| Address::Email { to: vec![to.into()] };
        assert!(mail("post@kestrel.example").check().is_ok());
        assert!(mail("post@kestrel.example\r\nBcc: all@kestrel.example").check().is_err());
    }

    #[test]
    fn an_address_prints_without_its_secret() {
        assert_eq!(format!("{:?}", bot("xoxb-1234567890-abcdef", "#ops")), "Address(slack_bot)");
    }

    #[test]
    fn every_kind_has_a_word() {
        assert!(Kind::ALL.iter().all(|kind| Kind::from_name(kind.name()) == Some(*kind)));
    }
}
