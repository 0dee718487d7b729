//! Commands that look at this host and at the agent that runs on it, without a server.

use std::process::ExitCode;

use mailvane_agent::clock::{Clock as _, SystemClock};
use mailvane_agent::config::Config;
use mailvane_agent::discover::{Found, discover};
use mailvane_agent::doctor::{self, Scene};
use mailvane_agent::sources::{Source, sources};
use mailvane_agent::{integrate, look, run, status};
use serde_json::json;

use crate::cli::{Common, IntegrateArgs, LookArgs, ShowArgs, StatusArgs};
use crate::output::Output;

pub(super) fn show_status(args: &StatusArgs, out: Output) -> ExitCode {
    let now_ms = SystemClock.now_ms();
    let status = match status::read(&args.common.state_dir) {
        Ok(status) => status.unwrap_or_default(),
        Err(error) => {
            return out.fail(6, &format!("{}: {error}", args.common.state_dir.display()));
        }
    };
    if args.unrecognised {
        out.answer(status.unrecognised_lines(), &json!(status.unrecognised));
        return ExitCode::SUCCESS;
    }
    if !out.json
        && let Err(error) = run::enrolled(&args.common.state_dir)
    {
        return out.fail(3, &error);
    }
    out.answer(status.lines(now_ms), &json!(status));
    if status.running && status.connected { ExitCode::SUCCESS } else { ExitCode::from(1) }
}

pub(super) fn show_batches(args: &ShowArgs, out: Output) -> ExitCode {
    match look::batches(&args.common.state_dir, usize::from(args.last)) {
        Ok(batches) => {
            for batch in batches {
                out.answer(look::batch_lines(&batch), &batch);
            }
            ExitCode::SUCCESS
        }
        Err(error) => out.fail(6, &format!("{}: {error}", args.common.state_dir.display())),
    }
}

pub(super) fn show_queues(args: &LookArgs, out: Output) -> ExitCode {
    let (found, _) = match scene(&args.common, out) {
        Ok(scene) => scene,
        Err(code) => return code,
    };
    for instance in &found {
        let (lines, value) = look::queues(instance, SystemClock.now_ms());
        out.answer(lines, &value);
    }
    ExitCode::SUCCESS
}

pub(super) fn show_blind_spots(args: &LookArgs, out: Output) -> ExitCode {
    let (found, sources) = match scene(&args.common, out) {
        Ok(scene) => scene,
        Err(code) => return code,
    };
    let findings = doctor::examine(&Scene { found: &found, sources: &sources });
    let (mut lines, value) = doctor::told(&findings);
    if lines.is_empty() {
        lines.push("Everything can be seen.".to_owned());
    }
    out.answer(lines, &value);
    if findings.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(1) }
}

pub(super) fn integrate_host(args: &IntegrateArgs, out: Output) -> ExitCode {
    let (found, sources) = match scene(&args.common, out) {
        Ok(scene) => scene,
        Err(code) => return code,
    };
    let config = args.common.config.as_deref();
    let seen = integrate::seen_by_agent(config);
    let (by, findings) = match seen {
        Some(findings) => (integrate::USER.to_owned(), findings),
        None => (integrate::myself(), doctor::examine(&Scene { found: &found, sources: &sources })),
    };
    let enrolled = run::enrolled(&args.common.state_dir).is_ok();
    let restart = integrate::restart(enrolled, args.no_restart);
    let (lines, value) = integrate::told(&found, &sources, &by, &findings, &restart);
    out.answer(lines, &value);
    if findings.is_empty() && enrolled { ExitCode::SUCCESS } else { ExitCode::from(1) }
}

/// What is found on this host, with the logs that the agent reads.
pub(super) fn scene(common: &Common, out: Output) -> Result<(Vec<Found>, Vec<Source>), ExitCode> {
    let config = Config::load(common.config.as_deref()).map_err(|error| out.fail(3, &error))?;
    let found = discover(config.config_directories.as_deref(), &[]);
    if found.is_empty() {
        return Err(out.fail(
            3,
            &"no Postfix found; say where it is by `config_directories = […]` in agent.toml",
        ));
    }
    let sources = sources(config.log.as_deref(), &found);
    Ok((found, sources))
}
