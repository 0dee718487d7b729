//! The agent's binary: reads the arguments, does the command, gives its exit code.

mod cli;
mod commands;
mod output;

use std::process::ExitCode;

use clap::Parser as _;
use clap::error::ErrorKind;
use cli::Cli;
use output::Output;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    // Before anything repeats the arguments: a key among them is known to every user of this host by now.
    if std::env::args_os().skip(1).any(|word| word.to_string_lossy().contains("mv_enr_")) {
        return Output { json: false }.fail(
            2,
            &"an enrolment key must not be an argument, where every user of this host can see it: revoke it, and give a new one by --key-file FILE or standard input",
        );
    }
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return wrong_arguments(&error),
    };
    let log = tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .with_max_level(tracing::Level::INFO)
        .with_target(false);
    if cli.json {
        log.json().init();
    } else {
        log.init();
    }
    commands::obey(cli).await
}

/// clap's own words; where JSON was asked for, as JSON too.
fn wrong_arguments(error: &clap::Error) -> ExitCode {
    let asked_for = matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion);
    if !asked_for && std::env::args_os().any(|word| word == "--json") {
        let text = error.to_string();
        let first = text.lines().next().unwrap_or_default();
        return Output { json: true }.fail(2, &first.trim_start_matches("error: "));
    }
    let printed = error.print();
    tracing::trace!(printed = printed.is_ok(), "arguments");
    if asked_for { ExitCode::SUCCESS } else { ExitCode::from(2) }
}
