//! `GET /config`: triggers, channels without their secrets, routes and silences as one YAML text.

use axum::http::header;

use super::Document;
use crate::http::{
    error::Problem,
    session::{Caller, Viewer},
};

/// Exports the configuration.
#[utoipa::path(get, path = "/config", operation_id = "config.export", tag = "config",
    extensions(("x-min-role" = json!("viewer"))),
    responses((status = 200, body = String, content_type = "application/yaml")))]
pub async fn handle(
    mut caller: Caller<Viewer>,
) -> Result<([(header::HeaderName, &'static str); 1], String), Problem> {
    let text = Document::present(&mut caller.scoped, caller.now).await?.text();
    Ok(([(header::CONTENT_TYPE, "application/yaml")], text))
}
