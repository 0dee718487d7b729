//! SQL lives in one room, and a tenant is named in one file of it.

use super::project::{File, code, hold, production, trial};

/// The only files that say whom a transaction is for.
const TENANT_IS_SET_IN: &str = "server/src/store/scope.rs";

/// The only files that speak as another role: they make the schema.
const ROLE_IS_SET_IN: [&str; 3] =
    ["server/src/store/migrate.rs", "server/src/store/roles.rs", "server/src/store/admin.rs"];

const MACROS: [&str; 6] = [
    "query!(",
    "query_as!(",
    "query_scalar!(",
    "query_file!(",
    "query_file_as!(",
    "query_unchecked!(",
];

#[test]
fn only_the_store_speaks_sql() {
    hold(".rs", sql_outside_the_store);
}

#[test]
fn only_the_scope_names_the_tenant_and_only_the_schema_makers_change_roles() {
    hold(".rs", settings_elsewhere);
}

fn sql_outside_the_store(file: &File) -> Vec<String> {
    let inside = file.path.starts_with("server/src/store/") || file.path == "server/src/store.rs";
    if inside || !file.path.contains("/src/") {
        return Vec::new();
    }
    let said = |m: &&&str| production(&file.text).any(|line| code(line).contains(**m));
    MACROS.iter().filter(said).map(|m| format!("uses {m}…), which belongs in store")).collect()
}

fn settings_elsewhere(file: &File) -> Vec<String> {
    if !file.path.starts_with("server/src/") {
        return Vec::new();
    }
    let lines = || production(&file.text).map(|line| code(line).to_lowercase());
    let makes_roles = ROLE_IS_SET_IN.contains(&file.path.as_str());
    let mut offences = Vec::new();
    if file.path != TENANT_IS_SET_IN && lines().any(|l| l.contains("app.tenant_id")) {
        offences.push("names app.tenant_id, which only store/scope.rs may".to_owned());
    }
    let role = ["set role", "set local role", "set session authorization", "reset role"];
    let changes = |l: String| role.iter().any(|r| l.contains(r));
    if !makes_roles && lines().any(changes) {
        offences.push("changes the role of a connection".to_owned());
    }
    if !makes_roles && lines().any(|l| l.contains("set_config(")) {
        offences.push("uses set_config, which does not reach the nodes of a cluster".to_owned());
    }
    offences
}

#[test]
fn each_offender_is_caught() {
    let query = r#"let rows = sqlx::query_as!(Row, "select 1");"#;
    assert_eq!(sql_outside_the_store(&trial("server/src/http/hosts.rs", query)).len(), 1);
    assert_eq!(sql_outside_the_store(&trial("server/src/store/hosts.rs", query)).len(), 0);

    let tenant = r#"c.execute("SET LOCAL app.tenant_id = '7'")"#;
    assert_eq!(settings_elsewhere(&trial("server/src/store/hosts.rs", tenant)).len(), 1);
    assert_eq!(settings_elsewhere(&trial(TENANT_IS_SET_IN, tenant)).len(), 0);
    let role = r#"c.execute("SET ROLE migrator")"#;
    assert_eq!(settings_elsewhere(&trial("server/src/store/hosts.rs", role)).len(), 1);
    assert_eq!(settings_elsewhere(&trial("server/src/store/migrate.rs", role)).len(), 0);
    let config = r#"query!("select set_config('app.tenant_id', $1, true)")"#;
    assert_eq!(settings_elsewhere(&trial(TENANT_IS_SET_IN, config)).len(), 1);
}
