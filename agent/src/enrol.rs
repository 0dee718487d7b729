//! Admits this host: makes its key here, shows the enrolment key once, keeps what the server calls the host.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use mailvane_proto::v1::EnrolRequest;
use mailvane_proto::v1::enrolment_client::EnrolmentClient;
use sha2::{Digest as _, Sha256};
use tonic::Code;
use zeroize::Zeroizing;

use crate::identity::{Identity, IdentityError, StateDirectory};
use crate::link::{LinkError, channel};

/// How a key begins.
const KEY_PREFIX: &str = "mv_enr_";
/// A file that holds more is not a key.
const KEY_BYTES_MAX: u64 = 4_096;
/// Version of the wire contract.
pub const PROTOCOL: u32 = 1;
/// The longest host name of the DNS.
const HOST_NAME_BYTES_MAX: usize = 253;

/// Where the enrolment key comes from; never from an argument, which every user of the host can see.
#[derive(Debug, Clone)]
pub enum KeySource {
    /// A file, whose content is erased after success.
    File(PathBuf),
    /// Standard input.
    Stdin,
    /// The key itself, for tests and for programs that embed the agent.
    Text(String),
}

/// Why enrolment failed; nothing was kept but the host's own key.
#[derive(Debug, thiserror::Error)]
pub enum EnrolError {
    /// The key cannot be read.
    #[error("{0}")]
    Key(String),
    /// The authority cannot be read.
    #[error("{}: {why}; give the file ca.pem of the server with --ca", path.display())]
    Ca {
        /// Which file.
        path: PathBuf,
        /// Why.
        why: String,
    },
    /// The state directory.
    #[error(transparent)]
    Identity(#[from] IdentityError),
    /// The server.
    #[error(transparent)]
    Link(#[from] LinkError),
}

impl EnrolError {
    /// Exit code: usage 2, configuration 3, authority 4, network 5, permission 6.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Key(_) => 2,
            Self::Identity(IdentityError::File { .. }) => 6,
            Self::Ca { .. } | Self::Identity(_) => 3,
            Self::Link(LinkError::Refused(status))
                if matches!(status.code(), Code::Unavailable | Code::DeadlineExceeded) =>
            {
                5
            }
            Self::Link(LinkError::Refused(_)) => 4,
            Self::Link(_) => 5,
        }
    }
}

/// What to enrol with.
#[derive(Debug, Clone)]
pub struct Enrolment {
    /// `https://host:port`
    pub server: String,
    /// The authority's PEM file; the system's authorities where absent.
    pub ca: Option<PathBuf>,
    /// The enrolment key.
    pub key: KeySource,
    /// Where identity is kept.
    pub state_directory: PathBuf,
}

/// Enrols this host.
pub async fn enrol(enrolment: &Enrolment) -> Result<Identity, EnrolError> {
    let key = read_key(&enrolment.key)?;
    let ca = enrolment.ca.as_deref().map(read_ca).transpose()?;
    let state = StateDirectory::open(&enrolment.state_directory)?;
    state.must_be_new()?;
    let host_key = state.key()?;
    let channel = channel::connect(&enrolment.server, ca.as_deref()).await?;
    let request = EnrolRequest {
        enrolment_key: key.to_string(),
        public_key: host_key.verifying_key().to_bytes().to_vec(),
        host_name: host_name(),
        machine_hash: machine_hash(),
        agent_version: env!("CARGO_PKG_VERSION").to_owned(),
        protocol_min: PROTOCOL,
        protocol_max: PROTOCOL,
    };
    let reply =
        EnrolmentClient::new(channel).enrol(request).await.map_err(LinkError::from)?.into_inner();
    let identity = Identity {
        agent_id: reply.agent_id,
        host_id: reply.host_id,
        server_name: reply.server_name,
        server: enrolment.server.trim().trim_end_matches('/').to_owned(),
        tenant_name: reply.tenant_name,
        interval_ms: reply.interval_ms,
    };
    if let Some(ca) = &ca {
        state.pin_ca(ca)?;
    }
    state.enrolled(&identity)?;
    erase(&enrolment.key);
    Ok(identity)
}

fn read_key(source: &KeySource) -> Result<Zeroizing<String>, EnrolError> {
    let mut text = Zeroizing::new(String::new());
    let read = match source {
        KeySource::Text(key) => {
            text.push_str(key);
            Ok(0)
        }
        KeySource::Stdin => std::io::stdin().take(KEY_BYTES_MAX).read_to_string(&mut text),
        KeySource::File(path) => std::fs::File::open(path)
            .and_then(|file| file.take(KEY_BYTES_MAX).read_to_string(&mut text)),
    };
    let from = match source {
        KeySource::File(path) => path.display().to_string(),
        KeySource::Stdin => "standard input".to_owned(),
        KeySource::Text(_) => "the key".to_owned(),
    };
    read.map_err(|error| EnrolError::Key(format!("{from}: {error}")))?;
    let key = Zeroizing::new(text.trim().trim_matches('"').to_owned());
    if key.contains('*') {
        return Err(EnrolError::Key(format!(
            "{from}: the key is masked; copy it where it is shown in full, once, when it is made"
        )));
    }
    if !key.starts_with(KEY_PREFIX) || key.contains(char::is_whitespace) {
        return Err(EnrolError::Key(format!(
            "{from}: holds no enrolment key (one begins with {KEY_PREFIX}); make one on the page *Add a host*"
        )));
    }
    Ok(key)
}

fn read_ca(path: &Path) -> Result<Vec<u8>, EnrolError> {
    let fault = |why: String| EnrolError::Ca { path: path.into(), why };
    let pem = std::fs::read(path).map_err(|error| fault(error.to_string()))?;
    let text = String::from_utf8_lossy(&pem);
    if !text.contains("-----BEGIN CERTIFICATE-----") {
        return Err(fault("holds no certificate in PEM form".into()));
    }
    Ok(pem)
}

/// The key admits nobody any more; its file is emptied all the same, as it may have had several uses.
fn erase(source: &KeySource) {
    if let KeySource::File(path) = source
        && let Err(error) = std::fs::OpenOptions::new().write(true).truncate(true).open(path)
    {
        tracing::warn!(path = %path.display(), error = %error, "enrol.erase: remove the key file by hand");
    }
}

/// Fully qualified where the system says so.
pub fn host_name() -> String {
    let name = rustix::system::uname().nodename().to_string_lossy().into_owned();
    let qualified =
        std::fs::read_to_string("/etc/hosts").ok().and_then(|hosts| qualified(&hosts, &name));
    let mut name = qualified.unwrap_or(name);
    name.truncate(HOST_NAME_BYTES_MAX);
    name
}

/// The name with a dot that stands beside a short name in the hosts file.
fn qualified(hosts: &str, name: &str) -> Option<String> {
    if name.contains('.') {
        return None;
    }
    let line = hosts
        .lines()
        .map(|line| line.split('#').next().unwrap_or(""))
        .find(|line| line.split_ascii_whitespace().skip(1).any(|known| known == name))?;
    let prefix = format!("{name}.");
    line.split_ascii_whitespace()
        .skip(1)
        .find(|known| known.starts_with(&prefix))
        .map(str::to_owned)
}

/// Tells a host that was installed anew from a copy, without giving its machine-id away.
fn machine_hash() -> Vec<u8> {
    match std::fs::read_to_string("/etc/machine-id") {
        Ok(id) => Sha256::new()
            .chain_update("mailvane-machine-v1")
            .chain_update(id.trim())
            .finalize()
            .to_vec(),
        Err(_) => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_that_is_none_is_refused_with_what_to_do() {
        for (text, says) in
            [("mv_enr_****", "masked"), ("hello", "Add a host"), ("mv_enr_a b", "holds no")]
        {
            let error = read_key(&KeySource::Text(text.into())).unwrap_err();
            assert!(error.to_string().contains(says), "{error}");
        }
        assert_eq!(read_key(&KeySource::Text(" mv_enr_x\n".into())).unwrap().as_str(), "mv_enr_x");
    }

    #[test]
    fn the_hosts_file_qualifies_a_short_name() {
        let hosts = "127.0.0.1 localhost\n192.0.2.1 mx1.example.com mx1 # mail\n";
        assert_eq!(qualified(hosts, "mx1").as_deref(), Some("mx1.example.com"));
        assert_eq!(qualified(hosts, "mx2"), None);
    }
}
