//! A strict fake of Slack's incoming webhooks: refuses what the real one refuses, journals every arrival.
//!
//! It is stricter than the real one where a slip would only show in a customer's channel: text that is not escaped
//! and mentions that would call a whole channel are refused. It never forwards anything.

use std::{
    collections::VecDeque,
    io,
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use axum::{
    Json, Router,
    body::Bytes,
    extract::{DefaultBodyLimit, Path, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::{net::TcpListener, task::JoinSet, time::Instant};

use crate::{journal::Journal, world::now_ms};

mod contract;

pub use contract::{Refusal, check};

/// Messages that may come at once before the rate of one a second holds.
const BURST: f64 = 3.0;
/// Largest body, in bytes.
const BODY_BYTES_MAX: usize = 256 * 1024;
/// Scripted answers that may wait.
const SCRIPT_MAX: usize = 1_000;

/// One arrival and what was answered.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Arrival {
    /// When it arrived, milliseconds since 1970.
    pub at_ms: u64,
    /// The path after `/services/`.
    pub webhook: String,
    /// The status that was answered.
    pub status: u16,
    /// The body that was answered.
    pub answer: String,
    /// Why it was refused, in the fake's own words.
    pub problem: Option<String>,
    /// The message, if it was JSON.
    pub message: Value,
}

impl Arrival {
    /// Every piece of text in the message: what a person would see.
    #[must_use]
    pub fn text(&self) -> String {
        let mut pieces = Vec::new();
        contract::texts(&self.message, &mut pieces);
        pieces.join("\n")
    }
}

/// An answer to give instead of the honest one.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Scripted {
    /// Status to answer.
    pub status: u16,
    /// Body to answer.
    pub body: String,
    /// `Retry-After`, in seconds.
    #[serde(default)]
    pub retry_after_s: Option<u64>,
    /// Pause before the answer, in milliseconds.
    #[serde(default)]
    pub delay_ms: u64,
}

/// A running fake. It stops when dropped.
#[derive(Debug)]
pub struct FakeSlack {
    address: SocketAddr,
    desk: Arc<Desk>,
    _tasks: JoinSet<io::Result<()>>,
}

impl FakeSlack {
    /// Listens on `listen` and writes arrivals to `journal`.
    pub async fn start(listen: SocketAddr, journal: Journal) -> io::Result<Self> {
        let listener = TcpListener::bind(listen).await?;
        let address = listener.local_addr()?;
        let desk = Arc::new(Desk {
            journal,
            script: Mutex::new(VecDeque::new()),
            bucket: Mutex::new((BURST, Instant::now())),
        });
        let mut tasks = JoinSet::new();
        tasks.spawn(axum::serve(listener, router(desk.clone())).into_future());
        Ok(Self { address, desk, _tasks: tasks })
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// A webhook address to give to the server.
    #[must_use]
    pub fn webhook_url(&self) -> String {
        format!("http://{}/services/T0LAB/B0LAB/lab", self.address)
    }

    /// Everything that has arrived.
    pub fn arrivals(&self) -> io::Result<Vec<Arrival>> {
        self.desk.journal.read()
    }

    /// Answers to give to the next messages, in order, before honesty returns.
    pub fn script(&self, answers: impl IntoIterator<Item = Scripted>) {
        lock(&self.desk.script).extend(answers.into_iter().take(SCRIPT_MAX));
    }
}

#[derive(Debug)]
struct Desk {
    journal: Journal,
    script: Mutex<VecDeque<Scripted>>,
    /// Messages that may come now, and when that was worked out.
    bucket: Mutex<(f64, Instant)>,
}

impl Desk {
    /// Seconds to wait, if the rate is exceeded.
    fn too_fast(&self) -> Option<u64> {
        let mut bucket = lock(&self.bucket);
        let (left, since) = *bucket;
        let left = (left + since.elapsed().as_secs_f64()).min(BURST);
        let fits = left >= 1.0;
        *bucket = (if fits { left - 1.0 } else { left }, Instant::now());
        (!fits).then_some(1)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn router(desk: Arc<Desk>) -> Router {
    Router::new()
        .route("/services/{team}/{bot}/{token}", post(receive))
        .route("/lab/journal", get(journal))
        .route("/lab/script", post(script))
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .with_state(desk)
}

async fn journal(State(desk): State<Arc<Desk>>) -> Result<Json<Vec<Arrival>>, StatusCode> {
    desk.journal.read().map(Json).map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)
}

async fn script(State(desk): State<Arc<Desk>>, Json(answers): Json<Vec<Scripted>>) -> StatusCode {
    lock(&desk.script).extend(answers.into_iter().take(SCRIPT_MAX));
    StatusCode::NO_CONTENT
}

async fn receive(
    State(desk): State<Arc<Desk>>,
    Path((team, bot, token)): Path<(String, String, String)>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let at_ms = now_ms();
    let message: Value = serde_json::from_slice(&body).unwrap_or(Value::Null);
    let scripted = lock(&desk.script).pop_front();
    let (answer, problem) = match scripted {
        Some(answer) => (answer, Some("scripted".to_owned())),
        None => honest(&desk, &token, &headers, &message),
    };
    tokio::time::sleep(Duration::from_millis(answer.delay_ms)).await;
    let arrival = Arrival {
        at_ms,
        webhook: format!("{team}/{bot}/{token}"),
        status: answer.status,
        answer: answer.body.clone(),
        problem,
        message,
    };
    if desk.journal.write(&arrival).is_err() {
        return (StatusCode::INTERNAL_SERVER_ERROR, "the lab cannot write its journal")
            .into_response();
    }
    reply(&answer)
}

fn honest(
    desk: &Desk,
    token: &str,
    headers: &HeaderMap,
    message: &Value,
) -> (Scripted, Option<String>) {
    let plain = |status: u16, body: &str| Scripted {
        status,
        body: body.to_owned(),
        retry_after_s: None,
        delay_ms: 0,
    };
    match token {
        "gone" => return (plain(404, "no_service"), Some("this webhook was deleted".to_owned())),
        "archived" => {
            return (plain(410, "channel_is_archived"), Some("the channel is archived".to_owned()));
        }
        "prohibited" => {
            return (
                plain(403, "action_prohibited"),
                Some("an administrator forbids it".to_owned()),
            );
        }
        _ => {}
    }
    if let Some(wait) = desk.too_fast() {
        let answer = Scripted { retry_after_s: Some(wait), ..plain(429, "rate_limited") };
        return (answer, Some("more than one message a second".to_owned()));
    }
    let content_type =
        headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or("");
    if !content_type.starts_with("application/json") {
        return (plain(400, "invalid_payload"), Some(format!("content type {content_type:?}")));
    }
    match check(message) {
        Ok(()) => (plain(200, "ok"), None),
        Err(refusal) => (plain(400, refusal.code), Some(refusal.problem)),
    }
}

fn reply(answer: &Scripted) -> Response {
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = (status, answer.body.clone()).into_response();
    if let Some(seconds) = answer.retry_after_s {
        response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
    }
    response
}

#[cfg(test)]
mod tests;
