//! `/healthz`: the process runs. `/readyz`: it can serve. `/metrics`: its own figures, on loopback only.

use std::time::Duration;

use axum::{
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};

use super::api::Shared;

/// The process runs.
pub async fn healthz() -> &'static str {
    "ok\n"
}

/// It can serve: the database answers and nobody asked it to stop.
pub async fn readyz(State(api): State<Shared>) -> Response {
    if api.stopping.is_cancelled() {
        return (StatusCode::SERVICE_UNAVAILABLE, "stopping\n").into_response();
    }
    match tokio::time::timeout(PING_TIME_MAX, api.store.ping()).await {
        Ok(Ok(())) => "ready\n".into_response(),
        _ => (StatusCode::SERVICE_UNAVAILABLE, "the database does not answer\n").into_response(),
    }
}

/// Prometheus' text form.
pub async fn metrics(State(api): State<Shared>) -> Response {
    let kind = [(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")];
    (kind, (api.figures)()).into_response()
}

const PING_TIME_MAX: Duration = Duration::from_secs(2);
