//! A siege: everything that clumsy and hostile clients do to a listener, against the real server, one attack after the
//! other, while a person goes on looking at the page. One JSON line for each attack: what it cost, and whom it hurt.
//!
//! Attackers and the besieged share this machine's cores: latencies are upper bounds, memory and closed doors are not.

#![expect(
    clippy::disallowed_methods,
    clippy::indexing_slicing,
    clippy::large_futures,
    reason = "an attacker counts on nothing but the end of its process"
)]

mod attacks;
mod gauge;
mod http2;

use std::{net::SocketAddr, time::Duration};

use serde::Serialize;
use serde_json::Value;
use tokio::time::{Instant, sleep};

use crate::{
    api::Api,
    postfix::free_port,
    stack::{Binaries, ServerPlan, scratch_dir},
};
pub use gauge::Figures;

/// Why a siege could not be held.
pub type SiegeError = Box<dyn std::error::Error + Send + Sync>;

/// What came of one attack.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// Its name.
    pub attack: &'static str,
    /// What the attackers did and met.
    pub outcome: Value,
    /// How the person and the server fared.
    pub figures: Figures,
    /// Every bound held.
    pub held: bool,
}

/// What a whole siege came to.
#[derive(Debug, Clone, Serialize)]
pub struct Summary {
    /// "siege".
    pub bench: &'static str,
    /// How many attacks.
    pub attacks: usize,
    /// Connections of each.
    pub connections: usize,
    /// Attacks in which a bound did not hold.
    pub broken: Vec<&'static str>,
    /// The server's resident memory at its highest, KiB.
    pub rss_peak_kib: u64,
    /// A person's look at the page in the worst attack: 99th of a hundred, milliseconds.
    pub look_p99_ms: u64,
    /// Looks that failed.
    pub failed: usize,
    /// How long the server took to end afterwards, milliseconds.
    pub stop_ms: u64,
    /// Every bound held.
    pub held: bool,
}

/// The besieged: where it listens, its process, and a person at its page.
#[derive(Debug, Clone)]
pub(crate) struct Town {
    pub(crate) plain: SocketAddr,
    pub(crate) tls: SocketAddr,
    pub(crate) pid: u32,
    pub(crate) person: Api,
    pub(crate) url: String,
    pub(crate) key: String,
    pub(crate) email: String,
    pub(crate) password: String,
}

/// Holds a siege with `size` connections an attack; what it came to.
pub async fn hold(size: usize, mut told: impl FnMut(&Report)) -> Result<Summary, SiegeError> {
    let dir = scratch_dir()?;
    let plan = ServerPlan {
        binaries: Binaries::beside_me()?,
        data_dir: dir.path().join("server"),
        listen: free_port()?,
        plain: free_port()?,
        outbound_allow: String::new(),
        settings: Vec::new(),
        log: dir.path().join("server.log"),
    };
    let server = plan.start().await?;
    let pid = server.pid().ok_or("the server has ended")?;
    let town = settle(&plan, pid).await?;
    let (mut broken, mut rss_peak_kib, mut look_p99_ms, mut failed) = (Vec::new(), 0, 0, 0);
    for attack in attacks::ALL {
        let report = attacks::wage(attack, &town, size).await?;
        if !report.held {
            broken.push(report.attack);
        }
        rss_peak_kib = report.figures.rss_peak_kib.max(rss_peak_kib);
        look_p99_ms = report.figures.p99_during_ms.max(look_p99_ms);
        failed += report.figures.failed;
        told(&report);
        sleep(PAUSE).await;
    }
    let begun = Instant::now();
    server.stop().await?;
    let stop_ms = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
    let held = broken.is_empty() && begun.elapsed() < STOP_MAX;
    let attacks = attacks::ALL.len();
    Ok(Summary {
        bench: "siege",
        attacks,
        connections: size,
        broken,
        rss_peak_kib,
        look_p99_ms,
        failed,
        stop_ms,
        held,
    })
}

async fn settle(plan: &ServerPlan, pid: u32) -> Result<Town, SiegeError> {
    let email = "post@lab.test".to_owned();
    let made =
        plan.admin(&["create-tenant", "--name", "Siege", "--owner", &email, "--json"]).await?;
    let password = made["password"].as_str().ok_or("no password was made")?.to_owned();
    let key = plan.admin(&["create-key", "--tenant", "Siege", "--uses", "1000", "--json"]).await?;
    let person = Api::sign_in(&plan.url(), &email, &password).await?;
    Ok(Town {
        plain: plan.plain,
        tls: plan.listen,
        pid,
        person,
        url: plan.url(),
        key: key["key"].as_str().ok_or("no key was made")?.to_owned(),
        email,
        password,
    })
}

/// Between two attacks: what the last one left is over.
const PAUSE: Duration = Duration::from_secs(2);
/// A server must end within this, whatever its clients do.
const STOP_MAX: Duration = Duration::from_secs(15);
