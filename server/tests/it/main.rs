//! The server as a whole, on a real PostgreSQL, through its service roles.

// In tests a failed unwrap is the failure of the story; the lints know test code by this attribute.
#[cfg(test)]
mod alerts;
#[cfg(test)]
mod api;
#[cfg(test)]
mod doors;
#[cfg(test)]
mod embedded;
#[cfg(test)]
mod harness;
#[cfg(test)]
mod hostile;
#[cfg(test)]
mod ingest;
#[cfg(test)]
mod invariants;
#[cfg(test)]
mod killed;
#[cfg(test)]
mod machines;
#[cfg(test)]
mod retention;
#[cfg(test)]
mod rotation;
#[cfg(test)]
mod routing;
#[cfg(test)]
mod sealing;
#[cfg(test)]
mod series;
#[cfg(test)]
mod soak;
#[cfg(test)]
mod triggers;
#[cfg(test)]
mod vocabulary;
#[cfg(test)]
mod walker;
#[cfg(test)]
mod walls;
