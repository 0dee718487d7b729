//! `/hooks/email/unsubscribe`: the way out of mail, with one click in a mail program or one on the page.
//!
//! A look changes nothing: mail filters follow links. Only the one recipient stops; when none is left, the channel does.

use axum::{
    extract::{RawQuery, State},
    response::Html,
};
use serde_json::json;

use super::Spoken;
use crate::{
    domain::{
        channel::Address,
        ids::{self, PublicId},
    },
    http::{api::Shared, error::Problem},
    secrets::{Place, Vault},
};

/// A page with one button.
pub(super) async fn page() -> Html<&'static str> {
    // The form posts to its own address, token and all.
    Html(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Stop these mails</title>\
         <h1>Stop these mails</h1><p>Mailvane will send no more news of incidents to this address. \
         The owner of the channel is told.</p><form method=\"post\"><button>Stop these mails</button></form></html>",
    )
}

/// Stops the mail of one recipient.
pub(super) async fn handle(
    State(api): State<Shared>,
    RawQuery(query): RawQuery,
) -> Result<Html<&'static str>, Problem> {
    let query = query.unwrap_or_default();
    let token = url::form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "token");
    let token = token.map(|(_, token)| token.into_owned()).unwrap_or_default();
    let channel = Vault::channel_of_way_out(&token).ok_or(Problem::SignedOut)?;
    let mut spoken = Spoken::open(&api, channel).await?;
    let Address::Email { to } = &spoken.address else { return Err(Problem::SignedOut) };
    let is_meant = |recipient: &&String| api.vault.is_way_out(spoken.of, recipient, &token);
    let Some(gone) = to.iter().find(is_meant).cloned() else {
        // Stopped before, or a stranger's link: the answer is the same.
        return Ok(Html(DONE));
    };
    let left: Vec<String> = to.iter().filter(|one| **one != gone).cloned().collect();
    let id = PublicId::<ids::Channel>::from_row(channel).to_string();
    if left.is_empty() {
        let notice = PublicId::<ids::Delivery>::make(spoken.now, &*api.dice);
        let reason = "the recipient stopped it by a link in a mail";
        spoken.scoped.disable_channel(spoken.channel, reason, notice).await?;
    } else {
        let address = Address::Email { to: left };
        let hint = (api.address_rule)(&address).map_err(|_| Problem::Internal)?;
        let text = serde_json::to_vec(&address).map_err(|_| Problem::Internal)?;
        let place =
            Place { table: "channel", column: "secret", tenant: spoken.of.tenant, row: channel };
        let sealed = api.vault.seal(place, &text, &*api.dice)?;
        spoken.scoped.move_channel(spoken.channel, (&hint, &sealed)).await?;
    }
    let detail = json!({"by": "a link in a mail"});
    spoken.scoped.audit(&id, "channel.unsubscribe", &id, detail).await?;
    spoken.scoped.commit().await?;
    api.wake_notify.notify_one();
    Ok(Html(DONE))
}

const DONE: &str = "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Stopped</title>\
    <h1>Stopped</h1><p>No more news is sent to this address.</p></html>";
