//! One's own account: name, password, second factor, sessions, and its end. API tokens have none of it.

pub mod change;
pub mod get;
pub mod password;
pub mod remove;
pub mod sessions;
pub mod totp;

use super::{
    api::Api,
    error::Problem,
    session::{Caller, sign_in},
    throttle::Guess,
};
use crate::{secrets::Secret, store::accounts::Account};

/// The account of whoever asks.
async fn account<R>(caller: &mut Caller<R>) -> Result<Account, Problem> {
    let person = caller.live()?.person;
    caller.scoped.people().by_id(person).await?.ok_or(Problem::SignedOut)
}

/// The same, once the password was typed again. A session that was left open is not enough for what cannot be undone.
async fn proved<R>(
    api: &Api,
    caller: &mut Caller<R>,
    password: String,
) -> Result<Account, Problem> {
    let account = account(caller).await?;
    let peer = caller.peer;
    let guess = Guess { what: "step-up", account: &account.email, peer, known: true };
    api.take_turn(&guess, caller.now).await?;
    let known = match sign_in::check(api, &account.email, Secret::new(password), true).await {
        Err(Problem::WrongPassword) => return Err(Problem::field("password", "Wrong password.")),
        other => other?,
    };
    api.clear_turn(&guess).await?;
    Ok(known)
}
