//! The first light: server, tenant, enrolled agent and lab Postfix on this machine, until someone ends it.
//!
//! Everything is done the way an administrator would do it, by the same commands. A second run finds the first
//! one's data and goes on with it. It never touches a Postfix or a server that it did not start.

use std::{
    collections::BTreeMap,
    fs,
    io::{self, Write},
    os::unix::fs::{MetadataExt, chown},
    path::{Path, PathBuf},
    time::Duration,
};

use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::time::{Instant, sleep};

use crate::{
    api::{Api, ApiError},
    nexthop, ports,
    postfix::{Pace, Plan, Postfix, PostfixError, free_port},
    sink::Sink,
    stack::{AgentPlan, Binaries, Process, ServerPlan, StackError, write_private},
    traffic, world,
};

/// The owner of the first tenant.
const OWNER: &str = "owner@mailvane.test";
/// The first tenant.
const TENANT: &str = "First light";
/// How many hosts an enrolment key of `./dev up` admits, and for how long.
const KEY_USES: &str = "10";
const KEY_SECONDS: &str = "86400";
/// How long the first sample may take before it is said that something is wrong.
const SAMPLE_MAX: Duration = Duration::from_mins(2);
/// Messages a second that the lab Postfix gets.
const TRAFFIC_PER_SECOND: f64 = 4.0;

/// Why there is no light.
#[derive(Debug, thiserror::Error)]
pub enum UpError {
    /// A process.
    #[error(transparent)]
    Stack(#[from] StackError),
    /// The API.
    #[error(transparent)]
    Api(#[from] ApiError),
    /// The lab Postfix.
    #[error(transparent)]
    Postfix(#[from] PostfixError),
    /// A file.
    #[error("{0}")]
    Io(#[from] io::Error),
    /// No port.
    #[error("no free port from {0} upwards on 127.0.0.1")]
    NoPort(u16),
    /// A program's answer lacks something.
    #[error("`{0}` gave no {1}")]
    Answer(&'static str, &'static str),
    /// Something of ours ended by itself.
    #[error("{0} ended by itself; its log ends with:\n{1}")]
    Ended(&'static str, String),
}

/// What `./dev up` is asked for.
#[derive(Debug, Clone)]
pub struct Wish {
    /// Where the data lies between runs.
    pub data: PathBuf,
    /// Where the facts for scripts go.
    pub facts: PathBuf,
    /// The lab Postfix even where the machine runs one of its own.
    pub demo: bool,
}

/// The facts for scripts.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct Facts {
    url: String,
    tls_url: String,
    ca: PathBuf,
    email: String,
    password: String,
    enrolment_key: String,
    first_sample_s: Option<f64>,
    pids: BTreeMap<String, u32>,
}

/// What is remembered from one run to the next, beside the data of server and agent.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct Memory {
    tls_port: u16,
    plain_port: u16,
    email: String,
    password: String,
    enrolled: bool,
}

/// Everything that runs.
struct Running {
    server: Process,
    agent: Process,
    postfix: Option<(Postfix, Sink)>,
}

/// Brings everything up, says so, and keeps it up until `stop` is done.
pub async fn up(wish: &Wish, stop: impl Future<Output = io::Result<()>>) -> Result<(), UpError> {
    tokio::pin!(stop);
    let started = tokio::select! {
        started = bring_up(wish) => started?,
        stopped = &mut stop => return Ok(stopped?),
    };
    let (mut running, smtp) = started;
    let outcome = {
        let Running { server, agent, .. } = &mut running;
        tokio::select! {
            stopped = &mut stop => stopped.map_err(UpError::from),
            _ = server.ended() => Err(UpError::Ended(server.name(), server.last_words())),
            _ = agent.ended() => Err(UpError::Ended(agent.name(), agent.last_words())),
            () = send(smtp) => Ok(()),
        }
    };
    // A terminal that has gone away must not keep the rest from ending in order.
    let _closed = say("Stopping: agent, Postfix, server");
    running.agent.stop().await?;
    if let Some((postfix, _sink)) = running.postfix {
        postfix.stop().await?;
    }
    running.server.stop().await?;
    let _closed =
        say("Stopped. The data is kept; ./dev up goes on with it, ./dev clean removes it.");
    outcome
}

/// Traffic for the lab Postfix, or nothing for ever.
async fn send(smtp: Option<std::net::SocketAddr>) {
    match smtp {
        Some(smtp) => traffic::steady(smtp, TRAFFIC_PER_SECOND, world::fresh_seed()).await,
        None => std::future::pending().await,
    }
}

async fn bring_up(wish: &Wish) -> Result<(Running, Option<std::net::SocketAddr>), UpError> {
    let begun = Instant::now();
    let binaries = Binaries::beside_me()?;
    fs::create_dir_all(&wish.data)?;
    let memory_file = wish.data.join("up-memory.json");
    let mut memory: Memory = recall(&memory_file);
    let server_plan = server_plan(wish, &binaries, &mut memory)?;

    let server = timed("Server on its own PostgreSQL", server_plan.start()).await?;
    let new_tenant = memory.password.is_empty();
    if new_tenant {
        make_tenant(&server_plan, &mut memory).await?;
        write_private(&memory_file, &to_json(&memory)?)?;
    }
    let key = make_key(&server_plan).await?;

    let lab = lab_postfix(wish).await?;
    let agent_plan =
        agent_plan(wish, &binaries, &server_plan, lab.as_ref().map(|(postfix, _)| postfix));
    agent_plan.configure()?;
    if !memory.enrolled {
        timed("Agent enrolled with a key", agent_plan.enrol(&key)).await?;
        memory.enrolled = true;
    }
    write_private(&memory_file, &to_json(&memory)?)?;
    let agent = agent_plan.start()?;

    let smtp = lab.as_ref().map(|(postfix, _)| postfix.smtp());
    let running = Running { server, agent, postfix: lab };
    let mut facts = facts(&server_plan, &memory, key, &running);
    hand_over(&wish.facts, &facts)?;
    greet(&facts, new_tenant, &memory_file)?;
    facts.first_sample_s = first_sample(&facts, begun, smtp).await?;
    hand_over(&wish.facts, &facts)?;
    say("Ctrl-C stops all of it.")?;
    Ok((running, smtp))
}

fn server_plan(
    wish: &Wish,
    binaries: &Binaries,
    memory: &mut Memory,
) -> Result<ServerPlan, UpError> {
    let plain = choose_port(if memory.plain_port == 0 { 8080 } else { memory.plain_port }, &[])?;
    let tls = choose_port(if memory.tls_port == 0 { 8443 } else { memory.tls_port }, &[plain])?;
    (memory.plain_port, memory.tls_port) = (plain, tls);
    Ok(ServerPlan {
        binaries: binaries.clone(),
        data_dir: wish.data.join("server"),
        listen: ports::loopback(tls),
        plain: ports::loopback(plain),
        outbound_allow: String::new(),
        settings: Vec::new(),
        log: wish.data.join("server.log"),
    })
}

fn choose_port(wanted: u16, taken: &[u16]) -> Result<u16, UpError> {
    let (port, word) = ports::choose(wanted, taken).ok_or(UpError::NoPort(wanted))?;
    if let Some(word) = word {
        say(&word)?;
    }
    Ok(port)
}

async fn make_tenant(server: &ServerPlan, memory: &mut Memory) -> Result<(), UpError> {
    let answer = server.admin(&["create-tenant", "--name", TENANT, "--owner", OWNER, "--json"]);
    let answer = timed("First tenant and owner", answer).await?;
    OWNER.clone_into(&mut memory.email);
    memory.password = text(&answer, "create-tenant", "password")?;
    Ok(())
}

async fn make_key(server: &ServerPlan) -> Result<String, UpError> {
    let tenant = [
        "create-key",
        "--tenant",
        TENANT,
        "--uses",
        KEY_USES,
        "--expires-in",
        KEY_SECONDS,
        "--json",
    ];
    let answer = server.admin(&tenant).await?;
    text(&answer, "create-key", "key")
}

fn text(answer: &Value, command: &'static str, field: &'static str) -> Result<String, UpError> {
    answer
        .get(field)
        .and_then(Value::as_str)
        .map(str::to_owned)
        .ok_or(UpError::Answer(command, field))
}

/// The lab Postfix, where it is wanted and possible.
async fn lab_postfix(wish: &Wish) -> Result<Option<(Postfix, Sink)>, UpError> {
    if !wish.demo && own_postfix_runs() {
        say(
            "This machine runs a Postfix of its own: the agent watches that one (--demo adds the lab Postfix)",
        )?;
        return Ok(None);
    }
    let sink = Sink::start(None)?;
    let plan = Plan {
        dir: wish.data.join("postfix"),
        name: "postfix-lab".to_owned(),
        host_name: "mx1.lab.test".to_owned(),
        smtp: free_port()?,
        routes: sink.routes().to_vec(),
        pace: Pace::Steady,
        long_queue_ids: false,
    };
    match timed("Lab Postfix, private and loopback only", Postfix::start(plan)).await {
        Ok(postfix) => {
            say(&format!(
                "     mail to {} domains, none leaves this machine",
                nexthop::NEXT_HOPS.len()
            ))?;
            Ok(Some((postfix, sink)))
        }
        Err(
            fault @ (PostfixError::NotRoot | PostfixError::NotInstalled | PostfixError::Closed(_)),
        ) => {
            say(&format!("Without a lab Postfix: {fault}"))?;
            Ok(None)
        }
        Err(fault) => Err(fault.into()),
    }
}

/// Whether a `master` of the stock Postfix runs here.
fn own_postfix_runs() -> bool {
    let pid = fs::read_to_string("/var/spool/postfix/pid/master.pid").unwrap_or_default();
    let comm =
        fs::read_to_string(Path::new("/proc").join(pid.trim()).join("comm")).unwrap_or_default();
    !pid.trim().is_empty() && comm.trim() == "master"
}

fn agent_plan(
    wish: &Wish,
    binaries: &Binaries,
    server: &ServerPlan,
    lab: Option<&Postfix>,
) -> AgentPlan {
    AgentPlan {
        binaries: binaries.clone(),
        config: wish.data.join("agent.toml"),
        state_dir: wish.data.join("agent"),
        server: server.tls_url(),
        ca: server.ca(),
        postfix: lab.map(|postfix| (postfix.config_directory(), postfix.log())),
        log: wish.data.join("agent.log"),
    }
}

fn facts(server: &ServerPlan, memory: &Memory, enrolment_key: String, running: &Running) -> Facts {
    let mut pids = BTreeMap::from([("mailvane-lab".to_owned(), std::process::id())]);
    for process in [&running.server, &running.agent] {
        pids.extend(process.pid().map(|pid| (process.name().to_owned(), pid)));
    }
    pids.extend(server.postgres_pid().ok().map(|pid| ("postgres".to_owned(), pid)));
    let postfix = running.postfix.as_ref().and_then(|(postfix, _)| postfix.master_pid().ok());
    pids.extend(postfix.map(|pid| ("master".to_owned(), pid)));
    Facts {
        url: server.url(),
        tls_url: server.tls_url(),
        ca: server.ca(),
        email: memory.email.clone(),
        password: memory.password.clone(),
        enrolment_key,
        first_sample_s: None,
        pids,
    }
}

/// Writes the facts for the scripts of whoever owns the directory: with sudo that is not the user who runs this.
fn hand_over(path: &Path, facts: &Facts) -> Result<(), UpError> {
    write_private(path, &to_json(facts)?)?;
    let owner = fs::metadata(path.parent().unwrap_or(Path::new(".")))?;
    Ok(chown(path, Some(owner.uid()), Some(owner.gid()))?)
}

fn greet(facts: &Facts, new_tenant: bool, memory_file: &Path) -> io::Result<()> {
    say(&format!("\n  Mailvane   {}\n  E-mail     {}", facts.url, facts.email))?;
    if new_tenant {
        say(&format!(
            "  Password   {}   (shown this once; also in {})\n",
            facts.password,
            memory_file.display()
        ))
    } else {
        say(&format!("  Password   as before; it is in {}\n", memory_file.display()))
    }
}

/// Waits until the API shows a sample that is newer than this run.
async fn first_sample(
    facts: &Facts,
    begun: Instant,
    smtp: Option<std::net::SocketAddr>,
) -> Result<Option<f64>, UpError> {
    let api = Api::sign_in(&facts.url, &facts.email, &facts.password).await?;
    let before = last_sample(&api).await?;
    tokio::select! {
        () = send(smtp) => Ok(None),
        arrived = wait_for_sample(&api, begun, before) => arrived,
    }
}

async fn wait_for_sample(
    api: &Api,
    begun: Instant,
    before: Option<String>,
) -> Result<Option<f64>, UpError> {
    let deadline = Instant::now() + SAMPLE_MAX;
    while Instant::now() < deadline {
        let now = last_sample(api).await?;
        if now.is_some() && now != before {
            let seconds = begun.elapsed().as_secs_f64();
            say(&format!("First sample received after {seconds:.1} s"))?;
            return Ok(Some(seconds));
        }
        sleep(Duration::from_millis(250)).await;
    }
    say(
        "No sample in two minutes: no running Postfix was found here; agent.log beside the data says more",
    )?;
    Ok(None)
}

/// The newest sample of all instances.
async fn last_sample(api: &Api) -> Result<Option<String>, UpError> {
    let fleet = api.get("/fleet?range_s=3600").await?;
    let rows = fleet.get("rows").and_then(Value::as_array).cloned().unwrap_or_default();
    Ok(rows.iter().filter_map(|row| row.get("last_sample_at")?.as_str().map(str::to_owned)).max())
}

async fn timed<T, E>(what: &str, step: impl Future<Output = Result<T, E>>) -> Result<T, E> {
    let begun = Instant::now();
    let outcome = step.await;
    if outcome.is_ok() {
        // A closed terminal must not undo what was done.
        let _closed = say(&format!("{:6.1} s  {what}", begun.elapsed().as_secs_f64()));
    }
    outcome
}

fn recall(path: &Path) -> Memory {
    fs::read(path).ok().and_then(|text| serde_json::from_slice(&text).ok()).unwrap_or_default()
}

fn to_json(value: &impl Serialize) -> io::Result<String> {
    Ok(serde_json::to_string_pretty(value)? + "\n")
}

fn say(line: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "{line}")?;
    out.flush()
}
