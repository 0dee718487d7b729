//! Makes the roles and the database that migrations and services need, as the administrator.

use std::{
    collections::BTreeMap,
    fmt,
    fs::{self, OpenOptions},
    io::{self, Write as _},
    os::unix::fs::OpenOptionsExt as _,
    path::Path,
};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use sqlx::{ConnectOptions as _, Executor as _, PgConnection, postgres::PgConnectOptions};
use zeroize::Zeroizing;

use super::{Logins, Role, StoreError};
use crate::clock::Dice;

/// How service roles prove who they are.
#[derive(Debug)]
pub enum Proof {
    /// The operating system says who is on the socket: the embedded cluster.
    Peer,
    /// Generated passwords, kept in a file that only the server reads.
    Passwords(Passwords),
}

/// One password for each service role.
pub struct Passwords(BTreeMap<&'static str, Zeroizing<String>>);

impl fmt::Debug for Passwords {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Passwords (not shown)")
    }
}

const PASSWORD_BYTES: usize = 24;
/// Any two processes that prepare the same database take turns by this number.
const TURN: &str = "select pg_advisory_lock(7236215401)";

impl Passwords {
    /// Reads `path`, or makes new passwords and writes them there, readable by this user alone.
    pub fn load_or_make(path: &Path, dice: &dyn Dice) -> io::Result<Self> {
        match fs::read_to_string(path) {
            Ok(text) => Self::parse(&text).ok_or_else(|| {
                io::Error::other("not a password for each role; remove the file and migrate again")
            }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let made = Self::make(dice);
                let mut file =
                    OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
                for (role, password) in &made.0 {
                    writeln!(file, "{role} {}", password.as_str())?;
                }
                file.sync_all()?;
                Ok(made)
            }
            Err(error) => Err(error),
        }
    }

    fn parse(text: &str) -> Option<Self> {
        let said: BTreeMap<&str, &str> =
            text.lines().filter_map(|line| line.trim().split_once(' ')).collect();
        let all = Role::ALL
            .into_iter()
            .map(|role| Some((role.name(), Zeroizing::new((*said.get(role.name())?).to_owned()))));
        all.collect::<Option<_>>().map(Self)
    }

    fn make(dice: &dyn Dice) -> Self {
        let password = |role: Role| {
            let mut random = [0; PASSWORD_BYTES];
            dice.fill(&mut random);
            (role.name(), Zeroizing::new(URL_SAFE_NO_PAD.encode(random)))
        };
        Self(Role::ALL.into_iter().map(password).collect())
    }

    fn of(&self, role: Role) -> &str {
        self.0.get(role.name()).map_or("", |password| password.as_str())
    }
}

/// Makes what is missing: roles, then the memberships and rights that migrations stand on. `administrator` reaches
/// the database that shall hold everything and may make roles.
pub async fn make_roles(administrator: &PgConnectOptions, proof: &Proof) -> Result<(), StoreError> {
    let mut connection = administrator.connect().await?;
    connection.execute("set client_min_messages = error").await?;
    connection.execute(TURN).await?;
    for role in Role::ALL {
        let password = match proof {
            Proof::Peer => "",
            Proof::Passwords(passwords) => passwords.of(role),
        };
        tell(&mut connection, role.name(), password).await?;
        connection.execute(MAKE_SERVICE).await?;
    }
    connection.execute(MAKE_OTHERS).await?;
    Ok(())
}

/// Makes `database` on the embedded cluster, where it is not there yet; `administrator` reaches another one.
pub async fn make_database(administrator: &PgConnectOptions) -> Result<(), StoreError> {
    let mut connection = administrator.connect().await?;
    connection.execute(TURN).await?;
    let there = sqlx::query_scalar!(
        r#"select exists (select 1 from pg_database where datname = 'mailvane') as "there!""#
    );
    if !there.fetch_one(&mut connection).await? {
        connection.execute("create database mailvane").await?;
    }
    Ok(())
}

/// How the service roles reach the database that `administrator` reaches.
pub fn logins(administrator: &PgConnectOptions, proof: &Proof) -> Logins {
    let login = |role: Role| {
        let login = administrator.clone().username(role.name());
        match proof {
            Proof::Peer => login,
            Proof::Passwords(passwords) => login.password(passwords.of(role)),
        }
    };
    Logins {
        web: login(Role::Web),
        ingest: login(Role::Ingest),
        loops: login(Role::Loops),
        upkeep: login(Role::Upkeep),
    }
}

/// Statements that make roles take no parameters; the session carries them instead.
async fn tell(connection: &mut PgConnection, role: &str, password: &str) -> Result<(), StoreError> {
    let told = sqlx::query!(
        "select set_config('mailvane.role', $1, false) as role,
                set_config('mailvane.password', $2, false) as password",
        role,
        password
    );
    told.fetch_one(connection).await?;
    Ok(())
}

const MAKE_SERVICE: &str = "do $$
declare
    role text := current_setting('mailvane.role');
    password text := current_setting('mailvane.password');
begin
    if not exists (select 1 from pg_roles where rolname = role) then
        execute format('create role %I login noinherit nocreatedb nocreaterole', role);
    end if;
    if password <> '' then
        execute format('alter role %I password %L', role, password);
    end if;
end $$";

const MAKE_OTHERS: &str = "do $$
declare name text;
begin
    foreach name in array array['migrator', 'sweeper'] loop
        if not exists (select 1 from pg_roles where rolname = name) then
            execute format('create role %I nologin', name);
        end if;
    end loop;
    grant sweeper, svc_upkeep to migrator;
    if not pg_has_role(current_user, 'migrator', 'member') then
        execute format('grant migrator to %I', current_user);
    end if;
    if (select nspowner::regrole::text from pg_namespace where nspname = 'public') <> 'migrator' then
        alter schema public owner to migrator;
    end if;
    execute format('grant create on database %I to migrator', current_database());
    execute format('revoke temporary on database %I from public', current_database());
    revoke create on schema public from public;
end $$";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::SeededDice;

    #[test]
    fn passwords_are_kept_for_the_next_start_and_never_printed() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("database-passwords");
        let made = Passwords::load_or_make(&path, &SeededDice::new(1)).unwrap();
        let read = Passwords::load_or_make(&path, &SeededDice::new(2)).unwrap();
        for role in Role::ALL {
            assert_eq!(made.of(role), read.of(role));
            assert_eq!(made.of(role).len(), PASSWORD_BYTES / 3 * 4);
            assert!(!format!("{made:?}").contains(made.of(role)));
        }
        let metadata = fs::metadata(&path).unwrap();
        assert_eq!(std::os::unix::fs::MetadataExt::mode(&metadata) & 0o777, 0o600);
    }
}
