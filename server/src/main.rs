//! Arguments to command to exit code. Says one clear line when something is wrong, and never more.

use std::{
    io::{self, Write},
    path::PathBuf,
    process::ExitCode,
};

use clap::{Parser, Subcommand};
use mailvane_server::{
    app::{self, AppError, admin, backup},
    clock::SystemDice,
    config::Config,
    http,
};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Mailvane server: receives figures from agents, judges them, tells people.
#[derive(Debug, Parser)]
#[command(version, about)]
struct Arguments {
    /// TOML file with the settings, names in lower case; the environment wins.
    #[arg(long, global = true, env = "MAILVANE_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Runs until it is asked to stop (Ctrl-C, SIGTERM).
    Serve,
    /// Brings the database up to this version: roles, then tables.
    Migrate,
    /// Says what is wrong with the settings, all of it, and does nothing else.
    CheckConfig,
    /// Writes one file with database and keys, also while the server serves.
    Backup {
        /// The file; it must not exist yet.
        #[arg(long, value_name = "FILE")]
        to: PathBuf,
    },
    /// Puts a backup back into an empty data directory (and, with `DATABASE_URL`, an empty database).
    Restore {
        /// A file that `backup` wrote.
        #[arg(long, value_name = "FILE")]
        from: PathBuf,
    },
    /// Prints the contract of the REST API.
    Openapi,
    /// For the administrator of this installation; speaks to the same database.
    Admin {
        #[command(subcommand)]
        command: admin::Command,
    },
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return fail(&format!("cannot start threads: {error}")),
    };
    let outcome = runtime.block_on(run(arguments));
    runtime.shutdown_background();
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail(&error.to_string()),
    }
}

async fn run(arguments: Arguments) -> Result<(), AppError> {
    if matches!(arguments.command, Command::Openapi) {
        let document = http::contract::text();
        return say(&format!("{document}\n"));
    }
    let config = Config::load(arguments.config.as_deref())?;
    match arguments.command {
        Command::Serve => app::serve(config).await,
        Command::Migrate => {
            app::migrate(&config).await?;
            say("The database is at this version.\n")
        }
        Command::CheckConfig => say("The settings are good.\n"),
        Command::Backup { to } => say(&backup::backup(&config, &to, &SystemDice).await?),
        Command::Restore { from } => say(&backup::restore(&config, &from, &SystemDice).await?),
        Command::Openapi => Ok(()),
        Command::Admin { command } => say(&admin::run(&config, command, &SystemDice).await?),
    }
}

/// A closed pipe is the reader's decision, not a failure of ours.
fn say(text: &str) -> Result<(), AppError> {
    match io::stdout().lock().write_all(text.as_bytes()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(AppError::other(error)),
        _ => Ok(()),
    }
}

fn fail(message: &str) -> ExitCode {
    // Nothing is left to tell if even this cannot be written.
    drop(writeln!(io::stderr().lock(), "mailvane-server: {message}"));
    ExitCode::FAILURE
}
