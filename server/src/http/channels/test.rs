//! `POST /channels/{id}/test`: sends a test message the way news goes, and shows what the receiver said.
//!
//! It never calls out itself: the message is owed like any other and the loop that delivers is woken.

use std::time::Duration;

use axum::{Json, extract::State};
use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;

use crate::{
    domain::ids::{self, PublicId, TenantId},
    http::{
        api::{Api, Shared},
        error::{Problem, ProblemBody},
        input::Id,
        session::{Admin, Caller},
    },
    store::deliveries::Attempt,
};

/// What the receiver said.
#[derive(Debug, Serialize, ToSchema)]
pub struct TestOutcome {
    /// `delivered`, `retry`, `permanent` or `ambiguous`.
    outcome: String,
    /// HTTP status, where one came.
    #[schema(required)]
    http_status: Option<i32>,
    /// In words.
    detail: String,
    /// How long the receiver took.
    duration_ms: i64,
}

/// Sends a test message.
#[utoipa::path(post, path = "/channels/{id}/test", operation_id = "channels.test", tag = "channels",
    extensions(("x-min-role" = json!("admin"))), params(("id" = String, Path)),
    responses((status = 200, body = TestOutcome), (status = 404, body = ProblemBody),
        (status = 409, body = ProblemBody), (status = 503, body = ProblemBody)))]
pub async fn handle(
    State(api): State<Shared>,
    mut caller: Caller<Admin>,
    Id(id): Id<ids::Channel>,
) -> Result<Json<TestOutcome>, Problem> {
    let channel = super::one(&mut caller.scoped, id).await?;
    if !channel.enabled {
        let why = format!("{} is switched off. Switch it on, then test it.", channel.name);
        return Err(Problem::Conflict(why));
    }
    let tenant = caller.tenant();
    let delivery = PublicId::make(caller.now, &*api.dice);
    caller.scoped.owe_test(channel.id, delivery).await?;
    caller.done("channel.test", &id.to_string(), json!({"delivery": delivery.to_string()})).await?;
    api.wake_notify.notify_one();
    let attempt = tokio::time::timeout(ANSWER_TIME_MAX, answered(&api, tenant, delivery)).await;
    let attempt = attempt.map_err(|_| Problem::Unavailable(WAITING, 10))??;
    let duration =
        attempt.ended_at.map_or(chrono::TimeDelta::zero(), |end| end - attempt.started_at);
    let outcome = attempt.outcome.unwrap_or_default();
    let detail = attempt.error.unwrap_or_else(|| "The receiver took the message.".to_owned());
    Ok(Json(TestOutcome {
        outcome,
        http_status: attempt.http_status,
        detail,
        duration_ms: duration.num_milliseconds(),
    }))
}

async fn answered(
    api: &Api,
    tenant: TenantId,
    delivery: PublicId<ids::Delivery>,
) -> Result<Attempt, Problem> {
    loop {
        tokio::time::sleep(LOOK_EVERY).await;
        let mut scoped = api.store.web(tenant).await?;
        let attempt = scoped.last_attempt(delivery).await?;
        if let Some(attempt) = attempt.filter(|attempt| attempt.outcome.is_some()) {
            return Ok(attempt);
        }
    }
}

const WAITING: &str =
    "The test message waits behind others or the receiver is slow; it stays in the delivery log.";
/// A call may take ten seconds, and one before it may have to be waited for.
const ANSWER_TIME_MAX: Duration = Duration::from_secs(15);
const LOOK_EVERY: Duration = Duration::from_millis(100);
