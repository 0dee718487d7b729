//! Certificates that an instance serves: those in its files, and those that its ports really show on loopback.
//!
//! Files are looked at once a minute, ports once an hour, from an address of their own, so that the log's lines about
//! it are told from those of clients. Reads no private key but what stands in a file beside the certificate.

mod der;
mod pem;
mod ports;
mod probe;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, TryRecvError, sync_channel};

use mailvane_proto::catalogue::{event as happened, group, host as cat};

use crate::discover::Found;
use crate::fold::tally::{Happening, Tally};
pub use der::expires_s;
pub use ports::{Port, ports};

/// Ports are looked at this often.
const PROBE_EVERY_MS: i64 = 3_600_000;
/// After a look that failed, such as one at a Postfix that was just restarted.
const PROBE_AGAIN_MS: i64 = 300_000;
/// Files are looked at this often.
const FILES_EVERY_MS: i64 = 60_000;

/// What one port showed.
type Shown = (Port, Result<Vec<u8>, String>);

/// The certificates of one instance.
#[derive(Debug, Default)]
pub struct Certificates {
    /// Leaf certificates by their file.
    files: BTreeMap<PathBuf, Vec<u8>>,
    files_ms: Option<i64>,
    /// Leaf certificates by their port, as last seen.
    served: BTreeMap<String, Vec<u8>>,
    probe_ms: Option<i64>,
    probing: Option<Receiver<Shown>>,
}

impl Certificates {
    /// Reports what is known, and looks again where it is time to.
    pub fn measure(&mut self, found: &Found, now_ms: i64, tally: &mut Tally) {
        if self.files_ms.is_none_or(|looked_ms| now_ms - looked_ms >= FILES_EVERY_MS) {
            self.files_ms = Some(now_ms);
            let before = std::mem::replace(&mut self.files, pem::leaves(found));
            if !before.is_empty() && before != self.files {
                self.probe_ms = None;
            }
        }
        // The network of a container is not this one.
        if found.container.is_empty() {
            self.probe(found, now_ms, tally);
        }
        self.report(now_ms, tally);
    }

    fn probe(&mut self, found: &Found, now_ms: i64, tally: &mut Tally) {
        if let Some(probing) = self.probing.take() {
            loop {
                match probing.try_recv() {
                    Ok(shown) => self.shown(shown, now_ms, tally),
                    Err(TryRecvError::Empty) => {
                        self.probing = Some(probing);
                        return;
                    }
                    Err(TryRecvError::Disconnected) => return,
                }
            }
        }
        if self.probe_ms.is_some_and(|probe_ms| now_ms < probe_ms) || !found.running() {
            return;
        }
        self.probe_ms = Some(now_ms + PROBE_EVERY_MS);
        let ports = ports(found);
        if ports.is_empty() {
            self.served.clear();
            return;
        }
        self.served.retain(|name, _| ports.iter().any(|port| port.name() == *name));
        let (sender, receiver) = sync_channel(ports::PORTS_MAX);
        let thread = std::thread::Builder::new().name("certificates".into()).spawn(move || {
            for port in ports {
                let shown = probe::leaf(&port).map_err(|error| error.to_string());
                if sender.send((port, shown)).is_err() {
                    return;
                }
            }
        });
        match thread {
            Ok(_) => self.probing = Some(receiver),
            Err(error) => tracing::debug!(error = %error, "certificates.probe"),
        }
    }

    fn shown(&mut self, (port, shown): Shown, now_ms: i64, tally: &mut Tally) {
        let name = port.name();
        match shown {
            Ok(leaf) => {
                if self.served.get(&name).is_some_and(|known| *known != leaf) {
                    tally.happen(Happening {
                        at_ms: now_ms,
                        kind: happened::CERTIFICATE_CHANGED,
                        subject: name.clone(),
                        text: String::new(),
                        count: 1,
                    });
                }
                self.served.insert(name, leaf);
            }
            Err(why) => {
                tracing::debug!(port = name, why, "certificates.port: tried again soon");
                self.served.remove(&name);
                self.probe_ms = Some(now_ms + PROBE_AGAIN_MS);
            }
        }
    }

    fn report(&self, now_ms: i64, tally: &mut Tally) {
        let configured: BTreeSet<&[u8]> = self.files.values().map(Vec::as_slice).collect();
        let files = self.files.iter().map(|(path, leaf)| (path.display().to_string(), leaf, false));
        let served = self.served.iter().map(|(name, leaf)| {
            // Where no file can be read there is nothing to compare with.
            let mismatched = !configured.is_empty() && !configured.contains(leaf.as_slice());
            (name.clone(), leaf, mismatched)
        });
        let (mut first_s, mut expired, mut mismatches) = (None::<u64>, 0, 0);
        for (key, leaf, mismatched) in files.chain(served) {
            let Some(until_s) = expires_s(leaf) else { continue };
            let left_s = u64::try_from(until_s - now_ms.div_euclid(1000)).unwrap_or(0);
            first_s = Some(first_s.map_or(left_s, |first_s| first_s.min(left_s)));
            expired += u64::from(left_s == 0);
            mismatches += u64::from(mismatched);
            let key = key.as_bytes();
            tally.open(cat::CERTIFICATE, key, cat::certificate::EXPIRES_S, left_s);
            tally.open(cat::CERTIFICATE, key, cat::certificate::MISMATCHED, u64::from(mismatched));
        }
        let Some(first_s) = first_s else { return };
        tally.see(group::CERTIFICATE);
        tally.set(cat::CERTIFICATE_EXPIRES_S, first_s);
        tally.set(cat::CERTIFICATES_EXPIRED, expired);
        tally.set(cat::CERTIFICATES_MISMATCHED, mismatches);
    }
}

#[cfg(test)]
mod tests;
