//! The agent's own configuration: a small TOML file and the command line; every fault is said with its place.

use std::path::{Path, PathBuf};

use serde::Deserialize;

/// Where the file is looked for.
pub const CONFIG_PATH: &str = "/etc/mailvane/agent.toml";
/// Where identity and spool live.
pub const STATE_DIRECTORY: &str = "/var/lib/mailvane-agent";
/// A larger file is not a configuration.
const FILE_BYTES_MAX: usize = 1 << 20;
/// One segment and the next.
const SPOOL_BYTES_MIN: u64 = 2 * crate::spool::SEGMENT_BYTES_MAX;

/// What the file may say.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// `https://host:port`; as enrolled where absent.
    pub server: Option<String>,
    /// PEM file of the authority that the server's certificate is signed by; as enrolled where absent.
    pub ca: Option<PathBuf>,
    /// Configuration directories of the instances to watch; discovered where absent.
    pub config_directories: Option<Vec<PathBuf>>,
    /// The log: a file, `journald`, or a socket to listen to, `udp:ADDRESS:PORT` or `unix:/PATH`. Where absent, from
    /// Postfix's own configuration, else the usual places, else the journal.
    pub log: Option<PathBuf>,
    /// Where a log is begun that was never read: `end` or `start`.
    #[serde(default)]
    pub log_begin: Begin,
    /// Bytes of the spool.
    pub spool_max_bytes: Option<u64>,
}

/// Where a log is begun that was never read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Begin {
    /// With what is written from now on.
    #[default]
    End,
    /// With its first line.
    Start,
}

/// A fault in the file.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct ConfigError(String);

impl Config {
    /// Reads the file. A default path that does not exist is no fault: everything can be discovered.
    pub fn load(path: Option<&Path>) -> Result<Self, ConfigError> {
        let given = path.is_some();
        let path = path.unwrap_or(Path::new(CONFIG_PATH));
        let text = match crate::vfs::read_all(&crate::vfs::Disk, path, FILE_BYTES_MAX) {
            Ok(bytes) => String::from_utf8(bytes)
                .map_err(|_| ConfigError(format!("{}: is not UTF-8 text", path.display())))?,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound && !given => {
                return Ok(Self::default());
            }
            Err(error) => return Err(ConfigError(format!("{}: {error}", path.display()))),
        };
        Self::parse(&text).map_err(|fault| ConfigError(format!("{}:{fault}", path.display())))
    }

    /// Reads the text of the file; a fault begins with its line.
    pub fn parse(text: &str) -> Result<Self, String> {
        let config: Self = toml::from_str(text).map_err(|error| {
            let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
            let line = before.matches('\n').count() + 1;
            format!("{line}: {}", error.message())
        })?;
        config.check().map_err(|(key, fault)| {
            let line = text
                .lines()
                .position(|line| line.trim_start().starts_with(key))
                .map_or(1, |line| line + 1);
            format!("{line}: {key}: {fault}")
        })?;
        Ok(config)
    }

    fn check(&self) -> Result<(), (&'static str, String)> {
        if let Some(server) = &self.server {
            server_url(server).map_err(|fault| ("server", fault))?;
        }
        let relative = |path: &PathBuf| !path.is_absolute();
        if let Some(log) = &self.log {
            log_name(log).map_err(|fault| ("log", fault))?;
        }
        if let Some(ca) = self.ca.as_ref().filter(|ca| relative(ca)) {
            return Err(("ca", format!("{} must be an absolute path", ca.display())));
        }
        if let Some(directory) =
            self.config_directories.iter().flatten().find(|directory| relative(directory))
        {
            return Err((
                "config_directories",
                format!("{} must be an absolute path", directory.display()),
            ));
        }
        match self.spool_max_bytes {
            Some(bytes) if bytes < SPOOL_BYTES_MIN => {
                Err(("spool_max_bytes", format!("must be at least {SPOOL_BYTES_MIN} (8 MiB)")))
            }
            _ => Ok(()),
        }
    }
}

/// A path, the journal, or a socket.
fn log_name(log: &Path) -> Result<(), String> {
    let name = log.to_string_lossy();
    if let Some(address) = name.strip_prefix("udp:") {
        let parsed = address.parse::<std::net::SocketAddr>();
        return parsed.map(|_| ()).map_err(|_| {
            format!("udp:{address} must be udp:ADDRESS:PORT, such as udp:127.0.0.1:5514")
        });
    }
    let path = name.strip_prefix("unix:").unwrap_or(&name);
    if name == crate::feed::JOURNALD || Path::new(path).is_absolute() {
        return Ok(());
    }
    Err(format!("{name} must be an absolute path, journald, udp:ADDRESS:PORT or unix:/PATH"))
}

/// `https://host[:port]`, nothing behind it.
pub fn server_url(text: &str) -> Result<url::Url, String> {
    let url = url::Url::parse(text.trim())
        .map_err(|error| format!("`{text}` is no address ({error}); say https://HOST:PORT"))?;
    let bare = url.path() == "/"
        && url.query().is_none()
        && url.username().is_empty()
        && url.password().is_none();
    if url.scheme() != "https" || url.host().is_none() || !bare {
        return Err(format!("`{text}` must be https://HOST:PORT with nothing behind it"));
    }
    Ok(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_are_said_with_their_line() {
        let fault = Config::parse("server = \"https://m.example:8443\"\nspool_max_bites = 5\n")
            .unwrap_err();
        assert!(fault.starts_with("2: unknown field `spool_max_bites`"), "{fault}");
        let fault = Config::parse("\n\nserver = \"http://m.example\"\n").unwrap_err();
        assert!(fault.starts_with("3: server: "), "{fault}");
        let fault = Config::parse("log = \"mail.log\"").unwrap_err();
        assert_eq!(
            fault,
            "1: log: mail.log must be an absolute path, journald, udp:ADDRESS:PORT or unix:/PATH"
        );
    }

    #[test]
    fn an_empty_file_is_complete() {
        assert_eq!(Config::parse(""), Ok(Config::default()));
    }
}
