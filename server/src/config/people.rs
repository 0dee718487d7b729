//! Settings that concern people: the mail server for mail to them, whether strangers may sign up, proxies before us;
//! and the rule that a file with a secret is nobody else's to read.

use std::{fmt, os::unix::fs::PermissionsExt, path::Path};

use url::Url;
use zeroize::Zeroizing;

use super::Reader;

/// The mail server that takes our mail.
#[derive(Clone)]
pub struct Smtp {
    /// Its name or address.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How the wire is kept private.
    pub tls: SmtpTls,
    /// User name and password, where it asks for them.
    pub login: Option<(String, Zeroizing<String>)>,
    /// Whom our mail is from, `address` or `Name <address>`.
    pub from: String,
}

impl fmt::Debug for Smtp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Smtp({}:{}, {:?}, from {})", self.host, self.port, self.tls, self.from)
    }
}

/// How the wire to the mail server is kept private.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SmtpTls {
    /// Not at all: a mail server on this machine.
    None,
    /// By STARTTLS where it is offered.
    Opportunistic,
    /// By STARTTLS, or nothing is sent.
    Required,
    /// From the first byte.
    Wrapped,
}

impl Reader {
    pub(super) fn smtp(&mut self) -> Option<Smtp> {
        let url = self.text(SMTP_URL);
        let (from, file) = (self.text(MAIL_FROM), self.text(SMTP_PASSWORD_FILE));
        let Some(text) = url else {
            for name in [MAIL_FROM, SMTP_PASSWORD_FILE] {
                if self.text(name).is_some() {
                    self.fault(name, format_args!("set {SMTP_URL} too, or neither"));
                }
            }
            return None;
        };
        let parsed = Url::parse(&text).ok().and_then(|url| parts(&url));
        if parsed.is_none() {
            self.fault(
                SMTP_URL,
                "write smtps://USER@HOST:PORT, smtp://HOST:PORT or smtp://HOST:PORT?tls=none, opportunistic or \
                 required; the password goes into MAILVANE_SMTP_PASSWORD_FILE",
            );
        }
        if from
            .as_ref()
            .is_none_or(|from| !from.contains('@') || from.chars().any(char::is_control))
        {
            self.fault(MAIL_FROM, "set it to the address that mail shall come from");
        }
        let password = match &file {
            Some(path) => self.secret(SMTP_PASSWORD_FILE, Path::new(path)),
            None => None,
        };
        let (host, port, tls, user) = parsed?;
        if user.is_some() && file.is_none() {
            self.fault(SMTP_URL, format_args!("names a user: set {SMTP_PASSWORD_FILE} too"));
        }
        Some(Smtp { host, port, tls, login: user.zip(password), from: from? })
    }

    /// Whether strangers may make tenants of their own.
    pub(super) fn sign_up(&mut self) -> bool {
        match self.text(SIGN_UP).as_deref() {
            None | Some("closed") => false,
            Some("open") => true,
            Some(other) => {
                let what = format!("{other:?} is unknown; open or closed");
                self.fault(SIGN_UP, what);
                false
            }
        }
    }

    /// How many proxies of ours stand before us and append to `X-Forwarded-For`.
    pub(super) fn trusted_proxies(&mut self) -> u8 {
        let Some(text) = self.text(TRUSTED_PROXIES) else { return 0 };
        if let Ok(hops @ 0..=TRUSTED_PROXIES_MAX) = text.parse() {
            return hops;
        }
        let what = format!("{text:?}: a number from 0 to 8 is expected");
        self.fault(TRUSTED_PROXIES, what);
        0
    }

    /// The text of a file that holds one secret.
    fn secret(&mut self, name: &str, path: &Path) -> Option<Zeroizing<String>> {
        self.refuse_public(name, path);
        match std::fs::read_to_string(path) {
            Ok(text) if text.len() <= SECRET_BYTES_MAX && !text.trim().is_empty() => {
                Some(Zeroizing::new(text.trim_end_matches(['\r', '\n']).to_owned()))
            }
            Ok(_) => {
                self.fault(
                    name,
                    format_args!("{}: one line with the secret is expected", path.display()),
                );
                None
            }
            Err(error) => {
                self.fault(name, format_args!("{}: cannot be read: {error}", path.display()));
                None
            }
        }
    }

    /// A file with a secret that everybody on this machine may read is no secret.
    pub(super) fn refuse_public(&mut self, name: &str, path: &Path) {
        let Ok(metadata) = std::fs::metadata(path) else { return };
        let mode = metadata.permissions().mode() & 0o777;
        if mode & 0o007 != 0 {
            self.fault(
                name,
                format_args!(
                    "{}: mode {mode:o} lets everybody read the secret in it; chmod 640 it, or 600",
                    path.display()
                ),
            );
        }
    }
}

type Parts = (String, u16, SmtpTls, Option<String>);

fn parts(url: &Url) -> Option<Parts> {
    let mut tls = match url.scheme() {
        "smtps" => SmtpTls::Wrapped,
        "smtp" => SmtpTls::Required,
        _ => return None,
    };
    for (name, value) in url.query_pairs() {
        tls = match (name.as_ref(), value.as_ref()) {
            ("tls", "none") => SmtpTls::None,
            ("tls", "opportunistic") => SmtpTls::Opportunistic,
            ("tls", "required") => SmtpTls::Required,
            _ => return None,
        };
    }
    // A password in a URL would stand in process lists and logs.
    if url.password().is_some() || !matches!(url.path(), "" | "/") {
        return None;
    }
    let user = url::form_urlencoded::parse(url.username().as_bytes()).next().map(|(user, _)| user);
    let host = url.host_str()?.trim_matches(['[', ']']).to_owned();
    let port = url.port().unwrap_or(if tls == SmtpTls::Wrapped { 465 } else { 587 });
    Some((host, port, tls, user.map(std::borrow::Cow::into_owned).filter(|user| !user.is_empty())))
}

const SMTP_URL: &str = "MAILVANE_SMTP_URL";
const SMTP_PASSWORD_FILE: &str = "MAILVANE_SMTP_PASSWORD_FILE";
const MAIL_FROM: &str = "MAILVANE_MAIL_FROM";
const SIGN_UP: &str = "MAILVANE_SIGN_UP";
const TRUSTED_PROXIES: &str = "MAILVANE_TRUSTED_PROXIES";
const TRUSTED_PROXIES_MAX: u8 = 8;
const SECRET_BYTES_MAX: usize = 1_024;

#[cfg(test)]
mod tests {
    use std::{fs, path::PathBuf};

    use super::{super::*, *};

    fn parse(pairs: &[(&str, &str)]) -> Result<Config, ConfigFaults> {
        let pairs = pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Config::parse(pairs, None, true)
    }

    fn file(dir: &tempfile::TempDir, mode: u32) -> PathBuf {
        let path = dir.path().join("password");
        fs::write(&path, "hush\n").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        path
    }

    #[test]
    fn a_mail_server_with_a_login_is_read_and_its_password_never_printed() {
        let dir = tempfile::tempdir().unwrap();
        let path = file(&dir, 0o600);
        let config = parse(&[
            ("MAILVANE_SMTP_URL", "smtps://vane@mail.example.org"),
            ("MAILVANE_SMTP_PASSWORD_FILE", path.to_str().unwrap()),
            ("MAILVANE_MAIL_FROM", "Mailvane <vane@example.org>"),
        ])
        .unwrap();
        assert!(!format!("{config:?}").contains("hush"));
        let smtp = config.smtp.unwrap();
        assert_eq!(
            (smtp.host.as_str(), smtp.port, smtp.tls),
            ("mail.example.org", 465, SmtpTls::Wrapped)
        );
        let (user, password) = smtp.login.unwrap();
        assert_eq!((user.as_str(), password.as_str()), ("vane", "hush"));
    }

    #[test]
    fn a_secret_that_everybody_may_read_is_refused_with_the_cure() {
        let dir = tempfile::tempdir().unwrap();
        let path = file(&dir, 0o644);
        let faults = parse(&[
            ("MAILVANE_SMTP_URL", "smtp://vane@mail.example.org"),
            ("MAILVANE_SMTP_PASSWORD_FILE", path.to_str().unwrap()),
            ("MAILVANE_MAIL_FROM", "vane@example.org"),
        ])
        .unwrap_err();
        assert!(faults.to_string().contains("chmod 640"), "{faults}");
        let key = parse(&[
            ("MAILVANE_TLS_CERT", "/cert.pem"),
            ("MAILVANE_TLS_KEY", path.to_str().unwrap()),
        ]);
        assert!(key.unwrap_err().to_string().contains("chmod 640"));
    }

    #[test]
    fn every_wrong_word_about_mail_is_told() {
        for (name, value) in [
            ("MAILVANE_SMTP_URL", "mail.example.org"),
            ("MAILVANE_SMTP_URL", "smtp://a:secret@mail.example.org"),
            ("MAILVANE_SMTP_URL", "smtp://mail.example.org?tls=maybe"),
            ("MAILVANE_MAIL_FROM", "vane@example.org"),
            ("MAILVANE_SIGN_UP", "yes"),
            ("MAILVANE_TRUSTED_PROXIES", "9"),
            ("MAILVANE_TRUSTED_PROXIES", "-1"),
        ] {
            assert!(parse(&[(name, value)]).is_err(), "{name}={value}");
        }
        assert!(parse(&[]).unwrap().smtp.is_none());
    }
}
