//! The binary as a person types it: exit codes, one clear line, and what may be looked at without a server.

use std::process::{Command, Output};

use crate::server::Server;
use crate::world::World;

fn agent(world: &World, words: &[&str]) -> Output {
    let config = world.path("agent.toml");
    let text = format!(
        "config_directories = [\"{}\"]\nlog = \"{}\"\n",
        world.path("etc").display(),
        world.path("mail.log").display()
    );
    std::fs::write(&config, text).unwrap();
    Command::new(env!("CARGO_BIN_EXE_mailvane-agent"))
        .args(words)
        .args(["--config".as_ref(), config.as_os_str()])
        .args(["--state-dir".as_ref(), world.path("state").as_os_str()])
        .output()
        .unwrap()
}

fn said(output: &Output) -> (i32, String) {
    (output.status.code().unwrap(), String::from_utf8_lossy(&output.stderr).into_owned())
}

#[test]
fn a_host_that_is_not_enrolled_is_told_what_to_do() {
    let world = World::new();
    let (code, text) = said(&agent(&world, &["run"]));
    assert_eq!(code, 3);
    assert!(text.contains("mailvane-agent enroll --server"), "{text}");
    assert_eq!(text.lines().count(), 1, "{text}");
}

#[test]
fn an_unknown_flag_ends_with_two_and_the_nearest_name() {
    let world = World::new();
    let (code, text) = said(&agent(&world, &["run", "--stat-dir", "x"]));
    assert_eq!(code, 2);
    assert!(text.contains("--state-dir"), "{text}");
}

#[test]
fn a_broken_configuration_is_said_with_file_and_line() {
    let world = World::new();
    let config = world.path("broken.toml");
    std::fs::write(&config, "\nlogg = \"/var/log/mail.log\"\n").unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_mailvane-agent"))
        .args(["run".as_ref(), "--config".as_ref(), config.as_os_str()])
        .output()
        .unwrap();
    let (code, text) = said(&output);
    assert_eq!(code, 3);
    assert!(text.contains(&format!("{}:2: unknown field `logg`", config.display())), "{text}");
}

#[tokio::test]
async fn a_log_that_never_was_ends_the_agent_with_its_cure() {
    let (world, server) = (World::new(), Server::start().await);
    world.enrol(&server).await;
    std::fs::remove_file(world.path("mail.log")).unwrap();
    let (code, text) = said(&agent(&world, &["run"]));
    assert_eq!(code, 6);
    assert!(text.contains("there is no such log; say where Postfix logs to"), "{text}");
}

#[test]
fn queues_are_shown_as_a_table_and_as_json() {
    let world = World::new();
    std::fs::write(world.path("spool/deferred/AF128B62034"), "x").unwrap();
    let output = agent(&world, &["queue"]);
    let table = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(table.lines().any(|line| line.trim_start().starts_with("deferred       1")), "{table}");
    let output = agent(&world, &["queue", "--json"]);
    let value: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(value["queues"]["deferred"]["messages"], 1);
}

#[test]
fn the_doctor_names_what_cannot_be_seen_and_the_cure() {
    let world = World::new();
    let output = agent(&world, &["doctor"]);
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(output.status.code(), Some(1));
    assert!(text.contains("-e smtp_tls_loglevel=1"), "{text}");
}

#[tokio::test]
async fn what_would_be_sent_can_be_read_while_the_agent_runs() {
    let (world, server) = (World::new(), Server::start().await);
    world.enrol(&server).await;
    let mut batch = serde_json::Value::Null;
    world
        .while_running(async {
            world.delivered(1);
            for _ in 0..100 {
                tokio::time::sleep(std::time::Duration::from_millis(100)).await;
                let output = agent(&world, &["show", "--last", "50", "--json"]);
                let shown = serde_json::Deserializer::from_slice(&output.stdout)
                    .into_iter::<serde_json::Value>();
                let received = |batch: &serde_json::Value| {
                    batch["instances"][0]["metrics"]["message.received"] == 1
                };
                if let Some(found) = shown.filter_map(Result::ok).find(received) {
                    batch = found;
                    return;
                }
            }
        })
        .await;
    assert_eq!(batch["instances"][0]["instance"], "postfix-t1");
    assert_eq!(batch["instances"][0]["metrics"]["delivery.delivered"], 1);
}
