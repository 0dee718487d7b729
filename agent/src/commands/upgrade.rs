//! `upgrade`: which program, which key, and how the agent is restarted on this host.

use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use mailvane_agent::clock::{Clock as _, SystemClock};
use mailvane_agent::config::Config;
use mailvane_agent::identity;
use mailvane_agent::upgrade::{Outcome, Upgrade, upgrade};
use serde_json::json;

use crate::cli::UpgradeArgs;
use crate::output::Output;

/// There where systemd is the init of this host.
const SYSTEMD: &str = "/run/systemd/system";
const RESTART: &str = "systemctl restart mailvane-agent";

pub(crate) async fn handle(args: UpgradeArgs, out: Output) -> ExitCode {
    let program = match std::env::current_exe() {
        Ok(program) => program,
        Err(error) => return out.fail(6, &error),
    };
    let config = match Config::load(args.common.config.as_deref()) {
        Ok(config) => config,
        Err(error) => return out.fail(3, &error),
    };
    let server = identity::identity(&args.common.state_dir).map(|host| host.server);
    let proxy = match config.way_to(server.as_deref().unwrap_or_default()) {
        Ok(proxy) => proxy,
        Err(error) => return out.fail(3, &error),
    };
    let restart = args.restart.or_else(|| Path::new(SYSTEMD).exists().then(|| RESTART.to_owned()));
    let wish = Upgrade {
        state_directory: args.common.state_dir,
        program,
        key: args.release_key,
        proxy,
        restart: restart
            .iter()
            .flat_map(|line| line.split_whitespace())
            .map(str::to_owned)
            .collect(),
        check: args.check,
        settle: Duration::from_secs(args.settle_s),
        now_s: SystemClock.now_ms() / 1_000,
    };
    match upgrade(&wish).await {
        Ok(outcome) => {
            let (version, state) = match &outcome {
                Outcome::Newest(version) => (version, "newest"),
                Outcome::Available(version) => (version, "available"),
                Outcome::Upgraded { version, running: true } => (version, "running"),
                Outcome::Upgraded { version, running: false } => (version, "in place"),
            };
            out.answer([words(&outcome)], &json!({"version": version, "state": state}));
            ExitCode::SUCCESS
        }
        Err(error) => out.fail(error.exit_code(), &error),
    }
}

fn words(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Newest(version) => format!("{version} is the newest version."),
        Outcome::Available(version) => {
            format!("Version {version} is there: mailvane-agent upgrade")
        }
        Outcome::Upgraded { version, running: true } => {
            format!("Version {version} runs and reaches the server.")
        }
        Outcome::Upgraded { version, running: false } => {
            format!("Version {version} is in place. Restart the agent to use it.")
        }
    }
}
