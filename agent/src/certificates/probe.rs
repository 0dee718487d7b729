//! Shakes hands with one port of this host to see its certificate, and says goodbye. Trusts nothing, sends no mail.

use std::io::{self, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, ClientConnection, DigitallySignedStruct, SignatureScheme, StreamOwned};

use super::Port;
use crate::postfix;

/// postscreen lets a client wait for six seconds before it greets.
const PATIENCE: Duration = Duration::from_secs(12);
/// Greeting and answer to EHLO are shorter.
const REPLY_BYTES_MAX: u64 = 64 * 1024;

/// The leaf certificate that the port shows.
pub(super) fn leaf(port: &Port) -> io::Result<Vec<u8>> {
    let stream = connect(port.address)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    if !port.wrapped {
        start_tls(&stream)?;
    }
    let name = ServerName::IpAddress(port.address.ip().into());
    let session = ClientConnection::new(config()?, name).map_err(io::Error::other)?;
    let mut tls = StreamOwned::new(session, stream);
    while tls.conn.is_handshaking() {
        tls.conn.complete_io(&mut tls.sock)?;
    }
    let leaf =
        tls.conn.peer_certificates().and_then(|chain| chain.first()).map(|leaf| leaf.to_vec());
    // Without a word the log would have a lost connection.
    let goodbye = farewell(&mut tls, port.wrapped);
    tracing::trace!(goodbye = goodbye.is_ok(), "certificates.goodbye");
    leaf.ok_or_else(|| io::Error::other("no certificate was shown"))
}

fn farewell(tls: &mut (impl io::Read + io::Write), greeted: bool) -> io::Result<()> {
    let mut byte = [0];
    if greeted {
        // Behind the handshake comes the greeting, as a client that speaks first is thrown out.
        while tls.read(&mut byte)? == 1 && byte != *b"\n" {}
    }
    tls.write_all(b"QUIT\r\n")?;
    tls.flush()?;
    while tls.read(&mut byte)? == 1 && byte != *b"\n" {}
    Ok(())
}

/// From the probe's own address, by which the log's lines about it are told from those of clients.
fn connect(to: SocketAddr) -> io::Result<TcpStream> {
    use rustix::net::{AddressFamily, SocketFlags, SocketType, bind, connect, socket_with};
    let socket = socket_with(AddressFamily::INET, SocketType::STREAM, SocketFlags::CLOEXEC, None)?;
    let own = SocketAddr::new(postfix::PROBE_ADDRESS.into(), 0);
    bind(&socket, &own)?;
    // On loopback a connection is there at once, or refused.
    connect(&socket, &to)?;
    Ok(TcpStream::from(socket))
}

fn start_tls(stream: &TcpStream) -> io::Result<()> {
    let mut replies = BufReader::new(stream.take(REPLY_BYTES_MAX));
    reply(&mut replies, '2')?;
    { stream }.write_all(b"EHLO localhost\r\n")?;
    reply(&mut replies, '2')?;
    { stream }.write_all(b"STARTTLS\r\n")?;
    reply(&mut replies, '2')
}

/// Reads a reply of any number of lines, which must be of this class.
fn reply(replies: &mut impl io::BufRead, class: char) -> io::Result<()> {
    loop {
        let mut line = String::new();
        if replies.read_line(&mut line)? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        if !line.starts_with(class) {
            return Err(io::Error::other(line.trim().to_owned()));
        }
        if line.as_bytes().get(3) != Some(&b'-') {
            return Ok(());
        }
    }
}

fn config() -> io::Result<Arc<ClientConfig>> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(io::Error::other)?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(Anything))
        .with_no_client_auth();
    Ok(Arc::new(config))
}

/// Takes every certificate: it is to be looked at, not to be trusted.
#[derive(Debug)]
struct Anything;

impl ServerCertVerifier for Anything {
    fn verify_server_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _message: &[u8],
        _cert: &CertificateDer<'_>,
        _dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _message: &[u8],
        _cert: &CertificateDer<'_>,
        _dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        rustls::crypto::ring::default_provider()
            .signature_verification_algorithms
            .supported_schemes()
    }
}
