//! Arguments to command to exit code.

use std::{
    io::{self, Write},
    net::{Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
    process::ExitCode,
    time::Duration,
};

use clap::{Parser, Subcommand, ValueEnum};
use mailvane_lab::{
    bench,
    journal::Journal,
    oracle,
    postfix::{Pace, Plan, Postfix, free_port},
    sink::Sink,
    slack::FakeSlack,
    stack::with_database,
    story, traffic, truth,
    up::{self, Wish},
    world,
};
use serde::Serialize;
use tokio::signal::unix::{SignalKind, signal};

/// Longest time in which a story's mail must leave the queues.
const SETTLE_MAX: Duration = Duration::from_mins(5);

#[derive(Parser)]
#[command(
    name = "mailvane-lab",
    about = "The laboratory: a private Postfix, known mail, fakes and proofs"
)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run a private, loopback-only Postfix with next hops of its own. Prints one JSON line when ready.
    Postfix {
        /// The directory that holds all of it; every parent must be open to all users.
        #[arg(long)]
        dir: PathBuf,
        /// Mail of a realistic mix, or none.
        #[arg(long, value_enum, default_value_t = Traffic::Steady)]
        traffic: Traffic,
        /// Messages a second, on average.
        #[arg(long, default_value_t = 3.0)]
        rate: f64,
        /// The same seed sends the same mail.
        #[arg(long)]
        seed: Option<u64>,
        /// Where to take mail; a free port if not given.
        #[arg(long)]
        smtp: Option<SocketAddr>,
    },
    /// Run a strict fake of Slack's incoming webhooks. Prints one JSON line when ready.
    Slack {
        /// Where to listen.
        #[arg(long, default_value = "127.0.0.1:0")]
        listen: SocketAddr,
        /// Where to write arrivals.
        #[arg(long)]
        journal: PathBuf,
    },
    /// Start a private Postfix, send N mails of known outcome, wait for the end, print the truth.
    Story {
        /// The directory for it.
        #[arg(long)]
        dir: PathBuf,
        /// How many mails.
        #[arg(long, default_value_t = 500)]
        mails: usize,
        /// The same seed tells the same story.
        #[arg(long)]
        seed: Option<u64>,
    },
    /// Bring up server, tenant, agent and lab Postfix on this machine until Ctrl-C; `./dev up` calls this.
    Up {
        /// Where the data lies between runs; every parent must be open to all users.
        #[arg(long)]
        data: PathBuf,
        /// Where to write the facts for scripts.
        #[arg(long)]
        facts: PathBuf,
        /// The lab Postfix even where the machine runs one of its own.
        #[arg(long)]
        demo: bool,
    },
    /// Repeat a story while agent, server and PostgreSQL are killed, the log rotates and the wire is cut.
    /// Prints one line a run; fails unless every total at the API equals the truth.
    Oracle {
        /// How often.
        #[arg(long, default_value_t = 20)]
        runs: u64,
        /// Mails in each story.
        #[arg(long, default_value_t = 2_000)]
        mails: usize,
        /// The first run's seed; each later run takes the next number.
        #[arg(long)]
        seed: Option<u64>,
    },
    /// Measure this machine: log lines parsed a second, log line to message. Prints one JSON line for each.
    Bench {
        /// Rounds of the second figure.
        #[arg(long, default_value_t = 10)]
        rounds: usize,
    },
    /// Run a command with `DATABASE_URL` at a freshly migrated database of a server's own PostgreSQL.
    WithDatabase {
        /// The command and its arguments.
        #[arg(last = true, required = true)]
        command: Vec<String>,
    },
    /// Print what the journals in a directory add up to.
    Truth {
        /// The directory of a story.
        #[arg(long)]
        dir: PathBuf,
    },
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Traffic {
    Steady,
    Off,
}

type Outcome = Result<(), Box<dyn std::error::Error>>;

#[tokio::main]
async fn main() -> ExitCode {
    match run(Arguments::parse().command).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(fault) => {
            // Standard error may be closed; the exit code still tells.
            let _closed = writeln!(io::stderr(), "mailvane-lab: {fault}");
            ExitCode::FAILURE
        }
    }
}

async fn run(command: Command) -> Outcome {
    match command {
        Command::Postfix { dir, traffic, rate, seed, smtp } => {
            let seed = seed.unwrap_or_else(world::fresh_seed);
            run_postfix(&dir, traffic, rate, seed, smtp).await
        }
        Command::Slack { listen, journal } => {
            let slack = FakeSlack::start(listen, Journal::open(&journal)?).await?;
            print(
                &serde_json::json!({"ready": true, "webhook_url": slack.webhook_url(), "address": slack.address()}),
            )?;
            stopped().await?;
            Ok(())
        }
        Command::Story { dir, mails, seed } => {
            let seed = seed.unwrap_or_else(world::fresh_seed);
            tell(&dir, mails, seed).await
        }
        Command::Up { data, facts, demo } => {
            Ok(up::up(&Wish { data, facts, demo }, stopped()).await?)
        }
        Command::Oracle { runs, mails, seed } => {
            consult(runs, mails, seed.unwrap_or_else(world::fresh_seed)).await
        }
        Command::Bench { rounds } => {
            print(&serde_json::json!({"parsing": bench::parsing().await?}))?;
            print(&serde_json::json!({"line_to_message_ms": bench::news(rounds).await?}))?;
            Ok(())
        }
        Command::WithDatabase { command } => Ok(with_database(&command).await?),
        Command::Truth { dir } => Ok(print(&truth::read(&dir)?)?),
    }
}

async fn run_postfix(
    dir: &Path,
    traffic: Traffic,
    rate: f64,
    seed: u64,
    smtp: Option<SocketAddr>,
) -> Outcome {
    let sink = Sink::start(None)?;
    let pace = if traffic == Traffic::Steady { Pace::Steady } else { Pace::Story };
    let postfix = Postfix::start(plan(dir, &sink, pace, smtp)?).await?;
    let stop = stopped();
    print(&serde_json::json!({
        "ready": true,
        "config_directory": postfix.config_directory(),
        "log": postfix.log(),
        "smtp": postfix.smtp(),
        "master_pid": postfix.master_pid()?,
        "next_hops": sink.routes().iter().copied().collect::<std::collections::BTreeMap<_, _>>(),
        "seed": seed,
    }))?;
    if traffic == Traffic::Steady {
        tokio::select! {
            () = traffic::steady(postfix.smtp(), rate, seed) => {}
            stop = stop => stop?,
        }
    } else {
        stop.await?;
    }
    Ok(postfix.stop().await?)
}

async fn consult(runs: u64, mails: usize, seed: u64) -> Outcome {
    let mut inexact = 0_u64;
    for run in 0..runs {
        let (verdict, words) = oracle::run(mails, &oracle::FAULTS, seed.wrapping_add(run)).await?;
        print(&serde_json::json!({"run": run + 1, "exact": verdict.exact(), "verdict": verdict}))?;
        if !verdict.exact() {
            inexact += 1;
            writeln!(io::stderr(), "{words}")?;
        }
    }
    if inexact == 0 {
        Ok(())
    } else {
        Err(format!("{inexact} of {runs} runs were not exact").into())
    }
}

async fn tell(dir: &Path, mails: usize, seed: u64) -> Outcome {
    std::fs::create_dir_all(dir)?;
    let sink = Sink::start(Some(Journal::open(&dir.join(truth::SINK_JOURNAL))?))?;
    let postfix = Postfix::start(plan(dir, &sink, Pace::Story, None)?).await?;
    let journal = Journal::open(&dir.join(truth::SOURCE_JOURNAL))?;
    story::tell(postfix.smtp(), story::plan(mails, seed), &journal).await?;
    story::settle(|| postfix.depth(), SETTLE_MAX).await?;
    postfix.stop().await?;
    print(&truth::read(dir)?)?;
    Ok(())
}

fn plan(dir: &Path, sink: &Sink, pace: Pace, smtp: Option<SocketAddr>) -> io::Result<Plan> {
    Ok(Plan {
        dir: dir.to_owned(),
        name: "postfix-lab".to_owned(),
        host_name: "mx1.lab.test".to_owned(),
        smtp: match smtp {
            Some(address) if address.ip() == Ipv4Addr::LOCALHOST => address,
            Some(_) => {
                return Err(io::Error::new(
                    io::ErrorKind::InvalidInput,
                    "--smtp must be on 127.0.0.1",
                ));
            }
            None => free_port()?,
        },
        routes: sink.routes().to_vec(),
        pace,
        long_queue_ids: false,
    })
}

/// Returns when someone asks the lab to end.
///
/// Listens from the call on, not only from the first poll: what is asked in between is heard.
fn stopped() -> impl Future<Output = io::Result<()>> {
    let listening = signal(SignalKind::terminate())
        .and_then(|terminate| Ok((terminate, signal(SignalKind::interrupt())?)));
    async move {
        let (mut terminate, mut interrupt) = listening?;
        tokio::select! {
            _ = terminate.recv() => Ok(()),
            _ = interrupt.recv() => Ok(()),
        }
    }
}

fn print(value: &impl Serialize) -> io::Result<()> {
    let mut out = io::stdout().lock();
    serde_json::to_writer(&mut out, value)?;
    out.write_all(b"\n")?;
    out.flush()
}
