//! Not one count lost: what the API says equals what source and sink saw, with and without faults in between.

use std::time::Duration;

use mailvane_lab::{
    oracle::{self, FAULTS},
    world::fresh_seed,
};

#[tokio::test(flavor = "multi_thread")]
async fn five_hundred_mails_of_known_outcome_are_counted_exactly() {
    let (verdict, words) = oracle::run(500, &[], fresh_seed()).await.unwrap();
    assert!(verdict.truth.received > 300 && verdict.truth.rejected_total() > 30, "{verdict:?}");
    assert!(verdict.exact(), "{verdict:?}\n{words}");
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_lost_or_doubled_when_everything_is_killed_once() {
    let (verdict, words) = oracle::run(600, &FAULTS, fresh_seed()).await.unwrap();
    assert_eq!(verdict.faults.len(), FAULTS.len());
    assert!(Duration::from_secs(verdict.seconds) > Duration::from_secs(5));
    assert!(verdict.exact(), "{verdict:?}\n{words}");
}
