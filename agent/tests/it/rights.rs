//! What the agent and its queue helper may read, tried with the users, groups, capability and Landlock rules of their units.
//!
//! Needs root, which alone can take those rights on; elsewhere it says so and is left out.

use std::io::{BufRead as _, Write as _};
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use mailvane_agent::helper;

/// Users of nobody else, so that no account has to be made.
const AGENT_UID: u32 = 64_998;
const HELPER_UID: u32 = 64_999;
/// The mail system's user here.
const MAIL_UID: u32 = 64_997;

/// A spool with one deferred message, a private key and a log, each with the owner and mode that it has on a mail server.
struct Place {
    directory: tempfile::TempDir,
}

impl Place {
    fn make() -> Self {
        let directory = tempfile::Builder::new().prefix("rights-").tempdir_in("/tmp").unwrap();
        let mode = |path: &Path, mode| {
            std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
        };
        mode(directory.path(), 0o755);
        let place = Self { directory };
        for queue in ["deferred", "hold", "incoming", "active", "maildrop", "corrupt", "saved"] {
            let queue = place.path("spool").join(queue);
            std::fs::create_dir_all(queue.join("A")).unwrap();
            std::fs::write(queue.join("A/AF128B62034"), "Dear Bob, the password is swordfish")
                .unwrap();
            for path in [queue.join("A/AF128B62034"), queue.join("A"), queue.clone()] {
                chown(&path, Some(MAIL_UID), None).unwrap();
                mode(&path, 0o700);
            }
        }
        std::fs::write(place.path("server.key"), "PRIVATE").unwrap();
        mode(&place.path("server.key"), 0o600);
        // The test itself, where those users can reach it.
        std::fs::copy(std::env::current_exe().unwrap(), place.path("test")).unwrap();
        mode(&place.path("test"), 0o755);
        place
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// Runs one of the tests below with the rights of a unit.
    fn try_as(&self, uid: u32, rights: &[&str], test: &str) -> Output {
        let id = uid.to_string();
        let mut child = Command::new("setpriv")
            .args(["--reuid", &id, "--regid", &id, "--no-new-privs"])
            .args(rights)
            .arg(self.path("test"))
            .args(["--exact", test, "--ignored", "--nocapture"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        writeln!(child.stdin.take().unwrap(), "{}", self.directory.path().display()).unwrap();
        child.wait_with_output().unwrap()
    }
}

fn may_become_others() -> bool {
    let root = rustix::process::geteuid().is_root() && Path::new("/usr/bin/setpriv").exists();
    if !root {
        eprintln!("not root: the rights of the units are not tried");
    }
    root
}

fn passed(output: &Output) {
    let said = String::from_utf8_lossy(&output.stdout);
    let more = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && said.contains("1 passed"), "{said}\n{more}");
}

#[test]
fn the_agent_can_read_neither_mail_nor_keys() {
    if may_become_others() {
        let place = Place::make();
        let rights = ["--clear-groups", "--bounding-set=-all", "--inh-caps=-all"];
        passed(&place.try_as(AGENT_UID, &rights, "rights::as_the_agent"));
    }
}

const HELPER_RIGHTS: [&str; 4] = [
    "--clear-groups",
    "--bounding-set=-all,+dac_read_search",
    "--inh-caps=-all,+dac_read_search",
    "--ambient-caps=-all,+dac_read_search",
];

#[test]
fn the_queue_helper_sees_names_and_can_read_neither_mail_nor_keys() {
    if may_become_others() {
        let place = Place::make();
        passed(&place.try_as(HELPER_UID, &HELPER_RIGHTS, "rights::as_the_helper"));
    }
}

#[test]
fn the_capability_alone_would_read_mail_so_the_trial_is_one() {
    if may_become_others() {
        let place = Place::make();
        passed(&place.try_as(
            HELPER_UID,
            &HELPER_RIGHTS,
            "rights::as_a_helper_that_is_not_shut_in",
        ));
    }
}

#[test]
fn the_helper_itself_answers_with_those_rights() {
    if !may_become_others() {
        return;
    }
    let place = Place::make();
    let agent = place.path("mailvane-agent");
    std::fs::copy(env!("CARGO_BIN_EXE_mailvane-agent"), &agent).unwrap();
    let id = HELPER_UID.to_string();
    let mut child = Command::new("setpriv")
        .args(["--reuid", &id, "--regid", &id, "--no-new-privs"])
        .args(HELPER_RIGHTS)
        .arg(&agent)
        .args(["queue-helper", "--queue-directory"])
        .arg(place.path("spool"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    writeln!(child.stdin.take().unwrap(), "0 {}", place.path("spool").display()).unwrap();
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(
        said.contains("\ndeferred 1 35 "),
        "{said} {}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(said.contains("\ncorrupt 1 "), "{said}");
    assert!(said.contains("\nbounce closed missing\n"), "{said}");
}

/// Where the trial takes place: the only line of standard input.
fn place() -> PathBuf {
    std::io::stdin().lock().lines().next().unwrap().unwrap().into()
}

fn denied<T>(result: std::io::Result<T>) -> bool {
    result.is_err_and(|error| error.kind() == std::io::ErrorKind::PermissionDenied)
}

#[test]
#[ignore = "runs inside the trials above"]
fn as_the_agent() {
    let place = place();
    assert!(denied(std::fs::read(place.join("spool/deferred/A/AF128B62034"))));
    assert!(denied(std::fs::read_dir(place.join("spool/deferred"))));
    assert!(denied(std::fs::read(place.join("server.key"))));
}

#[test]
#[ignore = "runs inside the trials above"]
fn as_the_helper() {
    let place = place();
    let spool = place.join("spool");
    assert!(helper::shut_in(std::slice::from_ref(&spool)).unwrap(), "this kernel has no Landlock");
    let names: Vec<_> = std::fs::read_dir(spool.join("deferred/A"))
        .unwrap()
        .map(|e| e.unwrap().file_name())
        .collect();
    assert_eq!(names, ["AF128B62034"]);
    assert_eq!(std::fs::metadata(spool.join("deferred/A/AF128B62034")).unwrap().len(), 35);
    assert!(denied(std::fs::read(spool.join("deferred/A/AF128B62034"))));
    assert!(denied(std::fs::read(place.join("server.key"))));
    for directory in ["/", "/etc", "/root", "/tmp"] {
        assert!(denied(std::fs::read_dir(directory)), "{directory}");
    }
    assert!(denied(std::fs::write(spool.join("deferred/A/BF128B62034"), "x")));
    assert!(denied(std::net::TcpListener::bind("127.0.0.1:0")));
    assert!(denied(std::net::TcpStream::connect("127.0.0.1:25")));
}

#[test]
#[ignore = "runs inside the trials above"]
fn as_a_helper_that_is_not_shut_in() {
    let place = place();
    assert!(std::fs::read(place.join("server.key")).is_ok());
    assert!(std::fs::read(place.join("spool/deferred/A/AF128B62034")).is_ok());
}
