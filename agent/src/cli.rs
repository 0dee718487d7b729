//! The arguments of the command line, with what help, the manual page and shell completion say about them.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use clap_complete::Shell;
use mailvane_agent::config;

/// Watches this host's Postfix and reports to a Mailvane server.
#[derive(Parser)]
#[command(
    name = "mailvane-agent",
    version,
    about,
    arg_required_else_help = true,
    after_help = EXIT_CODES,
    max_term_width = 100
)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
    /// Answers, and faults too, as JSON
    #[arg(long, global = true)]
    pub(crate) json: bool,
}

const EXIT_CODES: &str = "\
Exit codes:
   0  done, and all is well
   1  done, and the answer is no: not connected (status), something cannot be seen (doctor, integrate)
   2  wrong arguments, or an enrolment key that is none
   3  configuration, or a host that is not enrolled
   4  the server refused this host or its key
   5  the server cannot be reached
   6  a file cannot be read or written
  70  a fault of this program

Examples:
  mailvane-agent parse /var/log/mail.log.1.gz /var/log/mail.log
  mailvane-agent enroll --server https://mailvane.example:8443 --ca ca.pem --key-file key
  mailvane-agent integrate";

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Admits this host with an enrolment key.
    #[command(after_help = "\
The key is read from a file, from standard input or from a prompt. It is no argument, as every user of a host
can see the arguments of its programs.

Examples:
  mailvane-agent enroll --server https://mailvane.example:8443 --ca ca.pem --key-file key
  pass show mailvane-key | mailvane-agent enroll --server https://mailvane.example:8443

A proxy is taken from `proxy = \"http://HOST:PORT\"` in agent.toml, else from HTTPS_PROXY.")]
    Enroll(EnrollArgs),
    /// Runs until it is stopped.
    #[command(after_help = "Example: mailvane-agent run --config /etc/mailvane/agent.toml")]
    Run(Common),
    /// Finds every Postfix here, says what the agent may read and what to change, and restarts it.
    #[command(after_help = "\
Changes nothing of this host but for the restart: the lines that cure what was found are printed, for you to run.
As root it looks with the eyes of the user that the agent runs as.

Example: mailvane-agent integrate --no-restart")]
    Integrate(IntegrateArgs),
    /// Says how the agent on this host is doing; exit code 0 if it runs and is connected.
    #[command(after_help = "Example: mailvane-agent status --unrecognised")]
    Status(StatusArgs),
    /// Says what cannot be seen on this host, with the line that cures each; exit code 0 if there is nothing.
    #[command(after_help = "Reads only, and never runs anything that writes into the mail log.")]
    Doctor(LookArgs),
    /// Prints how many messages wait in each queue, by age.
    #[command(after_help = "Example: mailvane-agent queue --json")]
    Queue(LookArgs),
    /// Prints the newest batches: exactly what the server gets of this host.
    #[command(after_help = "Example: mailvane-agent show --last 6 --json")]
    Show(ShowArgs),
    /// Prints what happens in the mail log, as it is understood, until Ctrl-C.
    #[command(after_help = "\
Addresses are shown as the log has them; nothing leaves this host.

Examples:
  mailvane-agent tail
  mailvane-agent tail --only delivery.deferred --only refusal --json | jq .fields.class
  mailvane-agent tail --log /var/log/mail.log --from-start --only unrecognised")]
    Tail(TailArgs),
    /// Reports what logs say, without a server.
    #[command(after_help = "\
Reads plain and gzip files, and what `journalctl -o export` writes; - is standard input.

Examples:
  mailvane-agent parse /var/log/mail.log.2.gz /var/log/mail.log.1 /var/log/mail.log
  journalctl -o export SYSLOG_FACILITY=2 --since yesterday | mailvane-agent parse - --json")]
    Parse(ParseArgs),
    /// Prints the versions of this program and of what it speaks.
    Version,
    /// Prints the completion script of a shell.
    #[command(
        after_help = "Example: mailvane-agent completions bash > /etc/bash_completion.d/mailvane-agent"
    )]
    Completions {
        /// Which shell
        shell: Shell,
    },
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
    /// File with the enrolment key, emptied after success; - for standard input or a prompt
    #[arg(long, value_name = "FILE", default_value = "-")]
    pub(crate) key_file: PathBuf,
}

#[derive(Args)]
pub(crate) struct StatusArgs {
    #[command(flatten)]
    pub(crate) common: Common,
    /// Lines that nobody understood, by daemon, with redacted samples
    #[arg(long, alias = "unrecognized")]
    pub(crate) unrecognised: bool,
}

#[derive(Args)]
pub(crate) struct ShowArgs {
    #[command(flatten)]
    pub(crate) common: Common,
    /// How many
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) last: u16,
}

#[derive(Args)]
pub(crate) struct LookArgs {
    #[command(flatten)]
    pub(crate) common: Common,
}

#[derive(Args)]
pub(crate) struct IntegrateArgs {
    #[command(flatten)]
    pub(crate) common: Common,
    /// Leaves the running agent alone
    #[arg(long)]
    pub(crate) no_restart: bool,
}

#[derive(Args)]
pub(crate) struct TailArgs {
    #[command(flatten)]
    pub(crate) common: Common,
    /// This log rather than those of this host's Postfix; journald for the journal
    #[arg(long, value_name = "FILE")]
    pub(crate) log: Option<PathBuf>,
    /// Begins with the log's first line
    #[arg(long)]
    pub(crate) from_start: bool,
    /// Only events whose name begins so, such as delivery.deferred; may be given several times
    #[arg(long, value_name = "EVENT")]
    pub(crate) only: Vec<String>,
}

#[derive(Args)]
pub(crate) struct ParseArgs {
    /// Logs in the order of their age, plain or .gz, or journal exports; - for standard input
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    /// The manual page is derived from the arguments and committed, so that packages need no generator.
    #[test]
    fn the_manual_page_is_what_the_arguments_say() {
        let page = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("mailvane-agent.1");
        let mut text = Vec::new();
        let command = Cli::command();
        let whole = clap_mangen::Man::new(command.clone());
        whole.render_title(&mut text).unwrap();
        render(&whole, &mut text);
        for sub in command.get_subcommands().filter(|sub| sub.get_name() != "help") {
            let name: &'static str = format!("mailvane-agent {}", sub.get_name()).leak();
            let sub = sub.clone().name(name).bin_name(name).disable_help_flag(true);
            render(&clap_mangen::Man::new(sub), &mut text);
        }
        let text = String::from_utf8(text).unwrap();
        #[expect(clippy::disallowed_methods, reason = "the switch that rewrites derived files")]
        if std::env::var_os("UPDATE_GENERATED").is_some() {
            std::fs::write(&page, &text).unwrap();
        }
        let committed = std::fs::read_to_string(&page).unwrap_or_default();
        assert!(
            committed == text,
            "{} is stale: UPDATE_GENERATED=1 cargo test -p mailvane-agent --bins",
            page.display()
        );
    }

    fn render(man: &clap_mangen::Man, text: &mut Vec<u8>) {
        man.render_name_section(text).unwrap();
        man.render_synopsis_section(text).unwrap();
        man.render_description_section(text).unwrap();
        man.render_options_section(text).unwrap();
        man.render_extra_section(text).unwrap();
    }

    #[test]
    fn the_arguments_agree_with_each_other() {
        Cli::command().debug_assert();
    }
}
