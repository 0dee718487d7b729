//! The arguments of the command line, with what help says about them.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use mailvane_agent::config;

/// Watches this host's Postfix and reports to a Mailvane server.
#[derive(Parser)]
#[command(name = "mailvane-agent", version, about, arg_required_else_help = true)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Admits this host with an enrolment key.
    #[command(
        after_help = "Example: mailvane-agent enroll --server https://mailvane.example:8443 --ca ca.pem --key-file key"
    )]
    Enroll(EnrollArgs),
    /// Runs until it is stopped.
    Run(Common),
    /// Says how the agent on this host is doing; exit code 0 if it runs and is connected.
    Status(StatusArgs),
    /// Prints the newest batches: exactly what the server gets of this host.
    Show(ShowArgs),
    /// Prints how many messages wait in each queue, by age.
    Queue(LookArgs),
    /// Says what cannot be seen on this host, with the line that cures each; exit code 0 if there is nothing.
    Doctor(LookArgs),
    /// Reports what logs say, without a server.
    #[command(
        after_help = "Example: mailvane-agent parse /var/log/mail.log.1.gz /var/log/mail.log"
    )]
    Parse(ParseArgs),
}

#[derive(Args)]
pub(crate) struct Common {
    /// Configuration file [default: /etc/mailvane/agent.toml, if it exists]
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Directory of identity and spool
    #[arg(long, value_name = "DIR", default_value = config::STATE_DIRECTORY)]
    pub(crate) state_dir: PathBuf,
}

#[derive(Args)]
pub(crate) struct EnrollArgs {
    #[command(flatten)]
    pub(crate) common: Common,
    /// Address of the server, https://HOST:PORT
    #[arg(long)]
    pub(crate) server: Option<String>,
    /// PEM file of the authority that signed the server's certificate
    #[arg(long, value_name = "FILE")]
    pub(crate) ca: Option<PathBuf>,
    /// File with the enrolment key, emptied after success; - for standard input
    #[arg(long, value_name = "FILE", default_value = "-")]
    pub(crate) key_file: PathBuf,
}

#[derive(Args)]
pub(crate) struct StatusArgs {
    #[command(flatten)]
    pub(crate) common: Common,
    /// As JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args)]
pub(crate) struct ShowArgs {
    #[command(flatten)]
    pub(crate) common: Common,
    /// How many
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(crate) last: usize,
}

#[derive(Args)]
pub(crate) struct LookArgs {
    #[command(flatten)]
    pub(crate) common: Common,
    /// As JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args)]
pub(crate) struct ParseArgs {
    /// Logs in the order of their age, plain or .gz, or journal exports; - for standard input
    #[arg(required = true)]
    pub(crate) files: Vec<PathBuf>,
    /// As JSON
    #[arg(long)]
    pub(crate) json: bool,
}
