//! What a claimed message says and where it goes, read in the transaction of the claim.

use chrono::{DateTime, Utc};
use serde_json::Value;
use url::Url;

use super::Deliverer;
use crate::{
    domain::{
        channel::{Address, Kind},
        ids::{ChannelId, IncidentId, PublicId},
    },
    notify::{
        errand::{Buttons, Errand},
        facts::{Act, Facts, Notice},
        render::{self, Circumstances},
    },
    secrets::{
        Place,
        stamp::{Channel, Verb},
    },
    store::{
        Scoped, StoreError,
        fallbacks::Way,
        incidents::IncidentRow,
        lanes::{Claim, Root, Settle},
    },
};

/// A claimed message, ready to go.
pub(in crate::notify) struct Prepared {
    pub(super) way: Way,
    pub(super) address: Result<Address, String>,
    pub(super) notice: Notice,
    /// It began and ended before anybody was told: this one message tells both.
    pub(super) passed: bool,
    /// It is not to be sent at all, and why.
    pub(super) end: Option<(Settle, String)>,
    /// Where clicks of Telegram go, and what they must say.
    pub(super) hook: Option<(String, String)>,
    /// It tells all that wait in its group.
    pub(super) gathers: bool,
    /// The lane's first message is of the same incident.
    own: bool,
    root: Option<Value>,
    pinned: Option<String>,
    buttons: Option<Buttons>,
    unsubscribe: Vec<Url>,
}

impl Prepared {
    pub(super) fn kind_name(&self) -> &'static str {
        self.address.as_ref().map_or("unknown", |address| address.kind().name())
    }

    pub(super) fn errand<'a>(&'a self, claim: &'a Claim, now: DateTime<Utc>) -> Errand<'a> {
        Errand {
            notice: &self.notice,
            delivery: claim.public_id,
            now,
            owed_at: claim.created_at,
            root: self.root.as_ref(),
            own: self.own,
            so_far: claim.so_far.as_ref(),
            pinned: self.pinned.as_deref(),
            possible_repeat: claim.possible_repeat,
            buttons: self.buttons.as_ref(),
            tenant: &self.way.tenant,
            channel_name: &self.way.name,
            unsubscribe: &self.unsubscribe,
        }
    }
}

impl Deliverer {
    pub(super) async fn prepare(
        &self,
        scoped: &mut Scoped,
        (channel, way): (ChannelId, Way),
        claim: &Claim,
    ) -> Result<Prepared, StoreError> {
        let tenant = scoped.tenant().get();
        let address = self.address(tenant, &way);
        let of = Channel { tenant, channel: way.public_id.uuid() };
        let mut prepared = Prepared {
            notice: self.word(claim, &way),
            passed: false,
            end: None,
            hook: self.hook(of, &address, claim),
            gathers: false,
            own: true,
            root: None,
            pinned: None,
            buttons: None,
            unsubscribe: self.ways_out(of, &address),
            address,
            way,
        };
        let Some(incident) = claim.incident else {
            if claim.kind == "digest" {
                prepared.notice.message = self.digest(scoped, claim).await?;
            }
            return Ok(prepared);
        };
        let kind = prepared.address.as_ref().ok().map(Address::kind);
        // Who joined a group changes the group's first message, where that can be changed.
        let edits = claim.kind == "grouped" && kind.is_some_and(Kind::edits);
        let about = if edits { IncidentId::from_row(claim.lane) } else { incident };
        let Some(row) = scoped.incident_to_tell(about).await? else {
            prepared.end = Some((Settle::Collapsed, "the incident is gone".to_owned()));
            return Ok(prepared);
        };
        let root = scoped.root_of(channel, claim).await?;
        self.pin(tenant, root, &mut prepared);
        prepared.passed = tells_both(claim) || fresh(claim) && row.closed_at.is_some();
        if prepared.passed && !tells_both(claim) {
            scoped.tell_both(claim).await?;
        }
        prepared.end = self.needless(scoped, (claim, kind), &row).await?;
        let grouped = self.joined(scoped, (channel, claim)).await?;
        let around = self.around(claim, (&row, prepared.passed), grouped);
        prepared.notice = Notice {
            act: Act::of(&claim.kind),
            kind: claim.kind.clone(),
            message: render::incident(&row, &around),
            facts: Some(Facts::of(&row, claim.seq, &around)),
        };
        prepared.own = claim.lane == row.id.get();
        if claim.kind == "grouped" && !edits {
            if let Some(message) = self.together_words(scoped, (channel, claim)).await? {
                prepared.notice.message = message;
                prepared.gathers = true;
            }
            prepared.notice.act = Act::Open;
        }
        let stamp = |verb| self.vault.stamp_button(of, verb, row.public_id.uuid());
        prepared.buttons = row.closed_at.is_none().then(|| Buttons {
            acknowledge: stamp(Verb::Acknowledge),
            silence: stamp(Verb::Silence),
        });
        Ok(prepared)
    }

    fn around(
        &self,
        claim: &Claim,
        (row, passed): (&IncidentRow, bool),
        grouped: Vec<String>,
    ) -> Circumstances {
        let text = |name: &str| claim.body.get(name).and_then(Value::as_str);
        let because = match claim.kind.as_str() {
            "escalated" => Some("Nobody has acknowledged it yet.".to_owned()),
            "reminded" => Some("It still goes on.".to_owned()),
            _ => text("instead_of").map(|name| format!("Told here because {name} fails.")),
        };
        let held = text("held").map(|held| format!("Held back until now: {held}."));
        Circumstances {
            now: self.clock.now(),
            age: claim.age,
            possible_repeat: claim.possible_repeat,
            link: self.link(&format!("incidents/{}", row.public_id)),
            over: Act::of(&claim.kind) == Act::Close,
            passed,
            grouped,
            because: because.or(held),
        }
    }

    /// Why a message need not go at all any more: it was muted since, somebody has taken it, or it began and ended and
    /// nobody needs to get up for that.
    async fn needless(
        &self,
        scoped: &mut Scoped,
        (claim, kind): (&Claim, Option<Kind>),
        row: &IncidentRow,
    ) -> Result<Option<(Settle, String)>, StoreError> {
        let (opens, over) = (Act::of(&claim.kind) == Act::Open, row.closed_at.is_some());
        if opens
            && claim.attempt == 1
            && !over
            && let Some(mute) = scoped.hold_back(row.id).await?
        {
            return Ok(Some((Settle::Suppressed, mute)));
        }
        let taken = row.acked_until.is_some_and(|until| until > self.clock.now());
        let again = matches!(claim.kind.as_str(), "escalated" | "reminded" | "updated" | "grouped");
        if again && claim.attempt == 1 && (over && claim.kind != "grouped" || taken && opens) {
            let why = if over { "it is over" } else { "somebody has taken it" };
            return Ok(Some((Settle::Collapsed, why.to_owned())));
        }
        let old = claim.age > PAGE_AGE_MAX;
        if fresh(claim) && over && old && kind == Some(Kind::PagerDuty) {
            let why = "it was over before anybody could be paged".to_owned();
            return Ok(Some((Settle::Collapsed, why)));
        }
        Ok(None)
    }

    fn address(&self, tenant: i32, way: &Way) -> Result<Address, String> {
        let row = way.public_id.uuid();
        let place = Place { table: "channel", column: "secret", tenant, row };
        let opened = self.vault.open(place, &way.secret).map_err(|error| error.to_string())?;
        let broken = "its address cannot be read: enter it again";
        if way.kind == Kind::Slack.name() && !opened.starts_with(b"{") {
            let url = std::str::from_utf8(&opened).map_err(|_| broken.to_owned())?;
            return Ok(Address::Slack { webhook_url: url.to_owned() });
        }
        serde_json::from_slice(&opened).map_err(|_| broken.to_owned())
    }

    fn pin(&self, tenant: i32, root: Root, prepared: &mut Prepared) {
        prepared.root = root.reference;
        if let Some((row, sealed)) = root.pinned {
            let place = Place { table: "delivery", column: "pinned", tenant, row };
            let opened = self.vault.open(place, &sealed).ok();
            prepared.pinned = opened.and_then(|key| String::from_utf8(key.to_vec()).ok());
        }
    }

    /// A test, or words that stand in the row itself.
    fn word(&self, claim: &Claim, way: &Way) -> Notice {
        let text = |name: &str| claim.body.get(name).and_then(Value::as_str).unwrap_or_default();
        let link = self.link("");
        let message = match claim.kind.as_str() {
            "test" => render::test(&way.name, self.clock.now(), link),
            _ => render::word(text("title"), text("text"), link),
        };
        Notice { act: Act::Say, kind: claim.kind.clone(), message, facts: None }
    }

    fn hook(
        &self,
        of: Channel,
        address: &Result<Address, String>,
        claim: &Claim,
    ) -> Option<(String, String)> {
        let clicks = claim.kind == "test" && self.public_url.scheme() == "https";
        if !clicks || !matches!(address, Ok(Address::Telegram { .. })) {
            return None;
        }
        let id = PublicId::<crate::domain::ids::Channel>::from_row(of.channel);
        let hook = self.public_url.join(&format!("hooks/telegram/{id}")).ok()?;
        Some((hook.to_string(), self.vault.telegram_secret(of)))
    }

    fn ways_out(&self, of: Channel, address: &Result<Address, String>) -> Vec<Url> {
        let Ok(Address::Email { to }) = address else { return Vec::new() };
        let way = |recipient: &String| {
            let token = self.vault.stamp_way_out(of, recipient);
            self.public_url.join(&format!("hooks/email/unsubscribe?token={token}")).ok()
        };
        to.iter().filter_map(way).collect()
    }

    pub(super) fn link(&self, path: &str) -> Option<String> {
        self.public_url.join(path).ok().map(String::from)
    }
}

/// Nobody was told of the beginning yet.
fn fresh(claim: &Claim) -> bool {
    claim.kind == "opened" && claim.attempt == 1
}

/// Its first try told of beginning and end in one, and may have arrived: each further try says the same, or the end
/// would be told twice.
fn tells_both(claim: &Claim) -> bool {
    claim.body.get("both").and_then(Value::as_bool).unwrap_or(false)
}

/// Nobody is paged for what was over before it was this old.
const PAGE_AGE_MAX: std::time::Duration = std::time::Duration::from_mins(5);
