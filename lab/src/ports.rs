//! Free ports, and who holds those that are not free.

use std::{
    fs,
    net::{Ipv4Addr, SocketAddr, TcpListener},
    os::unix::ffi::OsStrExt,
};

/// How many ports are tried from the wanted one upwards.
const TRIES: u16 = 200;

/// A port on loopback that nobody holds: the wanted one, or the next free one with a word on who holds the wanted.
#[must_use]
pub fn choose(wanted: u16, taken: &[u16]) -> Option<(u16, Option<String>)> {
    let free = |port: u16| {
        !taken.contains(&port) && TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok()
    };
    let port = (wanted..wanted.saturating_add(TRIES)).find(|port| free(*port))?;
    if port == wanted {
        return Some((port, None));
    }
    let holder = holder(wanted).unwrap_or_else(|| "another program".to_owned());
    Some((port, Some(format!("port {wanted} is held by {holder}; using {port}"))))
}

/// The program that listens on `port`, with its process id, if it can be found.
#[must_use]
pub fn holder(port: u16) -> Option<String> {
    let inode = ["/proc/net/tcp", "/proc/net/tcp6"].iter().find_map(|table| {
        let table = fs::read_to_string(table).ok()?;
        table.lines().skip(1).find_map(|line| listening_inode(line, port))
    })?;
    let wanted = format!("socket:[{inode}]");
    for process in fs::read_dir("/proc").ok()?.flatten() {
        let pid = process.file_name().to_string_lossy().into_owned();
        if !pid.bytes().all(|byte| byte.is_ascii_digit()) {
            continue;
        }
        let Ok(descriptors) = fs::read_dir(process.path().join("fd")) else { continue };
        let holds = descriptors.flatten().any(|descriptor| {
            fs::read_link(descriptor.path())
                .is_ok_and(|target| target.as_os_str().as_bytes() == wanted.as_bytes())
        });
        if holds {
            let name = fs::read_to_string(process.path().join("comm")).unwrap_or_default();
            return Some(format!("{} (process {pid})", name.trim()));
        }
    }
    None
}

/// The inode of the socket in a line of `/proc/net/tcp`, if it listens on `port`.
fn listening_inode(line: &str, port: u16) -> Option<u64> {
    const LISTEN: &str = "0A";
    let fields: Vec<&str> = line.split_whitespace().collect();
    let (_, local_port) = fields.get(1)?.rsplit_once(':')?;
    let fits = u16::from_str_radix(local_port, 16) == Ok(port) && *fields.get(3)? == LISTEN;
    if fits { fields.get(9)?.parse().ok() } else { None }
}

/// A loopback address at `port`.
#[must_use]
pub fn loopback(port: u16) -> SocketAddr {
    SocketAddr::from((Ipv4Addr::LOCALHOST, port))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_held_port_is_passed_over_and_its_holder_named() {
        let held = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let wanted = held.local_addr().unwrap().port();
        let (port, word) = choose(wanted, &[]).unwrap();
        assert_ne!(port, wanted);
        let word = word.unwrap();
        assert!(word.contains(&format!("process {}", std::process::id())), "{word}");
    }
}
