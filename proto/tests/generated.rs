//! The committed wire code is what `agent.proto` says; `UPDATE_GENERATED=1 cargo test -p mailvane-proto` rewrites it.

use std::{fs, path::Path};

use prost::Message as _;

#[test]
fn generated_code_is_fresh() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let descriptors = protox::compile([root.join("agent.proto")], [root]).unwrap();
    let fresh = tempfile::tempdir().unwrap();
    fs::write(fresh.path().join("descriptor.bin"), descriptors.encode_to_vec()).unwrap();
    tonic_prost_build::configure().out_dir(fresh.path()).compile_fds(descriptors).unwrap();
    let committed = root.join("src/generated");
    for name in ["mailvane.v1.rs", "descriptor.bin"] {
        let new = fs::read(fresh.path().join(name)).unwrap();
        if option_env!("UPDATE_GENERATED").is_some() {
            fs::write(committed.join(name), &new).unwrap();
        }
        let old = fs::read(committed.join(name)).unwrap_or_default();
        assert!(
            old == new,
            "{name} is stale: UPDATE_GENERATED=1 cargo test -p mailvane-proto --test generated"
        );
    }
}
