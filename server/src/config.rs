//! Environment and file to typed settings; every fault is reported at once.
//!
//! The only file that reads the environment. Unknown names are refused: a misspelt setting must not look set.

mod people;

pub use people::{Smtp, SmtpTls};

use std::{
    collections::BTreeMap,
    fmt,
    net::SocketAddr,
    path::{Path, PathBuf},
};

use url::Url;
use zeroize::Zeroizing;

/// All settings of the server.
#[derive(Debug, Clone)]
pub struct Config {
    /// Which database holds everything.
    pub database: Database,
    /// Directory of what the server keeps beside the database: keys, certificates, the embedded cluster.
    pub data_dir: PathBuf,
    /// Where to find the programs of PostgreSQL, for the embedded cluster; unset: searched.
    pub pg_bin: Option<PathBuf>,
    /// TLS listener of page, REST and gRPC.
    pub listen: SocketAddr,
    /// Plain listener, loopback only; `None`: off.
    pub plain_listen: Option<SocketAddr>,
    /// How people and agents reach the server, when it is not the listener's own address.
    pub public_url: Option<Url>,
    /// Certificate and key; `None`: a private CA under the data directory.
    pub tls: Option<TlsFiles>,
    /// Name in every stream signature and in the private certificate.
    pub server_name: Option<String>,
    /// `host:port` pairs that outward calls may reach though they are private.
    pub outbound_allow: Vec<String>,
    /// The mail server that takes mail to people; `None`: links are shown instead.
    pub smtp: Option<Smtp>,
    /// Whether strangers may make tenants of their own.
    pub sign_up: bool,
    /// How many proxies of ours stand before us and append to `X-Forwarded-For`.
    pub trusted_proxies: u8,
    /// Where a build for development kills itself, to prove that nothing is lost there: `NAME` or `NAME:N`.
    pub failpoint: Option<String>,
    /// Directory of the agent's release, as made by `./dev release`; `None`: this server hands out no agent.
    pub release_dir: Option<PathBuf>,
    /// Log filter.
    pub log: String,
    /// How log lines look.
    pub log_format: LogFormat,
}

/// Which database holds everything.
#[derive(Clone)]
pub enum Database {
    /// A private PostgreSQL under the data directory.
    Embedded,
    /// The administrator's URL of a PostgreSQL that others run.
    Url(Zeroizing<String>),
}

impl fmt::Debug for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Embedded => "embedded",
            Self::Url(_) => "DATABASE_URL (not shown)",
        })
    }
}

/// Certificate chain and private key in PEM.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsFiles {
    /// Certificate chain.
    pub cert: PathBuf,
    /// Private key.
    pub key: PathBuf,
}

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

/// Everything that is wrong with the settings.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", .0.join("\n"))]
pub struct ConfigFaults(pub Vec<String>);

const NAMES: [&str; 20] = [
    "DATABASE_URL",
    "MAILVANE_DATA_DIR",
    "MAILVANE_PG_BIN",
    "MAILVANE_LISTEN",
    "MAILVANE_PLAIN_LISTEN",
    "MAILVANE_PUBLIC_URL",
    "MAILVANE_TLS_CERT",
    "MAILVANE_TLS_KEY",
    "MAILVANE_SERVER_NAME",
    "MAILVANE_OUTBOUND_ALLOW",
    "MAILVANE_SMTP_URL",
    "MAILVANE_SMTP_PASSWORD_FILE",
    "MAILVANE_MAIL_FROM",
    "MAILVANE_SIGN_UP",
    "MAILVANE_TRUSTED_PROXIES",
    "MAILVANE_RELEASE_DIR",
    "MAILVANE_LOG",
    "MAILVANE_LOG_FORMAT",
    "MAILVANE_CONFIG",
    "MAILVANE_FAILPOINT",
];
const FILE_BYTES_MAX: u64 = 256 * 1024;
const LISTEN_DEFAULT: &str = "127.0.0.1:8443";
const PLAIN_LISTEN: &str = "MAILVANE_PLAIN_LISTEN";
const PLAIN_LISTEN_DEFAULT: &str = "127.0.0.1:8080";
const LOG_DEFAULT: &str = "info,sqlx=warn,hyper=warn,h2=warn,tower=warn";

impl Config {
    /// Reads the environment and `file`, if given; the environment wins.
    pub fn load(file: Option<&Path>) -> Result<Self, ConfigFaults> {
        let environment = std::env::vars_os().filter_map(|(name, value)| {
            let name = name.into_string().ok()?;
            Some((name, value.to_string_lossy().into_owned()))
        });
        let file = match file {
            Some(path) => Some((path, read(path).map_err(|fault| ConfigFaults(vec![fault]))?)),
            None => None,
        };
        let file = file.as_ref().map(|(path, text)| (*path, text.as_str()));
        Self::parse(environment, file, rustix::process::geteuid().is_root())
    }

    /// Settings out of `environment` and the text of a file, for a process that runs as root or not.
    pub fn parse(
        environment: impl Iterator<Item = (String, String)>,
        file: Option<(&Path, &str)>,
        root: bool,
    ) -> Result<Self, ConfigFaults> {
        let mut reader = Reader::default();
        if let Some((path, text)) = file {
            reader.take_file(path, text);
        }
        reader.take_environment(environment);
        let config = reader.config(root);
        match config {
            Some(config) if reader.faults.is_empty() => Ok(config),
            _ => Err(ConfigFaults(reader.faults)),
        }
    }
}

fn read(path: &Path) -> Result<String, String> {
    let size = std::fs::metadata(path).map(|metadata| metadata.len());
    if size.is_ok_and(|size| size > FILE_BYTES_MAX) {
        return Err(format!(
            "{}: larger than {FILE_BYTES_MAX} bytes; is this a configuration file?",
            path.display()
        ));
    }
    std::fs::read_to_string(path).map_err(|error| {
        format!(
            "{}: cannot be read: {error}; check the path and that this user may read it",
            path.display()
        )
    })
}

/// Values by their environment name, each with where it was said, and the faults so far.
#[derive(Default)]
struct Reader {
    values: BTreeMap<&'static str, (String, String)>,
    faults: Vec<String>,
}

impl Reader {
    fn take_file(&mut self, path: &Path, text: &str) {
        let table: toml::Table = match text.parse() {
            Ok(table) => table,
            Err(error) => return self.faults.push(format!("{}: {error}", path.display())),
        };
        for (name, value) in table {
            let place = format!("{}: {name}", path.display());
            let known = NAMES
                .into_iter()
                .find(|known| *known != "MAILVANE_CONFIG" && known.eq_ignore_ascii_case(&name));
            if known == Some("DATABASE_URL") && value.as_str().is_some_and(has_password) {
                self.refuse_public(&place, path);
            }
            match (known, value) {
                (None, _) => {
                    self.faults.push(format!("{place}: unknown setting; {}", nearest(&name)));
                }
                (Some(known), toml::Value::String(value)) => {
                    self.values.insert(known, (value, place));
                }
                (Some(_), other) => self.faults.push(format!(
                    "{place}: a text in quotes is expected, not {}",
                    other.type_str()
                )),
            }
        }
    }

    fn take_environment(&mut self, environment: impl Iterator<Item = (String, String)>) {
        for (name, value) in environment {
            if let Some(known) = NAMES.into_iter().find(|known| *known == name) {
                self.values.insert(known, (value, name));
            } else if name.starts_with("MAILVANE_") {
                self.faults.push(format!("{name}: unknown setting; {}", nearest(&name)));
            }
        }
    }

    fn config(&mut self, root: bool) -> Option<Config> {
        let database = self.database();
        let data_dir = self.data_dir(root);
        let listen = self.address("MAILVANE_LISTEN", LISTEN_DEFAULT);
        let plain_off =
            self.values.get(PLAIN_LISTEN).is_some_and(|(text, _)| text.trim().is_empty());
        let plain_listen = if plain_off { None } else { self.plain_listen() };
        let public_url = self.public_url();
        let tls = self.tls();
        let server_name = self.text("MAILVANE_SERVER_NAME");
        if server_name.as_ref().is_some_and(|name| name.len() > 253) {
            self.fault("MAILVANE_SERVER_NAME", "longer than 253 bytes");
        }
        let (outbound_allow, log_format) = (self.outbound_allow(), self.log_format());
        let (smtp, sign_up, trusted_proxies) =
            (self.smtp(), self.sign_up(), self.trusted_proxies());
        Some(Config {
            database,
            data_dir: data_dir?,
            pg_bin: self.text("MAILVANE_PG_BIN").map(PathBuf::from),
            listen: listen?,
            plain_listen,
            public_url,
            tls,
            server_name,
            outbound_allow,
            smtp,
            sign_up,
            trusted_proxies,
            failpoint: self.text("MAILVANE_FAILPOINT"),
            release_dir: self.text("MAILVANE_RELEASE_DIR").map(PathBuf::from),
            log: self.text("MAILVANE_LOG").unwrap_or_else(|| LOG_DEFAULT.to_owned()),
            log_format,
        })
    }

    /// The value of `name`, unless it is unset or empty.
    fn text(&self, name: &str) -> Option<String> {
        let (value, _) = self.values.get(name)?;
        let value = value.trim();
        (!value.is_empty()).then(|| value.to_owned())
    }

    fn fault(&mut self, name: &str, what: impl fmt::Display) {
        let place = self.values.get(name).map_or(name, |(_, place)| place.as_str());
        self.faults.push(format!("{place}: {what}"));
    }

    fn database(&mut self) -> Database {
        let Some(url) = self.text("DATABASE_URL") else {
            return Database::Embedded;
        };
        let scheme = url.split("://").next().unwrap_or_default();
        if !matches!(scheme, "postgres" | "postgresql") {
            self.fault("DATABASE_URL", "postgres://user:password@host:port/database is expected");
        }
        Database::Url(Zeroizing::new(url))
    }

    fn data_dir(&mut self, root: bool) -> Option<PathBuf> {
        if let Some(path) = self.text("MAILVANE_DATA_DIR").map(PathBuf::from) {
            if !path.is_absolute() {
                self.fault("MAILVANE_DATA_DIR", "an absolute path is expected");
            }
            return Some(path);
        }
        if root {
            return Some(PathBuf::from("/var/lib/mailvane"));
        }
        let data_home = data_home();
        if data_home.is_none() {
            self.fault("MAILVANE_DATA_DIR", "set it: neither XDG_DATA_HOME nor HOME says where");
        }
        Some(data_home?.join("mailvane"))
    }

    fn address(&mut self, name: &'static str, default: &str) -> Option<SocketAddr> {
        let text = self.text(name).unwrap_or_else(|| default.to_owned());
        let address = text.parse().ok();
        if address.is_none() {
            self.fault(name, format_args!("{text:?} is no address; write IP:PORT, as {default}"));
        }
        address
    }

    fn plain_listen(&mut self) -> Option<SocketAddr> {
        let address = self.address(PLAIN_LISTEN, PLAIN_LISTEN_DEFAULT)?;
        if !address.ip().is_loopback() {
            let what = format!(
                "{address} is not loopback; plain text leaves no machine: use 127.0.0.1:PORT, or \
                 MAILVANE_LISTEN for TLS"
            );
            self.fault(PLAIN_LISTEN, what);
        }
        Some(address)
    }

    fn public_url(&mut self) -> Option<Url> {
        let text = self.text("MAILVANE_PUBLIC_URL")?;
        let url = Url::parse(&text).ok().filter(|url| {
            matches!(url.scheme(), "https" | "http") && url.has_host() && url.path() == "/"
        });
        if url.is_none() {
            self.fault(
                "MAILVANE_PUBLIC_URL",
                format_args!("{text:?} is no web address; write https://HOST or https://HOST:PORT"),
            );
        }
        url
    }

    fn tls(&mut self) -> Option<TlsFiles> {
        match (self.text("MAILVANE_TLS_CERT"), self.text("MAILVANE_TLS_KEY")) {
            (Some(cert), Some(key)) => {
                self.refuse_public("MAILVANE_TLS_KEY", Path::new(&key));
                Some(TlsFiles { cert: PathBuf::from(cert), key: PathBuf::from(key) })
            }
            (None, None) => None,
            (Some(_), None) => {
                self.fault("MAILVANE_TLS_CERT", "set MAILVANE_TLS_KEY too, or neither");
                None
            }
            (None, Some(_)) => {
                self.fault("MAILVANE_TLS_KEY", "set MAILVANE_TLS_CERT too, or neither");
                None
            }
        }
    }

    fn outbound_allow(&mut self) -> Vec<String> {
        let text = self.text("MAILVANE_OUTBOUND_ALLOW").unwrap_or_default();
        let pairs: Vec<String> = text
            .split(',')
            .map(str::trim)
            .filter(|pair| !pair.is_empty())
            .map(str::to_owned)
            .collect();
        for pair in &pairs {
            let port = pair.rsplit_once(':').and_then(|(_, port)| port.parse::<u16>().ok());
            if port.is_none() {
                self.fault(
                    "MAILVANE_OUTBOUND_ALLOW",
                    format_args!("{pair:?}: HOST:PORT is expected, separated by commas"),
                );
            }
        }
        pairs
    }

    fn log_format(&mut self) -> LogFormat {
        match self.text("MAILVANE_LOG_FORMAT").as_deref() {
            None | Some("text") => LogFormat::Text,
            Some("json") => LogFormat::Json,
            Some(other) => {
                let what = format!("{other:?} is unknown; text or json");
                self.fault("MAILVANE_LOG_FORMAT", what);
                LogFormat::Text
            }
        }
    }
}

/// Whether a database URL holds a password.
fn has_password(url: &str) -> bool {
    Url::parse(url).is_ok_and(|url| url.password().is_some())
}

#[expect(clippy::disallowed_methods, reason = "config.rs reads the environment")]
fn data_home() -> Option<PathBuf> {
    let path = |name| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    path("XDG_DATA_HOME").or_else(|| path("HOME").map(|home| home.join(".local/share")))
}

fn nearest(name: &str) -> String {
    let wanted = name.to_ascii_uppercase();
    let shared =
        |known: &&str| known.bytes().zip(wanted.bytes()).take_while(|(a, b)| a == b).count();
    let best = NAMES.into_iter().max_by_key(shared).unwrap_or("MAILVANE_LISTEN");
    format!("did you mean {best}?")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(pairs: &[(&str, &str)], file: Option<&str>) -> Result<Config, ConfigFaults> {
        let pairs = pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Config::parse(pairs, file.map(|text| (Path::new("server.toml"), text)), true)
    }

    #[test]
    fn nothing_set_is_a_working_server_on_loopback() {
        let config = parse(&[("PATH", "/bin")], None).unwrap();
        assert!(matches!(config.database, Database::Embedded));
        assert_eq!(config.listen.to_string(), "127.0.0.1:8443");
        assert_eq!(config.plain_listen.unwrap().to_string(), "127.0.0.1:8080");
        assert_eq!(config.data_dir, Path::new("/var/lib/mailvane"));
    }

    #[test]
    fn every_fault_is_told_at_once() {
        let faults = parse(
            &[
                ("MAILVANE_LISTEN", "localhost"),
                ("MAILVANE_PLAIN_LISTEN", "0.0.0.0:80"),
                ("MAILVANE_LITSEN", "x"),
                ("MAILVANE_TLS_CERT", "/cert.pem"),
                ("MAILVANE_LOG_FORMAT", "xml"),
                ("MAILVANE_OUTBOUND_ALLOW", "10.0.0.1"),
                ("DATABASE_URL", "mysql://x"),
            ],
            Some("log = \"debug\"\nMAILVANE_LOG = 5"),
        )
        .unwrap_err();
        assert_eq!(faults.0.len(), 9, "{faults}");
    }

    #[test]
    fn the_environment_wins_over_the_file_and_empty_turns_the_plain_listener_off() {
        let file = "mailvane_listen = \"0.0.0.0:443\"\nmailvane_log = \"debug\"";
        let config =
            parse(&[("MAILVANE_LISTEN", "[::]:9443"), ("MAILVANE_PLAIN_LISTEN", "")], Some(file));
        let config = config.unwrap();
        assert_eq!(config.listen.to_string(), "[::]:9443");
        assert_eq!(config.plain_listen, None);
        assert_eq!(config.log, "debug");
    }

    #[test]
    fn a_database_password_is_never_printed() {
        let config = parse(&[("DATABASE_URL", "postgres://a:hush@db/x")], None).unwrap();
        assert!(!format!("{config:?}").contains("hush"));
    }
}
