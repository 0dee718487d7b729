//! Each banned call, made once: where clippy does not object, its `expect` is unfulfilled and the lint run fails.
//!
//! A path with a typing fault in clippy.toml would only be a warning that nobody sees. Nothing here ever runs but
//! the tests that the list is whole.

use sqlx::{PgPool, Postgres};

use super::project::{File, hold, trial};

macro_rules! tried {
    ($($path:literal => $call:expr;)+) => {
        $(
            const _: () = {
                #[expect(dead_code, reason = "only compiled")]
                #[expect(clippy::disallowed_methods, reason = "the trial of this ban")]
                fn trial(pool: &PgPool) {
                    let _banned = $call(pool);
                }
            };
        )+
        const TRIED: &[&str] = &[$($path),+];
    };
}

tried! {
    "std::time::SystemTime::now" => |_: &PgPool| std::time::SystemTime::now();
    "chrono::Utc::now" => |_: &PgPool| chrono::Utc::now();
    "chrono::Local::now" => |_: &PgPool| chrono::Local::now();
    "std::env::var" => |_: &PgPool| std::env::var("A");
    "std::env::var_os" => |_: &PgPool| std::env::var_os("A");
    "tokio::spawn" => |_: &PgPool| tokio::spawn(async {});
    "tokio::sync::mpsc::unbounded_channel" =>
        |_: &PgPool| tokio::sync::mpsc::unbounded_channel::<u8>();
    "sqlx::query" => |_: &PgPool| sqlx::query::<Postgres>("select 1");
    "sqlx::query_as" => |_: &PgPool| sqlx::query_as::<Postgres, (i32,)>("select 1");
    "sqlx::query_scalar" => |_: &PgPool| sqlx::query_scalar::<Postgres, i32>("select 1");
    "sqlx::raw_sql" => |_: &PgPool| sqlx::raw_sql("select 1");
    "sqlx::Pool::begin" => |pool: &PgPool| drop(pool.begin());
    "sqlx::Pool::try_begin" => |pool: &PgPool| drop(pool.try_begin());
    "sqlx::Pool::acquire" => |pool: &PgPool| drop(pool.acquire());
    "sqlx::Pool::try_acquire" => |pool: &PgPool| pool.try_acquire();
    "reqwest::Client::new" => |_: &PgPool| reqwest::Client::new();
    "reqwest::Client::builder" => |_: &PgPool| reqwest::Client::builder();
    "rand::rng" => |_: &PgPool| rand::rng();
    "rand::random" => |_: &PgPool| rand::random::<u8>();
    "uuid::Uuid::now_v7" => |_: &PgPool| uuid::Uuid::now_v7();
    "uuid::Uuid::new_v4" => |_: &PgPool| uuid::Uuid::new_v4();
}

/// The one banned type.
const TRIED_TYPES: &[&str] = &["sqlx::AssertSqlSafe"];

#[expect(dead_code, reason = "only compiled")]
#[expect(clippy::disallowed_types, reason = "the trial of this ban")]
fn formed(sql: sqlx::AssertSqlSafe<String>) {
    drop(sql);
}

/// The ceiling of functions bites too.
#[expect(dead_code, reason = "only compiled")]
#[expect(clippy::too_many_lines, reason = "the trial of the ceiling")]
#[rustfmt::skip]
fn longer_than_a_screen() -> [u8; 70] {
    [
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
    ]
}

#[test]
fn every_ban_is_tried() {
    hold("clippy.toml", untried);
}

fn untried(file: &File) -> Vec<String> {
    let tried = |path: &str| TRIED.contains(&path) || TRIED_TYPES.contains(&path);
    file.text
        .lines()
        .filter_map(|line| line.trim().strip_prefix("{ path = \"")?.split('"').next())
        .filter(|path| !tried(path))
        .map(|path| format!("bans {path}, which nothing here tries"))
        .collect()
}

#[test]
fn a_ban_without_a_trial_is_caught() {
    let text = "    { path = \"std::proces::exit\", reason = \"a typing fault\" },";
    assert_eq!(untried(&trial("clippy.toml", text)).len(), 1);
}
