//! The built page, embedded in the binary. Every address that is no file of it shows the page, which knows its routes.

use axum::{
    body::Body,
    extract::Request,
    http::{HeaderValue, Method, StatusCode, header},
    response::{IntoResponse, Response},
};
use rust_embed::RustEmbed;

use super::error::Problem;

#[derive(RustEmbed)]
#[folder = "$CARGO_MANIFEST_DIR/../web/dist"]
struct Dist;

/// Serves files of the page.
pub async fn handle(request: Request) -> Response {
    let path = request.uri().path().trim_start_matches('/').to_owned();
    if path.starts_with("api/") || path == "api" {
        return Problem::NoRoute.into_response();
    }
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return Problem::NoMethod.into_response();
    }
    if let Some(file) = Dist::get(&path) {
        // The build puts a hash of the content into these names.
        let forever = path.contains("/immutable/");
        return page(&path, file, if forever { FOREVER } else { ASK });
    }
    // A missing file must not be answered by a page: a browser would run HTML as a script.
    if path.rsplit('/').next().is_some_and(|name| name.contains('.')) {
        return (StatusCode::NOT_FOUND, "There is no such file.\n").into_response();
    }
    match Dist::get("index.html") {
        Some(file) => page("index.html", file, ASK),
        None => (StatusCode::OK, NOT_BUILT).into_response(),
    }
}

fn page(path: &str, file: rust_embed::EmbeddedFile, keep: &'static str) -> Response {
    let kind = match path.rsplit('.').next() {
        Some("html") => "text/html; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        _ => file.metadata.mimetype(),
    };
    let kind =
        HeaderValue::from_str(kind).unwrap_or(HeaderValue::from_static("application/octet-stream"));
    let mut answer = Response::new(Body::from(file.data.into_owned()));
    answer.headers_mut().insert(header::CONTENT_TYPE, kind);
    answer.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static(keep));
    answer
}

const FOREVER: &str = "public, max-age=31536000, immutable";
const ASK: &str = "no-cache";
const NOT_BUILT: &str = "Mailvane runs, but this binary was built without its page.\n\
    Run `npm ci && npm run build` in web/ and build the server again; ./dev up does both.\n\
    The API is here: /api/openapi.json\n";
