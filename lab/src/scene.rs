//! A whole scene for a test or a proof: private Postfix, sink, fake Slack, real server, real agent, fault proxy.
//!
//! All of it lives in one scratch directory and ends with the scene. It knows the API's words, but no table.

use std::{
    io,
    net::SocketAddr,
    path::{Path, PathBuf},
    time::Duration,
};

use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

use crate::{
    api::{Api, ApiError},
    journal::Journal,
    ports::loopback,
    postfix::{Pace, Plan, Postfix, PostfixError, free_port},
    proxy::Proxy,
    sink::Sink,
    slack::FakeSlack,
    stack::{AgentPlan, Binaries, Process, ServerPlan, StackError, scratch_dir},
    truth::{self, SINK_JOURNAL, SOURCE_JOURNAL, Truth},
    world::now_ms,
};

const TENANT: &str = "Scene";
const OWNER: &str = "owner@scene.test";
/// The agents' interval in a scene: the shortest there is.
const INTERVAL_MS: &str = "1000";
/// How long the first sample may take.
const FIRST_SAMPLE_MAX: Duration = Duration::from_secs(45);
/// Wide around the life of any scene.
const DAY_MS: i64 = 86_400_000;
/// How often the API is asked while something is awaited.
const LOOK: Duration = Duration::from_millis(100);

/// Why a scene failed.
#[derive(Debug, thiserror::Error)]
pub enum SceneError {
    /// A process.
    #[error(transparent)]
    Stack(#[from] StackError),
    /// The API.
    #[error(transparent)]
    Api(#[from] ApiError),
    /// The lab Postfix.
    #[error(transparent)]
    Postfix(#[from] PostfixError),
    /// A file or socket.
    #[error("{0}")]
    Io(#[from] io::Error),
    /// Something awaited did not come.
    #[error("{what} did not come in {seconds} s; {seen}")]
    Late {
        /// What was awaited.
        what: String,
        /// For how long.
        seconds: u64,
        /// What was there instead.
        seen: String,
    },
}

/// Everything, running. Fields end in the order in which they stand: the agent first, the directory last.
#[derive(Debug)]
pub struct Scene {
    /// The agent, while it runs.
    pub agent: Option<Process>,
    /// The server, while it runs.
    pub server: Option<Process>,
    /// The wire between the two.
    pub proxy: Proxy,
    /// The private Postfix.
    pub postfix: Postfix,
    /// The next hops.
    pub sink: Sink,
    /// The strict fake.
    pub slack: FakeSlack,
    /// How to start the server again.
    pub server_plan: ServerPlan,
    /// How to start the agent again.
    pub agent_plan: AgentPlan,
    /// The owner, signed in.
    pub api: Api,
    password: String,
    dir: tempfile::TempDir,
}

impl Scene {
    /// Sets the scene and waits for the first sample.
    pub async fn set(pace: Pace, long_queue_ids: bool) -> Result<Self, SceneError> {
        let dir = scratch_dir()?;
        let at = |name: &str| dir.path().join(name);
        let sink = Sink::start(Some(Journal::open(&at(SINK_JOURNAL))?))?;
        let slack = FakeSlack::start(loopback(0), Journal::open(&at("slack.jsonl"))?).await?;
        let postfix =
            Postfix::start(postfix_plan(at("postfix"), &sink, pace, long_queue_ids)?).await?;
        let server_plan = server_plan(dir.path(), slack.address())?;
        let proxy = Proxy::start(server_plan.listen).await?;
        let server = server_plan.start().await?;
        let agent_plan = AgentPlan {
            binaries: server_plan.binaries.clone(),
            config: at("agent.toml"),
            state_dir: at("agent"),
            server: format!("https://{}", proxy.address()),
            ca: server_plan.ca(),
            postfix: Some((postfix.config_directory(), postfix.log())),
            log: at("agent.log"),
        };
        let password = admit(&server_plan, &agent_plan).await?;
        let agent = agent_plan.start()?;
        let api = Api::sign_in(&server_plan.url(), OWNER, &password).await?;
        let scene = Self {
            agent: Some(agent),
            server: Some(server),
            proxy,
            postfix,
            sink,
            slack,
            server_plan,
            agent_plan,
            api,
            password,
            dir,
        };
        scene.instance().await?;
        Ok(scene)
    }

    /// Signs in anew, as after a restart of the server that took longer than the session's token lives.
    pub async fn sign_in(&mut self) -> Result<(), SceneError> {
        self.api = Api::sign_in(&self.server_plan.url(), OWNER, &self.password).await?;
        Ok(())
    }

    /// A file of the scene.
    #[must_use]
    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// The journal for a story's source.
    pub fn source_journal(&self) -> io::Result<Journal> {
        Journal::open(&self.dir.path().join(SOURCE_JOURNAL))
    }

    /// What the journals add up to.
    pub fn truth(&self) -> io::Result<Truth> {
        truth::read(self.dir.path())
    }

    /// The last words of server and agent, for a failure's report.
    #[must_use]
    pub fn last_words(&self) -> String {
        let words =
            |process: &Option<Process>| process.as_ref().map_or(String::new(), Process::last_words);
        format!("server:\n{}\nagent:\n{}", words(&self.server), words(&self.agent))
    }

    /// Adds a Slack channel that ends in the fake, and returns its id.
    pub async fn add_slack(&self) -> Result<String, SceneError> {
        let channel = json!({"kind": "slack", "name": "#postmaster", "severity_min": "info",
            "slack": {"webhook_url": self.slack.webhook_url()}});
        let made = self.api.post("/channels", &channel).await?;
        Ok(made.get("id").and_then(Value::as_str).unwrap_or("").to_owned())
    }

    /// The id of the one instance, as soon as its first sample is there.
    pub async fn instance(&self) -> Result<String, SceneError> {
        let ask = || async {
            let fleet = self.api.get("/fleet?range_s=3600").await?;
            let row = fleet.pointer("/rows/0").cloned().unwrap_or_default();
            let sampled = row.get("last_sample_at").is_some_and(Value::is_string);
            let instance = row.pointer("/instance/id").and_then(Value::as_str).map(str::to_owned);
            Ok::<_, SceneError>(instance.filter(|_| sampled).ok_or(fleet))
        };
        match await_some(FIRST_SAMPLE_MAX, ask).await? {
            Ok(instance) => Ok(instance),
            Err(seen) => Err(late(
                "the first sample",
                FIRST_SAMPLE_MAX,
                format!("{seen}\n{}", self.last_words()),
            )),
        }
    }

    /// Exact sums at the API over the whole life of the scene, for the metrics named.
    pub async fn totals(&self, metrics: &[&str]) -> Result<Vec<(String, u64)>, SceneError> {
        self.totals_by(&self.api, metrics).await
    }

    /// The same at another server that was restored from this scene's, for its same owner.
    pub async fn totals_at(
        &self,
        plan: &ServerPlan,
        metrics: &[&str],
    ) -> Result<Vec<(String, u64)>, SceneError> {
        let api = Api::sign_in(&plan.url(), OWNER, &self.password).await?;
        self.totals_by(&api, metrics).await
    }

    async fn totals_by(
        &self,
        api: &Api,
        metrics: &[&str],
    ) -> Result<Vec<(String, u64)>, SceneError> {
        let instance = self.instance().await?;
        let (from, to) = (stamp(-DAY_MS), stamp(DAY_MS));
        let path =
            format!("/totals?instance={instance}&metric={}&from={from}&to={to}", metrics.join(","));
        let answer = api.get(&path).await?;
        let totals = answer.get("totals").and_then(Value::as_array).cloned().unwrap_or_default();
        let one = |total: &Value| {
            let metric = total.get("metric")?.as_str()?.to_owned();
            Some((metric, total.get("total")?.as_u64()?))
        };
        Ok(totals.iter().filter_map(one).collect())
    }

    /// Where API and truth differ: metric, truth, API. Waits until they agree, at most `limit`.
    pub async fn differences(
        &self,
        truth: &Truth,
        limit: Duration,
    ) -> Result<Vec<(&'static str, u64, Option<u64>)>, SceneError> {
        let wanted = truth.metrics();
        let names: Vec<&str> = wanted.keys().copied().collect();
        let ask = || async {
            let totals: std::collections::BTreeMap<_, _> =
                self.totals(&names).await?.into_iter().collect();
            let differing: Vec<_> = wanted
                .iter()
                .map(|(name, value)| (*name, *value, totals.get(*name).copied()))
                .filter(|(_, value, total)| *total != Some(*value))
                .collect();
            Ok::<_, SceneError>(if differing.is_empty() { Ok(Vec::new()) } else { Err(differing) })
        };
        Ok(match await_some(limit, ask).await? {
            Ok(none) => none,
            Err(differing) => differing,
        })
    }

    /// Losses that the agent declared over the whole life of the scene, by kind.
    pub async fn declared(&self) -> Result<std::collections::BTreeMap<String, u64>, SceneError> {
        let instance = self.instance().await?;
        let (from, to) = (stamp(-DAY_MS), stamp(0));
        let path = format!(
            "/series?instance={instance}&metric=delivery.sent&from={from}&to={to}&points=100"
        );
        let answer = self.api.get(&path).await?;
        let mut declared = std::collections::BTreeMap::new();
        for gap in answer.get("gaps").and_then(Value::as_array).into_iter().flatten() {
            let kind = gap.get("kind").and_then(Value::as_str).unwrap_or("unknown");
            if !matches!(kind, "no_data" | "not_visible") {
                *declared.entry(kind.to_owned()).or_default() += 1;
            }
        }
        Ok(declared)
    }

    /// Ends all of it in order.
    pub async fn strike(mut self) -> Result<(), SceneError> {
        if let Some(agent) = self.agent.take() {
            agent.stop().await?;
        }
        if let Some(server) = self.server.take() {
            server.stop().await?;
        }
        Ok(self.postfix.stop().await?)
    }
}

/// Asks until the answer is `Ok`, or gives the last answer when the limit has passed.
async fn await_some<T, E, F>(
    limit: Duration,
    ask: impl Fn() -> F,
) -> Result<Result<T, E>, SceneError>
where
    F: Future<Output = Result<Result<T, E>, SceneError>>,
{
    let deadline = Instant::now() + limit;
    loop {
        let answer = ask().await?;
        if answer.is_ok() || Instant::now() > deadline {
            return Ok(answer);
        }
        sleep(LOOK).await;
    }
}

/// The time `ms` from now, as the API wants it.
fn stamp(ms: i64) -> String {
    let at = i64::try_from(now_ms()).unwrap_or(0) + ms;
    chrono::DateTime::from_timestamp_millis(at)
        .unwrap_or_default()
        .to_rfc3339_opts(chrono::SecondsFormat::Secs, true)
}

fn late(what: &str, limit: Duration, seen: String) -> SceneError {
    SceneError::Late { what: what.to_owned(), seconds: limit.as_secs(), seen }
}

/// Tenant, interval, key, enrolment. Returns the owner's password.
async fn admit(server: &ServerPlan, agent: &AgentPlan) -> Result<String, SceneError> {
    let text = |answer: &Value, field: &str| {
        answer.get(field).and_then(Value::as_str).unwrap_or("").to_owned()
    };
    let made =
        server.admin(&["create-tenant", "--name", TENANT, "--owner", OWNER, "--json"]).await?;
    server.admin(&["set-interval", "--tenant", TENANT, "--ms", INTERVAL_MS]).await?;
    let key = server.admin(&["create-key", "--tenant", TENANT, "--uses", "1", "--json"]).await?;
    agent.configure()?;
    agent.enrol(&text(&key, "key")).await?;
    Ok(text(&made, "password"))
}

fn postfix_plan(dir: PathBuf, sink: &Sink, pace: Pace, long_queue_ids: bool) -> io::Result<Plan> {
    Ok(Plan {
        dir,
        name: "postfix-lab".to_owned(),
        host_name: "mx1.lab.test".to_owned(),
        smtp: free_port()?,
        routes: sink.routes().to_vec(),
        pace,
        long_queue_ids,
    })
}

fn server_plan(dir: &Path, slack: SocketAddr) -> Result<ServerPlan, SceneError> {
    Ok(ServerPlan {
        binaries: Binaries::beside_me()?,
        data_dir: dir.join("server"),
        listen: free_port()?,
        plain: free_port()?,
        outbound_allow: slack.to_string(),
        settings: Vec::new(),
        log: dir.join("server.log"),
    })
}
