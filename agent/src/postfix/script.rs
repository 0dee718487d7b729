//! What the postfix(1) wrapper says (`postfix-script`): what an operator or the system asked for.

/// A line of postfix-script.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    /// `postfix start`.
    Starting,
    /// `postfix stop`.
    Stopping,
    /// `postfix reload`.
    Refreshing,
    /// A question or remark without consequence.
    Remark,
    /// A wrong owner or mode.
    Permissions,
}

/// Reads the text of a line behind its program name.
pub fn parse(text: &[u8]) -> Option<Event> {
    Some(match text {
        b"starting the Postfix mail system" => Event::Starting,
        b"stopping the Postfix mail system" => Event::Stopping,
        b"refreshing the Postfix mail system" => Event::Refreshing,
        b"waiting for the Postfix mail system to terminate"
        | b"the Postfix mail system is not running" => Event::Remark,
        _ if text.starts_with(b"the Postfix mail system is running: PID: ") => Event::Remark,
        _ if text.starts_with(b"warning: not owned by ") => Event::Permissions,
        _ if text.starts_with(b"warning: group or other writable: ") => Event::Permissions,
        _ => return None,
    })
}
