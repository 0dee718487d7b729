//! The agent's release, handed out as it was signed elsewhere: this server can neither make nor change one.
//!
//! `/install.sh` is the script with this server's address, the release key and the private authority filled in;
//! `/release/…` are the files of the directory that the operator named.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use axum::{
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use rustls::pki_types::{SubjectPublicKeyInfoDer, pem::PemObject};
use sha2::{Digest, Sha256};
use thiserror::Error;
use tower_http::services::ServeDir;

use super::api::{Shared, Site};

/// Why a directory is no release.
#[derive(Debug, Error)]
pub enum ReleaseError {
    /// A file is missing or unreadable.
    #[error(
        "MAILVANE_RELEASE_DIR {path}: {source}. Make a release with ./dev release, or leave the setting out"
    )]
    File {
        /// Which.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// The release key is none.
    #[error("MAILVANE_RELEASE_DIR {0}: holds no public key in PEM. Make the release again")]
    Key(PathBuf),
}

/// A release of the agent, in a directory.
#[derive(Debug, Clone)]
pub struct Release {
    dir: PathBuf,
    key_pem: String,
    fingerprint: String,
}

impl Release {
    /// Looks whether `dir` holds a release, and reads the key that signed it.
    pub fn open(dir: &Path) -> Result<Self, ReleaseError> {
        let read = |name: &str| {
            let path = dir.join(name);
            fs::read_to_string(&path).map_err(|source| ReleaseError::File { path, source })
        };
        read("manifest")?;
        read("manifest.sig")?;
        let key_pem = read("release.pub")?;
        let der = SubjectPublicKeyInfoDer::from_pem_slice(key_pem.as_bytes())
            .map_err(|_| ReleaseError::Key(dir.join("release.pub")))?;
        let fingerprint = format!("{:x}", Sha256::digest(&der));
        Ok(Self { dir: dir.to_owned(), key_pem: key_pem.trim().to_owned(), fingerprint })
    }

    /// SHA-256 of the key that signed it, in hex: what people compare.
    pub fn fingerprint(&self) -> &str {
        &self.fingerprint
    }

    /// Serves its files.
    pub fn files(&self) -> ServeDir {
        ServeDir::new(&self.dir).append_index_html_on_directories(false)
    }
}

/// The script for this server.
pub async fn script(State(api): State<Shared>) -> Response {
    let Some(release) = &api.site.release else {
        return (StatusCode::NOT_FOUND, NO_RELEASE).into_response();
    };
    let kind = [
        (header::CONTENT_TYPE, "text/x-shellscript; charset=utf-8"),
        (header::CACHE_CONTROL, "no-cache"),
    ];
    (kind, filled_in(&api.site, release)).into_response()
}

fn filled_in(site: &Site, release: &Release) -> String {
    TEMPLATE
        .replace("@SERVER@", site.public_url.as_str().trim_end_matches('/'))
        .replace("@RELEASE_KEY@", &release.key_pem)
        .replace("@CA@", site.ca_pem.as_deref().unwrap_or_default().trim())
}

const TEMPLATE: &str = include_str!("../../../deploy/release/install.sh");
const NO_RELEASE: &str = "echo 'This Mailvane server hands out no agent: its operator has not set \
    MAILVANE_RELEASE_DIR (see docs/install.md). Install the agent from a package instead.' >&2; exit 3\n";

#[cfg(test)]
mod tests {
    use url::Url;

    use super::*;

    const KEY: &str = "-----BEGIN PUBLIC KEY-----\nMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEvKsOlbW0WdEFsKuVyzCE2pw7PL8Q\nBG0d3aU5nW2LEAgVeIiVuMZpUZ3KNW4XeVc2wEXx5K8mFKFBDfSeyrgR3g==\n-----END PUBLIC KEY-----\n";

    fn release() -> (tempfile::TempDir, Release) {
        let dir = tempfile::tempdir().unwrap();
        for (name, text) in
            [("manifest", "format 1\n"), ("manifest.sig", "x"), ("release.pub", KEY)]
        {
            fs::write(dir.path().join(name), text).unwrap();
        }
        let release = Release::open(dir.path()).unwrap();
        (dir, release)
    }

    #[test]
    fn the_script_carries_server_key_and_authority_and_no_gap() {
        let (_dir, release) = release();
        let site = Site {
            public_url: Url::parse("https://mail.example.org:8443").unwrap(),
            ca_sha256: None,
            ca_pem: Some(
                "-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n".to_owned(),
            ),
            pin: None,
            release: None,
        };
        let script = filled_in(&site, &release);
        assert!(script.contains("SERVER='https://mail.example.org:8443'\n"), "{script}");
        assert!(script.contains("RELEASE_KEY='-----BEGIN PUBLIC KEY-----\nMFkw"));
        assert!(script.contains("CA='-----BEGIN CERTIFICATE-----\nAA==\n"));
        assert!(!script.contains("@SERVER@") && !script.contains("@CA@"));
    }

    #[test]
    fn a_directory_that_is_no_release_is_refused_with_what_to_do() {
        let (dir, _) = release();
        fs::write(dir.path().join("release.pub"), "nothing").unwrap();
        assert!(Release::open(dir.path()).unwrap_err().to_string().contains("no public key"));
        fs::remove_file(dir.path().join("manifest")).unwrap();
        let said = Release::open(dir.path()).unwrap_err().to_string();
        assert!(said.contains("manifest") && said.contains("./dev release"), "{said}");
    }
}
