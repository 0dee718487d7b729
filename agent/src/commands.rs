//! What each command does: arguments to settings, settings to work, work to an exit code.

mod local;
mod read;

use std::process::ExitCode;
use std::sync::Arc;

use clap::CommandFactory as _;
use clap_complete::Shell;
use mailvane_agent::clock::SystemClock;
use mailvane_agent::config::Config;
use mailvane_agent::enrol::PROTOCOL;
use mailvane_agent::stamp::Zone;
use mailvane_agent::{Enrolment, KeySource, Settings, Stop, enrol, run};
use mailvane_proto::catalogue;
use serde_json::json;

use crate::cli::{Cli, Command, Common, EnrollArgs};
use crate::output::{self, Output};

/// Does what was asked for.
pub(crate) async fn obey(cli: Cli) -> ExitCode {
    let out = Output { json: cli.json };
    match cli.command {
        Command::Enroll(args) => enroll_host(args, out).await,
        Command::Run(common) => run_agent(common, out).await,
        Command::Integrate(args) => local::integrate_host(&args, out),
        Command::Status(args) => local::show_status(&args, out),
        Command::Show(args) => local::show_batches(&args, out),
        Command::Queue(args) => local::show_queues(&args, out),
        Command::Doctor(args) => local::show_blind_spots(&args, out),
        Command::Tail(args) => read::follow_log(&args, out),
        Command::Parse(args) => read::parse_files(&args, out),
        Command::Version => show_version(out),
        Command::Completions { shell } => print_completions(shell),
    }
}

async fn enroll_host(args: EnrollArgs, out: Output) -> ExitCode {
    let config = match Config::load(args.common.config.as_deref()) {
        Ok(config) => config,
        Err(error) => return out.fail(3, &error),
    };
    let Some(server) = args.server.or(config.server) else {
        return out.fail(2, &"say where to: --server https://HOST:PORT");
    };
    let key = if args.key_file.as_os_str() == "-" {
        match output::secret("Enrolment key: ") {
            Some(Ok(key)) => KeySource::Text(key),
            Some(Err(error)) => return out.fail(2, &format!("no key was typed: {error}")),
            None => KeySource::Stdin,
        }
    } else {
        KeySource::File(args.key_file)
    };
    let enrolment = Enrolment {
        server,
        ca: args.ca.or(config.ca),
        key,
        state_directory: args.common.state_dir,
    };
    match enrol(&enrolment).await {
        Ok(identity) => {
            let lines = [
                format!("This host is {} of {}.", identity.host_id, identity.tenant_name),
                "Next: mailvane-agent integrate".to_owned(),
            ];
            out.answer(lines, &json!(identity));
            ExitCode::SUCCESS
        }
        Err(error) => out.fail(error.exit_code(), &error),
    }
}

async fn run_agent(common: Common, out: Output) -> ExitCode {
    let config = match Config::load(common.config.as_deref()) {
        Ok(config) => config,
        Err(error) => return out.fail(3, &error),
    };
    let settings = Settings {
        config,
        state_directory: common.state_dir,
        clock: Arc::new(SystemClock),
        zone: Zone::Local,
    };
    let stop = Stop::default();
    let running = run(settings, stop.clone());
    tokio::pin!(running);
    let ended = tokio::select! {
        ended = &mut running => ended,
        () = output::asked_to_end() => {
            stop.stop();
            running.await
        }
    };
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => out.fail(error.exit_code(), &error),
    }
}

fn show_version(out: Output) -> ExitCode {
    let version = env!("CARGO_PKG_VERSION");
    let lines = [
        format!("mailvane-agent {version}"),
        format!("catalogue {}, protocol {PROTOCOL}", catalogue::VERSION),
    ];
    let value = json!({
        "name": "mailvane-agent", "version": version, "catalogue_version": catalogue::VERSION,
        "protocol": PROTOCOL, "machine": std::env::consts::ARCH,
    });
    out.answer(lines, &value);
    ExitCode::SUCCESS
}

fn print_completions(shell: Shell) -> ExitCode {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "mailvane-agent", &mut script);
    output::line(String::from_utf8_lossy(&script).trim_end());
    ExitCode::SUCCESS
}
