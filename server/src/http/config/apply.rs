//! `POST /config`: makes what is there what a YAML text says, or says what that would change.

use axum::{Json, extract::State};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

use super::{
    Ask, Document,
    compare::{Change, differences},
    write,
};
use crate::{
    clock::Dice,
    http::{
        api::Shared,
        error::{Problem, ProblemBody},
        input::{Body, Query},
        session::{Admin, Caller},
    },
    store::Scoped,
};

/// A text as `GET /config` gives it.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ConfigText)]
pub struct Request {
    /// The text.
    yaml: String,
}

/// What changed, or would.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ConfigChanges)]
pub struct Changes {
    /// Nothing was changed: it was only asked.
    dry_run: bool,
    /// In the order in which they are made.
    changes: Vec<Change>,
}

impl Changes {
    /// Nothing of it was kept.
    pub const fn only_asked(&mut self) {
        self.dry_run = true;
    }

    /// For people at a console: `+` made, `~` changed, `-` removed.
    pub fn told(&self) -> String {
        let line = |change: &Change| {
            let mark = match change.action {
                "create" => '+',
                "remove" => '-',
                _ => '~',
            };
            let fields = change.fields.join(", ");
            format!("{mark} {} {} {fields}", change.kind, change.name).trim_end().to_owned() + "\n"
        };
        if self.changes.is_empty() {
            return "Nothing differs.\n".to_owned();
        }
        let end = if self.dry_run { "Nothing was changed: this was a dry run.\n" } else { "" };
        self.changes.iter().map(line).collect::<String>() + end
    }
}

/// Makes what is there what the text says. The caller commits, or drops everything.
pub async fn apply(
    scoped: &mut Scoped,
    yaml: &str,
    prune: bool,
    (now, dice): (DateTime<Utc>, &dyn Dice),
) -> Result<Changes, Problem> {
    let wanted = Document::read(yaml)?;
    let present = Document::present(scoped, now).await?;
    let changes = differences(&present, &wanted, prune);
    write::all(scoped, &wanted, &changes, (now, dice)).await?;
    Ok(Changes { dry_run: false, changes })
}

/// Applies a configuration. A dry run does everything, checks included, and keeps nothing of it.
#[utoipa::path(post, path = "/config", operation_id = "config.apply", tag = "config",
    extensions(("x-min-role" = json!("admin"))), params(Ask), request_body = Request,
    responses((status = 200, body = Changes), (status = 422, body = ProblemBody)))]
pub async fn handle(
    State(api): State<Shared>,
    mut caller: Caller<Admin>,
    Query(ask): Query<Ask>,
    Body(request): Body<Request>,
) -> Result<Json<Changes>, Problem> {
    let outside = (caller.now, &*api.dice);
    let mut changes = apply(&mut caller.scoped, &request.yaml, ask.prune, outside).await?;
    if ask.dry_run {
        changes.only_asked();
        return Ok(Json(changes));
    }
    let detail = json!({"changes": changes.changes});
    caller.done("config.apply", "config", detail).await?;
    api.wake_notify.notify_one();
    Ok(Json(changes))
}
