//! First light, as `./dev up` brings it: a sample within a minute, all of it gone after Ctrl-C, and a second run that
//! goes on with the same data.

use std::{
    fs,
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use mailvane_lab::{api::Api, stack::scratch_dir};
use serde_json::Value;

/// Beyond compilation, a fresh clone must show its first sample within this.
const FIRST_SAMPLE_MAX: Duration = Duration::from_mins(1);

struct Light {
    child: Child,
    facts: Value,
    words: String,
}

fn light(dir: &Path) -> Light {
    let facts_file = dir.join("up.json");
    let begun = Instant::now();
    let mut child = Command::new(env!("CARGO_BIN_EXE_mailvane-lab"))
        .args(["up", "--demo", "--data"])
        .arg(dir.join("data"))
        .arg("--facts")
        .arg(&facts_file)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut words = String::new();
    for line in BufReader::new(child.stdout.take().unwrap()).lines() {
        let line = line.unwrap();
        words.push_str(&line);
        words.push('\n');
        if line.contains("Ctrl-C") {
            break;
        }
    }
    let facts =
        serde_json::from_slice(&fs::read(&facts_file).unwrap_or_default()).unwrap_or_default();
    assert!(begun.elapsed() < FIRST_SAMPLE_MAX, "{words}");
    assert!(words.contains("First sample received"), "{words}");
    Light { child, facts, words }
}

fn interrupt(mut light: Light) {
    let told = Command::new("kill").args(["-INT", &light.child.id().to_string()]).status().unwrap();
    assert!(told.success());
    assert!(light.child.wait().unwrap().success());
    for (name, pid) in light.facts["pids"].as_object().unwrap() {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        assert!(stat.is_empty() || stat.contains(") Z"), "{name} still runs: {stat}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn light_comes_within_a_minute_and_a_second_run_goes_on_with_the_same_data() {
    let dir = scratch_dir().unwrap();
    let first = light(dir.path());
    for field in ["url", "ca", "email", "password", "enrolment_key"] {
        assert!(
            first.facts[field].as_str().is_some_and(|text| !text.is_empty()),
            "{field}: {}",
            first.facts
        );
    }
    assert!(first.facts["first_sample_s"].as_f64().is_some_and(|seconds| seconds < 60.0));
    let password = first.facts["password"].as_str().unwrap().to_owned();
    assert!(first.words.contains(&password), "the password is shown once");
    let hosts = hosts(&first.facts).await;
    interrupt(first);

    let second = light(dir.path());
    assert!(!second.words.contains(&password), "and never again");
    assert_eq!(second.facts["password"].as_str(), Some(password.as_str()));
    assert_eq!(self::hosts(&second.facts).await, hosts, "the same host goes on");
    interrupt(second);
}

async fn hosts(facts: &Value) -> Vec<String> {
    let field = |name: &str| facts[name].as_str().unwrap().to_owned();
    let api = Api::sign_in(&field("url"), &field("email"), &field("password")).await.unwrap();
    let hosts = api.get("/hosts").await.unwrap();
    hosts["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|host| host["id"].as_str().unwrap().to_owned())
        .collect()
}
