//! The agent's binary: reads the arguments, does the command, gives its exit code.

mod cli;
mod commands;
mod output;

use std::process::ExitCode;

use clap::Parser as _;
use cli::{Cli, Command};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let cli = Cli::parse();
    tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .with_max_level(tracing::Level::INFO)
        .with_target(false)
        .init();
    match cli.command {
        Command::Enroll(args) => commands::enroll_host(args).await,
        Command::Run(common) => commands::run_agent(common).await,
        Command::Status(args) => commands::show_status(&args),
        Command::Show(args) => commands::show_batches(&args),
        Command::Queue(args) => commands::show_queues(&args),
        Command::Doctor(args) => commands::show_blind_spots(&args),
        Command::Parse(args) => commands::parse_files(&args),
    }
}
