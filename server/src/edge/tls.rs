//! The server's certificate, from files to what a handshake needs.

use std::{fs, path::Path, sync::Arc};

use rustls::{
    ServerConfig,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
};
use sha2::{Digest, Sha256};
use thiserror::Error;

/// Why TLS cannot start.
#[derive(Debug, Error)]
pub enum TlsError {
    /// A file is missing, unreadable or no PEM.
    #[error("{setting} {path}: {why}")]
    File {
        /// The setting that names it.
        setting: &'static str,
        /// The file.
        path: String,
        /// What is wrong.
        why: String,
    },
    /// Key and certificate do not belong together.
    #[error("certificate and key do not fit: {0}. Check MAILVANE_TLS_CERT and MAILVANE_TLS_KEY")]
    Pair(#[from] rustls::Error),
}

/// Chooses the cryptography of every TLS connection of this process. May be called again.
pub fn install_crypto() {
    // An error means that it was installed before, which is what we want.
    drop(rustls::crypto::ring::default_provider().install_default());
}

/// Reads certificate chain and key.
pub fn load(cert: &Path, key: &Path) -> Result<Arc<ServerConfig>, TlsError> {
    let chain = CertificateDer::pem_file_iter(cert)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|e| fault("MAILVANE_TLS_CERT", cert, &e))?;
    if chain.is_empty() {
        return Err(TlsError::File {
            setting: "MAILVANE_TLS_CERT",
            path: cert.display().to_string(),
            why: "holds no certificate".to_owned(),
        });
    }
    let key = PrivateKeyDer::from_pem_file(key).map_err(|e| fault("MAILVANE_TLS_KEY", key, &e))?;
    let mut config = ServerConfig::builder().with_no_client_auth().with_single_cert(chain, key)?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

/// SHA-256 of the first certificate in a PEM file, in hex: what a person compares when enrolling a host.
pub fn fingerprint(pem: &Path) -> Option<String> {
    let pem = fs::read(pem).ok()?;
    let first = CertificateDer::pem_slice_iter(&pem).next()?.ok()?;
    Some(format!("{:x}", Sha256::digest(&first)))
}

fn fault(setting: &'static str, path: &Path, error: &dyn std::fmt::Display) -> TlsError {
    TlsError::File { setting, path: path.display().to_string(), why: error.to_string() }
}
