//! The router: every route visible on one page.
//!
//! Speaks JSON and nothing else to anybody; knows neither the wire of the agents nor SQL.

pub mod api;
pub mod assets;
pub mod channels;
pub mod config;
pub mod contract;
pub mod docs;
pub mod error;
pub mod figures;
pub mod fleet;
pub mod gate;
pub mod grants;
pub mod health;
mod hooks;
pub mod hosts;
pub mod idempotency;
pub mod incidents;
pub mod input;
pub mod invitations;
pub mod keys;
pub mod live;
pub mod maintenance;
pub mod me;
pub mod page;
pub mod people;
pub mod query;
pub mod releases;
pub mod reports;
pub mod routes;
pub mod service;
pub mod session;
pub mod silences;
pub mod sso;
pub mod staff;
mod targets;
pub mod tenant;
pub mod throttle;
pub mod tokens;
pub mod triggers;

use std::{sync::Arc, time::Duration};

use axum::{Json, Router, extract::State, http::StatusCode, middleware, routing::get};
use tower_http::{compression::CompressionLayer, timeout::TimeoutLayer};
use utoipa::openapi::{InfoBuilder, OpenApi, OpenApiBuilder};
use utoipa_axum::{router::OpenApiRouter, routes};

use self::{api::Shared, error::Problem};

/// Every operation of the API, under `/api/v1`.
fn operations() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(session::sign_in::handle, session::get::handle, session::sign_out::handle))
        .routes(routes!(session::refresh::handle))
        .routes(routes!(session::switch::handle))
        .routes(routes!(service::handle))
        .routes(routes!(fleet::handle))
        .routes(routes!(hosts::list::handle))
        .routes(routes!(hosts::get::handle, hosts::change::handle, hosts::retire::handle))
        .routes(routes!(hosts::approve::handle))
        .routes(routes!(hosts::adopt::handle))
        .routes(routes!(hosts::instance::handle))
        .routes(routes!(figures::catalogue::handle))
        .routes(routes!(figures::series::handle))
        .routes(routes!(figures::series::csv::handle))
        .routes(routes!(figures::matrix::handle))
        .routes(routes!(figures::totals::handle))
        .routes(routes!(figures::latest::handle))
        .routes(routes!(figures::breakdowns::handle))
        .routes(routes!(figures::events::handle))
        .routes(routes!(reports::weekly::handle))
        .routes(routes!(incidents::list::handle))
        .routes(routes!(incidents::get::handle))
        .routes(routes!(incidents::acknowledge::handle))
        .routes(routes!(incidents::resolve::handle))
        .routes(routes!(incidents::note::handle))
        .routes(routes!(triggers::list::handle, triggers::create::handle))
        .routes(routes!(triggers::get::handle, triggers::change::handle, triggers::remove::handle))
        .routes(routes!(triggers::preview::handle))
        .routes(routes!(triggers::reset::handle))
        .routes(routes!(channels::list::handle, channels::create::handle))
        .routes(routes!(channels::get::handle, channels::change::handle, channels::remove::handle))
        .routes(routes!(channels::deliveries::handle))
        .routes(routes!(channels::replay::handle))
        .routes(routes!(channels::preview::handle))
        .routes(routes!(routes::list::handle, routes::create::handle))
        .routes(routes!(routes::list::one, routes::change::handle, routes::change::remove))
        .routes(routes!(routes::order::handle))
        .routes(routes!(routes::preview::handle))
        .routes(routes!(silences::list::handle, silences::create::handle))
        .routes(routes!(silences::end::handle))
        .routes(routes!(silences::incident::handle))
        .routes(routes!(maintenance::list::handle, maintenance::create::handle))
        .routes(routes!(
            maintenance::list::one,
            maintenance::change::handle,
            maintenance::change::remove
        ))
        .routes(routes!(config::export::handle, config::apply::handle))
        .routes(routes!(keys::list::handle, keys::create::handle))
        .routes(routes!(keys::revoke::handle))
        .merge(people_operations())
}

/// Accounts, members and what they hold.
fn people_operations() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(people::sign_up::handle))
        .routes(routes!(people::confirm::handle))
        .routes(routes!(people::forgot::handle))
        .routes(routes!(people::reset::handle))
        .routes(routes!(me::get::handle, me::change::handle, me::remove::handle))
        .routes(routes!(me::password::handle))
        .routes(routes!(me::sessions::handle))
        .routes(routes!(me::totp::begin, me::totp::off))
        .routes(routes!(me::totp::confirm))
        .routes(routes!(people::list::handle))
        .routes(routes!(people::change::handle, people::remove::handle))
        .routes(routes!(invitations::list::handle, invitations::create::handle))
        .routes(routes!(invitations::revoke::handle))
        .routes(routes!(invitations::accept::handle))
        .routes(routes!(tokens::list::handle, tokens::create::handle))
        .routes(routes!(tokens::revoke::handle))
        .routes(routes!(people::audit::handle))
        .routes(routes!(people::audit::csv))
        .routes(routes!(people::audit::chain))
        .routes(routes!(grants::list::handle))
        .routes(routes!(grants::revoke::handle))
        .routes(routes!(tenant::get::handle, tenant::change::handle, tenant::remove::handle))
        .routes(routes!(tenant::export::handle))
        .routes(routes!(sso::get::handle, sso::put::handle, sso::remove::handle))
        .routes(routes!(staff::handle))
}

/// Operations that take long by their nature.
fn patient_operations() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(channels::test::handle))
        .routes(routes!(live::handle))
        .routes(routes!(sso::start::handle))
        .routes(routes!(sso::callback::handle))
}

fn documented() -> (Router<Shared>, OpenApi) {
    let info = InfoBuilder::new().title("Mailvane").version("1").description(Some(ABOUT)).build();
    let document = OpenApiBuilder::new().info(info).build();
    let late = TimeoutLayer::with_status_code(StatusCode::SERVICE_UNAVAILABLE, REQUEST_TIME_MAX);
    let operations = operations().layer(late).layer(CompressionLayer::new());
    let (router, mut document) = OpenApiRouter::with_openapi(document)
        .nest("/api/v1", operations.merge(patient_operations()))
        .split_for_parts();
    contract::complete(&mut document);
    (router, document)
}

/// The contract, as served.
pub fn openapi() -> OpenApi {
    documented().1
}

/// Page and API. `loopback` adds what only this machine may see.
pub fn router(api: Shared, loopback: bool) -> Router {
    let (operations, _) = documented();
    let mut router = operations
        .layer(middleware::from_fn_with_state(Arc::clone(&api), idempotency::once))
        .layer(middleware::from_fn(input::gather))
        .merge(hooks::router())
        .route("/api/openapi.json", get(document))
        .route("/healthz", get(health::healthz))
        .route("/readyz", get(health::readyz));
    if loopback {
        router = router.route("/metrics", get(health::metrics));
    }
    if let Some(release) = &api.site.release {
        router = router.nest_service("/release", release.files());
    }
    router
        .route("/install.sh", get(releases::script))
        .route("/docs", get(docs::index))
        .route("/docs/", get(docs::index))
        .route("/docs/{name}", get(docs::handle))
        .fallback(assets::handle)
        .method_not_allowed_fallback(async || Problem::NoMethod)
        .layer(middleware::from_fn_with_state(api.clone(), error::number))
        .with_state(api)
}

async fn document(State(_): State<Shared>) -> Json<OpenApi> {
    Json(openapi())
}

const ABOUT: &str = "Everything that the pages show. Sign in for a cookie session (changes then need \
    X-Mailvane-CSRF), or send an API token as Bearer. Times are RFC 3339 in UTC, durations whole seconds, \
    errors application/problem+json. x-min-role says which role an operation needs.";
const REQUEST_TIME_MAX: Duration = Duration::from_secs(30);
