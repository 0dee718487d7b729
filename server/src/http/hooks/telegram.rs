//! `POST /hooks/telegram/{channel}`: a click in Telegram, proved by the secret that we gave it for this channel.

use axum::{
    Json,
    extract::{Path, State},
    http::HeaderMap,
};
use serde_json::{Value, json};

use super::{Spoken, channel_id};
use crate::{
    domain::channel::Address,
    http::{api::Shared, error::Problem},
};

/// The answer to the click is the answer to the call: nothing has to be called for it.
pub(super) async fn handle(
    State(api): State<Shared>,
    Path(channel): Path<String>,
    headers: HeaderMap,
    Json(update): Json<Value>,
) -> Result<Json<Value>, Problem> {
    let spoken = Spoken::open(&api, channel_id(&channel)?).await?;
    if !matches!(spoken.address, Address::Telegram { .. }) {
        return Err(Problem::SignedOut);
    }
    let given =
        headers.get("x-telegram-bot-api-secret-token").map(axum::http::HeaderValue::as_bytes);
    if !given.is_some_and(|given| api.vault.is_telegram_secret(spoken.of, given)) {
        return Err(Problem::SignedOut);
    }
    let text = |path: &str| update.pointer(path).and_then(Value::as_str).unwrap_or_default();
    let (id, data) = (text("/callback_query/id"), text("/callback_query/data"));
    if id.is_empty() {
        return Ok(Json(json!({})));
    }
    let name = match text("/callback_query/from/username") {
        "" => text("/callback_query/from/first_name"),
        name => name,
    };
    let said = match spoken.press(&api, data, &format!("Telegram user {name}")).await {
        Ok(said) => said,
        Err(Problem::SignedOut) => "This button is of no use here.".to_owned(),
        Err(problem) => return Err(problem),
    };
    Ok(Json(json!({"method": "answerCallbackQuery", "callback_query_id": id, "text": said})))
}
