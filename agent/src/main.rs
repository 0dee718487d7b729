//! The command line of the agent: arguments to settings, settings to work, work to an exit code.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use clap::{Args, Parser, Subcommand};
use mailvane_agent::clock::{Clock as _, SystemClock};
use mailvane_agent::config::{self, Config};
use mailvane_agent::stamp::Zone;
use mailvane_agent::{Enrolment, KeySource, Settings, Stop, enrol, parse, run, status};

mod output;

/// Watches this host's Postfix and reports to a Mailvane server.
#[derive(Parser)]
#[command(name = "mailvane-agent", version, about, arg_required_else_help = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Admits this host with an enrolment key.
    #[command(
        after_help = "Example: mailvane-agent enroll --server https://mailvane.example:8443 --ca ca.pem --key-file key"
    )]
    Enroll(EnrollArgs),
    /// Runs until it is stopped.
    Run(Common),
    /// Says how the agent on this host is doing; exit code 0 if it runs and is connected.
    Status(StatusArgs),
    /// Reports what logs say, without a server.
    #[command(
        after_help = "Example: mailvane-agent parse /var/log/mail.log.1.gz /var/log/mail.log"
    )]
    Parse(ParseArgs),
}

#[derive(Args)]
struct Common {
    /// Configuration file [default: /etc/mailvane/agent.toml, if it exists]
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Directory of identity and spool
    #[arg(long, value_name = "DIR", default_value = config::STATE_DIRECTORY)]
    state_dir: PathBuf,
}

#[derive(Args)]
struct EnrollArgs {
    #[command(flatten)]
    common: Common,
    /// Address of the server, https://HOST:PORT
    #[arg(long)]
    server: Option<String>,
    /// PEM file of the authority that signed the server's certificate
    #[arg(long, value_name = "FILE")]
    ca: Option<PathBuf>,
    /// File with the enrolment key, emptied after success; - for standard input
    #[arg(long, value_name = "FILE", default_value = "-")]
    key_file: PathBuf,
}

#[derive(Args)]
struct StatusArgs {
    #[command(flatten)]
    common: Common,
    /// As JSON
    #[arg(long)]
    json: bool,
}

#[derive(Args)]
struct ParseArgs {
    /// Logs in the order of their age, plain or .gz, or journal exports; - for standard input
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// As JSON
    #[arg(long)]
    json: bool,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let cli = Cli::parse();
    tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .with_max_level(tracing::Level::INFO)
        .with_target(false)
        .init();
    match cli.command {
        Command::Enroll(args) => enroll_host(args).await,
        Command::Run(common) => run_agent(common).await,
        Command::Status(args) => show_status(&args),
        Command::Parse(args) => parse_files(&args),
    }
}

async fn enroll_host(args: EnrollArgs) -> ExitCode {
    let config = match Config::load(args.common.config.as_deref()) {
        Ok(config) => config,
        Err(error) => return output::fail(3, &error),
    };
    let Some(server) = args.server.or(config.server) else {
        return output::fail(2, &"say where to: --server https://HOST:PORT");
    };
    let stdin = args.key_file.as_os_str() == "-";
    if stdin {
        output::prompt("Enrolment key: ");
    }
    let enrolment = Enrolment {
        server,
        ca: args.ca.or(config.ca),
        key: if stdin { KeySource::Stdin } else { KeySource::File(args.key_file) },
        state_directory: args.common.state_dir,
    };
    match enrol(&enrolment).await {
        Ok(identity) => {
            output::line(&format!(
                "This host is {} of {}.",
                identity.host_id, identity.tenant_name
            ));
            output::line("Next: mailvane-agent run");
            ExitCode::SUCCESS
        }
        Err(error) => output::fail(error.exit_code(), &error),
    }
}

async fn run_agent(common: Common) -> ExitCode {
    let config = match Config::load(common.config.as_deref()) {
        Ok(config) => config,
        Err(error) => return output::fail(3, &error),
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
        Err(error) => output::fail(error.exit_code(), &error),
    }
}

fn show_status(args: &StatusArgs) -> ExitCode {
    let now_ms = SystemClock.now_ms();
    let status = match status::read(&args.common.state_dir) {
        Ok(status) => status.unwrap_or_default(),
        Err(error) => {
            return output::fail(6, &format!("{}: {error}", args.common.state_dir.display()));
        }
    };
    if args.json {
        output::line(&serde_json::to_string(&status).unwrap_or_default());
    } else {
        if let Err(error) = run::enrolled(&args.common.state_dir) {
            return output::fail(3, &error);
        }
        for line in status.lines(now_ms) {
            output::line(&line);
        }
    }
    if status.running && status.connected { ExitCode::SUCCESS } else { ExitCode::from(1) }
}

fn parse_files(args: &ParseArgs) -> ExitCode {
    let report = match parse::parse(&args.files, Zone::Local, SystemClock.now_ms()) {
        Ok(report) => report,
        Err(error) => return output::fail(6, &error),
    };
    if args.json {
        output::line(&serde_json::to_string_pretty(&report).unwrap_or_default());
    } else {
        for line in report.table() {
            output::line(&line);
        }
    }
    ExitCode::SUCCESS
}
