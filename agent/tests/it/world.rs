//! A host with one Postfix instance: its configuration, its queue directories, its log.

use std::io::Write as _;
use std::path::PathBuf;
use std::sync::Arc;

use mailvane_agent::clock::{Clock as _, SystemClock};
use mailvane_agent::config::{Begin, Config};
use mailvane_agent::stamp::Zone;
use mailvane_agent::{Enrolment, KeySource, Settings, Stop, enrol, run};

use crate::server::{KEY, Server};

pub(crate) struct World {
    pub directory: tempfile::TempDir,
}

impl World {
    pub(crate) fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let root = directory.path();
        for queue in [
            "maildrop", "incoming", "active", "deferred", "hold", "corrupt", "saved", "defer",
            "bounce", "trace", "flush",
        ] {
            std::fs::create_dir_all(root.join("spool").join(queue)).unwrap();
        }
        std::fs::create_dir(root.join("etc")).unwrap();
        let main_cf = format!(
            "queue_directory = {}\nmulti_instance_name = postfix-t1\n",
            root.join("spool").display()
        );
        std::fs::write(root.join("etc/main.cf"), main_cf).unwrap();
        std::fs::write(root.join("etc/master.cf"), "").unwrap();
        std::fs::write(root.join("mail.log"), "").unwrap();
        Self { directory }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// One line of the log, written now.
    pub(crate) fn log(&self, program: &str, text: &str) {
        let now = chrono::DateTime::from_timestamp_millis(SystemClock.now_ms()).unwrap();
        let stamp = now.format("%Y-%m-%dT%H:%M:%S%.6f+00:00");
        let mut file = std::fs::OpenOptions::new()
            .append(true)
            .create(true)
            .open(self.path("mail.log"))
            .unwrap();
        writeln!(file, "{stamp} mx1 postfix-t1/{program}[7]: {text}").unwrap();
    }

    /// Mail number `n`, accepted and delivered.
    pub(crate) fn delivered(&self, n: u32) {
        let id = format!("A{n:010X}");
        self.log("smtpd", &format!("{id}: client=c.example.net[203.0.113.1]"));
        self.log("cleanup", &format!("{id}: message-id=<{n}@example.net>"));
        self.log("qmgr", &format!("{id}: from=<s@example.net>, size=300, nrcpt=1 (queue active)"));
        self.log("smtp", &format!("{id}: to=<r@example.org>, relay=mx.example.org[198.51.100.1]:25, delay=0.1, delays=0.1/0/0/0, dsn=2.0.0, status=sent (250 2.0.0 Ok)"));
        self.log("qmgr", &format!("{id}: removed"));
    }

    pub(crate) async fn enrol(&self, server: &Server) {
        let ca = self.path("ca.pem");
        std::fs::write(&ca, &server.ca_pem).unwrap();
        let enrolment = Enrolment {
            server: server.url(),
            ca: Some(ca),
            key: KeySource::Text(KEY.into()),
            proxy: None,
            state_directory: self.path("state"),
        };
        enrol(&enrolment).await.unwrap();
    }

    pub(crate) fn settings(&self) -> Settings {
        Settings {
            config: Config {
                config_directories: Some(vec![self.path("etc")]),
                log: Some(self.path("mail.log")),
                log_begin: Begin::Start,
                ..Config::default()
            },
            state_directory: self.path("state"),
            clock: Arc::new(SystemClock),
            zone: Zone::Fixed(0),
        }
    }

    /// Runs the agent while `story` lasts, then stops it.
    pub(crate) async fn while_running(&self, story: impl Future<Output = ()>) {
        let stop = Stop::default();
        let running = run(self.settings(), stop.clone());
        tokio::pin!(running, story);
        tokio::select! {
            ended = &mut running => panic!("the agent ended: {ended:?}"),
            () = &mut story => {}
        }
        stop.stop();
        running.await.unwrap();
    }
}
