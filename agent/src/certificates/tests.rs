//! Files and ports of a small mail host, whose certificates are renewed and forgotten.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpListener;
use std::sync::Arc;

use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::{ServerConfig, ServerConnection, Stream};

use super::*;

const NOW_MS: i64 = 1_795_478_400_000; // 2026-11-24

struct Made {
    pem: String,
    der: Vec<u8>,
    key: Vec<u8>,
}

fn made(year: i32) -> Made {
    let key = rcgen::KeyPair::generate().unwrap();
    let mut params = rcgen::CertificateParams::new(vec!["mx1.example.com".into()]).unwrap();
    params.not_after = rcgen::date_time_ymd(year, 11, 24);
    let certificate = params.self_signed(&key).unwrap();
    Made { pem: certificate.pem(), der: certificate.der().to_vec(), key: key.serialize_der() }
}

/// One session of a server that speaks as smtpd does; gives where it is and, at its end, what it heard after TLS.
fn smtpd(made: &Made, wrapped: bool) -> (Port, std::thread::JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(made.key.clone()));
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![made.der.clone().into()], key)
        .unwrap();
    let thread = std::thread::spawn(move || {
        let (mut stream, client) = listener.accept().unwrap();
        assert_eq!(client.ip(), crate::postfix::PROBE_ADDRESS);
        if !wrapped {
            let mut lines = BufReader::new(stream.try_clone().unwrap());
            let mut line = String::new();
            stream.write_all(b"220 mx1 ESMTP\r\n").unwrap();
            lines.read_line(&mut line).unwrap();
            stream.write_all(b"250-mx1\r\n250 STARTTLS\r\n").unwrap();
            lines.read_line(&mut line).unwrap();
            stream.write_all(b"220 2.0.0 Ready\r\n").unwrap();
        }
        let mut session = ServerConnection::new(Arc::new(config)).unwrap();
        let mut tls = Stream::new(&mut session, &mut stream);
        if wrapped {
            tls.write_all(b"220 mx1 ESMTP\r\n").unwrap();
        }
        let mut line = String::new();
        BufReader::new(&mut tls).read_line(&mut line).unwrap();
        line
    });
    (Port { address, wrapped }, thread)
}

#[test]
fn both_ways_into_tls_show_the_certificate_and_end_politely() {
    for wrapped in [false, true] {
        let made = made(2027);
        let (port, smtpd) = smtpd(&made, wrapped);
        assert_eq!(probe::leaf(&port).unwrap(), made.der, "wrapped: {wrapped}");
        assert_eq!(smtpd.join().unwrap(), "QUIT\r\n");
    }
}

fn host(certificate: &str, ports: &str) -> (tempfile::TempDir, Found) {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("cert.pem");
    std::fs::write(&file, certificate).unwrap();
    let main_cf =
        format!("smtpd_tls_security_level = may\nsmtpd_tls_cert_file = {}\n", file.display());
    std::fs::write(directory.path().join("main.cf"), main_cf).unwrap();
    std::fs::write(directory.path().join("master.cf"), ports).unwrap();
    let found = crate::discover::discover(Some(&[directory.path().into()]), &[]).remove(0);
    (directory, found)
}

fn value(tally: &Tally, key: &str, measure: usize) -> Option<u64> {
    let (_, table) = tally.open_entries().find(|(id, _)| *id == cat::CERTIFICATE)?;
    table.get(key.as_bytes()).map(|counts| counts.get(measure).copied().unwrap_or(0))
}

#[test]
fn a_file_that_was_renewed_and_a_port_that_was_forgotten_do_not_agree() {
    let (old, new) = (made(2026), made(2027));
    let (directory, found) = host(&new.pem, "");
    let mut certificates = Certificates::default();
    certificates.measure(&found, NOW_MS, &mut Tally::default());
    let port = Port { address: "127.0.0.1:25".parse().unwrap(), wrapped: false };
    let mut tally = Tally::default();
    certificates.shown((port.clone(), Ok(old.der)), NOW_MS, &mut tally);
    certificates.report(NOW_MS, &mut tally);
    assert_eq!(tally.get(cat::CERTIFICATES_MISMATCHED), 1);
    assert_eq!(tally.get(cat::CERTIFICATES_EXPIRED), 1);
    assert_eq!(tally.get(cat::CERTIFICATE_EXPIRES_S), 0);
    assert_eq!(value(&tally, "port 25", cat::certificate::MISMATCHED), Some(1));
    let file = directory.path().join("cert.pem").display().to_string();
    assert_eq!(value(&tally, &file, cat::certificate::EXPIRES_S), Some(365 * 86_400));

    let mut tally = Tally::default();
    certificates.shown((port, Ok(new.der)), NOW_MS, &mut tally);
    certificates.report(NOW_MS, &mut tally);
    assert_eq!(tally.events()[0].kind, happened::CERTIFICATE_CHANGED);
    assert_eq!(tally.get(cat::CERTIFICATES_MISMATCHED), 0);
    assert_eq!(tally.get(cat::CERTIFICATE_EXPIRES_S), 365 * 86_400);
}

#[test]
fn where_nothing_is_known_nothing_is_said() {
    let (_directory, found) = host("no certificate", "");
    let mut tally = Tally::default();
    Certificates::default().measure(&found, NOW_MS, &mut tally);
    assert!(!group::CERTIFICATE.visible_in(tally.visible()));
}

#[test]
fn ports_that_speak_tls_are_told_by_master_cf() {
    let master_cf = "smtp inet n - y - 1 postscreen\nsmtpd pass - - y - - smtpd\n\
        smtps inet n - y - - smtpd\n  -o smtpd_tls_wrappermode=yes\n\
        127.0.0.2:10025 inet n - y - - smtpd\n  -o smtpd_tls_security_level=none\n";
    let (_directory, found) = host("", master_cf);
    let ports: Vec<_> = ports(&found).iter().map(|p| (p.address.to_string(), p.wrapped)).collect();
    assert_eq!(ports, [("127.0.0.1:25".to_owned(), false), ("127.0.0.1:465".to_owned(), true)]);
}
