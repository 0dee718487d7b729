//! Lines that a syslog daemon sends to a socket: each is written to a file of the agent's own before it is counted, so
//! that a kill loses none of those that came.
//!
//! Never answers, never opens a port that the configuration does not name.

use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::net::UdpSocket;
use std::os::fd::{AsFd, AsRawFd as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use crate::tail::checkpoint::Checkpoint;
use crate::tail::{Lost, Progress, Start, Tail};
use crate::vfs::Vfs;

/// Longest datagram that is kept.
const DATAGRAM_BYTES_MAX: usize = 8 * 1024;
/// The agent's own file is begun anew after this; the one before it is kept until then.
const FILE_BYTES_MAX: u64 = 16 << 20;
/// The kernel keeps this much while the receiver is busy: a second of 20,000 lines.
const RECEIVE_BYTES: usize = 4 << 20;
/// The receiver looks this often whether it is to end.
const PATIENCE: Duration = Duration::from_millis(250);
/// A socket that could not be had is tried again after this.
const RETRY_MS: i64 = 5_000;

/// A socket, and the file that its lines go through.
pub struct Inbox {
    address: String,
    file: PathBuf,
    tail: Tail,
    receiver: Option<Receiver>,
    retry_ms: i64,
    seen_lost: u64,
    lost: Vec<Lost>,
}

struct Receiver {
    ending: Arc<AtomicBool>,
    /// Datagrams that could not be kept.
    unkept: Arc<AtomicU64>,
    thread: Option<JoinHandle<()>>,
    /// Inode of a UDP socket, by which the kernel counts what it dropped.
    inode: Option<u64>,
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.ending.store(true, Ordering::SeqCst);
        let ended = self.thread.take().map(JoinHandle::join);
        tracing::trace!(ended = matches!(ended, Some(Ok(()))), "syslog.receiver");
    }
}

impl Inbox {
    /// Goes on with what was kept; what was sent while nobody listened is declared lost.
    pub fn open(
        logs: Arc<dyn Vfs>,
        address: &str,
        place: Option<&Checkpoint>,
        directory: &Path,
    ) -> Self {
        let name: String =
            address.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
        let file = directory.join(format!("{name}.log"));
        let (tail, lost) = match place {
            Some(place) => {
                let why = "nobody listened while the agent was down";
                (Tail::resume(logs, &file, place), vec![Lost { bytes: 0, why }])
            }
            None => (Tail::new(logs, &file, Start::First), Vec::new()),
        };
        let address = address.to_owned();
        let (receiver, retry_ms, seen_lost) = (None, i64::MIN, 0);
        Self { address, file, tail, receiver, retry_ms, seen_lost, lost }
    }

    /// Begins to listen.
    pub fn begin(&mut self) {
        if let Err(why) = self.listen(i64::MIN) {
            tracing::warn!(why, "syslog.listen");
        }
        self.tail.begin();
    }

    /// Hands out lines.
    pub fn read(&mut self, now_ms: i64, bytes_max: usize, line: &mut dyn FnMut(&[u8])) -> Progress {
        if let Err(why) = self.listen(now_ms) {
            return Progress::Blocked(why);
        }
        self.count_lost();
        self.tail.read(now_ms, bytes_max, line)
    }

    fn listen(&mut self, now_ms: i64) -> Result<(), String> {
        let lives = self.receiver.as_ref().is_some_and(|receiver| {
            receiver.thread.as_ref().is_some_and(|thread| !thread.is_finished())
        });
        if lives {
            return Ok(());
        }
        let why = format!("{}: is not listened to", self.address);
        if now_ms < self.retry_ms {
            return Err(why);
        }
        self.retry_ms = now_ms.saturating_add(RETRY_MS);
        match Receiver::start(&self.address, &self.file) {
            Ok(receiver) => {
                (self.receiver, self.seen_lost) = (Some(receiver), 0);
                Ok(())
            }
            Err(error) => Err(format!("{}: {error}", self.address)),
        }
    }

    fn count_lost(&mut self) {
        let Some(receiver) = &self.receiver else { return };
        let lost =
            receiver.unkept.load(Ordering::SeqCst) + receiver.inode.and_then(dropped).unwrap_or(0);
        if lost > self.seen_lost {
            self.lost.push(Lost { bytes: 0, why: "lines came faster than they could be kept" });
            self.seen_lost = lost;
        }
    }

    /// The place behind the last line that was handed out.
    pub fn checkpoint(&self) -> Option<Checkpoint> {
        self.tail.checkpoint()
    }

    /// What was gone before it was read, since the last call.
    pub fn take_lost(&mut self) -> Vec<Lost> {
        let mut lost = std::mem::take(&mut self.lost);
        lost.extend(self.tail.take_lost());
        lost
    }

    /// Bytes that came and are not counted yet.
    pub fn behind(&self) -> u64 {
        self.tail.behind()
    }

    /// Leaves out what came and was not counted.
    pub fn skip_to_end(&mut self) {
        self.tail.skip_to_end();
    }
}

impl Receiver {
    fn start(address: &str, file: &Path) -> io::Result<Self> {
        let socket = Socket::bind(address)?;
        let keeper = Keeper::open(file)?;
        let inode = socket.inode();
        let (ending, unkept) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
        let (end, lost) = (ending.clone(), unkept.clone());
        let thread = std::thread::Builder::new()
            .name("syslog".into())
            .spawn(move || receive(&socket, keeper, &end, &lost))?;
        Ok(Self { ending, unkept, thread: Some(thread), inode })
    }
}

fn receive(socket: &Socket, mut keeper: Keeper, ending: &AtomicBool, unkept: &AtomicU64) {
    let mut datagram = vec![0; DATAGRAM_BYTES_MAX];
    let mut failing = false;
    while !ending.load(Ordering::SeqCst) {
        let length = match socket.receive(&mut datagram) {
            Ok(length) => length,
            Err(error) => {
                use io::ErrorKind::{Interrupted, TimedOut, WouldBlock};
                if matches!(error.kind(), Interrupted | TimedOut | WouldBlock) {
                    continue;
                }
                tracing::warn!(error = %error, "syslog.receive: the socket is opened again");
                return;
            }
        };
        let kept = keeper.keep(datagram.get(..length).unwrap_or_default());
        if let Err(error) = &kept {
            unkept.fetch_add(1, Ordering::SeqCst);
            if !failing {
                tracing::warn!(error = %error, "syslog.keep: lines are lost until there is room");
            }
        }
        failing = kept.is_err();
    }
}

enum Socket {
    Udp(UdpSocket),
    Unix(UnixDatagram, PathBuf),
}

impl Socket {
    fn bind(address: &str) -> io::Result<Self> {
        let socket = if let Some(address) = address.strip_prefix("udp:") {
            let socket = UdpSocket::bind(address)?;
            socket.set_read_timeout(Some(PATIENCE))?;
            Self::Udp(socket)
        } else {
            let path = PathBuf::from(address.strip_prefix("unix:").unwrap_or(address));
            abandoned(&path)?;
            let socket = UnixDatagram::bind(&path)?;
            // As /dev/log: whoever may log there may log here, whichever user the syslog daemon runs as.
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o666))?;
            socket.set_read_timeout(Some(PATIENCE))?;
            Self::Unix(socket, path)
        };
        let buffer = match &socket {
            Self::Udp(socket) => roomy(socket.as_fd()),
            Self::Unix(socket, _) => roomy(socket.as_fd()),
        };
        tracing::debug!(roomy = buffer.is_ok(), address, "syslog.listening");
        Ok(socket)
    }

    fn receive(&self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Udp(socket) => socket.recv(buffer),
            Self::Unix(socket, _) => socket.recv(buffer),
        }
    }

    fn inode(&self) -> Option<u64> {
        let Self::Udp(socket) = self else { return None };
        let link = std::fs::read_link(format!("/proc/self/fd/{}", socket.as_raw_fd())).ok()?;
        link.to_str()?.strip_prefix("socket:[")?.strip_suffix(']')?.parse().ok()
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        if let Self::Unix(_, path) = self {
            let removed = std::fs::remove_file(path);
            tracing::trace!(removed = removed.is_ok(), "syslog.socket");
        }
    }
}

fn roomy(socket: std::os::fd::BorrowedFd<'_>) -> rustix::io::Result<()> {
    rustix::net::sockopt::set_socket_recv_buffer_size(socket, RECEIVE_BYTES)
}

/// Removes a socket that an agent left behind; anything else in its place is left alone.
fn abandoned(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::FileTypeExt as _;
    let Ok(metadata) = std::fs::symlink_metadata(path) else { return Ok(()) };
    if !metadata.file_type().is_socket() {
        return Err(io::Error::other("is there already, and is no socket"));
    }
    if UnixDatagram::unbound()?.connect(path).is_ok() {
        return Err(io::Error::other("another program listens there"));
    }
    std::fs::remove_file(path)
}

/// What the kernel threw away for lack of room, from the last column of /proc/net/udp.
fn dropped(inode: u64) -> Option<u64> {
    let tables = ["/proc/self/net/udp", "/proc/self/net/udp6"].map(std::fs::read_to_string);
    let text = tables.into_iter().flatten().collect::<String>();
    dropped_in(&text, inode)
}

fn dropped_in(table: &str, inode: u64) -> Option<u64> {
    table.lines().find_map(|line| {
        let mut columns = line.split_ascii_whitespace();
        (columns.nth(9)?.parse() == Ok(inode)).then(|| columns.last()?.parse().ok())?
    })
}

/// Writes lines to the agent's own file.
struct Keeper {
    path: PathBuf,
    file: File,
    bytes: u64,
}

impl Keeper {
    fn open(path: &Path) -> io::Result<Self> {
        if let Some(directory) = path.parent() {
            std::fs::create_dir_all(directory)?;
        }
        let file = OpenOptions::new().create(true).append(true).mode(0o600).open(path)?;
        let bytes = file.metadata()?.size();
        Ok(Self { path: path.into(), file, bytes })
    }

    fn keep(&mut self, datagram: &[u8]) -> io::Result<()> {
        if self.bytes >= FILE_BYTES_MAX {
            std::fs::rename(&self.path, self.path.with_extension("log.1"))?;
            *self = Self::open(&self.path)?;
        }
        let line = as_line(datagram);
        self.file.write_all(&line)?;
        self.bytes += u64::try_from(line.len()).unwrap_or(0);
        Ok(())
    }
}

/// A datagram as one line of a log. syslog(3) of glibc leaves the host out, which every other writer has.
fn as_line(datagram: &[u8]) -> Vec<u8> {
    const STAMP_BYTES: usize = 15;
    let end =
        datagram.iter().rposition(|byte| !matches!(byte, b'\n' | b'\r' | 0)).map_or(0, |at| at + 1);
    let text = datagram.get(..end).unwrap_or_default();
    let mut line: Vec<u8> = text
        .iter()
        .map(|byte| if matches!(byte, b'\n' | b'\r' | 0) { b' ' } else { *byte })
        .collect();
    let stamp = memchr::memchr(b'>', &line).map_or(0, |at| at + 1);
    let behind = line.get(stamp + STAMP_BYTES..).and_then(|rest| rest.strip_prefix(b" "));
    let hostless = behind.is_some_and(|rest| {
        let word = rest.split(|byte| *byte == b' ').next().unwrap_or_default();
        word.ends_with(b"]:") || (word.ends_with(b":") && word.contains(&b'/'))
    });
    if hostless && line.get(stamp).is_some_and(u8::is_ascii_alphabetic) {
        line.splice(stamp + STAMP_BYTES..stamp + STAMP_BYTES, *b" -");
    }
    line.push(b'\n');
    line
}

#[cfg(test)]
mod tests;
