//! Sends mail through the mail server of the settings. Knows nothing of what it says.
//!
//! Never trusts an address or a header: what could begin a new header line is refused before anything is sent.

use std::time::Duration;

use lettre::{
    AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor,
    message::{
        Mailbox, MultiPart, SinglePart,
        header::{HeaderName, HeaderValue},
    },
    transport::smtp::{
        authentication::Credentials,
        client::{Tls, TlsParameters},
    },
};
use thiserror::Error;

use crate::config::{Smtp, SmtpTls};

/// A mail to be sent.
#[derive(Debug, Clone, Copy)]
pub struct Mail<'a> {
    /// To whom; one address.
    pub to: &'a str,
    /// One line.
    pub subject: &'a str,
    /// For those who read plain text.
    pub text: &'a str,
    /// For those who do not.
    pub html: Option<&'a str>,
    /// The same for every try of one mail, without brackets.
    pub message_id: &'a str,
    /// Further headers.
    pub headers: &'a [(&'a str, &'a str)],
}

/// Why a mail was not taken.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{detail}")]
pub struct MailError {
    /// Whether another try may succeed.
    pub retry: bool,
    /// The receiver may have taken it; no answer came.
    pub ambiguous: bool,
    /// What the mail server or the network said.
    pub detail: String,
}

impl MailError {
    #[expect(clippy::needless_pass_by_value, reason = "for map_err")]
    fn never(detail: impl ToString) -> Self {
        Self { retry: false, ambiguous: false, detail: detail.to_string() }
    }
}

/// The way to the mail server.
#[derive(Clone)]
pub struct Mailer {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
}

impl std::fmt::Debug for Mailer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Mailer(from {})", self.from.email)
    }
}

impl Mailer {
    /// For these settings.
    pub fn new(smtp: &Smtp) -> Result<Self, MailError> {
        let from = smtp.from.parse().map_err(|error| {
            MailError::never(format!("MAILVANE_MAIL_FROM {}: {error}", smtp.from))
        })?;
        let parameters = || TlsParameters::new(smtp.host.clone()).map_err(MailError::never);
        let tls = match smtp.tls {
            SmtpTls::None => Tls::None,
            SmtpTls::Opportunistic => Tls::Opportunistic(parameters()?),
            SmtpTls::Required => Tls::Required(parameters()?),
            SmtpTls::Wrapped => Tls::Wrapper(parameters()?),
        };
        let mut builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(&smtp.host)
            .port(smtp.port)
            .timeout(Some(STEP_TIME_MAX))
            .tls(tls);
        if let Some((user, password)) = &smtp.login {
            builder =
                builder.credentials(Credentials::new(user.clone(), password.as_str().to_owned()));
        }
        Ok(Self { transport: builder.build(), from })
    }

    /// The domain that our mail is from: names of mails and threads end with it.
    pub fn domain(&self) -> &str {
        self.from.email.domain()
    }

    /// Hands one mail over.
    pub async fn send(&self, mail: &Mail<'_>) -> Result<(), MailError> {
        let message = self.message(mail)?;
        match tokio::time::timeout(SEND_TIME_MAX, self.transport.send(message)).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) => Err(MailError {
                retry: !error.is_permanent(),
                ambiguous: error.is_timeout(),
                detail: chain(&error),
            }),
            Err(_) => Err(MailError {
                retry: true,
                ambiguous: true,
                detail: "the mail server did not answer in time".to_owned(),
            }),
        }
    }

    fn message(&self, mail: &Mail<'_>) -> Result<Message, MailError> {
        if mail.subject.chars().chain(mail.to.chars()).any(char::is_control) {
            return Err(MailError::never("an address or subject holds control characters"));
        }
        let to: Mailbox = mail.to.parse().map_err(MailError::never)?;
        let mut builder = Message::builder()
            .from(self.from.clone())
            .to(to)
            .subject(mail.subject)
            .message_id(Some(format!("<{}@{}>", mail.message_id, self.from.email.domain())));
        for (name, value) in mail.headers {
            let known = HeaderName::new_from_ascii((*name).to_owned()).map_err(MailError::never)?;
            if value.chars().any(char::is_control) {
                return Err(MailError::never(format!("{name} holds control characters")));
            }
            builder = builder.raw_header(HeaderValue::new(known, (*value).to_owned()));
        }
        let built = match mail.html {
            Some(html) => builder.multipart(MultiPart::alternative_plain_html(
                mail.text.to_owned(),
                html.to_owned(),
            )),
            None => builder.singlepart(SinglePart::plain(mail.text.to_owned())),
        };
        built.map_err(MailError::never)
    }
}

/// What failed, and beneath it what the network said.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(inner) = source {
        let inner_text = inner.to_string();
        if !text.contains(&inner_text) {
            text = format!("{text}: {inner_text}");
        }
        source = inner.source();
    }
    text.chars().filter(|c| !c.is_control()).take(DETAIL_CHARS_MAX).collect()
}

const STEP_TIME_MAX: Duration = Duration::from_secs(10);
const SEND_TIME_MAX: Duration = Duration::from_secs(30);
const DETAIL_CHARS_MAX: usize = 300;

#[cfg(test)]
mod tests {
    use super::*;

    fn mailer() -> Mailer {
        Mailer::new(&Smtp {
            host: "127.0.0.1".to_owned(),
            port: 9,
            tls: SmtpTls::None,
            login: None,
            from: "Mailvane <vane@mailvane.test>".to_owned(),
        })
        .unwrap()
    }

    #[tokio::test]
    async fn an_address_that_would_begin_a_new_header_is_refused() {
        let mail = Mail {
            to: "post@kestrel.example",
            subject: "x",
            text: "x",
            html: None,
            message_id: "1",
            headers: &[],
        };
        let mailer = mailer();
        for bad in [
            Mail { to: "post@kestrel.example\r\nBcc: all@kestrel.example", ..mail },
            Mail { subject: "x\nBcc: all@kestrel.example", ..mail },
            Mail { headers: &[("X-A", "b\r\nBcc: all@kestrel.example")], ..mail },
            Mail { to: "nobody", ..mail },
        ] {
            assert!(!mailer.send(&bad).await.unwrap_err().retry, "{bad:?}");
        }
        // Nobody listens on that port: worth another try.
        assert!(mailer.send(&mail).await.unwrap_err().retry);
    }
}
