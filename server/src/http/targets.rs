//! Hosts and instances that somebody names: those of others are answered like those that do not exist.

use super::{error::Problem, input::Faults};
use crate::{
    domain::ids::{self, PublicId},
    store::Scoped,
};

/// Names in `field` whatever is not this tenant's.
pub(super) async fn check(
    scoped: &mut Scoped,
    faults: &mut Faults,
    field: &str,
    (hosts, instances): (&[String], &[String]),
) -> Result<(), Problem> {
    for host in hosts {
        let known = match host.parse::<PublicId<ids::Host>>() {
            Ok(id) => !scoped.hosts(Some(id), None, 1).await?.is_empty(),
            Err(_) => false,
        };
        if !known {
            faults.add(&format!("{field}.hosts"), "There is no host of this id.");
        }
    }
    for instance in instances {
        let known = match instance.parse::<PublicId<ids::Instance>>() {
            Ok(id) => !scoped.instances(&[], Some(id)).await?.is_empty(),
            Err(_) => false,
        };
        if !known {
            faults.add(&format!("{field}.instances"), "There is no instance of this id.");
        }
    }
    Ok(())
}
