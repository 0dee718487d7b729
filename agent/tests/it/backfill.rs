//! Logs of the time before the agent: in the server's hands with their own times, once, and flagged as old.

use std::io::Write as _;

use mailvane_agent::backfill::backfill;
use mailvane_proto::catalogue::delivery;

use crate::server::Server;
use crate::world::World;

const BACKFILL: u32 = 2;

fn delivered(day: u32, minute: u32) -> String {
    format!(
        "2026-03-{day:02}T10:{minute:02}:00.000000+00:00 mx1 postfix-t1/smtp[7]: A{day:05}{minute:05}: to=<r@example.org>, relay=mx.example.org[198.51.100.1]:25, delay=1, delays=0/0/0/1, dsn=2.0.0, status=sent (250 ok)\n"
    )
}

#[tokio::test]
async fn old_logs_are_told_with_their_own_times_and_the_live_one_goes_on_behind_them() {
    let (world, server) = (World::new(), Server::start().await);
    world.enrol(&server).await;
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    for minute in 0..30 {
        packed.write_all(delivered(1, minute).as_bytes()).unwrap();
    }
    std::fs::write(world.path("mail.log.1.gz"), packed.finish().unwrap()).unwrap();
    let live: String = (0..5).map(|minute| delivered(2, minute)).collect();
    std::fs::write(world.path("mail.log"), live).unwrap();

    let files = [world.path("mail.log.1.gz"), world.path("mail.log")];
    let done = backfill(&world.settings(), &files).unwrap();
    assert_eq!(done.batches, 35, "one for each minute");
    world.delivered(9);
    world
        .while_running(async {
            for _ in 0..200 {
                if server.sum(delivery::DELIVERED) >= 36 {
                    break;
                }
                tokio::time::sleep(std::time::Duration::from_millis(100)).await;
            }
            tokio::time::sleep(std::time::Duration::from_secs(3)).await;
        })
        .await;
    assert_eq!(server.sum(delivery::DELIVERED), 36, "each line once");
    let book = server.book.lock().unwrap();
    let old: Vec<_> = book.batches.iter().filter(|batch| batch.flags & BACKFILL != 0).collect();
    assert!(old.len() >= 35, "{} old batches", old.len());
    let ends: Vec<i64> = book.batches.iter().map(|batch| batch.end_ms).collect();
    assert!(ends.windows(2).all(|pair| pair[0] < pair[1]), "{ends:?}");
    // 1 March 2026, 10:01.
    assert_eq!((book.batches[0].start_ms, ends[0]), (1_772_359_200_000, 1_772_359_260_000));
    drop(book);
    let error = backfill(&world.settings(), &files).unwrap_err();
    assert!(error.to_string().contains("only before its first run"), "{error}");
}
