//! The embedded PostgreSQL: starts as root and as a user, dies with the server, lives again when it is killed.

use std::{fs, time::Duration};

use mailvane_server::postgres::Embedded;
use sqlx::ConnectOptions as _;

use crate::harness::passable_dir;

async fn answers(embedded: &Embedded) -> bool {
    embedded.place().administrator("postgres").connect().await.is_ok()
}

fn kill(pid: i32) {
    let pid = rustix::process::Pid::from_raw(pid).unwrap();
    rustix::process::kill_process(pid, rustix::process::Signal::KILL).unwrap();
}

#[tokio::test]
async fn killed_postgres_comes_back_and_a_stopped_one_starts_warm() {
    let dir = passable_dir("killed");
    let embedded = Embedded::start(&dir, None).await.unwrap();
    let first = embedded.pid().unwrap();
    kill(first);
    let mut back = false;
    for _ in 0..300 {
        tokio::time::sleep(Duration::from_millis(50)).await;
        if embedded.pid().is_some_and(|pid| pid != first) && answers(&embedded).await {
            back = true;
            break;
        }
    }
    assert!(back, "postgres was killed and did not come back");
    assert!(Embedded::attach(&dir).unwrap().is_some());
    embedded.stop().await;
    assert!(Embedded::attach(&dir).unwrap().is_none());
    let again = Embedded::start(&dir, None).await.unwrap();
    assert!(answers(&again).await);
    again.stop().await;
    fs::remove_dir_all(dir).unwrap();
}

#[tokio::test]
async fn a_pid_file_of_a_process_that_is_gone_or_is_no_postgres_is_no_obstacle() {
    let dir = passable_dir("stale");
    Embedded::start(&dir, None).await.unwrap().stop().await;
    for pid in ["999999", "1", &std::process::id().to_string()] {
        let file = dir.join("pg/data/postmaster.pid");
        fs::write(&file, format!("{pid}\n{}\n", dir.display())).unwrap();
        let embedded = Embedded::start(&dir, None).await.unwrap();
        assert!(answers(&embedded).await);
        embedded.stop().await;
    }
    fs::remove_dir_all(dir).unwrap();
}

#[tokio::test]
async fn data_of_another_major_version_are_refused_with_the_way_out() {
    let dir = passable_dir("major");
    fs::create_dir_all(dir.join("pg/data")).unwrap();
    fs::write(dir.join("pg/data/PG_VERSION"), "9\n").unwrap();
    let error = Embedded::start(&dir, None).await.unwrap_err().to_string();
    assert!(error.contains("PostgreSQL 9") && error.contains("MAILVANE_PG_BIN"), "{error}");
    fs::remove_dir_all(dir).unwrap();
}

#[tokio::test]
async fn an_interrupted_making_leaves_nothing_in_the_way() {
    let dir = passable_dir("part");
    fs::create_dir_all(dir.join("pg/data.part/base")).unwrap();
    let embedded = Embedded::start(&dir, None).await.unwrap();
    assert!(answers(&embedded).await);
    embedded.stop().await;
    fs::remove_dir_all(dir).unwrap();
}
