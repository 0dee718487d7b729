//! The committed contract is the served one.

use std::collections::HashSet;

#[test]
fn the_committed_contract_is_what_the_router_says() {
    let committed = include_str!("../../../openapi.json");
    let served = mailvane_server::http::contract::text();
    assert!(
        committed.trim_end() == served.trim_end(),
        "server/openapi.json is stale: run `mailvane-server openapi > server/openapi.json`"
    );
}

#[test]
fn every_operation_has_a_name_of_its_own_and_a_role() {
    let document = serde_json::to_value(mailvane_server::http::openapi()).unwrap();
    let mut names = HashSet::new();
    for methods in document["paths"].as_object().unwrap().values() {
        for operation in methods.as_object().unwrap().values() {
            assert!(operation["x-min-role"].is_string(), "{operation}");
            let name = operation["operationId"].as_str().unwrap().to_owned();
            assert!(names.insert(name.clone()), "{name} is used twice");
        }
    }
    assert!(names.len() >= 39);
}
