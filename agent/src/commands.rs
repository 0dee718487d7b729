//! What each command does: arguments to settings, settings to work, work to an exit code.

use std::process::ExitCode;
use std::sync::Arc;

use mailvane_agent::clock::{Clock as _, SystemClock};
use mailvane_agent::config::Config;
use mailvane_agent::discover::{Found, discover};
use mailvane_agent::stamp::Zone;
use mailvane_agent::{Enrolment, KeySource, Settings, Stop, enrol, look, parse, run, status};

use crate::cli::{Common, EnrollArgs, LookArgs, ParseArgs, ShowArgs, StatusArgs};
use crate::output;

pub(crate) async fn enroll_host(args: EnrollArgs) -> ExitCode {
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

pub(crate) async fn run_agent(common: Common) -> ExitCode {
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

pub(crate) fn show_status(args: &StatusArgs) -> ExitCode {
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

pub(crate) fn show_batches(args: &ShowArgs) -> ExitCode {
    match look::batches(&args.common.state_dir, args.last.max(1)) {
        Ok(batches) => {
            for batch in batches {
                output::line(&serde_json::to_string_pretty(&batch).unwrap_or_default());
            }
            ExitCode::SUCCESS
        }
        Err(error) => output::fail(6, &format!("{}: {error}", args.common.state_dir.display())),
    }
}

pub(crate) fn show_queues(args: &LookArgs) -> ExitCode {
    let found = match instances(&args.common) {
        Ok(found) => found,
        Err(code) => return code,
    };
    let tables = found.iter().map(|instance| look::queues(instance, SystemClock.now_ms()));
    print_looks(tables.collect(), args.json);
    ExitCode::SUCCESS
}

pub(crate) fn show_blind_spots(args: &LookArgs) -> ExitCode {
    let found = match instances(&args.common) {
        Ok(found) => found,
        Err(code) => return code,
    };
    let (lines, value) = look::blind_spots(&found);
    let healthy = lines.is_empty();
    print_looks(vec![(lines, value)], args.json);
    if healthy { ExitCode::SUCCESS } else { ExitCode::from(1) }
}

fn instances(common: &Common) -> Result<Vec<Found>, ExitCode> {
    let config = Config::load(common.config.as_deref()).map_err(|error| output::fail(3, &error))?;
    let found = discover(config.config_directories.as_deref());
    if found.is_empty() {
        return Err(output::fail(
            3,
            &"no Postfix found; say where it is by `config_directories = […]` in agent.toml",
        ));
    }
    Ok(found)
}

fn print_looks(looks: Vec<(Vec<String>, serde_json::Value)>, json: bool) {
    for (lines, value) in looks {
        if json {
            output::line(&value.to_string());
        } else {
            for line in lines {
                output::line(&line);
            }
        }
    }
}

pub(crate) fn parse_files(args: &ParseArgs) -> ExitCode {
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
