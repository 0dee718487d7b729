//! What people get wrong when they begin: one clear line that says what to do, a non-zero exit, nothing half-written.

use std::{fs, path::Path};

use mailvane_lab::{
    postfix::free_port,
    stack::{AgentPlan, Binaries, ServerPlan, StackError, scratch_dir},
};
use serde_json::Value;
use tokio::process::Command;

fn server_plan(dir: &Path) -> ServerPlan {
    ServerPlan {
        binaries: Binaries::beside_me().unwrap(),
        data_dir: dir.join("server"),
        listen: free_port().unwrap(),
        plain: free_port().unwrap(),
        outbound_allow: String::new(),
        settings: Vec::new(),
        log: dir.join("server.log"),
    }
}

fn agent_plan(dir: &Path, name: &str, server: &ServerPlan) -> AgentPlan {
    let plan = AgentPlan {
        binaries: server.binaries.clone(),
        config: dir.join(format!("{name}.toml")),
        state_dir: dir.join(name),
        server: server.tls_url(),
        ca: server.ca(),
        postfix: None,
        log: dir.join(format!("{name}.log")),
    };
    plan.configure().unwrap();
    plan
}

/// What a failed command said, if it said it in few words and without a panic.
fn said(outcome: Result<impl std::fmt::Debug, StackError>) -> String {
    let StackError::Failed { said, .. } = outcome.unwrap_err() else {
        panic!("it did not even run")
    };
    assert!(!said.contains("panicked") && said.lines().count() <= 4, "{said}");
    said
}

/// What `mailvane-agent run` says of an agent that must not run.
async fn said_by_run(plan: &AgentPlan) -> String {
    let program = plan.binaries.find("mailvane-agent").unwrap();
    let mut command = Command::new(program);
    command.arg("run").arg("--config").arg(&plan.config).arg("--state-dir").arg(&plan.state_dir);
    let output = command.output().await.unwrap();
    assert!(!output.status.success());
    String::from_utf8(output.stderr).unwrap()
}

async fn key(server: &ServerPlan, uses: &str) -> (String, String) {
    let made =
        server.admin(&["create-key", "--tenant", "Bad", "--uses", uses, "--json"]).await.unwrap();
    let field = |name: &str| made.get(name).and_then(Value::as_str).unwrap_or("").to_owned();
    (field("key"), field("id"))
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_keys_and_authorities_are_refused_each_in_its_own_words() {
    let dir = scratch_dir().unwrap();
    let server = server_plan(dir.path());
    let running = server.start().await.unwrap();
    server
        .admin(&["create-tenant", "--name", "Bad", "--owner", "owner@bad.test", "--json"])
        .await
        .unwrap();
    let (good, _) = key(&server, "1").await;

    let first = agent_plan(dir.path(), "first", &server);
    let mut mistyped = good.clone();
    let last = if mistyped.pop() == Some('a') { 'b' } else { 'a' };
    mistyped.push(last);
    let mistyped = said(first.enrol(&mistyped).await);
    let nonsense = said(first.enrol("letmein").await);

    let mut stranger = first.clone();
    stranger.ca = dir.path().join("other-ca.pem");
    let other = scratch_dir().unwrap();
    let other_server = server_plan(other.path());
    let other_running = other_server.start().await.unwrap();
    fs::copy(other_server.ca(), &stranger.ca).unwrap();
    other_running.stop().await.unwrap();
    let wrong_ca = said(stranger.enrol(&good).await);

    first.enrol(&good).await.unwrap();
    let second = agent_plan(dir.path(), "second", &server);
    let used = said(second.enrol(&good).await);
    let left = said_by_run(&second).await;
    assert!(left.contains("enroll"), "a refused agent is not half enrolled: {left}");

    for (words, wanted) in
        [(&mistyped, "key"), (&nonsense, "key"), (&wrong_ca, "certificate"), (&used, "used")]
    {
        assert!(words.to_lowercase().contains(wanted), "{wanted:?} in {words:?}");
    }
    running.stop().await.unwrap();
    let nobody = said(second.enrol(&good).await);
    assert!(
        nobody.contains(&server.listen.to_string()) || nobody.to_lowercase().contains("refused"),
        "{nobody}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_cannot_start_says_why_in_one_line() {
    let dir = scratch_dir().unwrap();
    let mut server = server_plan(dir.path());
    let held = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    server.listen = held.local_addr().unwrap();
    let words = said(server.start().await);
    assert!(words.contains(&server.listen.port().to_string()), "{words}");

    let program = server.binaries.find("mailvane-server").unwrap();
    let output = Command::new(&program)
        .arg("check-config")
        .env("MAILVANE_LISTEN", "everywhere")
        .env("MAILVANE_LISTN", "127.0.0.1:1")
        .output()
        .await
        .unwrap();
    let words = String::from_utf8(output.stderr).unwrap();
    assert!(!output.status.success());
    assert!(
        words.contains("MAILVANE_LISTEN") && words.contains("MAILVANE_LISTN"),
        "both at once: {words}"
    );

    let unreachable = Command::new(&program)
        .arg("migrate")
        .env("MAILVANE_DATA_DIR", dir.path().join("other"))
        .env(
            "DATABASE_URL",
            format!("postgres://nobody@127.0.0.1:{}/none", free_port().unwrap().port()),
        )
        .output()
        .await
        .unwrap();
    let words = String::from_utf8(unreachable.stderr).unwrap();
    assert!(!unreachable.status.success() && words.contains("DATABASE_URL"), "{words}");
}

#[tokio::test]
async fn the_agent_names_the_file_and_the_fault() {
    let dir = scratch_dir().unwrap();
    let program = Binaries::beside_me().unwrap().find("mailvane-agent").unwrap();
    let config = dir.path().join("agent.toml");
    fs::write(&config, "server = \"https://127.0.0.1:1\"\nconfig_directorys = []\n").unwrap();
    let run = |arguments: &[&str]| {
        let mut command = Command::new(&program);
        command
            .args(arguments)
            .arg("--config")
            .arg(&config)
            .arg("--state-dir")
            .arg(dir.path().join("state"));
        command.output()
    };
    let output = run(&["run"]).await.unwrap();
    let words = String::from_utf8(output.stderr).unwrap();
    assert!(!output.status.success());
    assert!(words.contains("agent.toml") && words.contains("config_directorys"), "{words}");

    let output = run(&["run", "--quikly"]).await.unwrap();
    let words = String::from_utf8(output.stderr).unwrap();
    assert!(!output.status.success() && words.contains("--quikly"), "{words}");

    fs::write(&config, "server = \"https://127.0.0.1:1\"\n").unwrap();
    let output = run(&["run"]).await.unwrap();
    let words = String::from_utf8(output.stderr).unwrap();
    assert!(!output.status.success() && words.contains("enroll"), "not enrolled yet: {words}");
}
