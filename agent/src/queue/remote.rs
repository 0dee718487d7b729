//! The agent's side of the queue helper: asks over a socket and never waits long, as lines of the log must not wait.

use std::io::{self, Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::{Seen, answer};

/// Where the helper listens.
pub const SOCKET: &str = "/run/mailvane-agent-queue.sock";
/// How long an answer may keep the agent from its logs; a helper that needs longer is heard the next time.
const WAIT_MAX: Duration = Duration::from_millis(300);

/// One helper, asked about one queue directory.
#[derive(Debug)]
pub struct Remote {
    socket: PathBuf,
    stream: Option<UnixStream>,
    /// What came of an answer so far, while one is awaited.
    awaited: Option<Vec<u8>>,
}

impl Remote {
    /// For a helper's socket.
    pub fn new(socket: &Path) -> Self {
        Self { socket: socket.into(), stream: None, awaited: None }
    }

    /// Asks, and gives the answer; nothing if it has not come yet.
    pub fn ask(&mut self, directory: &Path, lifetime_s: Option<u64>) -> io::Result<Option<Seen>> {
        let asked = self.try_ask(directory, lifetime_s);
        if asked.is_err() {
            (self.stream, self.awaited) = (None, None);
        }
        asked
    }

    fn try_ask(&mut self, directory: &Path, lifetime_s: Option<u64>) -> io::Result<Option<Seen>> {
        let mut stream = match self.stream.take() {
            Some(stream) => stream,
            None => UnixStream::connect(&self.socket)?,
        };
        stream.set_read_timeout(Some(WAIT_MAX))?;
        stream.set_write_timeout(Some(WAIT_MAX))?;
        if self.awaited.is_none() {
            let directory = directory.to_str().ok_or(io::ErrorKind::InvalidInput)?;
            stream.write_all(answer::request(directory, lifetime_s).as_bytes())?;
        }
        let mut text = self.awaited.take().unwrap_or_default();
        let mut buffer = [0; 2_048];
        while !text.ends_with(answer::END) {
            match stream.read(&mut buffer) {
                Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
                Ok(read) => text.extend_from_slice(buffer.get(..read).unwrap_or_default()),
                Err(error) if is_later(&error) => {
                    (self.awaited, self.stream) = (Some(text), Some(stream));
                    return Ok(None);
                }
                Err(error) => return Err(error),
            }
            if text.len() > answer::ANSWER_BYTES_MAX {
                return Err(io::ErrorKind::InvalidData.into());
            }
        }
        self.stream = Some(stream);
        answer::read(&text).map(Some).ok_or_else(|| io::ErrorKind::InvalidData.into())
    }
}

fn is_later(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut | io::ErrorKind::Interrupted
    )
}

#[cfg(test)]
mod tests {
    use std::io::BufRead as _;
    use std::os::unix::net::UnixListener;

    use super::*;

    #[test]
    fn an_answer_may_come_late_and_a_helper_may_come_back() {
        let directory = tempfile::tempdir().unwrap();
        let socket = directory.path().join("queue.sock");
        let mut remote = Remote::new(&socket);
        assert!(remote.ask(Path::new("/var/spool/postfix"), None).is_err());
        let listener = UnixListener::bind(&socket).unwrap();
        let helper = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut asked = String::new();
            io::BufReader::new(stream.try_clone().unwrap()).read_line(&mut asked).unwrap();
            stream.write_all(b"queues 1\nhold closed ").unwrap();
            std::thread::sleep(WAIT_MAX * 2);
            stream.write_all(b"denied\nend\n").unwrap();
            asked
        });
        let mut seen = None;
        for _ in 0..20 {
            seen = remote.ask(Path::new("/var/spool/postfix"), Some(9)).unwrap();
            if seen.is_some() {
                break;
            }
        }
        assert_eq!(helper.join().unwrap(), "9 /var/spool/postfix\n");
        let seen = seen.unwrap();
        assert_eq!(seen[0].1.as_ref().unwrap_err().kind(), io::ErrorKind::PermissionDenied);
        assert!(remote.ask(Path::new("/var/spool/postfix"), None).is_err(), "the helper ended");
    }
}
