//! Links that let somebody in: made, mailed or shown, and recognised when they come back.
//!
//! The token stands behind `#`, where no server log and no mail scanner's fetch ever sees it; only a POST spends it.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value;
use subtle::ConstantTimeEq as _;

use crate::{
    domain::{
        ids::{PersonId, PublicId},
        letter::Letter,
        member::{Email, password_fault},
    },
    http::{
        api::{Api, Shared},
        error::Problem,
        input::Faults,
    },
    secrets::{
        self, Secret,
        key::{self, KeyKind},
    },
    store::{
        accounts::People,
        links::{HeldLink, NewLink, Purpose},
    },
};

/// A link to be made.
#[derive(Debug)]
pub struct Wanted<'a> {
    /// What it is good for.
    pub purpose: Purpose,
    /// Which address it proves.
    pub email: &'a Email,
    /// Whose, if somebody's yet.
    pub person: Option<PersonId>,
    /// What it shall bring about.
    pub detail: Value,
    /// How long it works.
    pub life: TimeDelta,
}

impl Api {
    /// The address of a page, with a token behind `#`.
    pub fn page_link(&self, page: &str, token: &str) -> String {
        let base = self.site.public_url.as_str().trim_end_matches('/');
        if token.is_empty() {
            format!("{base}/{page}")
        } else {
            format!("{base}/{page}#token={token}")
        }
    }

    /// Makes a link; its token.
    pub async fn make_link(
        &self,
        people: &mut People<'_>,
        wanted: Wanted<'_>,
        now: DateTime<Utc>,
    ) -> Result<Secret, Problem> {
        let new = key::mint(KeyKind::Link, &*self.dice);
        let link = NewLink {
            key_id: &new.id,
            secret_hash: new.hash,
            purpose: wanted.purpose,
            email: wanted.email.as_str(),
            person: wanted.person,
            detail: wanted.detail,
            expires_at: now + wanted.life,
        };
        people.keep_link(&link, now).await?;
        Ok(new.text)
    }

    /// Hands a letter to the loop that sends, in the same transaction as what it tells of. False: there is no mail
    /// server, and nothing was done.
    pub async fn post(
        &self,
        people: &mut People<'_>,
        to: &Email,
        letter: &Letter<'_>,
    ) -> Result<bool, Problem> {
        if !self.offers.mail {
            return Ok(false);
        }
        let id = PublicId::make(self.clock.now(), &*self.dice);
        let sealed = secrets::letter::seal(&self.vault, id, letter.words(), &*self.dice)?;
        people.post_letter(id, to, &sealed).await?;
        // The loop looks by itself too, should this come before the commit.
        self.wake_post.notify_one();
        Ok(true)
    }
}

/// The link of this token, locked, if it still works.
pub async fn hold(
    people: &mut People<'_>,
    token: &str,
    purpose: Purpose,
    now: DateTime<Utc>,
) -> Result<HeldLink, Problem> {
    let presented = key::parse(KeyKind::Link, token.trim()).map_err(|_| Problem::SpentLink)?;
    let link = people.hold_link(&presented.id, purpose, now).await?;
    link.filter(|link| link.secret_hash.ct_eq(&presented.hash).into()).ok_or(Problem::SpentLink)
}

/// A password that may be chosen, hashed.
pub async fn choose(api: &Shared, password: String) -> Result<String, Problem> {
    if let Some(fault) = password_fault(&password) {
        return Err(Problem::field("password", fault));
    }
    Ok(api.passwords.hash(Secret::new(password), &api.dice).await?)
}

/// An address that letters can go to.
pub fn address(faults: &mut Faults, field: &str, text: &str) -> Option<Email> {
    let email = Email::parse(text);
    if email.is_none() {
        faults.add(field, "This is no mail address.");
    }
    email
}

/// Longest name of a person or a tenant, characters.
pub const NAME_CHARS_MAX: usize = 120;
