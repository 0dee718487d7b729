//! Loop: takes letters to people to the mail server, until it has them. A letter that cannot be delivered is dropped
//! after two days; what it asked for can be asked for again.

use std::{sync::Arc, time::Duration};

use chrono::{DateTime, Utc};

use super::mailer::{Mail, MailError, Mailer};
use crate::{
    lifecycle::{Loop, LoopError, Pace, Report},
    secrets::{self, Vault},
    store::{Store, StoreError, letters::DueLetter},
};

/// The pace of [`Post`] when nothing wakes it.
pub const PACE: Pace =
    Pace { every: Duration::from_secs(5), jitter: 0.2, tick_max: Duration::from_mins(5) };

/// See the module.
#[derive(Debug)]
pub struct Post {
    store: Store,
    vault: Arc<Vault>,
    mailer: Mailer,
}

impl Post {
    /// For this mail server.
    pub const fn new(store: Store, vault: Arc<Vault>, mailer: Mailer) -> Self {
        Self { store, vault, mailer }
    }

    async fn round(&self) -> Result<Report, StoreError> {
        let due = self.store.letters().await?.claim(LETTERS_MAX).await?;
        let mut report = Report {
            more: due.len() == usize::try_from(LETTERS_MAX).unwrap_or(0),
            ..Report::default()
        };
        for letter in due {
            let outcome = self.carry(&letter).await;
            let word = match &outcome {
                Ok(()) => "sent",
                Err(error) if error.retry => "retry",
                Err(_) => "dropped",
            };
            metrics::counter!("mailvane_letters_total", "outcome" => word).increment(1);
            let mut letters = self.store.letters().await?;
            match outcome {
                Ok(()) => letters.done(letter.id).await?,
                Err(error) if error.retry && letter.attempts < ATTEMPTS_MAX => {
                    tracing::warn!(%error, "a letter will be tried again");
                    letters.postpone(letter.id, backoff_s(letter.attempts), &error.detail).await?;
                }
                Err(error) => {
                    tracing::error!(%error, "a letter cannot be delivered and was dropped");
                    letters.done(letter.id).await?;
                }
            }
            letters.commit().await?;
            report.done += 1;
        }
        Ok(report)
    }

    async fn carry(&self, letter: &DueLetter) -> Result<(), MailError> {
        let never = |detail: String| MailError { retry: false, ambiguous: false, detail };
        let words = secrets::letter::open(&self.vault, letter.public_id, &letter.sealed)
            .map_err(|error| never(error.to_string()))?;
        let mail = Mail {
            to: &letter.recipient,
            subject: &words.subject,
            text: &words.text,
            html: Some(&words.html),
            message_id: &letter.public_id.to_string(),
            headers: &[("Auto-Submitted", "auto-generated")],
        };
        self.mailer.send(&mail).await
    }
}

impl Loop for Post {
    const NAME: &'static str = "notify.post";

    async fn tick(&self, _: DateTime<Utc>) -> Result<Report, LoopError> {
        self.round().await.map_err(|error| LoopError(error.into()))
    }
}

/// 10 s, 20 s, 40 s … at most an hour.
fn backoff_s(attempts: i32) -> f64 {
    (10.0 * 2.0_f64.powi(attempts.clamp(0, 20))).min(3_600.0)
}

const LETTERS_MAX: i64 = 20;
/// With waits that grow to an hour: about two days.
const ATTEMPTS_MAX: i32 = 56;
