//! Words to the person at the terminal; the only file that writes to standard output and error.

use std::fmt::Display;
use std::io::{IsTerminal as _, Write as _};
use std::process::ExitCode;

/// One line to standard output; a reader that went away ends nothing.
pub(crate) fn line(text: &str) {
    let written = writeln!(std::io::stdout(), "{text}");
    tracing::trace!(written = written.is_ok(), "output");
}

/// Asks, if somebody is there.
pub(crate) fn prompt(text: &str) {
    if std::io::stdin().is_terminal() {
        let written = write!(std::io::stderr(), "{text}");
        tracing::trace!(written = written.is_ok(), "prompt");
    }
}

/// Says what failed, in one line, and gives the exit code.
pub(crate) fn fail(code: u8, error: &dyn Display) -> ExitCode {
    let written = writeln!(std::io::stderr(), "mailvane-agent: {error}");
    tracing::trace!(written = written.is_ok(), "fail");
    ExitCode::from(code)
}

/// Waits for SIGTERM or SIGINT.
pub(crate) async fn asked_to_end() {
    use tokio::signal::unix::{SignalKind, signal};
    let (Ok(mut terminate), Ok(mut interrupt)) =
        (signal(SignalKind::terminate()), signal(SignalKind::interrupt()))
    else {
        return std::future::pending().await;
    };
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
}
