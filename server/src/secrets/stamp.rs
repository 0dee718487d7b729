//! Stamps on what we send out and get back: buttons in messages and links that stop mail. Nothing is stored for them.
//!
//! A stamp says nothing to whom it is shown; it is valid for one channel of one tenant and one purpose.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac::{Hmac, Mac as _};
use sha2::Sha256;
use subtle::ConstantTimeEq as _;
use uuid::Uuid;
use zeroize::Zeroizing;

use super::Vault;

/// Whose channel a stamp is for.
#[derive(Debug, Clone, Copy)]
pub struct Channel {
    /// Tenant's number.
    pub tenant: i32,
    /// Public id of the channel.
    pub channel: Uuid,
}

/// What a click asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verb {
    /// Take the incident.
    Acknowledge,
    /// Hear nothing of it for an hour.
    Silence,
}

impl Verb {
    const fn letter(self) -> char {
        match self {
            Self::Acknowledge => 'a',
            Self::Silence => 's',
        }
    }
}

impl Vault {
    /// What a button sends back: 39 characters, as Telegram takes 64 bytes at most.
    pub fn stamp_button(&self, of: Channel, verb: Verb, incident: Uuid) -> String {
        button(&self.derive("button"), of, (verb, incident))
    }

    /// What a click meant, if the stamp is ours and of this channel.
    pub fn read_button(&self, of: Channel, text: &str) -> Option<(Verb, Uuid)> {
        let verb = [Verb::Acknowledge, Verb::Silence]
            .into_iter()
            .find(|verb| text.starts_with(verb.letter()))?;
        let bytes = URL_SAFE_NO_PAD.decode(text.get(1..)?).ok()?;
        let incident = Uuid::from_slice(bytes.get(..16)?).ok()?;
        let stamp = |key: &Key| button(key, of, (verb, incident));
        self.is_one("button", stamp, text.as_bytes()).then_some((verb, incident))
    }

    /// What stops the mail of one recipient.
    pub fn stamp_way_out(&self, of: Channel, recipient: &str) -> String {
        way_out(&self.derive("unsubscribe"), of, recipient)
    }

    /// Whose channel a way out names; whether it is right only [`Vault::is_way_out`] can say.
    pub fn channel_of_way_out(text: &str) -> Option<Uuid> {
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        Uuid::from_slice(bytes.get(..16)?).ok()
    }

    /// Whether this is what stops the mail of `recipient`, given out under whichever master key.
    pub fn is_way_out(&self, of: Channel, recipient: &str, text: &str) -> bool {
        self.is_one("unsubscribe", |key| way_out(key, of, recipient), text.as_bytes())
    }

    /// What Telegram must say with every click of this channel.
    pub fn telegram_secret(&self, of: Channel) -> String {
        URL_SAFE_NO_PAD.encode(mark(&self.derive("telegram"), of, &[]))
    }

    /// Whether Telegram said it.
    pub fn is_telegram_secret(&self, of: Channel, given: &[u8]) -> bool {
        self.is_one("telegram", |key| URL_SAFE_NO_PAD.encode(mark(key, of, &[])), given)
    }

    /// Whether one of our keys, also of those before the newest, makes just this stamp.
    fn is_one(&self, purpose: &str, stamp: impl Fn(&Key) -> String, given: &[u8]) -> bool {
        self.derive_all(purpose).iter().any(|key| stamp(key).as_bytes().ct_eq(given).into())
    }
}

type Key = Zeroizing<[u8; 32]>;

fn button(key: &Key, of: Channel, (verb, incident): (Verb, Uuid)) -> String {
    let letter = verb.letter();
    let mark = mark(key, of, &[&[letter as u8], incident.as_bytes()]);
    let bytes: Vec<u8> = incident.as_bytes().iter().copied().chain(mark).collect();
    format!("{letter}{}", URL_SAFE_NO_PAD.encode(bytes))
}

fn way_out(key: &Key, of: Channel, recipient: &str) -> String {
    let mark = mark(key, of, &[recipient.as_bytes()]);
    let bytes: Vec<u8> = of.channel.as_bytes().iter().copied().chain(mark).collect();
    URL_SAFE_NO_PAD.encode(bytes)
}

fn mark(key: &Key, of: Channel, parts: &[&[u8]]) -> Vec<u8> {
    let Ok(mut mac) = <Hmac<Sha256> as hmac::Mac>::new_from_slice(&**key) else {
        // HMAC takes keys of any length.
        std::process::abort();
    };
    mac.update(&of.tenant.to_be_bytes());
    mac.update(of.channel.as_bytes());
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().iter().take(MARK_BYTES).copied().collect()
}

const MARK_BYTES: usize = 12;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_button_is_good_for_its_own_channel_and_purpose_only() {
        let vault = Vault::new([3; 32]);
        let of = Channel { tenant: 7, channel: Uuid::from_u128(1) };
        let incident = Uuid::from_u128(9);
        let button = vault.stamp_button(of, Verb::Acknowledge, incident);
        assert!(button.len() <= 64, "{button}");
        assert_eq!(vault.read_button(of, &button), Some((Verb::Acknowledge, incident)));
        let other = Channel { channel: Uuid::from_u128(2), ..of };
        assert_eq!(vault.read_button(other, &button), None);
        assert_eq!(vault.read_button(Channel { tenant: 8, ..of }, &button), None);
        assert_eq!(vault.read_button(of, &button.replacen('a', "s", 1)), None);
        for junk in ["", "a", "a!", "ax", "sAAAA", &"a".repeat(500)] {
            assert_eq!(vault.read_button(of, junk), None, "{junk}");
        }
    }

    /// A mail of last month, a message in a chat: what they offer still works after the master key was renewed.
    #[test]
    fn what_was_given_out_before_a_renewal_is_still_taken() {
        let dir = tempfile::tempdir().unwrap();
        let open = || Vault::open_or_create(dir.path(), &crate::clock::SystemDice).unwrap();
        let of = Channel { tenant: 7, channel: Uuid::from_u128(1) };
        let (before, incident) = (open(), Uuid::from_u128(9));
        let button = before.stamp_button(of, Verb::Silence, incident);
        let (way_out, secret) =
            (before.stamp_way_out(of, "a@x.example"), before.telegram_secret(of));
        before.renew(&crate::clock::SystemDice).unwrap();
        let after = open();
        assert_ne!(after.stamp_button(of, Verb::Silence, incident), button);
        assert_eq!(after.read_button(of, &button), Some((Verb::Silence, incident)));
        assert!(after.is_way_out(of, "a@x.example", &way_out));
        assert!(!after.is_way_out(of, "b@x.example", &way_out));
        assert!(after.is_telegram_secret(of, secret.as_bytes()));
        after.forget_older().unwrap();
        let later = open();
        assert_eq!(later.read_button(of, &button), None);
        assert!(!later.is_way_out(of, "a@x.example", &way_out));
        assert!(!later.is_telegram_secret(of, secret.as_bytes()));
    }

    #[test]
    fn a_way_out_names_its_channel_and_differs_for_each_recipient() {
        let vault = Vault::new([3; 32]);
        let of = Channel { tenant: 7, channel: Uuid::from_u128(1) };
        let one = vault.stamp_way_out(of, "a@kestrel.example");
        assert_eq!(Vault::channel_of_way_out(&one), Some(of.channel));
        assert_ne!(one, vault.stamp_way_out(of, "b@kestrel.example"));
        assert_eq!(Vault::channel_of_way_out("x"), None);
    }
}
