//! Postfix masters that run now, in containers too: where their configuration is, seen through /proc.

use std::os::unix::ffi::OsStringExt as _;
use std::path::{Path, PathBuf};

/// Processes looked at.
const PROCESSES_MAX: usize = 100_000;
/// A container's short name, as its engine prints it.
const SHORT_ID_CHARS: usize = 12;
const ID_CHARS: usize = 64;
/// Where docker keeps its containers.
pub const DOCKER: &str = "/var/lib/docker/containers";
/// A larger file of docker is none.
const DOCKER_FILE_BYTES_MAX: usize = 4 << 20;

/// A running master.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Running {
    /// Its configuration directory, as it says; nothing for the one that it was built with.
    pub config_directory: Option<PathBuf>,
    /// The container it runs in.
    pub container: Option<Container>,
}

/// A container, as far as it can be told from outside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Container {
    /// A name that stays when the container is made anew, where the engine knows one.
    pub name: String,
    /// The engine's id; empty where there is none.
    pub id: String,
    /// Its file system.
    pub root: PathBuf,
}

/// Every master that can be looked into; that of another user is looked into by root only.
pub fn masters(proc: &Path, docker: &Path) -> Vec<Running> {
    let own_files = std::fs::read_link(proc.join("self/ns/mnt")).ok();
    let entries = std::fs::read_dir(proc).into_iter().flatten().flatten().take(PROCESSES_MAX);
    let pids = entries.map(|entry| entry.path()).filter(|path| is_pid(path) && is_master(path));
    let mut running: Vec<Running> = Vec::new();
    for process in pids {
        let Ok(files) = std::fs::read_link(process.join("ns/mnt")) else { continue };
        let container = (Some(&files) != own_files.as_ref()).then(|| container(&process, docker));
        let master = Running { config_directory: mail_config(&process), container };
        running.push(master);
    }
    running.sort_by(|a, b| (&a.config_directory, name(a)).cmp(&(&b.config_directory, name(b))));
    running
}

fn name(running: &Running) -> Option<&str> {
    running.container.as_ref().map(|container| container.name.as_str())
}

fn is_pid(path: &Path) -> bool {
    path.file_name()
        .is_some_and(|name| name.to_string_lossy().bytes().all(|byte| byte.is_ascii_digit()))
}

/// The name, and a path of that name as first argument: others call themselves master too.
fn is_master(process: &Path) -> bool {
    let name = std::fs::read_to_string(process.join("comm")).unwrap_or_default();
    name.trim_end() == "master"
        && std::fs::read(process.join("cmdline"))
            .unwrap_or_default()
            .split(|byte| *byte == 0)
            .next()
            .is_some_and(|argument| argument.ends_with(b"/master"))
}

fn mail_config(process: &Path) -> Option<PathBuf> {
    let environment = std::fs::read(process.join("environ")).ok()?;
    let value =
        environment.split(|byte| *byte == 0).find_map(|pair| pair.strip_prefix(b"MAIL_CONFIG="))?;
    let path = PathBuf::from(std::ffi::OsString::from_vec(value.to_vec()));
    path.is_absolute().then_some(path)
}

fn container(process: &Path, docker: &Path) -> Container {
    let groups = std::fs::read_to_string(process.join("cgroup")).unwrap_or_default();
    let id = container_id(&groups).unwrap_or_default().to_owned();
    let root = process.join("root");
    let host = std::fs::read_to_string(root.join("etc/hostname")).unwrap_or_default();
    let name = docker_name(docker, &id)
        .or_else(|| Some(host.trim().to_owned()).filter(|name| !name.is_empty()))
        .or_else(|| id.get(..SHORT_ID_CHARS).map(str::to_owned))
        .unwrap_or_else(|| "container".to_owned());
    Container { name, id, root }
}

/// `/docker/ID`, `/system.slice/docker-ID.scope`, `…/cri-containerd-ID.scope`, `…/libpod-ID.scope`.
fn container_id(groups: &str) -> Option<&str> {
    let hex = |id: &&str| id.len() == ID_CHARS && id.bytes().all(|byte| byte.is_ascii_hexdigit());
    groups.split(['/', '-', '.', '\n', ':']).find(hex)
}

fn docker_name(docker: &Path, id: &str) -> Option<String> {
    if id.is_empty() {
        return None;
    }
    let path = docker.join(id).join("config.v2.json");
    let bytes = crate::vfs::read_all(&crate::vfs::Disk, &path, DOCKER_FILE_BYTES_MAX).ok()?;
    let config: serde_json::Value = serde_json::from_slice(&bytes).ok()?;
    let name = config.get("Name")?.as_str()?.trim_start_matches('/');
    (!name.is_empty()).then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    const ID: &str = "4f0b5c1d2e3f4f0b5c1d2e3f4f0b5c1d2e3f4f0b5c1d2e3f4f0b5c1d2e3f4f0b";

    fn process(proc: &Path, pid: &str, files: &str, environment: &str) -> PathBuf {
        let path = proc.join(pid);
        std::fs::create_dir_all(path.join("ns")).unwrap();
        std::fs::write(path.join("comm"), "master\n").unwrap();
        std::fs::write(path.join("cmdline"), "/usr/lib/postfix/sbin/master\0-w\0").unwrap();
        std::fs::write(path.join("environ"), environment).unwrap();
        symlink(files, path.join("ns/mnt")).unwrap();
        path
    }

    #[test]
    fn masters_of_this_host_and_of_containers_are_told_apart() {
        let proc = tempfile::tempdir().unwrap();
        let docker = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(proc.path().join("self/ns")).unwrap();
        symlink("mnt:[1]", proc.path().join("self/ns/mnt")).unwrap();
        process(proc.path(), "10", "mnt:[1]", "PATH=/bin\0MAIL_CONFIG=/etc/postfix-out\0");
        let inner = process(proc.path(), "20", "mnt:[2]", "PATH=/bin\0");
        std::fs::write(inner.join("cgroup"), format!("0::/system.slice/docker-{ID}.scope\n"))
            .unwrap();
        std::fs::create_dir_all(docker.path().join(ID)).unwrap();
        let config = docker.path().join(ID).join("config.v2.json");
        std::fs::write(config, r#"{"Name":"/mailcow-postfix-1"}"#).unwrap();
        // Something else of that name.
        let other = process(proc.path(), "30", "mnt:[1]", "");
        std::fs::write(other.join("cmdline"), "nginx: master\0").unwrap();

        let [in_container, on_host] = masters(proc.path(), docker.path()).try_into().unwrap();
        assert_eq!(on_host.config_directory, Some(PathBuf::from("/etc/postfix-out")));
        assert_eq!(on_host.container, None);
        let container = in_container.container.unwrap();
        assert_eq!((container.name.as_str(), container.id.as_str()), ("mailcow-postfix-1", ID));
        assert_eq!(container.root, inner.join("root"));
    }
}
