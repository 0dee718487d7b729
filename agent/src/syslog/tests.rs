//! A syslog daemon that sends, an agent that comes and goes.

use super::*;
use crate::postfix::Line;
use crate::vfs::Disk;

struct Host {
    directory: tempfile::TempDir,
    now_ms: i64,
}

impl Host {
    fn new() -> Self {
        Self { directory: tempfile::tempdir().unwrap(), now_ms: 1_000_000 }
    }

    fn open(&self, address: &str, place: Option<&Checkpoint>) -> Inbox {
        let mut inbox =
            Inbox::open(Arc::new(Disk), address, place, &self.directory.path().join("inbox"));
        inbox.begin();
        inbox
    }

    fn socket(&self) -> String {
        format!("unix:{}", self.directory.path().join("log.sock").display())
    }

    /// Reads until as many lines have come.
    fn lines(&mut self, inbox: &mut Inbox, wanted: usize) -> Vec<String> {
        let mut lines = Vec::new();
        for _ in 0..200 {
            self.now_ms += 100;
            inbox.read(self.now_ms, 1 << 20, &mut |line| {
                lines.push(String::from_utf8_lossy(line).into_owned());
            });
            if lines.len() >= wanted {
                break;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        lines
    }
}

fn send(to: &str, text: &str) {
    let path = to.strip_prefix("unix:").unwrap();
    UnixDatagram::unbound().unwrap().send_to(text.as_bytes(), path).unwrap();
}

#[test]
fn what_came_before_a_kill_is_counted_after_it_and_once() {
    let mut host = Host::new();
    let address = host.socket();
    let mut inbox = host.open(&address, None);
    let place = inbox.checkpoint();
    send(&address, "<22>Nov 23 12:07:40 mx1 postfix/smtpd[280]: one");
    send(&address, "<22>Nov 23 12:07:41 mx1 postfix/smtpd[280]: two");
    assert_eq!(host.lines(&mut inbox, 2).len(), 2);
    // Nothing of it was written to the spool when the power went.
    drop(inbox);
    let mut inbox = host.open(&address, place.as_ref());
    send(&address, "<22>Nov 23 12:07:42 mx1 postfix/smtpd[280]: three");
    let lines = host.lines(&mut inbox, 3);
    assert!(lines[0].ends_with("one") && lines[2].ends_with("three"), "{lines:?}");
    assert_eq!(inbox.take_lost().len(), 1, "nobody listened for a while");
    let place = inbox.checkpoint();
    drop(inbox);
    let mut inbox = host.open(&address, place.as_ref());
    assert_eq!(host.lines(&mut inbox, 1), [""; 0]);
}

#[test]
fn a_udp_port_is_listened_to() {
    let mut host = Host::new();
    let free = UdpSocket::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let mut inbox = host.open(&format!("udp:{free}"), None);
    let sender = UdpSocket::bind("127.0.0.1:0").unwrap();
    let text = b"<22>1 2026-11-23T12:25:38.2Z mx1 postfix/smtpd 7 - - connect from a[192.0.2.1]\n";
    sender.send_to(text, free).unwrap();
    assert_eq!(host.lines(&mut inbox, 1).len(), 1);
}

#[test]
fn an_address_that_cannot_be_had_is_said_and_a_file_in_its_place_left_alone() {
    let mut host = Host::new();
    let path = host.directory.path().join("log.sock");
    std::fs::write(&path, "mine").unwrap();
    let address = host.socket();
    let mut inbox = host.open(&address, None);
    let Progress::Blocked(why) = inbox.read(0, 1, &mut |_| {}) else { panic!("it listens") };
    assert!(why.contains("no socket") || why.contains("not listened"), "{why}");
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "mine");
    std::fs::remove_file(&path).unwrap();
    host.now_ms += RETRY_MS;
    host.lines(&mut inbox, 1);
    assert!(path.exists(), "tried again");
}

#[test]
fn a_datagram_is_one_line_and_has_a_host() {
    let line = |text: &[u8]| String::from_utf8(as_line(text)).unwrap();
    assert_eq!(
        line(b"<22>Nov  3 12:07:40 postfix/qmgr[7]: A: removed\n\0"),
        "<22>Nov  3 12:07:40 - postfix/qmgr[7]: A: removed\n"
    );
    let whole = "<22>Nov  3 12:07:40 mx1 postfix/qmgr[7]: a";
    assert_eq!(line(format!("{whole}\nb").as_bytes()), format!("{whole} b\n"));
    let text = line(b"<22>Nov  3 12:07:40 postfix/qmgr[7]: x");
    assert_eq!(Line::parse(text.trim_end().as_bytes()).unwrap().daemon, b"qmgr");
    assert_eq!(line(b""), "\n");
    assert_eq!(line(b"<22>"), "<22>\n");
}

#[test]
fn the_kernel_says_what_it_threw_away() {
    let table = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops\n 1: 0100007F:1588 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 4711 2 0000 17\n";
    assert_eq!(dropped_in(table, 4711), Some(17));
    assert_eq!(dropped_in(table, 1), None);
}
