//! Which operating-system user the cluster runs as: never root, for PostgreSQL refuses it.

use std::{
    fs,
    os::unix::fs::{MetadataExt as _, chown},
    path::{Path, PathBuf},
    process::Command,
};

use super::{PostgresError, failed};

/// Candidates when the server runs as root: Debian's package makes the first.
const USERS: [&str; 2] = ["postgres", "nobody"];

/// The cluster's user, and the name of the server's own.
#[derive(Debug, Clone)]
pub(super) struct Owner {
    /// Set when the server is root and has to step down for the cluster.
    step_down: Option<User>,
    /// Name of the user that runs the server, for the peer map.
    pub(super) server_user: String,
}

#[derive(Debug, Clone)]
struct User {
    name: String,
    uid: u32,
    gid: u32,
}

impl Owner {
    pub(super) fn find() -> Result<Self, PostgresError> {
        let passwd = fs::read_to_string("/etc/passwd").map_err(failed("read /etc/passwd"))?;
        let users: Vec<User> = passwd.lines().filter_map(user).collect();
        let own = rustix::process::geteuid().as_raw();
        let server_user = users.iter().find(|user| user.uid == own).map(|user| user.name.clone());
        let server_user = server_user.ok_or_else(|| PostgresError::Place {
            path: PathBuf::from("/etc/passwd"),
            why: format!("user id {own} has no name there; run the server as a named user"),
        })?;
        if own != 0 {
            return Ok(Self { step_down: None, server_user });
        }
        let candidate = USERS.iter().find_map(|name| users.iter().find(|user| user.name == *name));
        match candidate {
            Some(user) => Ok(Self { step_down: Some(user.clone()), server_user }),
            None => Err(PostgresError::NoPrograms(
                "PostgreSQL refuses to run as root and there is no user postgres; \
                 install the package postgresql"
                    .to_owned(),
            )),
        }
    }

    /// A command for `program` that runs as the cluster's user and gets SIGINT when the calling thread ends.
    pub(super) fn command(&self, program: &Path) -> Result<Command, PostgresError> {
        let setpriv = ["/usr/bin/setpriv", "/bin/setpriv"].into_iter().map(Path::new);
        let setpriv = setpriv.into_iter().find(|path| path.exists()).ok_or_else(|| {
            PostgresError::NoPrograms("setpriv is missing; install the package util-linux".into())
        })?;
        let mut command = Command::new(setpriv);
        command.env_clear().env("PATH", "/usr/bin:/bin").env("LC_ALL", "C.UTF-8");
        if let Some(user) = &self.step_down {
            command.args(["--reuid", &user.name, "--regid", &user.gid.to_string()]);
            command.arg("--init-groups");
        }
        command.args(["--pdeathsig", "INT", "--"]).arg(program);
        Ok(command)
    }

    /// Gives `path` to the cluster's user.
    pub(super) fn give(&self, path: &Path) -> Result<(), PostgresError> {
        let Some(user) = &self.step_down else { return Ok(()) };
        chown(path, Some(user.uid), Some(user.gid)).map_err(failed(format!(
            "give {} to user {}",
            path.display(),
            user.name
        )))
    }

    /// The user id that must own the data.
    pub(super) fn uid(&self) -> u32 {
        self.step_down.as_ref().map_or_else(|| rustix::process::geteuid().as_raw(), |user| user.uid)
    }

    /// Refuses a path that the cluster's user could not walk to.
    pub(super) fn refuse_unreachable(&self, path: &Path) -> Result<(), PostgresError> {
        let Some(user) = &self.step_down else { return Ok(()) };
        for ancestor in path.ancestors().skip(1) {
            let Ok(metadata) = fs::metadata(ancestor) else { continue };
            let mode = metadata.mode();
            let passable = mode & 0o001 != 0
                || (metadata.uid() == user.uid && mode & 0o100 != 0)
                || (metadata.gid() == user.gid && mode & 0o010 != 0);
            if !passable {
                return Err(PostgresError::Place {
                    path: ancestor.to_owned(),
                    why: format!(
                        "user {} of the embedded PostgreSQL cannot pass this directory; set \
                         MAILVANE_DATA_DIR to a place outside of it, such as /var/lib/mailvane",
                        user.name
                    ),
                });
            }
        }
        Ok(())
    }
}

fn user(line: &str) -> Option<User> {
    let mut fields = line.split(':');
    let name = fields.next()?.to_owned();
    let mut ids = fields.skip(1).map(|field| field.parse().ok());
    Some(User { name, uid: ids.next()??, gid: ids.next()?? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_passwd_gives_name_and_numbers() {
        let postgres =
            user("postgres:x:105:111:PostgreSQL administrator:/var/lib/postgresql:/bin/bash");
        let postgres = postgres.unwrap();
        assert_eq!((postgres.name.as_str(), postgres.uid, postgres.gid), ("postgres", 105, 111));
        assert!(user("").is_none());
        assert!(user("+::::::").is_none());
    }
}
