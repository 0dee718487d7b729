//! Passwords: argon2id, in a bounded number of threads, so that a flood of sign-ins is no flood of memory.

use std::{fmt, sync::Arc};

use argon2::{
    Algorithm, Argon2, Params, Version,
    password_hash::{CustomizedPasswordHasher, PasswordVerifier, phc::PasswordHash},
};
use tokio::sync::Semaphore;

use super::{Secret, roll};
use crate::clock::{Dice, SharedDice};

/// More work is waiting than may.
#[derive(Debug, thiserror::Error)]
#[error("too many sign-ins at once; try again in a few seconds")]
pub struct Busy;

/// Hashes and checks passwords.
#[derive(Clone)]
pub struct Passwords {
    threads: Arc<Semaphore>,
    queue: Arc<Semaphore>,
    kept_free: Arc<Semaphore>,
    nobody: Arc<str>,
}

impl fmt::Debug for Passwords {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Passwords")
    }
}

impl Passwords {
    /// One thread for each core, `QUEUE_MAX` waiting.
    pub fn new(dice: &dyn Dice) -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let nobody = hash(&Secret::new(hex_word(dice)), dice).unwrap_or_default();
        Self {
            threads: Arc::new(Semaphore::new(cores)),
            queue: Arc::new(Semaphore::new(cores + QUEUE_MAX)),
            kept_free: Arc::new(Semaphore::new(KEPT_FREE)),
            nobody: nobody.into(),
        }
    }

    /// Whether `password` fits `stored`. Without `stored` it takes as long and is false: nobody learns who exists.
    ///
    /// Some places are kept free for `trusted` browsers: strangers who fill the queue do not keep them out.
    pub async fn verify(
        &self,
        password: Secret,
        stored: Option<String>,
        trusted: bool,
    ) -> Result<bool, Busy> {
        let known = stored.is_some();
        let stored = stored.unwrap_or_else(|| self.nobody.as_ref().to_owned());
        let fits = self.work(trusted, move || verify(&password, &stored)).await?;
        Ok(fits.unwrap_or(false) && known)
    }

    /// The PHC string of a password that was just chosen; the salt comes from `dice`.
    pub async fn hash(&self, password: Secret, dice: &SharedDice) -> Result<String, Busy> {
        let dice = Arc::clone(dice);
        let hashed = self.work(false, move || hash(&password, &*dice).ok()).await?;
        hashed.flatten().ok_or(Busy)
    }

    /// Memory-hungry work, in turn. Nothing: it panicked.
    async fn work<T: Send + 'static>(
        &self,
        trusted: bool,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<Option<T>, Busy> {
        let place = match Arc::clone(&self.queue).try_acquire_owned() {
            Ok(place) => place,
            Err(_) if trusted => {
                Arc::clone(&self.kept_free).try_acquire_owned().map_err(|_| Busy)?
            }
            Err(_) => return Err(Busy),
        };
        let turn = Arc::clone(&self.threads).acquire_owned().await.map_err(|_| Busy)?;
        let done = tokio::task::spawn_blocking(move || {
            let done = work();
            drop((place, turn));
            done
        });
        Ok(done.await.ok())
    }
}

/// The PHC string of a password.
pub fn hash(password: &Secret, dice: &dyn Dice) -> Result<String, argon2::password_hash::Error> {
    let salt: [u8; 16] = roll(dice);
    let params = Params::new(MEMORY_KIB, PASSES, 1, None)?;
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params.clone());
    let hash: PasswordHash =
        argon2.hash_password_customized(password.expose().as_bytes(), &salt, None, None, params)?;
    Ok(hash.to_string())
}

fn verify(password: &Secret, stored: &str) -> bool {
    PasswordHash::new(stored).is_ok_and(|stored| {
        Argon2::default().verify_password(password.expose().as_bytes(), &stored).is_ok()
    })
}

/// A password for a person to type: five groups of letters that cannot be confused, 116 bits.
pub fn generate(dice: &dyn Dice) -> Secret {
    let letters = b"abcdefghijkmnpqrstuvwxyz23456789";
    let bytes: [u8; 25] = roll(dice);
    let mut text = String::with_capacity(29);
    for (at, byte) in bytes.into_iter().enumerate() {
        if at > 0 && at % 5 == 0 {
            text.push('-');
        }
        text.push(letters.get(usize::from(byte % 32)).copied().map_or('a', char::from));
    }
    Secret::new(text)
}

fn hex_word(dice: &dyn Dice) -> String {
    roll::<16>(dice).iter().map(ToString::to_string).collect()
}

/// 19 MiB and two passes: about 46 ms a try, 20 tries a second and core.
const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
const QUEUE_MAX: usize = 32;
const KEPT_FREE: usize = 4;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::SeededDice;

    #[tokio::test]
    async fn a_password_fits_its_own_hash_only() {
        let dice = SeededDice::new(1);
        let passwords = Passwords::new(&dice);
        let stored = hash(&Secret::new("three blue kettles".into()), &dice).unwrap();
        assert!(stored.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{stored}");
        let check = |text: &str, stored: Option<String>| {
            passwords.verify(Secret::new(text.to_owned()), stored, false)
        };
        assert!(check("three blue kettles", Some(stored.clone())).await.unwrap());
        assert!(!check("three blue kettle", Some(stored)).await.unwrap());
        assert!(!check("three blue kettles", None).await.unwrap());
        assert!(!check("x", Some("not a hash".into())).await.unwrap());
    }

    /// An unknown address costs what a wrong password costs: the processor's time tells nobody who is here.
    #[tokio::test]
    async fn an_unknown_address_costs_what_a_wrong_password_costs() {
        let dice = SeededDice::new(1);
        let passwords = Passwords::new(&dice);
        let stored = hash(&Secret::new("three blue kettles".into()), &dice).unwrap();
        let guess = Secret::new("a guess".into());
        let (mut known, mut unknown) = (Vec::new(), Vec::new());
        for pair in 0..14 {
            for turn in 0..2 {
                let is_known = (pair + turn) % 2 == 0;
                let against = if is_known { stored.as_str() } else { &*passwords.nobody };
                let begun = cpu_ns();
                assert!(!verify(&guess, against));
                let spent = cpu_ns() - begun;
                if is_known { known.push(spent) } else { unknown.push(spent) }
            }
        }
        known.sort_unstable();
        unknown.sort_unstable();
        let (known, unknown) = (known[known.len() / 2] as f64, unknown[unknown.len() / 2] as f64);
        println!(
            "wrong {known} ns, unknown {unknown} ns of processor: ratio {:.3}",
            known / unknown
        );
        assert!((0.9..1.1).contains(&(known / unknown)), "{known} {unknown}");
    }

    /// Processor time of this thread.
    fn cpu_ns() -> u64 {
        let line = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
        line.split_whitespace().next().unwrap().parse().unwrap()
    }

    #[test]
    fn generated_passwords_may_be_chosen() {
        let password = generate(&SeededDice::new(2));
        assert_eq!(crate::domain::member::password_fault(password.expose()), None);
        assert_eq!(password.expose().len(), 29);
    }
}
