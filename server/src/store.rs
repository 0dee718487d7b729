//! The only door to PostgreSQL: pools by role, and a transaction bound to one tenant.
//!
//! A pool is never handed out. Who wants rows opens a door: [`Store::web`] or [`Store::loops`] for one tenant,
//! [`Store::system_web`] or [`Store::system_loops`] for the few questions that look across tenants.

use std::time::Duration;

use sqlx::{
    PgPool,
    postgres::{PgConnectOptions, PgPoolOptions},
};

pub mod accounts;
pub mod admin;
pub mod admission;
pub mod agents;
pub mod alerts;
pub mod audit;
pub mod auditor;
pub mod breakdowns;
pub mod causes;
pub mod channels;
pub mod console;
mod copy;
pub mod deliveries;
pub mod dictionary;
pub mod escalations;
pub mod export;
pub mod fallbacks;
pub mod gathering;
pub mod grants;
pub mod held;
pub mod history;
pub mod host_care;
pub mod hosts;
pub mod idempotency;
pub mod incidents;
pub mod keys;
pub mod lanes;
pub mod letters;
pub mod links;
pub mod live;
pub mod matcher;
pub mod members;
pub mod migrate;
pub mod mutes;
pub mod news;
pub mod openings;
pub mod people;
pub mod recall;
pub mod reports;
pub mod roles;
pub mod routes;
pub mod routing;
pub mod rule;
pub mod samples;
pub mod scope;
pub mod seals;
pub mod second_factor;
pub mod series;
pub mod sessions;
pub mod silences;
pub mod sso;
pub mod system;
pub mod templates;
pub mod tenants;
pub mod throttle;
pub mod timers;
pub mod tokens;
pub mod triggers;
pub mod upkeep;
pub mod usual;

pub use admin::Admin;
pub use scope::Scoped;
pub use system::{SystemLoops, SystemWeb};

use crate::domain::ids::TenantId;

/// The service roles, each with the least it needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Role {
    /// Pages, REST, sign-in, enrolment.
    Web,
    /// Streams of agents.
    Ingest,
    /// Timers and deliveries.
    Loops,
    /// Partitions, sealing, retention.
    Upkeep,
}

impl Role {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Web, Self::Ingest, Self::Loops, Self::Upkeep];

    /// Its name in the database.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Web => "svc_web",
            Self::Ingest => "svc_ingest",
            Self::Loops => "svc_loops",
            Self::Upkeep => "svc_upkeep",
        }
    }

    /// Connections at most, per server process.
    const fn connections_max(self) -> u32 {
        match self {
            Self::Web => 10,
            Self::Ingest => 6,
            Self::Loops => 20,
            Self::Upkeep => 2,
        }
    }

    /// Longest statement, longest wait for a lock, longest idle in a transaction, in milliseconds.
    const fn timeouts_ms(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::Web => ("5000", "2000", "10000"),
            Self::Ingest => ("20000", "5000", "30000"),
            Self::Loops => ("10000", "2000", "20000"),
            // Whoever keeps house waits for no lock: the next tick comes.
            Self::Upkeep => ("600000", "50", "60000"),
        }
    }
}

/// How each role reaches the database.
#[derive(Debug, Clone)]
pub struct Logins {
    /// For [`Role::Web`].
    pub web: PgConnectOptions,
    /// For [`Role::Ingest`].
    pub ingest: PgConnectOptions,
    /// For [`Role::Loops`].
    pub loops: PgConnectOptions,
    /// For [`Role::Upkeep`].
    pub upkeep: PgConnectOptions,
}

/// Why the database did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database said no, or could not be reached.
    #[error("the database failed: {0}; nothing was changed")]
    Sql(#[from] sqlx::Error),
    /// What a row holds cannot be: a newer version wrote it, or someone by hand.
    #[error("a stored {what} cannot be read: {why}")]
    Stored {
        /// What kind of thing.
        what: &'static str,
        /// What is wrong with it.
        why: String,
    },
    /// The role has more rights than a service may have.
    #[error(
        "role {role} {why}; the walls between tenants would not hold: run `mailvane-server migrate`"
    )]
    TooMighty {
        /// The role's name.
        role: &'static str,
        /// Which right is too much.
        why: &'static str,
    },
    /// The task that opened the transaction was stopped.
    #[error("stopping; nothing was changed")]
    Stopping,
}

impl StoreError {
    /// Whether the same thing may succeed later without anybody's help.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Sql(sqlx::Error::Database(error)) => error.code().is_some_and(|code| {
                // Serialization, deadlock, lock time-out, statement time-out, resources, shutdown, read-only.
                ["40001", "40P01", "55P03", "57014", "25006"].contains(&code.as_ref())
                    || code.starts_with("53")
                    || code.starts_with("57P")
                    || code.starts_with("08")
            }),
            Self::Sql(
                sqlx::Error::Io(_)
                | sqlx::Error::Tls(_)
                | sqlx::Error::Protocol(_)
                | sqlx::Error::PoolTimedOut
                | sqlx::Error::PoolClosed
                | sqlx::Error::WorkerCrashed,
            )
            | Self::Stopping => true,
            Self::Sql(_) | Self::Stored { .. } | Self::TooMighty { .. } => false,
        }
    }

    /// Whether the database refused because a row of that name is already there.
    pub fn is_duplicate(&self) -> bool {
        let Self::Sql(sqlx::Error::Database(error)) = self else { return false };
        error.is_unique_violation()
    }
}

/// Pools by role.
#[derive(Debug, Clone)]
pub struct Store {
    web: PgPool,
    ingest: PgPool,
    loops: PgPool,
    upkeep: PgPool,
}

const ACQUIRE_MAX: Duration = Duration::from_secs(3);
const CONNECTION_LIFE_MAX: Duration = Duration::from_mins(30);

impl Store {
    /// Opens the pools and refuses a role that could walk through the tenants' walls.
    pub async fn connect(logins: Logins) -> Result<Self, StoreError> {
        let Logins { web, ingest, loops, upkeep } = logins;
        let store = Self {
            web: pool(Role::Web, web),
            ingest: pool(Role::Ingest, ingest),
            loops: pool(Role::Loops, loops),
            upkeep: pool(Role::Upkeep, upkeep),
        };
        for role in Role::ALL {
            system::refuse_mighty(store.pool(role), role).await?;
        }
        Ok(store)
    }

    /// A transaction of one tenant for people: pages and REST.
    pub async fn web(&self, tenant: TenantId) -> Result<Scoped, StoreError> {
        Scoped::begin(&self.web, tenant).await
    }

    /// A transaction of one tenant for timers and deliveries.
    pub async fn loops(&self, tenant: TenantId) -> Result<Scoped, StoreError> {
        Scoped::begin(&self.loops, tenant).await
    }

    /// A transaction of one tenant for what an agent says of its own host: hello, facts, instances.
    pub async fn ingest(&self, tenant: TenantId) -> Result<Scoped, StoreError> {
        Scoped::begin(&self.ingest, tenant).await
    }

    /// The listed questions across tenants that come before a tenant is known: keys, sessions, people.
    pub async fn system_web(&self) -> Result<SystemWeb, StoreError> {
        SystemWeb::begin(&self.web).await
    }

    /// The listed questions across tenants of the loops: what is due.
    pub async fn system_loops(&self) -> Result<SystemLoops, StoreError> {
        SystemLoops::begin(&self.loops).await
    }

    /// The one question across tenants that a stream asks.
    pub async fn system_ingest(&self) -> Result<agents::SystemIngest, StoreError> {
        agents::SystemIngest::begin(&self.ingest).await
    }

    /// Whether the database answers.
    pub async fn ping(&self) -> Result<(), StoreError> {
        system::ping(&self.web).await
    }

    /// Ends all pools, waiting for what is in use.
    pub async fn close(&self) {
        for role in Role::ALL {
            self.pool(role).close().await;
        }
    }

    pub(in crate::store) const fn pool(&self, role: Role) -> &PgPool {
        match role {
            Role::Web => &self.web,
            Role::Ingest => &self.ingest,
            Role::Loops => &self.loops,
            Role::Upkeep => &self.upkeep,
        }
    }
}

fn pool(role: Role, login: PgConnectOptions) -> PgPool {
    let (statement, lock, idle) = role.timeouts_ms();
    let login = login.application_name(role.name()).options([
        ("statement_timeout", statement),
        ("lock_timeout", lock),
        ("idle_in_transaction_session_timeout", idle),
        ("synchronous_commit", "on"),
        // The hook below rolls back where nothing is open; the warning about it would fill the log.
        ("client_min_messages", "error"),
    ]);
    PgPoolOptions::new()
        .max_connections(role.connections_max())
        .acquire_timeout(ACQUIRE_MAX)
        .max_lifetime(CONNECTION_LIFE_MAX)
        .after_release(|connection, _| {
            Box::pin(async move { Ok(scope::is_sound(connection).await) })
        })
        .connect_lazy_with(login)
}
