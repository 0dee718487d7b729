//! How a host is admitted, and how it is told that it is not.

use mailvane_agent::enrol::EnrolError;
use mailvane_agent::{Enrolment, KeySource, enrol};

use crate::server::{KEY, Server, certificates};
use crate::world::World;

fn enrolment(world: &World, server: &Server, key: KeySource) -> Enrolment {
    let ca = world.path("ca.pem");
    std::fs::write(&ca, &server.ca_pem).unwrap();
    Enrolment {
        server: server.url(),
        ca: Some(ca),
        proxy: None,
        key,
        state_directory: world.path("state"),
    }
}

#[tokio::test]
async fn a_key_file_admits_the_host_and_is_emptied() {
    let (world, server) = (World::new(), Server::start().await);
    let key = world.path("key");
    std::fs::write(&key, format!("{KEY}\n")).unwrap();
    let identity = enrol(&enrolment(&world, &server, KeySource::File(key.clone()))).await.unwrap();
    assert_eq!(identity.tenant_name, "Example");
    assert_eq!(std::fs::read_to_string(key).unwrap(), "");
    let book = server.book.lock().unwrap();
    assert_eq!(book.enrolments[0].public_key.len(), 32);
}

#[tokio::test]
async fn a_wrong_key_leaves_the_host_as_it_was_and_can_be_put_right() {
    let (world, server) = (World::new(), Server::start().await);
    let wrong = enrolment(&world, &server, KeySource::Text("mv_enr_wrong".into()));
    let error = enrol(&wrong).await.unwrap_err();
    assert!(error.to_string().contains("not known; make a new one"), "{error}");
    assert_eq!(error.exit_code(), 4);
    enrol(&enrolment(&world, &server, KeySource::Text(KEY.into()))).await.unwrap();
}

#[tokio::test]
async fn a_host_is_enrolled_once() {
    let (world, server) = (World::new(), Server::start().await);
    let good = enrolment(&world, &server, KeySource::Text(KEY.into()));
    enrol(&good).await.unwrap();
    let error = enrol(&good).await.unwrap_err();
    assert!(error.to_string().contains("enrolled already"), "{error}");
}

#[tokio::test]
async fn a_server_with_another_authority_is_not_spoken_to() {
    let (world, server) = (World::new(), Server::start().await);
    let good = enrolment(&world, &server, KeySource::Text(KEY.into()));
    std::fs::write(world.path("ca.pem"), certificates().0).unwrap();
    let error = enrol(&good).await.unwrap_err();
    assert!(matches!(error, EnrolError::Link(_)), "{error}");
    assert!(error.to_string().contains("--ca"), "{error}");
    assert!(server.book.lock().unwrap().enrolments.is_empty());
}

#[tokio::test]
async fn a_closed_port_is_said_to_be_one() {
    let (world, server) = (World::new(), Server::start().await);
    let mut good = enrolment(&world, &server, KeySource::Text(KEY.into()));
    good.server = "https://localhost:1".into();
    let error = enrol(&good).await.unwrap_err();
    assert_eq!(error.exit_code(), 5);
    assert!(error.to_string().contains("is the server running"), "{error}");
}
