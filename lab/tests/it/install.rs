//! From the line on the page to the first sample, an upgrade, and back to nothing, in a root of its own.
//!
//! The root is this machine's, with every change kept in memory: what the installer leaves behind would be seen.

use std::{
    collections::BTreeSet,
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::Output,
    time::Duration,
};

use mailvane_lab::{
    api::Api,
    postfix::{Pace, free_port},
    scene::Scene,
    smtp::{Mail, submit},
    stack::{Binaries, Process, ServerPlan, scratch_dir},
};
use serde_json::{Value, json};
use tokio::process::{Child, Command};

/// Where the installer puts things.
const PLACES: &str = "/usr/bin /usr/share/mailvane /usr/share/man /etc /var/lib/mailvane-agent";
/// Made by the system's own tools whenever users come and go.
const OF_THE_SYSTEM: [&str; 10] = [
    "/etc/passwd",
    "/etc/passwd-",
    "/etc/group",
    "/etc/group-",
    "/etc/shadow",
    "/etc/shadow-",
    "/etc/gshadow",
    "/etc/gshadow-",
    "/etc/subuid-",
    "/etc/subgid-",
];

/// A root whose changes are gone with it.
struct Root {
    holder: Child,
    at: PathBuf,
}

impl Root {
    async fn make(dir: &Path) -> Self {
        let at = dir.join("root");
        fs::create_dir(&at).unwrap();
        let script = r#"set -e
            mount -t tmpfs tmpfs "$1"; cd "$1"; mkdir upper work root
            mount -t overlay overlay -o lowerdir=/,upperdir=upper,workdir=work root
            for part in dev proc tmp; do mount --rbind "/$part" "root/$part"; done
            touch "$2"; exec sleep 3600"#;
        let ready = dir.join("root.ready");
        let holder = Command::new("setpriv")
            .args(["--pdeathsig", "KILL", "unshare", "--mount", "--propagation", "private"])
            .args(["sh", "-c", script, "sh"])
            .args([&at, &ready])
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        for _ in 0..200 {
            if ready.exists() {
                return Self { holder, at };
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("no root of its own could be made: this needs root and overlayfs")
    }

    fn command(&self, script: &str) -> Command {
        let mut command = Command::new("nsenter");
        command
            .arg(format!("--mount=/proc/{}/ns/mnt", self.holder.id().unwrap()))
            .arg("chroot")
            .arg(self.at.join("root"))
            .args(["sh", "-c", script])
            .kill_on_drop(true);
        command
    }

    async fn run(&self, script: &str) -> Output {
        self.command(script).output().await.unwrap()
    }

    /// Runs what must succeed and gives what it said.
    async fn good(&self, script: &str) -> String {
        let output = self.run(script).await;
        let said = format!(
            "{}{}",
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        );
        assert!(output.status.success(), "{script}: {said}");
        said
    }

    /// Runs what must fail and gives its exit code and what it said.
    async fn bad(&self, script: &str) -> (i32, String) {
        let output = self.run(script).await;
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success(), "{script} succeeded: {said}");
        (output.status.code().unwrap(), said)
    }

    async fn files(&self) -> BTreeSet<String> {
        let listed = self
            .run(&format!("find {PLACES} -xdev 2>/dev/null; getent passwd; getent group"))
            .await;
        String::from_utf8_lossy(&listed.stdout)
            .lines()
            .filter(|line| !OF_THE_SYSTEM.contains(line))
            .map(str::to_owned)
            .collect()
    }
}

/// A release of `agent` as version `version`, signed by the key in `dir`.
fn release(dir: &Path, agent: &Path, version: &str, days: &str) {
    let key = dir.join("signing.pem");
    if !key.exists() {
        let made = std::process::Command::new("openssl")
            .args(["ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out"])
            .arg(&key)
            .status();
        assert!(made.unwrap().success());
    }
    let made = std::process::Command::new(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../deploy/release/make.sh"
    ))
    .arg("--key")
    .arg(&key)
    .arg("--out")
    .arg(dir.join("release"))
    .arg("--agent")
    .arg(agent)
    .args(["--version", version, "--days", days])
    .output()
    .unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
}

/// A program that says it is `version` and is the real one in everything else.
fn pretender(dir: &Path, real: &Path, version: &str) -> PathBuf {
    let path = dir.join(format!("agent-{version}"));
    let text = format!(
        "#!/bin/sh\n[ \"$1\" = --version ] && echo mailvane-agent {version} && exit\nexec {} \"$@\"\n",
        real.display()
    );
    fs::write(&path, text).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    path
}

struct Site {
    scene: Scene,
    server: Process,
    plan: ServerPlan,
    api: Api,
    dir: tempfile::TempDir,
    agent: PathBuf,
}

impl Site {
    async fn open() -> Self {
        let scene = Scene::set(Pace::Steady, false).await.unwrap();
        let dir = scratch_dir().unwrap();
        let binaries = Binaries::beside_me().unwrap();
        let agent = binaries.find("mailvane-agent").unwrap();
        release(dir.path(), &agent, env!("CARGO_PKG_VERSION"), "30");
        let mut plan = ServerPlan {
            binaries,
            data_dir: dir.path().join("server"),
            listen: free_port().unwrap(),
            plain: free_port().unwrap(),
            outbound_allow: String::new(),
            settings: Vec::new(),
            log: dir.path().join("server.log"),
        };
        plan.settings = vec![
            ("MAILVANE_PUBLIC_URL", plan.tls_url()),
            ("MAILVANE_RELEASE_DIR", dir.path().join("release").display().to_string()),
        ];
        let server = plan.start().await.unwrap();
        let made = plan
            .admin(&[
                "create-tenant",
                "--name",
                "Install",
                "--owner",
                "owner@install.test",
                "--json",
            ])
            .await
            .unwrap();
        plan.admin(&["set-interval", "--tenant", "Install", "--ms", "1000"]).await.unwrap();
        let password = made.get("password").and_then(Value::as_str).unwrap();
        let api = Api::sign_in(&plan.url(), "owner@install.test", password).await.unwrap();
        Self { scene, server, plan, api, dir, agent }
    }

    /// The line that the page *Add host* shows.
    async fn line(&self) -> String {
        let made =
            self.api.post("/enrolment-keys", &json!({"comment": "a new host"})).await.unwrap();
        let commands = made.pointer("/install/commands").and_then(Value::as_array).unwrap();
        assert_eq!(commands.len(), 1, "one line: {commands:?}");
        // The root has no sudo, and needs none.
        commands[0].get("text").and_then(Value::as_str).unwrap().replace("sudo ", "")
    }

    /// Settings for an agent that watches the scene's Postfix.
    async fn point_at_postfix(&self, root: &Root) {
        let directory = self.scene.postfix.config_directory();
        let log = self.scene.postfix.log();
        root.good(&format!(
            "mkdir -p /etc/mailvane && printf 'config_directories = [\"%s\"]\\nlog = \"%s\"\\n' {} {} > /etc/mailvane/agent.toml",
            directory.display(), log.display(),
        ))
        .await;
    }

    async fn first_sample(&self) -> Duration {
        let begun = tokio::time::Instant::now();
        while begun.elapsed() < Duration::from_mins(1) {
            let fleet = self.api.get("/fleet?range_s=3600").await.unwrap();
            if fleet.pointer("/rows/0/last_sample_at").is_some_and(Value::is_string) {
                return begun.elapsed();
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
        panic!("no sample in a minute")
    }

    async fn close(self) {
        self.server.stop().await.unwrap();
        self.scene.strike().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_line_installs_an_agent_that_can_be_upgraded_and_leaves_nothing_when_it_goes() {
    let site = Site::open().await;
    let root = Root::make(site.dir.path()).await;
    let before = root.files().await;

    let line = site.line().await;
    let dry = root.good(&line.replace("--key=", "--dry-run --key=")).await;
    assert!(dry.contains("would: "), "{dry}");
    assert_eq!(root.files().await, before, "--dry-run changes nothing");

    site.point_at_postfix(&root).await;
    let said = root.good(&line).await;
    assert!(said.contains("Release key") && said.contains("setpriv"), "{said}");
    let kept =
        root.good("grep -rs mv_enr_ /etc/mailvane /var/lib/mailvane-agent || echo none").await;
    assert_eq!(kept.trim(), "none", "the key stays nowhere");
    let again = root.good(&line).await;
    assert!(again.contains("enrolled already"), "a second run keeps the identity: {again}");

    let start = "exec setpriv --pdeathsig KILL --reuid=mailvane-agent --regid=mailvane-agent --init-groups \
                 /usr/bin/mailvane-agent run 2>/tmp/mailvane-installed.log";
    let agent = root.command(start).spawn().unwrap();
    let took = site.first_sample().await;
    assert!(took < Duration::from_secs(30), "first sample after {took:?}");
    let status = root.good("mailvane-agent status").await;
    assert!(status.contains("running, connected"), "{status}");

    upgrades(&site, &root).await;
    drop(agent);

    let served = format!("{}/install.sh", site.plan.tls_url());
    root.good(&format!("curl -fsSk {served} | bash -s -- --uninstall")).await;
    assert_eq!(root.files().await, before, "nothing is left");
    site.close().await;
}

async fn upgrades(site: &Site, root: &Root) {
    let dir = site.dir.path();
    let newest = root.good("mailvane-agent upgrade").await;
    assert!(newest.contains("is the newest version"), "{newest}");

    let newer = pretender(dir, &site.agent, "0.1.1");
    release(dir, &newer, "0.1.1", "30");
    assert!(root.good("mailvane-agent upgrade --check").await.contains("0.1.1 is there"));

    // Runs, but is not what it says: never reaches the server as 0.1.1.
    let (code, said) = root.bad("mailvane-agent upgrade --restart true --settle-s 2").await;
    assert_eq!(code, 7, "{said}");
    assert!(said.contains("old program is back"), "{said}");
    assert!(root.good("mailvane-agent --version").await.contains("0.1.0"));

    let manifest = dir.join("release/manifest");
    let good = fs::read_to_string(&manifest).unwrap();
    fs::write(&manifest, good.replace("0.1.1", "0.1.2")).unwrap();
    let (code, said) = root.bad("mailvane-agent upgrade").await;
    assert!(code == 4 && said.contains("not signed by the release key"), "{code}: {said}");
    fs::write(&manifest, &good).unwrap();

    let arch = std::env::consts::ARCH;
    let package = dir.join(format!("release/mailvane-agent-0.1.1-{arch}.tar.gz"));
    let bytes = fs::read(&package).unwrap();
    fs::write(&package, &bytes[..bytes.len() / 2]).unwrap();
    let (code, said) = root.bad("mailvane-agent upgrade").await;
    assert!(code == 4 && said.contains("not what the signed manifest says"), "{code}: {said}");

    release(dir, &newer, "0.1.1", "0");
    let (code, said) = root.bad("mailvane-agent upgrade").await;
    assert!(code == 4 && said.contains("has expired"), "{code}: {said}");

    release(dir, &newer, "0.0.9", "30");
    let (code, said) = root.bad("mailvane-agent upgrade").await;
    assert!(code == 4 && said.contains("never goes back"), "{code}: {said}");

    release(dir, &newer, "0.1.1", "30");
    let done = root.good("mailvane-agent upgrade").await;
    assert!(done.contains("0.1.1 is in place"), "{done}");
    assert!(root.good("mailvane-agent --version").await.contains("0.1.1"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_release_that_cannot_be_trusted_is_refused_before_anything_is_changed() {
    let site = Site::open().await;
    let root = Root::make(site.dir.path()).await;
    let before = root.files().await;
    let line = site.line().await;
    let dir = site.dir.path();
    let manifest = dir.join("release/manifest");
    let good = fs::read_to_string(&manifest).unwrap();

    fs::write(&manifest, good.replace("version 0", "version 9")).unwrap();
    let (code, said) = root.bad(&line).await;
    assert!(code == 4 && said.contains("not signed by the release key"), "{code}: {said}");
    fs::write(&manifest, &good).unwrap();

    release(dir, &site.agent, env!("CARGO_PKG_VERSION"), "0");
    let (code, said) = root.bad(&line).await;
    assert!(code == 4 && said.contains("has expired"), "{code}: {said}");
    release(dir, &site.agent, env!("CARGO_PKG_VERSION"), "30");

    let other = line.replace("--key=", "--release-key=00ff --key=");
    let (code, said) = root.bad(&other).await;
    assert!(code == 4 && said.contains("do not trust this server"), "{code}: {said}");

    let (code, said) = root.bad(&line.replace("mv_enr_", "")).await;
    assert!(code == 2 && said.contains("mv_enr_"), "{code}: {said}");
    let strange = line.replace("| bash", "| sed 's/uname -m/echo riscv64/' | bash");
    let (code, said) = root.bad(&strange).await;
    assert!(code == 3 && said.contains("riscv64 is not supported"), "{code}: {said}");

    assert_eq!(root.files().await, before, "nothing is left behind");
    site.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_taken_while_mail_flows_comes_back_with_every_count_of_its_moment() {
    let scene = Scene::set(Pace::Steady, false).await.unwrap();
    let metrics = ["delivery.sent", "message.received"];
    let door = scene.postfix.smtp();
    let mut flow = tokio::task::JoinSet::new();
    flow.spawn(async move {
        for number in 0_u32.. {
            if submit(door, &mail(number)).await.is_err() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    });
    let ends = tokio::time::Instant::now() + Duration::from_mins(1);
    while scene.totals(&metrics).await.unwrap().iter().any(|(_, counted)| *counted == 0) {
        assert!(tokio::time::Instant::now() < ends, "no mail flows");
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    let dir = scratch_dir().unwrap();
    let file = dir.path().join("backup.tar");
    let command = |plan: &ServerPlan, arguments: &[&str]| {
        let mut command = Command::new(plan.binaries.find("mailvane-server").unwrap());
        command.args(arguments).arg(&file).env("MAILVANE_DATA_DIR", &plan.data_dir);
        command
    };
    let before = scene.totals(&metrics).await.unwrap();
    let made = command(&scene.server_plan, &["backup", "--to"]).output().await.unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let after = scene.totals(&metrics).await.unwrap();
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);

    let mut second = scene.server_plan.clone();
    second.data_dir = dir.path().join("second");
    second.listen = free_port().unwrap();
    second.plain = free_port().unwrap();
    second.log = dir.path().join("second.log");
    let restored = command(&second, &["restore", "--from"]).output().await.unwrap();
    assert!(restored.status.success(), "{}", String::from_utf8_lossy(&restored.stderr));
    let again = command(&second, &["restore", "--from"]).output().await.unwrap();
    assert!(!again.status.success(), "a restore over a server must be refused");
    let said = String::from_utf8_lossy(&again.stderr).into_owned();
    assert!(said.contains("only where no server is"), "{said}");

    let server = second.start().await.unwrap();
    let there = scene.totals_at(&second, &metrics).await.unwrap();
    for ((name, low), ((_, high), (_, value))) in before.iter().zip(after.iter().zip(&there)) {
        assert!(low <= value && value <= high, "{name}: {low} <= {value} <= {high}");
        assert!(*value > 0, "{name} has counted nothing");
    }
    drop(flow);
    server.stop().await.unwrap();
    scene.strike().await.unwrap();
}

/// Mail that is delivered at once.
fn mail(number: u32) -> Mail {
    Mail {
        client: std::net::Ipv4Addr::new(127, 0, 0, 9),
        helo: "app1.shop.test".to_owned(),
        sender: "orders@shop.test".to_owned(),
        recipients: vec![format!("ok.{number}@gmail-like.test")],
        subject: "Order".to_owned(),
        body_bytes: 400,
    }
}
