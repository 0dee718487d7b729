//! A host as distributions ship it, and one that was set up with care.

use super::*;

fn host(main_cf: &str, master_cf: &str) -> (tempfile::TempDir, Vec<Found>) {
    let directory = tempfile::tempdir().unwrap();
    let spool = directory.path().join("spool");
    std::fs::create_dir_all(spool.join("deferred")).unwrap();
    std::fs::create_dir_all(spool.join("public")).unwrap();
    std::fs::write(spool.join("public/showq"), "").unwrap();
    let main_cf = format!("queue_directory = {}\n{main_cf}", spool.display());
    std::fs::write(directory.path().join("main.cf"), main_cf).unwrap();
    std::fs::write(directory.path().join("master.cf"), master_cf).unwrap();
    let found = crate::discover::discover(Some(&[directory.path().into()]), &[]);
    (directory, found)
}

fn cures(found: &[Found]) -> Vec<String> {
    let findings = examine(&Scene { found, sources: &[] });
    let of_instances = findings.into_iter().filter(|finding| !finding.instance.is_empty());
    of_instances.map(|finding| finding.cure).collect()
}

#[test]
fn what_debian_ships_keeps_encryption_and_the_relay_service_from_being_seen() {
    let master_cf = "relay unix - - y - - smtp\n  -o syslog_name=postfix/$service_name\n";
    let (_directory, found) = host("multi_instance_name = postfix-out\n", master_cf);
    let cures = cures(&found);
    let says = |words: &str| cures.iter().any(|cure| cure.contains(words));
    assert!(says("smtpd_tls_loglevel=1") && says("smtp_tls_loglevel=1"), "{cures:?}");
    assert!(says("-P 'relay/unix/syslog_name=postfix-out/$service_name'"), "{cures:?}");
    assert!(says("enable_long_queue_ids=yes"), "{cures:?}");
}

#[test]
fn a_host_that_was_set_up_with_care_has_no_blind_spot() {
    let main_cf = "smtpd_tls_loglevel = 1\nsmtp_tls_loglevel = 1\nenable_long_queue_ids = yes\n";
    let (_directory, found) = host(main_cf, "relay unix - - y - - smtp\n");
    assert_eq!(cures(&found), [""; 0]);
}

#[test]
fn checks_without_words_and_soft_bounces_are_named_with_their_place() {
    let (directory, _) = host("", "");
    let table = directory.path().join("checks");
    std::fs::write(&table, "/^X-Spam: yes/ REJECT\n").unwrap();
    let main_cf = format!("soft_bounce = yes\nheader_checks = regexp:{}\n", table.display());
    let (_directory, found) = host(&main_cf, "");
    let cures = cures(&found);
    assert!(cures.iter().any(|cure| cure.contains("soft_bounce=no")), "{cures:?}");
    assert!(cures.iter().any(|cure| cure.starts_with("sed -i '1s/$/")), "{cures:?}");
}

#[test]
fn two_instances_of_one_name_cannot_be_told_apart() {
    let (_one, mut found) = host("", "");
    let (_other, more) = host("", "");
    found.extend(more);
    let findings = examine(&Scene { found: &found, sources: &[] });
    assert!(findings.iter().any(|finding| finding.why.contains("cannot be told apart")));
}

#[test]
fn what_the_server_is_told_names_groups_of_the_catalogue() {
    let (_directory, found) = host("", "");
    let spots = blind_spots(&Scene { found: &found, sources: &[] });
    let tls_in = u32::from(catalogue::group::TLS_IN.0);
    assert!(spots.iter().any(|spot| spot.group == tls_in && spot.instance.is_some()), "{spots:?}");
}
