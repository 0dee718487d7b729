//! What comes back from outside: clicks on messages in Slack and Telegram, and the way out of mail.
//!
//! Nobody is signed in here: the channel's own secret proves who speaks, and a stamp on the button says what is meant.
//! Unknown, foreign and wrongly signed calls get one answer. What comes from a chat is data: never shown as markup.

mod email;
mod slack;
mod telegram;

use axum::{
    Router,
    extract::DefaultBodyLimit,
    routing::{get, post},
};
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;
use uuid::Uuid;
use zeroize::Zeroizing;

use super::{
    api::{Api, Shared},
    error::Problem,
};
use crate::{
    domain::{
        channel::Address,
        ids::{self, ChannelId, PublicId},
        redact::Redacted,
    },
    secrets::{
        Place,
        stamp::{Channel, Verb},
    },
    store::{Scoped, fallbacks::Way, silences::NewSilence},
};

/// The doors for calls from outside.
pub(super) fn router() -> Router<Shared> {
    Router::new()
        .route("/hooks/slack/{channel}", post(slack::handle))
        .route("/hooks/telegram/{channel}", post(telegram::handle))
        .route("/hooks/email/unsubscribe", get(email::page).post(email::handle))
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
}

/// A channel that somebody claims to speak for, with its tenant's door open.
struct Spoken {
    scoped: Scoped,
    channel: ChannelId,
    of: Channel,
    address: Address,
    now: DateTime<Utc>,
}

impl Spoken {
    /// Opens the door of the channel with this public id.
    async fn open(api: &Api, id: Uuid) -> Result<Self, Problem> {
        let mut system = api.store.system_web().await?;
        let found = system.find_channel(id).await?;
        drop(system);
        let (tenant, channel) = found.ok_or(Problem::SignedOut)?;
        let mut scoped = api.store.web(tenant).await?;
        let way: Way = scoped.way_to(channel).await?.ok_or(Problem::SignedOut)?;
        let place = Place { table: "channel", column: "secret", tenant: tenant.get(), row: id };
        let opened: Zeroizing<Vec<u8>> = api.vault.open(place, &way.secret)?;
        // A Slack webhook of old is no JSON, and takes no calls.
        let address = serde_json::from_slice(&opened).map_err(|_| Problem::SignedOut)?;
        let of = Channel { tenant: tenant.get(), channel: id };
        Ok(Self { scoped, channel, of, address, now: api.clock.now() })
    }

    /// Does what a button asks; what to say to whom pressed it. `who`: as the chat names them.
    async fn press(mut self, api: &Api, data: &str, who: &str) -> Result<String, Problem> {
        let Some((verb, incident)) = api.vault.read_button(self.of, data) else {
            return Err(Problem::SignedOut);
        };
        let incident = PublicId::<ids::Incident>::from_row(incident);
        let who = Redacted::new(who).to_string();
        let locked = self.scoped.lock_incident(incident).await?;
        let Some((internal, true)) = locked else {
            return Ok("It is over already.".to_owned());
        };
        let outside = (self.now, &*api.dice);
        let (action, said) = match verb {
            Verb::Acknowledge => {
                let until = self.now + TimeDelta::hours(8);
                let body = json!({"by": who, "until": until});
                self.scoped.acknowledge_incident(internal, None, (self.now, until)).await?;
                self.scoped.note_incident(internal, "acknowledged", &body, self.now).await?;
                self.scoped.tell_acknowledged(internal, outside).await?;
                let said = format!(
                    "Acknowledged until {}. Nobody is paged for it before then.",
                    until.format("%H:%M UTC")
                );
                ("incident.acknowledge", said)
            }
            Verb::Silence => {
                let until = self.now + TimeDelta::hours(1);
                let new = NewSilence {
                    public_id: PublicId::make(self.now, &*api.dice),
                    comment: &format!("by {who}"),
                    matcher: &json!({}),
                    span: (self.now, until),
                    by: None,
                    incident: Some(internal),
                };
                self.scoped.add_silence(&new).await?;
                let body = json!({"by": who, "until": until});
                self.scoped.note_incident(internal, "silenced", &body, self.now).await?;
                ("incident.silence", format!("Silenced until {}.", until.format("%H:%M UTC")))
            }
        };
        let channel = PublicId::<ids::Channel>::from_row(self.of.channel).to_string();
        let detail = json!({"by": who, "channel": channel});
        self.scoped.audit(&channel, action, &incident.to_string(), detail).await?;
        self.scoped.commit().await?;
        api.wake_notify.notify_one();
        Ok(said)
    }
}

/// The id in a path; what is none is answered like one that does not exist.
fn channel_id(text: &str) -> Result<Uuid, Problem> {
    let id: PublicId<ids::Channel> = text.parse().map_err(|_| Problem::SignedOut)?;
    Ok(id.uuid())
}

const BODY_BYTES_MAX: usize = 256 * 1024;
