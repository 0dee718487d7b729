//! From log lines to committed batches: once each, through restarts and cut connections.

use mailvane_proto::catalogue::{delivery, group, message, queue};

use crate::server::Server;
use crate::world::World;

#[tokio::test]
async fn mail_is_counted_once_through_restarts_and_cut_connections() {
    let (world, server) = (World::new(), Server::start().await);
    world.enrol(&server).await;
    server.book.lock().unwrap().cut_after = Some(2);
    let mut written = 0;
    for round in 1..=3_u32 {
        world
            .while_running(async {
                for _ in 0..20 {
                    written += 1;
                    world.delivered(written);
                }
                server
                    .until("some batches", |book| {
                        book.batches.len() >= 3 * usize::try_from(round).unwrap()
                    })
                    .await;
            })
            .await;
        written += 1;
        world.delivered(written);
    }
    server.book.lock().unwrap().cut_after = None;
    let wanted = u64::from(written);
    world
        .while_running(async {
            for _ in 0..600 {
                if server.sum(delivery::DELIVERED) >= wanted {
                    break;
                }
                tokio::time::sleep(std::time::Duration::from_millis(50)).await;
            }
        })
        .await;
    assert_eq!(server.sum(delivery::DELIVERED), wanted);
    assert_eq!(server.sum(message::RECEIVED), wanted);
    assert_eq!(server.sum(message::REMOVED), wanted);
    let book = server.book.lock().unwrap();
    assert!(book.hellos.len() > 4, "the connection was cut {} times", book.hellos.len());
    assert!(book.confirmed > 0);
}

#[tokio::test]
async fn queues_are_seen_with_their_depth() {
    let (world, server) = (World::new(), Server::start().await);
    world.enrol(&server).await;
    for n in 0..7 {
        let path = world.path("spool/deferred").join(format!("AF128B6203{n}"));
        std::fs::write(&path, "x").unwrap();
    }
    world
        .while_running(server.until("a gauge of seven", |book| {
            let samples = book.batches.iter().flat_map(|batch| &batch.instances);
            samples.into_iter().any(|sample| {
                let depth = sample.metric.iter().zip(&sample.value);
                let deferred = u32::from(queue::DEFERRED_MESSAGES.0);
                group::QUEUE_SCAN.visible_in(sample.visibility)
                    && depth.into_iter().any(|(id, value)| *id == deferred && *value == 7)
            })
        }))
        .await;
    let book = server.book.lock().unwrap();
    let facts = book.hellos[0].facts.clone().unwrap();
    assert_eq!(facts.instances[0].instance.as_ref().unwrap().name, "postfix-t1");
}

#[tokio::test]
async fn a_log_rotated_while_mail_flows_loses_nothing() {
    let (world, server) = (World::new(), Server::start().await);
    world.enrol(&server).await;
    world
        .while_running(async {
            for n in 0..30 {
                world.delivered(n);
                if n % 10 == 9 {
                    std::fs::rename(
                        world.path("mail.log"),
                        world.path(&format!("mail.log.{}", 9 - n / 10)),
                    )
                    .unwrap();
                    std::fs::write(world.path("mail.log"), "").unwrap();
                }
                tokio::time::sleep(std::time::Duration::from_millis(30)).await;
            }
            for _ in 0..600 {
                if server.sum(delivery::DELIVERED) >= 30 {
                    break;
                }
                tokio::time::sleep(std::time::Duration::from_millis(50)).await;
            }
        })
        .await;
    assert_eq!(server.sum(delivery::DELIVERED), 30);
}
