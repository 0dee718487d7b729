//! `GET /live`: what just happened, pushed. One look a second for each tenant that somebody watches, however many do.
//!
//! A stream never names the tenant it belongs to: the session does. It ends within seconds of its session.

use std::{
    collections::HashMap,
    convert::Infallible,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use axum::{
    extract::State,
    response::sse::{Event, KeepAlive, Sse},
};
use chrono::{DateTime, Utc};
use futures_util::stream::{self, Stream, StreamExt as _};
use serde::Serialize;
use tokio::sync::broadcast;
use tokio_stream::wrappers::{BroadcastStream, IntervalStream};

use super::{
    api::{Api, Shared},
    error::{Problem, ProblemBody},
    session::{Caller, IDLE, Viewer, Who},
};
use crate::{
    domain::ids::{self, PublicId, TenantId},
    store::StoreError,
};

/// Who watches which tenant.
#[derive(Debug, Default)]
pub struct Hub {
    tenants: Mutex<HashMap<TenantId, broadcast::Sender<News>>>,
}

/// One thing that happened.
#[derive(Debug, Clone)]
enum News {
    /// Hosts have new samples.
    Tick(Arc<Tick>),
    /// An incident has a new mark on its timeline.
    Incident(Arc<IncidentNews>),
}

#[derive(Debug, Serialize)]
struct Tick {
    at: DateTime<Utc>,
    hosts: Vec<String>,
}

#[derive(Debug, Serialize)]
struct IncidentNews {
    id: String,
    kind: String,
}

/// Streams `tick` and `incident` events.
#[utoipa::path(get, path = "/live", operation_id = "live", tag = "fleet",
    extensions(("x-min-role" = json!("viewer"))),
    responses((status = 200, content_type = "text/event-stream", body = String,
        description = "event: tick, data {at, hosts}; event: incident, data {id, kind}"),
        (status = 401, body = ProblemBody)))]
pub async fn handle(
    State(api): State<Shared>,
    caller: Caller<Viewer>,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, Problem> {
    let tenant = caller.tenant();
    let session = match &caller.who {
        Who::Person(live) => Some(live.public_id),
        Who::Token { .. } => None,
    };
    drop(caller);
    let news = watch(&api, tenant)?;
    let events = BroadcastStream::new(news).filter_map(async |news| news.ok().map(event));
    let check = IntervalStream::new(tokio::time::interval(CHECK_EVERY))
        .then(move |_| still_allowed(Arc::clone(&api), tenant, session));
    let ends = check.take_while(|allowed| std::future::ready(*allowed)).map(|_| None);
    // The stream ends when the checks do: a session that is over hears nothing more.
    let ends = ends.map(Some).chain(stream::once(std::future::ready(None)));
    let merged = stream::select(events.map(|event| Some(Some(event))), ends)
        .take_while(|item| std::future::ready(item.is_some()))
        .filter_map(|item| std::future::ready(item.flatten().map(Ok)));
    Ok(Sse::new(merged).keep_alive(KeepAlive::new().interval(HEARTBEAT)))
}

async fn still_allowed(
    api: Shared,
    tenant: TenantId,
    session: Option<PublicId<ids::Session>>,
) -> bool {
    if api.stopping.is_cancelled() {
        return false;
    }
    let Some(session) = session else { return true };
    let now = api.clock.now();
    let look = async { api.store.web(tenant).await?.live_session(session, now, now - IDLE).await };
    // A database that does not answer for a moment is no reason to cut everybody off.
    look.await.map_or(true, |live| live.is_some())
}

fn event(news: News) -> Event {
    let (name, data) = match news {
        News::Tick(tick) => ("tick", serde_json::to_string(&*tick)),
        News::Incident(incident) => ("incident", serde_json::to_string(&*incident)),
    };
    Event::default().event(name).data(data.unwrap_or_default())
}

fn watch(api: &Shared, tenant: TenantId) -> Result<broadcast::Receiver<News>, Problem> {
    let mut tenants = api.hub.tenants.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(sender) = tenants.get(&tenant) {
        if sender.receiver_count() >= WATCHERS_MAX {
            return Err(Problem::TooMany(60));
        }
        return Ok(sender.subscribe());
    }
    let (sender, receiver) = broadcast::channel(QUEUE_MAX);
    tenants.insert(tenant, sender.clone());
    api.life.spawn("live", follow(Arc::clone(api), tenant, sender));
    Ok(receiver)
}

/// Looks once a second until nobody watches any more.
async fn follow(api: Shared, tenant: TenantId, sender: broadcast::Sender<News>) {
    let mut since = None;
    loop {
        tokio::time::sleep(LOOK_EVERY).await;
        {
            let mut tenants = api.hub.tenants.lock().unwrap_or_else(PoisonError::into_inner);
            if sender.receiver_count() == 0 || api.stopping.is_cancelled() {
                tenants.remove(&tenant);
                return;
            }
        }
        match look(&api, tenant, since).await {
            Ok((upto, news)) => {
                since = Some(upto);
                // An error means that the last watcher just left.
                for news in news {
                    drop(sender.send(news));
                }
            }
            Err(error) => tracing::debug!(%error, "live: the database did not answer"),
        }
    }
}

async fn look(
    api: &Api,
    tenant: TenantId,
    since: Option<DateTime<Utc>>,
) -> Result<(DateTime<Utc>, Vec<News>), StoreError> {
    let mut scoped = api.store.web(tenant).await?;
    let at = scoped.database_time().await?;
    // A look back overlaps the last one: a commit may become visible a little after its own stamp.
    let Some(since) = since else { return Ok((at, Vec::new())) };
    let mut news = Vec::new();
    let hosts = scoped.hosts_heard_of(since, at).await?;
    if !hosts.is_empty() {
        let hosts = hosts.iter().map(ToString::to_string).collect();
        news.push(News::Tick(Arc::new(Tick { at, hosts })));
    }
    for (id, kind) in scoped.incident_news(since, at).await? {
        news.push(News::Incident(Arc::new(IncidentNews { id: id.to_string(), kind })));
    }
    Ok((at, news))
}

const LOOK_EVERY: Duration = Duration::from_secs(1);
const CHECK_EVERY: Duration = Duration::from_secs(5);
const HEARTBEAT: Duration = Duration::from_secs(15);
/// News that a slow browser may fall behind.
const QUEUE_MAX: usize = 64;
/// Streams of one tenant.
const WATCHERS_MAX: usize = 200;
