//! What a release says of itself: which packages, which sums, until when; and the proof that the release key said so.
//!
//! Pure: bytes in, verdict out.

use std::fmt;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use ring::signature::{ECDSA_P256_SHA256_ASN1, UnparsedPublicKey};

/// What every P-256 public key in DER begins with; the point follows.
const P256_PREFIX: [u8; 26] = [
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a,
    0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
];
const FILES_MAX: usize = 64;

/// Why a release is not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// The key on this host is none.
    #[error("the release key on this host is not a P-256 public key in PEM: run install.sh again")]
    Key,
    /// The signature does not fit.
    #[error(
        "the release manifest is not signed by the release key of this host: it was tampered with, or the key changed"
    )]
    Signature,
    /// The manifest cannot be understood.
    #[error(
        "the release manifest cannot be read at {0:?}: it may be of a newer form, run install.sh again"
    )]
    Form(String),
    /// Too old to be trusted.
    #[error(
        "release {0} has expired, or the clock of this host is wrong: ask the server's operator for a newer one"
    )]
    Expired(Version),
    /// Older than this program.
    #[error(
        "version {present} runs here and the server offers the older {offered}: an agent never goes back by itself"
    )]
    Older {
        /// This program's.
        present: Version,
        /// The server's.
        offered: Version,
    },
    /// Nothing for this machine.
    #[error("release {version} has no agent for {arch}")]
    NoPackage {
        /// The release's.
        version: Version,
        /// This machine's.
        arch: String,
    },
    /// A package is not what was signed.
    #[error("{0} is not what the signed manifest says: it was tampered with or cut off")]
    Package(String),
}

/// `1.2.3`
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version([u32; 3]);

impl Version {
    /// This program's.
    pub fn own() -> Self {
        Self::parse(env!("CARGO_PKG_VERSION")).unwrap_or(Self([0; 3]))
    }

    fn parse(text: &str) -> Option<Self> {
        let mut numbers = text.split('.').map(str::parse);
        let version = [numbers.next()?.ok()?, numbers.next()?.ok()?, numbers.next()?.ok()?];
        numbers.next().is_none().then_some(Self(version))
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [major, minor, patch] = self.0;
        write!(f, "{major}.{minor}.{patch}")
    }
}

/// A package for one architecture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Package {
    /// File name.
    pub name: String,
    /// Its sum, in hex.
    pub sha256: String,
}

/// A release.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Manifest {
    /// Which.
    pub version: Version,
    /// Not to be trusted from then on, seconds since 1970.
    pub expires_s: i64,
    packages: Vec<Package>,
}

impl Manifest {
    /// Reads `text` after `key` (PEM) has proved `signature` (DER in base64) and while it has not expired.
    pub fn proved(text: &[u8], signature: &[u8], key: &[u8], now_s: i64) -> Result<Self, Fault> {
        let point = point(key).ok_or(Fault::Key)?;
        let signature: Vec<u8> =
            signature.iter().copied().filter(|byte| !byte.is_ascii_whitespace()).collect();
        let signature = STANDARD.decode(signature).map_err(|_| Fault::Signature)?;
        UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, point)
            .verify(text, &signature)
            .map_err(|_| Fault::Signature)?;
        let manifest = Self::parse(text)?;
        if now_s >= manifest.expires_s {
            return Err(Fault::Expired(manifest.version));
        }
        Ok(manifest)
    }

    fn parse(text: &[u8]) -> Result<Self, Fault> {
        let form = |line: &str| Fault::Form(line.chars().take(80).collect());
        let text = std::str::from_utf8(text).map_err(|_| form("text"))?;
        let field = |name: &str| {
            let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
            line.ok_or_else(|| form(name))
        };
        if field("format")? != "1" {
            return Err(form("format"));
        }
        let version = Version::parse(field("version")?).ok_or_else(|| form("version"))?;
        let expires_s = field("expires")?.parse().map_err(|_| form("expires"))?;
        let files = text.lines().filter_map(|line| line.strip_prefix("file "));
        let packages: Option<Vec<Package>> = files
            .take(FILES_MAX)
            .map(|line| {
                let mut words = line.split(' ');
                let (sha256, _bytes, name) = (words.next()?, words.next()?, words.next()?);
                // The name becomes part of an address.
                let plain =
                    |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_');
                let good = name.bytes().all(plain) && sha256.len() == 64;
                good.then(|| Package { name: name.to_owned(), sha256: sha256.to_owned() })
            })
            .collect();
        Ok(Self { version, expires_s, packages: packages.ok_or_else(|| form("file"))? })
    }

    /// The package for `arch`.
    pub fn package(&self, arch: &str) -> Result<&Package, Fault> {
        let name = format!("mailvane-agent-{}-{arch}.tar.gz", self.version);
        let package = self.packages.iter().find(|package| package.name == name);
        package.ok_or_else(|| Fault::NoPackage { version: self.version, arch: arch.to_owned() })
    }
}

/// The point of a P-256 public key in PEM.
fn point(pem: &[u8]) -> Option<Vec<u8>> {
    let text = std::str::from_utf8(pem).ok()?;
    let body = text.split("-----").nth(2)?;
    let body: String = body.chars().filter(|char| !char.is_whitespace()).collect();
    let der = STANDARD.decode(body).ok()?;
    der.strip_prefix(P256_PREFIX.as_slice()).map(<[u8]>::to_vec)
}

#[cfg(test)]
mod tests {
    use ring::rand::SystemRandom;
    use ring::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair as _};

    use super::*;

    struct Signer(EcdsaKeyPair);

    impl Signer {
        fn new() -> Self {
            let random = SystemRandom::new();
            let alg = &ECDSA_P256_SHA256_ASN1_SIGNING;
            let pkcs8 = EcdsaKeyPair::generate_pkcs8(alg, &random).unwrap();
            Self(EcdsaKeyPair::from_pkcs8(alg, pkcs8.as_ref(), &random).unwrap())
        }

        fn pem(&self) -> Vec<u8> {
            let der = [P256_PREFIX.as_slice(), self.0.public_key().as_ref()].concat();
            let body = STANDARD.encode(der);
            format!("-----BEGIN PUBLIC KEY-----\n{body}\n-----END PUBLIC KEY-----\n").into_bytes()
        }

        fn sign(&self, text: &str) -> Vec<u8> {
            let signature = self.0.sign(&SystemRandom::new(), text.as_bytes()).unwrap();
            STANDARD.encode(signature).into_bytes()
        }
    }

    fn release() -> String {
        let sum = "a".repeat(64);
        format!(
            "format 1\nversion 0.2.10\nmade 1\nexpires 1000\nfile {sum} 5 mailvane-agent-0.2.10-x86_64.tar.gz\n"
        )
    }

    #[test]
    fn a_signed_release_is_read_and_its_package_found() {
        let signer = Signer::new();
        let text = release();
        let manifest =
            Manifest::proved(text.as_bytes(), &signer.sign(&text), &signer.pem(), 999).unwrap();
        assert_eq!(manifest.version.to_string(), "0.2.10");
        assert!(manifest.version > Version([0, 2, 9]), "numbers are compared, not letters");
        assert_eq!(manifest.package("x86_64").unwrap().sha256, "a".repeat(64));
        let fault = manifest.package("riscv64").unwrap_err();
        assert!(fault.to_string().contains("no agent for riscv64"));
    }

    #[test]
    fn what_was_tampered_with_or_is_too_old_is_refused_each_in_its_own_words() {
        let (signer, stranger, text) = (Signer::new(), Signer::new(), release());
        let prove = |text: &str, signature: &[u8], key: &[u8], now_s| {
            Manifest::proved(text.as_bytes(), signature, key, now_s).unwrap_err()
        };
        let good = signer.sign(&text);
        let other = text.replace("0.2.10", "0.2.11");
        assert_eq!(prove(&other, &good, &signer.pem(), 999), Fault::Signature);
        assert_eq!(prove(&text, &stranger.sign(&text), &signer.pem(), 999), Fault::Signature);
        assert_eq!(prove(&text, b"!!", &signer.pem(), 999), Fault::Signature);
        assert_eq!(prove(&text, &good, b"no key", 999), Fault::Key);
        assert!(matches!(prove(&text, &good, &signer.pem(), 1000), Fault::Expired(_)));
        let newer = text.replace("format 1", "format 2");
        let fault = prove(&newer, &signer.sign(&newer), &signer.pem(), 999);
        assert_eq!(fault, Fault::Form("format".to_owned()));
        let sly = text.replace(" mailvane-agent", " ../mailvane-agent");
        let fault = prove(&sly, &signer.sign(&sly), &signer.pem(), 999);
        assert_eq!(fault, Fault::Form("file".to_owned()));
    }
}
