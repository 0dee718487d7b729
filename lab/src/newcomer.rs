//! A server with nobody in it and a mail server that keeps what it sends: where a newcomer begins. A command, such as a
//! browser's journey, runs beside them and finds both in its environment.

use std::{io, net::SocketAddr};

use tokio::process::Command;

use crate::{
    journal::Journal,
    mailbox::Mailbox,
    postfix::free_port,
    stack::{Binaries, ServerPlan, scratch_dir},
};

/// Why the newcomer did not get through.
pub type NewcomerError = Box<dyn std::error::Error + Send + Sync>;

/// Runs `command` with `MAILVANE_URL` (the pages) and `MAILVANE_MAILS` (a journal with one mail a line).
pub async fn receive(command: &[String]) -> Result<(), NewcomerError> {
    let dir = scratch_dir()?;
    let mails = dir.path().join("mails.jsonl");
    let anywhere: SocketAddr = ([127, 0, 0, 1], 0).into();
    let mailbox = Mailbox::start(anywhere, Journal::open(&mails)?).await?;
    let settings = vec![
        ("MAILVANE_SMTP_URL", format!("smtp://{}?tls=none", mailbox.address())),
        ("MAILVANE_MAIL_FROM", "Mailvane <mailvane@lab.test>".to_owned()),
        ("MAILVANE_SIGN_UP", "open".to_owned()),
    ];
    let plan = ServerPlan {
        binaries: Binaries::beside_me()?,
        data_dir: dir.path().join("server"),
        listen: free_port()?,
        plain: free_port()?,
        outbound_allow: String::new(),
        settings,
        log: dir.path().join("server.log"),
    };
    let server = plan.start().await?;
    let (program, arguments) = command.split_first().ok_or("no command was given")?;
    let status = Command::new(program)
        .args(arguments)
        .env("MAILVANE_URL", plan.url())
        .env("MAILVANE_MAILS", &mails)
        .status()
        .await
        .map_err(|error| io::Error::new(error.kind(), format!("{program}: {error}")))?;
    let said = server.last_words();
    server.stop().await?;
    if status.success() { Ok(()) } else { Err(format!("{program}: {status}\n{said}").into()) }
}
