//! News that time alone makes: later steps of a route, repeats, and what was held back until a mute ended.

use super::Outside;
use crate::{
    domain::ids::IncidentId,
    store::{Scoped, StoreError, timers::DueTimer},
};

/// Acts on a timer; `None`: somebody else does.
pub(super) async fn due(
    scoped: &mut Scoped,
    timer: &DueTimer,
    outside: Outside<'_>,
) -> Result<Option<usize>, StoreError> {
    // Taken first: what it sets in motion may arm it again.
    if !scoped.take_timer(timer).await? {
        return Ok(None);
    }
    let reference = timer.reference.as_str();
    let number = reference.parse().ok();
    let mut desk = scoped.desk();
    let owed = match timer.kind.as_str() {
        "escalate" => desk.escalate(reference, outside).await?,
        "repeat" => desk.repeat(reference, outside).await?,
        "release" => match number.map(IncidentId::from_row) {
            Some(incident) => desk.release(incident).await?,
            None => 0,
        },
        _ => match number {
            Some(silence) => desk.silence_ended(silence, outside).await?,
            None => 0,
        },
    };
    Ok(Some(owed))
}
