//! Slack incoming webhooks: how a message is laid out, what an answer means.
//!
//! Takes every text as data: `&`, `<` and `>` are escaped after cutting, so no host name can call a whole channel.

use super::client::GuardedClient;

/// What may be shown of a webhook's address, or why it cannot be one.
pub fn hint(client: &GuardedClient, url: &str) -> Result<String, String> {
    let target = client.target(url).map_err(|refused| refused.to_string())?;
    let host = target.url().host_str().unwrap_or_default();
    let tail: String = {
        let path = target.url().path();
        let skip = path.chars().count().saturating_sub(HINT_TAIL_CHARS);
        path.chars().skip(skip).collect()
    };
    Ok(format!("{host}/…{tail}"))
}

/// Of some 24 random characters: enough to tell two webhooks apart, useless to send.
const HINT_TAIL_CHARS: usize = 4;
