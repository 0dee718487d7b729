//! `GET /service`: what a page must know before anybody has signed in, and who may do what.

use axum::{Json, extract::State};
use serde::Serialize;
use utoipa::ToSchema;

use super::api::Shared;
use crate::domain::{
    member::Role,
    rights::{Scope, table},
};

/// What this installation offers.
#[derive(Debug, Serialize, ToSchema)]
pub struct Service {
    /// Strangers may make an account of their own.
    sign_up: bool,
    /// Links go out by mail; else whoever makes them is shown them.
    mail: bool,
    /// Version of the server.
    version: &'static str,
    /// Roles, weakest first, and what each may do.
    roles: Vec<RoleView>,
    /// Scopes of API tokens.
    scopes: Vec<ScopeView>,
}

/// A role.
#[derive(Debug, Serialize, ToSchema)]
pub struct RoleView {
    /// The word.
    name: &'static str,
    /// What it may do.
    may: Vec<&'static str>,
}

/// A scope.
#[derive(Debug, Serialize, ToSchema)]
pub struct ScopeView {
    /// The word.
    name: &'static str,
    /// The least role of whoever makes a token of it.
    least_role: &'static str,
}

/// Tells what this installation offers.
#[utoipa::path(get, path = "/service", operation_id = "service", tag = "session",
    extensions(("x-min-role" = json!("public"))), responses((status = 200, body = Service)))]
pub async fn handle(State(api): State<Shared>) -> Json<Service> {
    let roles = Role::ALL.map(|role| RoleView {
        name: role.word(),
        may: table::ALL
            .iter()
            .filter(|right| role.covers(right.role))
            .map(|right| right.what)
            .collect(),
    });
    let scopes = Scope::ALL
        .map(|scope| ScopeView { name: scope.word(), least_role: scope.least_maker().word() });
    Json(Service {
        sign_up: api.offers.sign_up,
        mail: api.offers.mail,
        version: env!("CARGO_PKG_VERSION"),
        roles: roles.into(),
        scopes: scopes.into(),
    })
}
