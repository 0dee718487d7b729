//! A private certificate authority for those who have no certificate: agents pin it, browsers can import it.
//!
//! The authority is made once and kept; the server's own certificate is made anew at each start, so that it never
//! expires under a running fleet and always names the present addresses.

use std::{
    fs,
    io::{self, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use chrono::{DateTime, Datelike, Utc};
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa,
    Issuer, KeyPair, KeyUsagePurpose, PublicKeyData as _, date_time_ymd,
};
use sha2::{Digest, Sha256};
use thiserror::Error;

/// Where the files are.
#[derive(Debug, Clone)]
pub struct Files {
    /// The authority's certificate: what an agent pins.
    pub ca: PathBuf,
    /// The server's certificate.
    pub cert: PathBuf,
    /// The server's private key.
    pub key: PathBuf,
    /// SHA-256 of the server's public key, as `curl --pinnedpubkey` takes it; good until the next start.
    pub pin: String,
}

/// Why there is no certificate.
#[derive(Debug, Error)]
pub enum CaError {
    /// A file cannot be read or written.
    #[error("{path}: {source}. The data directory must be writable by the server's user")]
    File {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// A file is not what it should be, or a name is no name.
    #[error(
        "private CA: {0}. Remove ca.pem and ca.key to make a new one; agents must then enrol again"
    )]
    Certificate(#[from] rcgen::Error),
}

/// Makes sure that `dir` holds an authority and a certificate for `names` (host names or addresses).
pub fn ensure(dir: &Path, names: &[String], now: DateTime<Utc>) -> Result<Files, CaError> {
    let key = KeyPair::generate()?;
    let pin = format!("sha256//{}", STANDARD.encode(Sha256::digest(key.subject_public_key_info())));
    let (cert, key_path) = (dir.join("server.pem"), dir.join("server.key"));
    let files = Files { ca: dir.join("ca.pem"), cert, key: key_path, pin };
    let ca_key_path = dir.join("ca.key");
    let ca_key = if ca_key_path.exists() && files.ca.exists() {
        KeyPair::from_pem(&read(&ca_key_path)?)?
    } else {
        let key = KeyPair::generate()?;
        write(&ca_key_path, &key.serialize_pem(), 0o600)?;
        write(&files.ca, &authority(now)?.self_signed(&key)?.pem(), 0o644)?;
        key
    };
    let issuer = Issuer::new(authority(now)?, ca_key);
    let cert = leaf(names, now)?.signed_by(&key, &issuer)?;
    write(&files.key, &key.serialize_pem(), 0o600)?;
    write(&files.cert, &format!("{}{}", cert.pem(), read(&files.ca)?), 0o644)?;
    Ok(files)
}

/// Certificates are cut at whole days: a clock that is a little behind still accepts them. A macro, because the
/// type it makes belongs to a crate that only `rcgen` knows.
macro_rules! day {
    ($now:expr, $offset_days:expr) => {{
        let date = $now + chrono::TimeDelta::days($offset_days);
        let part = |n: u32| u8::try_from(n).unwrap_or(1);
        date_time_ymd(date.year(), part(date.month()), part(date.day()))
    }};
}

fn authority(now: DateTime<Utc>) -> Result<CertificateParams, rcgen::Error> {
    let mut params = CertificateParams::new(Vec::<String>::new())?;
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params.distinguished_name = named("Mailvane private CA");
    params.not_before = day!(now, -1);
    params.not_after = day!(now, CA_DAYS);
    Ok(params)
}

fn leaf(names: &[String], now: DateTime<Utc>) -> Result<CertificateParams, rcgen::Error> {
    let mut params = CertificateParams::new(names.to_vec())?;
    params.distinguished_name = named("Mailvane server");
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    params.use_authority_key_identifier_extension = true;
    params.not_before = day!(now, -1);
    params.not_after = day!(now, LEAF_DAYS);
    Ok(params)
}

fn named(common: &str) -> DistinguishedName {
    let mut name = DistinguishedName::new();
    name.push(DnType::CommonName, common);
    name
}

fn read(path: &Path) -> Result<String, CaError> {
    fs::read_to_string(path).map_err(|source| CaError::File { path: path.to_owned(), source })
}

/// Written aside and renamed: a crash leaves the old file or the new one.
fn write(path: &Path, text: &str, mode: u32) -> Result<(), CaError> {
    let draft = path.with_extension("new");
    let write = || {
        if let Err(e) = fs::remove_file(&draft)
            && e.kind() != io::ErrorKind::NotFound
        {
            return Err(e);
        }
        let mut file =
            fs::OpenOptions::new().write(true).create_new(true).mode(mode).open(&draft)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        fs::rename(&draft, path)
    };
    write().map_err(|source| CaError::File { path: path.to_owned(), source })
}

const CA_DAYS: i64 = 3_650;
const LEAF_DAYS: i64 = 825;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_authority_stays_when_the_server_starts_again() {
        let dir = tempfile::tempdir().unwrap();
        let now = DateTime::UNIX_EPOCH + chrono::TimeDelta::days(20_000);
        let names = ["mail.example.org".to_owned(), "127.0.0.1".to_owned()];
        let files = ensure(dir.path(), &names, now).unwrap();
        let (ca, cert) = (read(&files.ca).unwrap(), read(&files.cert).unwrap());
        ensure(dir.path(), &names, now + chrono::TimeDelta::days(400)).unwrap();
        assert_eq!(read(&files.ca).unwrap(), ca);
        assert_ne!(read(&files.cert).unwrap(), cert);
        let mode = |p: &Path| {
            use std::os::unix::fs::PermissionsExt;
            fs::metadata(p).unwrap().permissions().mode() & 0o777
        };
        assert_eq!((mode(&files.key), mode(&dir.path().join("ca.key"))), (0o600, 0o600));
    }

    #[test]
    fn an_unwritable_place_is_said_plainly() {
        let missing = Path::new("/proc/mailvane-nowhere");
        let said = ensure(missing, &[], DateTime::UNIX_EPOCH).unwrap_err().to_string();
        assert!(said.contains("/proc/mailvane-nowhere") && said.contains("writable"), "{said}");
    }
}
