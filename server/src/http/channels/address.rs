//! Where a channel leads, as JSON: it goes in and never comes out.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::{
    domain::{
        channel::{Address, Kind},
        ids::{self, PublicId, TenantId},
    },
    http::{api::Api, error::Problem, input::Faults},
    secrets::{Place, roll},
};

/// One of these, named like the channel's kind.
#[derive(Default)]
pub struct Addresses {
    /// For kind `slack`.
    pub slack: Option<SlackAddress>,
    /// For kind `slack_bot`.
    pub slack_bot: Option<SlackBotAddress>,
    /// For kind `pagerduty`.
    pub pagerduty: Option<PagerDutyAddress>,
    /// For kind `telegram`.
    pub telegram: Option<TelegramAddress>,
    /// For kind `email`.
    pub email: Option<EmailAddress>,
    /// For kind `webhook`.
    pub webhook: Option<WebhookAddress>,
}

/// What a Slack channel needs.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SlackAddress {
    /// The incoming webhook that Slack gave: `https://hooks.slack.com/services/…`.
    webhook_url: String,
}

/// What a channel of a Slack bot needs.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SlackBotAddress {
    /// `xoxb-…`
    bot_token: String,
    /// `C…`, or `#name`.
    channel: String,
    /// Signing secret of the app: proves that a click comes from Slack.
    signing_secret: String,
}

/// What a `PagerDuty` channel needs.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PagerDutyAddress {
    /// Integration key of Events API v2, 32 characters.
    routing_key: String,
    /// Whether the account is in the European region.
    #[serde(default)]
    eu: bool,
}

/// What a Telegram channel needs.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TelegramAddress {
    /// What @`BotFather` gave.
    bot_token: String,
    /// A chat's number, or a channel's `@name`.
    chat_id: String,
    /// Topic of a forum.
    thread_id: Option<i64>,
}

/// What an e-mail channel needs.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EmailAddress {
    /// 1 to 10 addresses.
    to: Vec<String>,
}

/// What a webhook channel needs.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WebhookAddress {
    /// Where events are posted to.
    url: String,
    /// `whsec_…`; one is made and shown once when left out.
    secret: Option<String>,
    /// `whsec_…` of before: signs as well, until the address is given without it.
    former_secret: Option<String>,
}

/// An address ready to be stored.
pub struct Sealed {
    /// What may be shown of it.
    pub hint: String,
    /// For the row.
    pub secret: Vec<u8>,
    /// Shown once.
    pub shown: Option<String>,
}

impl Addresses {
    /// Whether none was given.
    pub const fn is_empty(&self) -> bool {
        self.slack.is_none()
            && self.slack_bot.is_none()
            && self.pagerduty.is_none()
            && self.telegram.is_none()
            && self.email.is_none()
            && self.webhook.is_none()
    }

    /// The address for this kind, checked and sealed for its row; `None` and a fault if it cannot be.
    pub fn seal(
        self,
        api: &Api,
        faults: &mut Faults,
        kind: Kind,
        (tenant, row): (TenantId, PublicId<ids::Channel>),
    ) -> Result<Option<Sealed>, Problem> {
        let mut shown = None;
        let Some(address) = self.of(kind, || {
            let secret = format!("whsec_{}", STANDARD.encode(roll::<32>(&*api.dice)));
            shown = Some(secret.clone());
            secret
        }) else {
            faults.add(kind.name(), format!("Give {}: where this channel leads.", kind.name()));
            return Ok(None);
        };
        let hint = match (api.address_rule)(&address) {
            Ok(hint) => hint,
            Err(fault) => {
                faults.add(&fault.field, fault.why);
                return Ok(None);
            }
        };
        let place =
            Place { table: "channel", column: "secret", tenant: tenant.get(), row: row.uuid() };
        let text = serde_json::to_vec(&address).map_err(|_| Problem::Internal)?;
        let secret = api.vault.seal(place, &text, &*api.dice)?;
        Ok(Some(Sealed { hint, secret, shown }))
    }

    fn of(self, kind: Kind, make_secret: impl FnOnce() -> String) -> Option<Address> {
        let trimmed = |text: String| text.trim().to_owned();
        Some(match kind {
            Kind::Slack => Address::Slack { webhook_url: trimmed(self.slack?.webhook_url) },
            Kind::SlackBot => {
                let bot = self.slack_bot?;
                Address::SlackBot {
                    bot_token: trimmed(bot.bot_token),
                    channel: trimmed(bot.channel),
                    signing_secret: trimmed(bot.signing_secret),
                }
            }
            Kind::PagerDuty => {
                let PagerDutyAddress { routing_key, eu } = self.pagerduty?;
                Address::PagerDuty { routing_key: trimmed(routing_key), eu }
            }
            Kind::Telegram => {
                let TelegramAddress { bot_token, chat_id, thread_id } = self.telegram?;
                Address::Telegram {
                    bot_token: trimmed(bot_token),
                    chat_id: trimmed(chat_id),
                    thread_id,
                }
            }
            Kind::Email => {
                let to = self.email?.to.iter().map(|one| one.trim().to_lowercase()).collect();
                Address::Email { to }
            }
            Kind::Webhook => {
                let WebhookAddress { url, secret, former_secret } = self.webhook?;
                Address::Webhook {
                    url: trimmed(url),
                    secret: secret.map_or_else(make_secret, trimmed),
                    former_secret: former_secret.map(trimmed),
                }
            }
        })
    }
}
