//! Walks every operation of the served contract and every method that agents call as everybody there is, with ids that
//! are another tenant's, and holds the answers against the declared roles. Then breaks the checks one by one, and the
//! walls table by table, and sees that the walk notices.

mod agents;
mod contract;
mod leaks;
mod town;
mod walk;

use std::{
    collections::BTreeSet,
    sync::Arc,
    time::{Duration, Instant},
};

use mailvane_server::{
    domain::{ids::TenantId, member::Role},
    http::gate::{Gate, Strict},
};
use sqlx::{Executor as _, Row as _};

use self::town::{CANARY, NOBODYS, OURS, THEIRS, Town};
use crate::harness::api::Site;

#[tokio::test]
async fn nobody_gets_further_than_the_contract_says_and_no_byte_crosses() {
    let town = Town::build(Arc::new(Strict)).await;
    let operations = town.operations().await;
    let (mut faults, mut pairs) = (Vec::new(), 0);
    for operation in &operations {
        let found = town.walk(operation).await;
        faults.extend(found.faults);
        pairs += found.pairs;
    }
    println!("walked {pairs} pairs of operation and visitor over {} operations", operations.len());
    assert_eq!(faults, Vec::<String>::new());
    assert!(operations.len() >= 39 && pairs > 1_000, "{} {pairs}", operations.len());
    assert_eq!(town.look_around(&operations).await, Vec::<String>::new());
}

/// The walk looks for something that exists: the rows are there for those they belong to.
#[tokio::test]
async fn what_the_walk_looks_for_is_there_for_its_own() {
    let town = Town::build(Arc::new(Strict)).await;
    let theirs = town.their_owner().await;
    let mut told = 0;
    for operation in town.operations().await.iter().filter(|one| !one.changes()) {
        let reply = town.ask(&theirs, operation, (THEIRS, THEIRS), &[]).await;
        // The page of those who run the installation is nobody else's.
        let staff = operation.id == "staff.tenants" && reply.status == 404;
        let good = reply.status.is_success() || reply.status.is_redirection();
        assert!(good || staff, "{}: {}", operation.route(), reply.text);
        told += usize::from(reply.text.contains(CANARY));
    }
    assert!(told >= 14, "only {told} operations tell the second tenant of its own");
}

/// A gate with one check taken out.
struct Broken {
    route: String,
    fault: Fault,
    theirs: TenantId,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Fault {
    AnyRole,
    NoProof,
    OtherDoor,
}

impl Gate for Broken {
    fn admits(&self, operation: &str, role: Role, needed: Role) -> bool {
        (self.fault == Fault::AnyRole && operation == self.route) || role.covers(needed)
    }

    fn door(&self, operation: &str, tenant: TenantId) -> TenantId {
        let open = self.fault == Fault::OtherDoor && operation == self.route;
        if open { self.theirs } else { tenant }
    }

    fn wants_proof(&self, operation: &str) -> bool {
        !(self.fault == Fault::NoProof && operation == self.route)
    }
}

#[tokio::test]
async fn the_walk_notices_each_check_that_is_taken_out() {
    let mut town = Town::build(Arc::new(Strict)).await;
    let operations = town.operations().await;
    let mut mutants = 0;
    for operation in operations {
        let mut faults = Vec::new();
        if operation.needs.is_some() {
            faults.push(Fault::OtherDoor);
        }
        if operation.needs.is_some_and(|needed| needed > Role::Viewer) {
            faults.push(Fault::AnyRole);
        }
        if operation.changes() && operation.needs.is_some() {
            faults.push(Fault::NoProof);
        }
        for fault in faults {
            let gate = Broken { route: operation.route(), fault, theirs: town.theirs };
            town.site = Site::guarded(town.site.db, Arc::new(gate));
            let found = town.walk(&operation).await;
            assert!(!found.faults.is_empty(), "missed {fault:?} of {}", operation.route());
            mutants += 1;
        }
    }
    println!("found each of {mutants} mutants of the gate");
    assert!(mutants >= 70, "{mutants}");
}

/// Tables whose rows are shown only together with a row of another table that has a wall of its own.
const BEHIND: &[&str] = &["agent", "delivery", "event", "gap", "host_facts"];

/// For each table with rows of the second tenant: its wall falls, so that those rows are seen as ours.
#[tokio::test]
async fn the_walk_notices_each_wall_that_falls() {
    let town = Town::build(Arc::new(Strict)).await;
    let operations = town.operations().await;
    let (ours, theirs) = (town.ours.get(), town.theirs.get());
    let mut unseen = BTreeSet::new();
    let mut mutants = 0;
    for table in tables(&town).await {
        let turn = |from: i32, to: i32| {
            format!(
                "set session_replication_role = replica;
                 update {table} set tenant_id = {to} where tenant_id = {from} and {table}::text like '%{CANARY}%'"
            )
        };
        town.site.behind(turn(theirs, ours)).await;
        let found = town.look_around(&operations).await;
        town.site.behind(turn(ours, theirs)).await;
        mutants += 1;
        if found.is_empty() {
            unseen.insert(table);
        }
    }
    println!(
        "found {} of {mutants} fallen walls, behind another: {unseen:?}",
        mutants - unseen.len()
    );
    assert_eq!(unseen, BEHIND.iter().map(|&table| table.to_owned()).collect());
    assert_eq!(town.look_around(&operations).await, Vec::<String>::new());
}

/// Tables of tenants that hold a row with the canary in it.
async fn tables(town: &Town) -> Vec<String> {
    let find = "select c.relname::text from pg_class c join pg_attribute a
            on a.attrelid = c.oid and a.attname = 'tenant_id'
        where c.relkind in ('r', 'p') and c.relnamespace = 'public'::regnamespace order by 1";
    let mut behind = town.site.db.behind().await;
    let mut tables = Vec::new();
    for row in behind.fetch_all(find).await.unwrap() {
        let table: String = row.get(0);
        if town.site.holds(&table, CANARY).await {
            tables.push(table);
        }
    }
    tables
}

/// How long an answer takes says nothing either: a foreign id costs what an unknown one costs.
#[tokio::test]
async fn a_foreign_id_takes_no_longer_than_one_that_does_not_exist() {
    const ROUNDS: usize = 40;
    let town = Town::build(Arc::new(Strict)).await;
    let operations = town.operations().await;
    let owner = town.member(Role::Owner).await;
    let (mut foreign, mut unknown, mut operations_timed) = (Duration::ZERO, Duration::ZERO, 0);
    for operation in operations.iter().filter(|one| !one.changes() && one.names_a_row()) {
        let mut times = [Vec::new(), Vec::new()];
        for round in 0..2 * ROUNDS {
            // In turns, so that whatever else the machine does meets both alike.
            let (place, row) = if round % 2 == 0 { (0, THEIRS) } else { (1, NOBODYS) };
            let begun = Instant::now();
            let reply = town.ask(&owner, operation, (row, OURS), &[]).await;
            times[place].push(begun.elapsed());
            assert_eq!(reply.status, 404, "{}", operation.route());
        }
        foreign += median(&mut times[0]);
        unknown += median(&mut times[1]);
        operations_timed += 1;
    }
    println!(
        "{operations_timed} operations: foreign {foreign:?}, unknown {unknown:?} (sums of medians)"
    );
    assert!(operations_timed >= 8 && !apart(foreign, unknown), "{foreign:?} against {unknown:?}");
}

fn median(times: &mut [Duration]) -> Duration {
    times.sort();
    times[times.len() / 2]
}

/// Whether two times can be told apart by somebody who asks often.
fn apart(one: Duration, two: Duration) -> bool {
    one.max(two) > one.min(two).mul_f64(1.25)
}

#[test]
fn one_more_question_to_the_database_would_be_told() {
    // A look-up of 1 ms on top of one of 2 ms.
    assert!(apart(Duration::from_millis(3), Duration::from_millis(2)));
    assert!(!apart(Duration::from_millis(21), Duration::from_millis(20)));
}

/// What the router serves and the contract does not name: each is meant for everybody, or proves its caller itself.
#[test]
fn no_route_is_served_that_the_contract_does_not_name() {
    const KNOWN: [&str; 11] = [
        "/api/openapi.json",
        "/healthz",
        "/readyz",
        "/metrics",
        "/install.sh",
        "/docs",
        "/docs/",
        "/docs/{name}",
        // These hold a signature or a token of the channel; `api::hooks` walks them with every caller.
        "/hooks/slack/{channel}",
        "/hooks/telegram/{channel}",
        "/hooks/email/unsubscribe",
    ];
    let routers =
        [include_str!("../../src/http.rs"), include_str!("../../src/http/hooks.rs")].concat();
    let served: Vec<&str> =
        routers.split(".route(\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
    assert_eq!(served, KNOWN);
}
