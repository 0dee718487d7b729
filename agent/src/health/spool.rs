//! Room on the file system of the queue directory.

use std::path::Path;

use mailvane_proto::catalogue::{group, host as cat};
use rustix::fs::statvfs;

use super::Reading;

/// Adds the figures of the file system that `queue_directory` is on.
pub(super) fn measure(queue_directory: &Path, reading: &mut Reading) {
    let Ok(room) = statvfs(queue_directory) else { return };
    reading.see(group::SPOOL);
    reading.set(cat::SPOOL_BYTES_TOTAL, room.f_blocks.saturating_mul(room.f_frsize));
    // What is kept for root is out of Postfix's reach.
    reading.set(cat::SPOOL_BYTES_FREE, room.f_bavail.saturating_mul(room.f_frsize));
    reading.set(cat::SPOOL_FILES_TOTAL, room.f_files);
    reading.set(cat::SPOOL_FILES_FREE, room.f_favail);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directory_has_room_and_one_that_is_gone_is_not_visible() {
        let spool = tempfile::tempdir().unwrap();
        let mut reading = Reading::default();
        measure(spool.path(), &mut reading);
        assert!(group::SPOOL.visible_in(reading.groups));
        let value = |metric| reading.metrics.iter().find(|(id, _)| *id == metric).unwrap().1;
        assert!(value(cat::SPOOL_BYTES_FREE) <= value(cat::SPOOL_BYTES_TOTAL));
        assert!(value(cat::SPOOL_BYTES_TOTAL) > 0);

        let mut reading = Reading::default();
        measure(&spool.path().join("gone"), &mut reading);
        assert_eq!(reading, Reading::default());
    }
}
