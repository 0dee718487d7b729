//! What pickup says: mail that local programs hand in by sendmail(1).

use super::scan;

/// `QID: uid=N from=<S>[ orig_id=OLD]`
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Submission<'a> {
    /// Who handed it in.
    pub uid: u64,
    /// The id that the message had before it was requeued.
    pub orig_id: Option<&'a [u8]>,
}

/// Reads what follows `QID: `.
pub fn parse(rest: &[u8]) -> Option<Submission<'_>> {
    let (uid, rest) = scan::number(rest.strip_prefix(b"uid=")?)?;
    let (_sender, rest) = scan::address(rest.strip_prefix(b" from=<")?)?;
    Some(Submission { uid, orig_id: rest.strip_prefix(b" orig_id=") })
}
