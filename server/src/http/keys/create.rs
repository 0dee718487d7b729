//! `POST /enrolment-keys`: makes a key and says how to use it. The key is shown here and never again.

use axum::{Json, extract::State, http::StatusCode};
use chrono::TimeDelta;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

use super::EnrolmentKey;
use crate::{
    domain::{ids::PublicId, network::Network},
    http::{
        api::{Shared, Site},
        error::{Problem, ProblemBody},
        hosts::host_tags,
        input::{Body, Faults},
        releases::Release,
        session::{Caller, Machines},
    },
    secrets::key::{self, KeyKind},
    store::keys::NewEnrolmentKey,
};

/// What the key may do.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewEnrolmentKey)]
pub struct Request {
    /// For whom or what it is; at most 200 characters.
    #[serde(default)]
    comment: String,
    /// How many hosts it admits, 1 to 1000; 1 when not given.
    uses: Option<i32>,
    /// Seconds until it admits nobody any more, 60 to 7776000; an hour when not given.
    expires_in_s: Option<i64>,
    /// Tags of every host that it admits: at most 32, each of 1 to 40 characters.
    #[serde(default)]
    tags: Vec<String>,
    /// Networks that it admits from, as `192.0.2.0/24`; at most 32; none: from anywhere.
    #[serde(default)]
    networks: Vec<String>,
    /// Hosts that it admits wait until a person says yes.
    #[serde(default)]
    approve: bool,
}

/// The key, once, with how to use it.
#[derive(Debug, Serialize, ToSchema)]
pub struct CreatedEnrolmentKey {
    #[serde(flatten)]
    view: EnrolmentKey,
    /// The whole key. It is not stored and cannot be shown again.
    key: String,
    install: Install,
}

/// How to admit a host.
#[derive(Debug, Serialize, ToSchema)]
pub struct Install {
    /// Where the agent connects.
    server: String,
    /// SHA-256 of the private authority's certificate; null with a public certificate.
    #[schema(required)]
    ca_sha256: Option<String>,
    /// The certificate itself.
    #[schema(required)]
    ca_pem: Option<String>,
    /// SHA-256 of the key that signed the agent's release, in hex; null: this server hands out no agent.
    #[schema(required)]
    release_key_sha256: Option<String>,
    /// To be run on the host, in order.
    commands: Vec<Command>,
}

/// Something to be run on the host.
#[derive(Debug, Serialize, ToSchema)]
pub struct Command {
    /// What it does.
    name: &'static str,
    /// What to paste.
    text: String,
}

/// Makes an enrolment key.
#[utoipa::path(post, path = "/enrolment-keys", operation_id = "keys.create", tag = "keys",
    extensions(("x-min-role" = json!("admin")), ("x-scope" = json!("ingest-admin"))), request_body = Request,
    responses((status = 201, body = CreatedEnrolmentKey), (status = 422, body = ProblemBody)))]
pub async fn handle(
    State(api): State<Shared>,
    mut caller: Caller<Machines>,
    Body(request): Body<Request>,
) -> Result<(StatusCode, Json<CreatedEnrolmentKey>), Problem> {
    let mut faults = Faults::default();
    let comment = faults.printable("comment", &request.comment, COMMENT_CHARS_MAX);
    let uses = request.uses.unwrap_or(1);
    if !(1..=USES_MAX).contains(&uses) {
        faults.add("uses", "Use 1 to 1000.");
    }
    let expires_in_s = request.expires_in_s.unwrap_or(EXPIRES_IN_S);
    if !(60..=EXPIRES_IN_S_MAX).contains(&expires_in_s) {
        faults.add("expires_in_s", "Use 60 to 7776000 seconds: a minute to 90 days.");
    }
    let tags = host_tags(&mut faults, &request.tags);
    let networks: Vec<String> = request
        .networks
        .iter()
        .filter_map(|text| faults.word::<Network>("networks", text))
        .map(|network| network.to_string())
        .collect();
    if request.networks.len() > NETWORKS_MAX {
        faults.add("networks", "Use at most 32 networks.");
    }
    faults.check()?;
    let new = key::mint(KeyKind::Enrolment, &*api.dice);
    let public_id = PublicId::make(caller.now, &*api.dice);
    let row = NewEnrolmentKey {
        public_id,
        key_id: &new.id,
        secret_hash: new.hash,
        comment: &comment,
        created_by: caller.who.person(),
        expires_at: caller.now + TimeDelta::seconds(expires_in_s),
        uses,
        tags: &tags,
        networks: &networks,
        approve: request.approve,
    };
    caller.scoped.add_enrolment_key(&row).await?;
    let rows = caller.scoped.enrolment_keys(Some(public_id), None, 1).await?;
    let view = EnrolmentKey::views(&mut caller.scoped, rows).await?.pop();
    let view = view.ok_or(Problem::Internal)?;
    let detail = json!({"key_id": new.id, "uses": uses, "expires_in_s": expires_in_s, "tags": tags,
        "networks": networks, "approve": request.approve});
    caller.done("enrolment_key.create", &public_id.to_string(), detail).await?;
    let key = new.text.expose().to_owned();
    let install = install(&api.site, &key);
    Ok((StatusCode::CREATED, Json(CreatedEnrolmentKey { view, key, install })))
}

/// The key goes in by standard input: it never stands in a process list or a shell history by itself.
fn install(site: &Site, key: &str) -> Install {
    let server = site.public_url.as_str().trim_end_matches('/').to_owned();
    if let Some(release) = &site.release {
        return with_release(site, release, server, key);
    }
    let mut commands = Vec::new();
    let mut trust = "";
    if let Some(pem) = &site.ca_pem {
        trust = " --ca /etc/mailvane/ca.pem";
        commands.push(Command {
            name: "Trust this server",
            text: format!(
                "mkdir -p /etc/mailvane && cat > /etc/mailvane/ca.pem <<'END'\n{}\nEND",
                pem.trim_end()
            ),
        });
    }
    commands.push(Command {
        name: "Enrol this host",
        text: format!(
            "mailvane-agent enroll --server {server}{trust} --key-file - <<'END'\n{key}\nEND"
        ),
    });
    commands.push(Command {
        name: "Start the agent",
        text: "systemctl enable --now mailvane-agent || mailvane-agent run".to_owned(),
    });
    Install {
        server,
        ca_sha256: site.ca_sha256.clone(),
        ca_pem: site.ca_pem.clone(),
        release_key_sha256: None,
        commands,
    }
}

/// One line for everything. The pin lets `curl` trust exactly this server, whoever signed its certificate.
fn with_release(site: &Site, release: &Release, server: String, key: &str) -> Install {
    let pin = site.pin.as_ref().map(|pin| format!("k --pinnedpubkey '{pin}'")).unwrap_or_default();
    let text = format!("curl -fsS{pin} {server}/install.sh | sudo bash -s -- --key={key}");
    Install {
        server,
        ca_sha256: site.ca_sha256.clone(),
        ca_pem: site.ca_pem.clone(),
        release_key_sha256: Some(release.fingerprint().to_owned()),
        commands: vec![Command { name: "Install the agent and enrol this host", text }],
    }
}

const COMMENT_CHARS_MAX: usize = 200;
const NETWORKS_MAX: usize = 32;
const USES_MAX: i32 = 1_000;
const EXPIRES_IN_S: i64 = 3_600;
const EXPIRES_IN_S_MAX: i64 = 90 * 86_400;
