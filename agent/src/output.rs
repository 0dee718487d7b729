//! Words to the person at the terminal, and what the person types; the only file that touches standard output and error.

use std::fmt::Display;
use std::io::{self, IsTerminal as _, Read as _, Write as _};
use std::process::ExitCode;

use rustix::termios::{LocalModes, OptionalActions, SpecialCodeIndex, tcgetattr, tcsetattr};

/// A key is at most this long; what is typed beyond it is no key.
const SECRET_BYTES_MAX: usize = 4_096;

/// How answers are given.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Output {
    pub(crate) json: bool,
}

impl Output {
    /// An answer: lines for people, or one value.
    pub(crate) fn answer(self, lines: impl IntoIterator<Item = String>, value: &serde_json::Value) {
        if self.json {
            line(&value.to_string());
        } else {
            for text in lines {
                line(&text);
            }
        }
    }

    /// Says what failed and gives the exit code; where JSON was asked for, standard output has it as well.
    pub(crate) fn fail(self, code: u8, error: &dyn Display) -> ExitCode {
        if self.json {
            let fault = serde_json::json!({ "error": error.to_string(), "exit_code": code });
            line(&fault.to_string());
        }
        note(&format!("mailvane-agent: {error}"));
        ExitCode::from(code)
    }
}

/// One line to standard output; says whether anybody still reads.
pub(crate) fn line(text: &str) -> bool {
    writeln!(io::stdout(), "{text}").is_ok()
}

/// One line to standard error.
pub(crate) fn note(text: &str) {
    let written = writeln!(io::stderr(), "{text}");
    tracing::trace!(written = written.is_ok(), "note");
}

/// How far something is, on one line of a terminal that is written again and again; nothing where nobody watches.
pub(crate) fn progress(text: &str) {
    if io::stderr().is_terminal() {
        let written = write!(io::stderr(), "\r\x1b[K{text}");
        tracing::trace!(written = written.is_ok(), "progress");
    }
}

/// Asks for a secret without showing it; nothing where no terminal is there to ask.
pub(crate) fn secret(text: &str) -> Option<io::Result<String>> {
    let stdin = io::stdin();
    stdin.is_terminal().then(|| {
        let shown = tcgetattr(&stdin)?;
        let mut hidden = shown.clone();
        // Without signals too, as Ctrl-C would otherwise leave the terminal without its echo.
        hidden.local_modes &= !(LocalModes::ECHO | LocalModes::ICANON | LocalModes::ISIG);
        hidden.special_codes[SpecialCodeIndex::VMIN] = 1;
        hidden.special_codes[SpecialCodeIndex::VTIME] = 0;
        tcsetattr(&stdin, OptionalActions::Flush, &hidden)?;
        let mut asked = write!(io::stderr(), "{text}").and_then(|()| typed(&mut stdin.lock()));
        if let Err(error) = tcsetattr(&stdin, OptionalActions::Flush, &shown) {
            asked = Err(error.into());
        }
        note("");
        asked
    })
}

/// What is typed up to the end of the line.
fn typed(source: &mut dyn io::Read) -> io::Result<String> {
    const INTERRUPT: u8 = 3;
    const END: u8 = 4;
    const BACKSPACE: u8 = 8;
    const DELETE: u8 = 127;
    let mut text = Vec::new();
    for byte in io::BufReader::new(source).bytes() {
        match byte? {
            b'\n' | b'\r' | END => break,
            INTERRUPT => return Err(io::ErrorKind::Interrupted.into()),
            BACKSPACE | DELETE => drop(text.pop()),
            byte if text.len() < SECRET_BYTES_MAX => text.push(byte),
            _ => {}
        }
    }
    String::from_utf8(text).map_err(io::Error::other)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_typed_with_corrections_and_can_be_given_up() {
        let mut keys: &[u8] = b"mv_enr_ab\x7f\x08c\nrest";
        assert_eq!(typed(&mut keys).unwrap(), "mv_enr_c");
        let mut keys: &[u8] = b"mv_\x03";
        assert_eq!(typed(&mut keys).unwrap_err().kind(), io::ErrorKind::Interrupted);
    }
}
