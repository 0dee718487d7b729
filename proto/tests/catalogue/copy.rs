//! Holds a committed copy against what the catalogue says now.

use std::{fs, path::Path};

/// Compares a committed copy with what the catalogue says now, or rewrites it when asked to.
pub(crate) fn compare(path_in_project: &str, fresh: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path_in_project);
    if option_env!("UPDATE_GENERATED").is_some() {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, fresh).unwrap();
    }
    let committed = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        committed == fresh,
        "{path_in_project} is stale: UPDATE_GENERATED=1 cargo test -p mailvane-proto --test catalogue"
    );
}
