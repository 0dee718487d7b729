//! A receiver of Standard Webhooks as a customer would write it: checks the signature, the age and the size, and flags
//! an id that it has had before.

use std::{collections::HashSet, io, net::SocketAddr, sync::Mutex};

use crate::{
    journal::Journal,
    receiver::{Call, Contract, Receiver, Reply, lock},
    world::now_ms,
};

const BODY_BYTES_MAX: usize = 20 * 1024;
const AGE_MAX_S: u64 = 300;

/// Checks one signature: secret, id, timestamp, body, header.
pub type Verify = fn(&str, &str, &str, &[u8], &str) -> bool;

/// Starts it.
pub async fn start(
    listen: SocketAddr,
    journal: Journal,
    secret: String,
    verify: Verify,
) -> io::Result<Receiver> {
    Receiver::start(listen, journal, Hook { secret, verify, seen: Mutex::default() }).await
}

struct Hook {
    secret: String,
    verify: Verify,
    seen: Mutex<HashSet<String>>,
}

impl Contract for Hook {
    fn judge(&self, call: &Call<'_>) -> Reply {
        let header = |name: &str| {
            call.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
        };
        let (id, at) = (header("webhook-id"), header("webhook-timestamp"));
        let age = at.parse::<u64>().ok().map(|at| (now_ms() / 1_000).abs_diff(at));
        if id.is_empty() || id.contains('.') || age.is_none_or(|age| age > AGE_MAX_S) {
            return Reply::no(400, "", format!("id {id:?}, timestamp {at:?}"));
        }
        if !(self.verify)(&self.secret, id, at, call.body, header("webhook-signature")) {
            return Reply::no(401, "", "the signature is wrong");
        }
        if call.body.len() > BODY_BYTES_MAX || !call.json.is_object() {
            return Reply::no(400, "", format!("{} bytes, or no JSON", call.body.len()));
        }
        let mut reply = Reply::yes(204, "");
        if !lock(&self.seen).insert(id.to_owned()) {
            reply.problem = Some("repeated".to_owned());
        }
        reply
    }
}
