//! What a sign-in that fails costs: the same, whether the address is known or not. `./dev bench passwords` prints it.

use std::fs;

use chrono::TimeDelta;
use mailvane_server::{
    clock::SystemDice,
    domain::member::Role,
    secrets::{Secret, password},
};
use serde_json::json;

use crate::harness::api::{Site, Visitor};

const PAIRS: usize = 60;
/// Argon2 of both kinds is the same work; the rest is a look into the database that one of the two finds a row in.
const APART_MAX: f64 = 0.05;

/// Pairs of a wrong password for a known address and one for an unknown address, in turns which comes first. Medians of
/// the processor time that this whole process spends on each.
#[tokio::test]
#[ignore = "a bench: ./dev bench passwords"]
async fn an_unknown_address_costs_what_a_wrong_password_costs() {
    let site = Site::open().await;
    let tenant = site.db.tenant("Kestrel Mail").await;
    let hash = password::hash(&Secret::new("three blue kettles".to_owned()), &SystemDice).unwrap();
    for n in 0..PAIRS {
        site.person(tenant, &format!("known{n}@kestrel.example"), Role::Viewer, &hash).await;
    }
    let (mut wrong, mut unknown) = (Vec::new(), Vec::new());
    for pair in 0..=PAIRS {
        // No throttle takes part: each pair comes an hour after the one before.
        site.db.clock.advance(TimeDelta::minutes(61));
        for turn in 0..2 {
            let known = (pair + turn) % 2 == 0;
            let name = if known { "known" } else { "nobody" };
            let body = json!({"email": format!("{name}{}@kestrel.example", pair % PAIRS), "password": "a guess"});
            let begun = cpu_us();
            let reply =
                site.ask(&Visitor::Nobody, ("POST", "/api/v1/session"), Some(&body), &[]).await;
            let spent = cpu_us() - begun;
            assert_eq!(reply.status, 401, "{}", reply.text);
            // The first pair warms up.
            if pair > 0 {
                if known { wrong.push(spent) } else { unknown.push(spent) }
            }
        }
    }
    let (wrong, unknown) = (median(wrong), median(unknown));
    let ratio = unknown / wrong;
    println!(
        "{}",
        json!({"bench": "passwords", "pairs": PAIRS, "wrong_cpu_ms": wrong / 1_000.0,
            "unknown_cpu_ms": unknown / 1_000.0, "ratio": ratio})
    );
    assert!((ratio - 1.0).abs() <= APART_MAX, "{ratio}");
}

fn median(mut of: Vec<u64>) -> f64 {
    of.sort_unstable();
    of[of.len() / 2] as f64
}

/// Processor time of all threads of this process, microseconds.
fn cpu_us() -> u64 {
    let threads = fs::read_dir("/proc/self/task").unwrap();
    let spent = threads.filter_map(|thread| {
        let text = fs::read_to_string(thread.ok()?.path().join("schedstat")).ok()?;
        text.split_whitespace().next()?.parse::<u64>().ok()
    });
    spent.sum::<u64>() / 1_000
}
