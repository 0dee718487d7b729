//! Named places at which a process can be told to die, to prove that nothing is lost there. Absent from releases.

use std::sync::OnceLock;
#[cfg(debug_assertions)]
use std::sync::atomic::{AtomicU32, Ordering};

static ARMED: OnceLock<(String, u32)> = OnceLock::new();
#[cfg(debug_assertions)]
static PASSED: AtomicU32 = AtomicU32::new(0);

/// Arms `NAME` or `NAME:N`: the process kills itself when it comes there for the first or the Nth time.
pub fn arm(text: &str) {
    let (name, nth) = text.rsplit_once(':').unwrap_or((text, "1"));
    ARMED.get_or_init(|| (name.to_owned(), nth.parse().unwrap_or(1)));
}

/// Dies here, without a word to anybody, if this place is armed.
#[cfg(debug_assertions)]
pub fn failpoint(name: &str) {
    let Some((armed, nth)) = ARMED.get() else { return };
    if armed == name && PASSED.fetch_add(1, Ordering::SeqCst) + 1 == *nth {
        let own = rustix::process::getpid();
        // Nobody can refuse this signal; should the system do so all the same, the story fails and says so.
        if rustix::process::kill_process(own, rustix::process::Signal::KILL).is_ok() {
            std::thread::sleep(std::time::Duration::from_mins(1));
        }
    }
}

/// Nothing: only builds for development can be told to die.
#[cfg(not(debug_assertions))]
pub const fn failpoint(_: &str) {}
