//! The first certificate of each file that Postfix is configured with.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;

use crate::discover::Found;
use crate::vfs::{Disk, read_all};

/// Settings that name files of certificates.
const SETTINGS: [&str; 6] = [
    "smtpd_tls_chain_files",
    "smtpd_tls_cert_file",
    "smtpd_tls_eccert_file",
    "smtpd_tls_dcert_file",
    "smtp_tls_chain_files",
    "smtp_tls_cert_file",
];
const FILES_MAX: usize = 16;
const FILE_BYTES_MAX: usize = 1 << 20;

/// Leaf certificates by the file that has them; what cannot be read is left out.
pub(super) fn leaves(found: &Found) -> BTreeMap<PathBuf, Vec<u8>> {
    let services = found.services();
    let own = services.iter().flat_map(|service| {
        SETTINGS.iter().filter_map(|setting| service.option(setting)).map(str::to_owned)
    });
    let all = SETTINGS.iter().map(|setting| found.setting(setting).to_owned()).chain(own);
    let names =
        all.flat_map(|names| names.split([' ', ',', '\t']).map(PathBuf::from).collect::<Vec<_>>());
    let mut leaves = BTreeMap::new();
    for path in names.filter(|path| path.is_absolute()).take(FILES_MAX) {
        if let Some(leaf) = leaf(&found.host_path(&path)) {
            leaves.insert(path, leaf);
        }
    }
    leaves
}

fn leaf(path: &Path) -> Option<Vec<u8>> {
    let bytes = read_all(&Disk, path, FILE_BYTES_MAX).ok()?;
    CertificateDer::pem_slice_iter(&bytes).next()?.ok().map(|leaf| leaf.to_vec())
}
