//! The laboratory: a private Postfix, sources and sinks of mail, fakes, fleets, faults, benchmarks. Never ships.
//!
//! Two ways lead through it. *Mail*: [`traffic`] and [`story`] speak SMTP through [`smtp`] to [`postfix`], which
//! delivers to [`sink`]; source and sink write [`journal`]s, and [`truth`] adds those up. *News*: the server's
//! messages end in [`slack`], [`slack_bot`], [`pagerduty`], [`telegram`], [`mailbox`] and [`webhook`], which refuse
//! what the real ones refuse. [`stack`] starts the real binaries around
//! both, [`proxy`] breaks the wire between them, and [`oracle`] compares what the API says with the truth.
//! Nothing here is imported by the agent or the server, except by their tests.

pub mod api;
pub mod bench;
pub mod journal;
pub mod mailbox;
pub mod newcomer;
pub mod nexthop;
pub mod oracle;
pub mod pagerduty;
pub mod ports;
pub mod postfix;
pub mod proxy;
pub mod receiver;
pub mod scene;
pub mod siege;
pub mod sink;
pub mod slack;
pub mod slack_bot;
pub mod smtp;
pub mod stack;
pub mod story;
pub mod telegram;
pub mod traffic;
pub mod truth;
pub mod up;
pub mod webhook;
pub mod world;
