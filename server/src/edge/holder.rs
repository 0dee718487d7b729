//! Who holds a port, where the kernel tells: a start that fails should name the culprit.

use std::{fs, path::Path};

/// ` by NAME (pid N)` for the process that listens on `port`.
pub(super) fn of(port: u16) -> Option<String> {
    let inode = ["/proc/net/tcp", "/proc/net/tcp6"]
        .iter()
        .find_map(|table| listening_inode(&fs::read_to_string(table).ok()?, port))?;
    let wanted = format!("socket:[{inode}]");
    for process in fs::read_dir("/proc").ok()?.flatten() {
        // `self` and other names besides the numbers would hide the pid.
        if !process.file_name().as_encoded_bytes().iter().all(u8::is_ascii_digit) {
            continue;
        }
        let path = process.path();
        if holds(&path, &wanted) {
            let name = fs::read_to_string(path.join("comm")).unwrap_or_default();
            let pid = process.file_name();
            return Some(format!(" by {} (pid {})", name.trim(), pid.to_string_lossy()));
        }
    }
    None
}

fn listening_inode(table: &str, port: u16) -> Option<String> {
    let suffix = format!(":{port:04X}");
    table.lines().skip(1).find_map(|line| {
        let mut columns = line.split_whitespace();
        let local = columns.nth(1)?;
        let state = columns.nth(1)?;
        let inode = columns.nth(5)?;
        (local.ends_with(&suffix) && state == LISTEN).then(|| inode.to_owned())
    })
}

fn holds(process: &Path, wanted: &str) -> bool {
    fs::read_dir(process.join("fd")).is_ok_and(|fds| {
        fds.flatten().any(|fd| fs::read_link(fd.path()).is_ok_and(|to| to.as_os_str() == wanted))
    })
}

const LISTEN: &str = "0A";

#[cfg(test)]
mod tests {
    #[test]
    fn our_own_listener_is_found_by_name_and_pid() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let found = super::of(listener.local_addr().unwrap().port()).unwrap();
        assert!(found.ends_with(&format!("(pid {})", std::process::id())), "{found}");
    }

    #[test]
    fn a_free_port_has_no_holder() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        drop(listener);
        assert_eq!(super::of(port), None);
    }
}
