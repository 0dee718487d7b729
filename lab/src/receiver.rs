//! What all strict fakes of receivers share: a door on a loopback port, a journal, scripted answers, a rate.
//!
//! A fake judges each call by a pure function; this file only carries.

use std::{
    collections::{HashMap, VecDeque},
    io,
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use axum::{
    Json, Router,
    body::Bytes,
    extract::{DefaultBodyLimit, State},
    http::{HeaderMap, StatusCode, Uri, header},
    response::{IntoResponse, Response},
    routing::get,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::{net::TcpListener, task::JoinSet, time::Instant};

use crate::{journal::Journal, slack::Scripted, world::now_ms};

/// Largest body, in bytes.
const BODY_BYTES_MAX: usize = 600 * 1024;

/// A call that came in.
#[derive(Debug)]
pub struct Call<'a> {
    /// The path.
    pub path: &'a str,
    /// The headers.
    pub headers: &'a HeaderMap,
    /// The body as it came.
    pub body: &'a [u8],
    /// The body, if it was JSON.
    pub json: &'a Value,
}

/// What a fake answers.
#[derive(Debug, Clone, PartialEq)]
pub struct Reply {
    /// Status.
    pub status: u16,
    /// Body.
    pub body: String,
    /// `Retry-After`, seconds.
    pub retry_after_s: Option<u64>,
    /// Why it was refused, in the fake's own words.
    pub problem: Option<String>,
}

impl Reply {
    /// A yes.
    #[must_use]
    pub fn yes(status: u16, body: impl Into<String>) -> Self {
        Self { status, body: body.into(), retry_after_s: None, problem: None }
    }

    /// A no, and what was seen.
    #[must_use]
    pub fn no(status: u16, body: impl Into<String>, problem: impl Into<String>) -> Self {
        Self { status, body: body.into(), retry_after_s: None, problem: Some(problem.into()) }
    }
}

/// A receiver's own judgement.
pub trait Contract: Send + Sync + 'static {
    /// What is answered to a call.
    fn judge(&self, call: &Call<'_>) -> Reply;
}

/// One call and what was answered.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Arrival {
    /// When it arrived, milliseconds since 1970.
    pub at_ms: u64,
    /// The path.
    pub path: String,
    /// The status that was answered.
    pub status: u16,
    /// The body that was answered.
    pub answer: String,
    /// Why it was refused.
    pub problem: Option<String>,
    /// Headers that begin with `webhook-`.
    pub headers: HashMap<String, String>,
    /// The message, if it was JSON.
    pub message: Value,
}

/// A running fake. It stops when dropped.
#[derive(Debug)]
pub struct Receiver {
    address: SocketAddr,
    journal: Journal,
    script: Arc<Mutex<VecDeque<Scripted>>>,
    _tasks: JoinSet<io::Result<()>>,
}

struct Desk<C> {
    contract: C,
    journal: Journal,
    script: Arc<Mutex<VecDeque<Scripted>>>,
}

impl Receiver {
    /// Listens on `listen`, judges by `contract` and writes arrivals to `journal`.
    pub async fn start<C: Contract>(
        listen: SocketAddr,
        journal: Journal,
        contract: C,
    ) -> io::Result<Self> {
        let listener = TcpListener::bind(listen).await?;
        let address = listener.local_addr()?;
        let script = Arc::new(Mutex::new(VecDeque::new()));
        let desk =
            Arc::new(Desk { contract, journal: journal.clone(), script: Arc::clone(&script) });
        let router = Router::new()
            .route("/lab/journal", get(read::<C>))
            .fallback(receive::<C>)
            .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
            .with_state(desk);
        let mut tasks = JoinSet::new();
        tasks.spawn(axum::serve(listener, router).into_future());
        Ok(Self { address, journal, script, _tasks: tasks })
    }

    /// Where it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Everything that has arrived.
    pub fn arrivals(&self) -> io::Result<Vec<Arrival>> {
        self.journal.read()
    }

    /// Answers to give to the next calls, in order, before honesty returns.
    pub fn script(&self, answers: impl IntoIterator<Item = Scripted>) {
        lock(&self.script).extend(answers);
    }
}

async fn read<C: Contract>(
    State(desk): State<Arc<Desk<C>>>,
) -> Result<Json<Vec<Arrival>>, StatusCode> {
    desk.journal.read().map(Json).map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)
}

async fn receive<C: Contract>(
    State(desk): State<Arc<Desk<C>>>,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let at_ms = now_ms();
    let message: Value = serde_json::from_slice(&body).unwrap_or(Value::Null);
    let scripted = lock(&desk.script).pop_front();
    let reply = if let Some(answer) = scripted {
        tokio::time::sleep(Duration::from_millis(answer.delay_ms)).await;
        Reply {
            status: answer.status,
            body: answer.body,
            retry_after_s: answer.retry_after_s,
            problem: Some("scripted".to_owned()),
        }
    } else {
        let call = Call { path: uri.path(), headers: &headers, body: &body, json: &message };
        desk.contract.judge(&call)
    };
    let own = headers.iter().filter(|(name, _)| name.as_str().starts_with("webhook-"));
    let own = own.map(|(name, value)| {
        (name.as_str().to_owned(), value.to_str().unwrap_or_default().to_owned())
    });
    let arrival = Arrival {
        at_ms,
        path: uri.path().to_owned(),
        status: reply.status,
        answer: reply.body.clone(),
        problem: reply.problem,
        headers: own.collect(),
        message,
    };
    if desk.journal.write(&arrival).is_err() {
        return (StatusCode::INTERNAL_SERVER_ERROR, "the lab cannot write its journal")
            .into_response();
    }
    let status = StatusCode::from_u16(reply.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let json = [(header::CONTENT_TYPE, "application/json")];
    let mut response = (status, json, reply.body).into_response();
    if let Some(seconds) = reply.retry_after_s {
        response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
    }
    response
}

/// Calls that may come now: a burst, then so many a second.
#[derive(Debug)]
pub struct Bucket {
    burst: f64,
    a_second: f64,
    state: Mutex<HashMap<String, (f64, Instant)>>,
}

impl Bucket {
    /// Of this size and pace.
    #[must_use]
    pub fn new(burst: f64, a_second: f64) -> Self {
        Self { burst, a_second, state: Mutex::default() }
    }

    /// Whether one more call for `key` is allowed now.
    pub fn take(&self, key: &str) -> bool {
        let mut state = lock(&self.state);
        let (left, since) = state.get(key).copied().unwrap_or_else(|| (self.burst, Instant::now()));
        let left = since.elapsed().as_secs_f64().mul_add(self.a_second, left).min(self.burst);
        let fits = left >= 1.0;
        state.insert(key.to_owned(), (if fits { left - 1.0 } else { left }, Instant::now()));
        fits
    }
}

pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
