//! The attacks, each with the bounds that must hold.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use futures_util::{StreamExt as _, stream};
use mailvane_proto::v1::{EnrolRequest, enrolment_client::EnrolmentClient};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    sync::Semaphore,
    time::{Instant, sleep, timeout},
};
use tonic::transport::Channel;

use super::{
    Report, SiegeError, Town,
    gauge::Watch,
    http2::{self, Abuse, Met},
};
use crate::api::ApiError;

/// An attack.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Attack {
    /// Wrong passwords, many at once.
    LoginFlood,
    /// Enrolments with keys that are none, and with keys that nobody made.
    EnrolmentFlood,
    /// Clients that say half a word, in one of five phases.
    Slow(&'static str, Phase),
    /// Streams of agents that never say who they are.
    IdleStreams,
    /// Frames that no library sends.
    Frames(&'static str, Abuse),
}

/// Where a slow client stops.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    /// Behind the connection.
    Connect,
    /// In the middle of the TLS handshake.
    Handshake,
    /// In the middle of the HTTP/2 preface.
    Preface,
    /// In a header, one letter a second.
    Header,
    /// In a body, one letter a second.
    Body,
}

/// All of them, in order.
pub(super) const ALL: [Attack; 13] = [
    Attack::LoginFlood,
    Attack::EnrolmentFlood,
    Attack::Slow("slow: connect only", Phase::Connect),
    Attack::Slow("slow: half a TLS handshake", Phase::Handshake),
    Attack::Slow("slow: half a preface", Phase::Preface),
    Attack::Slow("slow: header drip", Phase::Header),
    Attack::Slow("slow: body drip", Phase::Body),
    Attack::IdleStreams,
    Attack::Frames("http/2: rapid reset", Abuse::RapidReset),
    Attack::Frames("http/2: continuation flood", Abuse::Continuation),
    Attack::Frames("http/2: ping flood", Abuse::Ping),
    Attack::Frames("http/2: settings flood", Abuse::Settings),
    Attack::Frames("http/2: window zero", Abuse::WindowZero),
];

/// Wages one attack of `size` connections while a person goes on.
pub(super) async fn wage(attack: Attack, town: &Town, size: usize) -> Result<Report, SiegeError> {
    // A session's token lives five minutes: before each attack the person signs in again.
    let person = town.person.sign_in_again(&town.email, &town.password).await?;
    let town = &Town { person, ..town.clone() };
    let watch = Watch::begin(town).await;
    let (name, outcome, held) = match attack {
        Attack::LoginFlood => login_flood(town, size).await,
        Attack::EnrolmentFlood => enrolment_flood(town, size).await?,
        Attack::Slow(name, phase) => slow(name, phase, town, size).await,
        Attack::IdleStreams => idle_streams(town, size).await?,
        Attack::Frames(name, abuse) => frames(name, abuse, town).await,
    };
    let figures = watch.end().await;
    let memory_max = KIB_A_CONNECTION * u64::try_from(size).unwrap_or(u64::MAX) + KIB_IN_ALL;
    let held = held
        && figures.failed == 0
        && figures.p99_during_ms <= LOOK_MAX_MS
        && figures.taken_kib() <= memory_max
        && figures.cpu_after_ms <= CPU_AFTER_MAX_MS;
    Ok(Report { attack: name, outcome, figures, held })
}

type Outcome = (&'static str, Value, bool);

async fn login_flood(town: &Town, size: usize) -> Outcome {
    let tries = stream::iter(0..size).map(|n| {
        let stranger = town.person.stranger();
        async move {
            let email = format!("user{n}@lab.test");
            let answer = stranger.sign_in_again(&email, "a wrong password").await;
            match answer {
                Err(ApiError::Status { status, .. }) => status,
                _ => 0,
            }
        }
    });
    let answers: Vec<u16> = tries.buffer_unordered(AT_ONCE).collect().await;
    let count = |status: u16| answers.iter().filter(|answer| **answer == status).count();
    let (wrong, waits, busy) = (count(401), count(429), count(503));
    // The one whom this browser let in before is not kept out by strangers.
    let begun = Instant::now();
    let real = town.person.sign_in_again(&town.email, &town.password).await;
    let real_ms = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
    let held =
        real.is_ok() && real_ms <= REAL_LOGIN_MAX_MS && wrong + waits + busy == answers.len();
    let outcome = json!({"tries": answers.len(), "wrong": wrong, "must_wait": waits, "busy": busy,
        "other": answers.len() - wrong - waits - busy, "real_login_ms": real_ms, "real_login": real.is_ok()});
    ("login flood", outcome, held)
}

async fn enrolment_flood(town: &Town, size: usize) -> Result<Outcome, SiegeError> {
    let channel = Channel::from_shared(town.url.clone())?.connect().await?;
    let damaged = format!("{}x", town.key.get(..town.key.len() - 1).unwrap_or_default());
    let begun = Instant::now();
    let junk = stream::iter(0..size).map(|_| enrol(channel.clone(), damaged.clone(), 0));
    let refused: Vec<bool> = junk.buffer_unordered(AT_ONCE).collect().await;
    let junk_s = begun.elapsed().as_secs_f64();
    let admitted = refused.iter().filter(|admitted| **admitted).count();
    let begun = Instant::now();
    let good =
        stream::iter(0..GOOD_ENROLMENTS).map(|n| enrol(channel.clone(), town.key.clone(), n));
    let good: Vec<bool> = good.buffer_unordered(8).collect().await;
    let good_s = begun.elapsed().as_secs_f64();
    let done = good.iter().filter(|admitted| **admitted).count();
    let outcome = json!({"junk": refused.len(), "junk_a_second": refused.len() as f64 / junk_s,
        "junk_admitted": admitted, "good": done, "good_a_second": done as f64 / good_s});
    Ok(("enrolment flood", outcome, admitted == 0 && done == GOOD_ENROLMENTS))
}

async fn enrol(channel: Channel, key: String, n: usize) -> bool {
    let mut seed = [7_u8; 32];
    if getrandom::fill(&mut seed).is_err() {
        return false;
    }
    let public = ed25519_dalek::SigningKey::from_bytes(&seed).verifying_key().to_bytes();
    let request = EnrolRequest {
        enrolment_key: key,
        public_key: public.to_vec(),
        host_name: format!("mx{n}.lab.test"),
        protocol_min: 1,
        protocol_max: 1,
        ..EnrolRequest::default()
    };
    EnrolmentClient::new(channel).enrol(request).await.is_ok()
}

async fn slow(name: &'static str, phase: Phase, town: &Town, size: usize) -> Outcome {
    let address = if phase == Phase::Handshake { town.tls } else { town.plain };
    let places = Arc::new(Semaphore::new(CONNECTING));
    let clients = (0..size).map(|_| {
        let places = Arc::clone(&places);
        tokio::task::spawn(async move {
            let place = places.acquire().await.ok()?;
            let socket = timeout(CONNECT_MAX, TcpStream::connect(address)).await.ok()?.ok()?;
            drop(place);
            Some(drip(socket, phase).await)
        })
    });
    let clients = clients.collect::<Vec<_>>();
    sleep(IN_THE_MIDDLE).await;
    // Somebody new comes while all these hold their places.
    let begun = Instant::now();
    let newcomer = if phase == Phase::Handshake {
        greet_encrypted(town).await
    } else {
        town.person.stranger().is_up("/healthz").await
    };
    let newcomer_ms = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
    let mut held_s: Vec<f64> = Vec::new();
    for client in clients {
        held_s.extend(client.await.ok().flatten());
    }
    held_s.sort_by(f64::total_cmp);
    let longest = held_s.last().copied().unwrap_or(0.0);
    let outcome = json!({"connections": held_s.len(), "longest_held_s": longest,
        "newcomer": newcomer, "newcomer_ms": newcomer_ms});
    (name, outcome, longest < HELD_MAX_S && newcomer && newcomer_ms <= NEWCOMER_MAX_MS)
}

/// A new connection with a whole TLS handshake, and one request on it.
async fn greet_encrypted(town: &Town) -> bool {
    let client = reqwest::Client::builder().timeout(CONNECT_MAX).no_proxy();
    // Whose certificate it is does not matter here: this is our own loopback.
    let Ok(client) = client.tls_danger_accept_invalid_certs(true).build() else { return false };
    let answer = client.get(format!("https://{}/healthz", town.tls)).send().await;
    answer.is_ok_and(|answer| answer.status().is_success())
}

/// Says half a word and waits; how long the place was held, seconds.
async fn drip(mut socket: TcpStream, phase: Phase) -> f64 {
    let begun = Instant::now();
    let opening: &[u8] = match phase {
        Phase::Connect => b"",
        Phase::Handshake => b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        Phase::Preface => b"PRI * HTTP/2.0\r\n\r\n",
        Phase::Header => b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nX: ",
        Phase::Body => {
            b"POST /api/v1/session HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n\
              Content-Length: 60000\r\n\r\n{"
        }
    };
    let mut alive = socket.write_all(opening).await.is_ok();
    let mut answer = [0; 1_024];
    while alive && begun.elapsed() < GIVE_UP {
        match timeout(Duration::from_secs(1), socket.read(&mut answer)).await {
            Ok(Ok(read)) if read > 0 => {}
            Ok(_) => alive = false,
            Err(_) if matches!(phase, Phase::Header | Phase::Body) => {
                alive = socket.write_all(b"x").await.is_ok();
            }
            Err(_) => {}
        }
    }
    begun.elapsed().as_secs_f64()
}

/// Streams that are opened and then say nothing: each must be over soon, and cost little until then.
async fn idle_streams(town: &Town, size: usize) -> Result<Outcome, SiegeError> {
    let wanted = size.saturating_mul(STREAMS_A_CONNECTION);
    let mut connections = Vec::new();
    let mut opened = 0_usize;
    for _ in 0..size {
        let Ok(mut socket) = TcpStream::connect(town.plain).await else { break };
        let mut bytes =
            b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00".to_vec();
        for n in 0..STREAMS_A_CONNECTION {
            let stream = u32::try_from(2 * n + 1).unwrap_or(1);
            bytes.extend(open_stream(stream));
        }
        if socket.write_all(&bytes).await.is_ok() {
            opened += STREAMS_A_CONNECTION;
            connections.push(socket);
        }
    }
    sleep(Duration::from_secs(3)).await;
    let begun = Instant::now();
    let mut ended = 0_usize;
    for socket in &mut connections {
        ended += count_ends(socket, begun).await;
    }
    let outcome = json!({"streams": opened, "wanted": wanted, "ended_by_server": ended,
        "connections": connections.len()});
    Ok(("idle streams", outcome, opened == wanted && ended >= opened))
}

fn open_stream(stream: u32) -> Vec<u8> {
    let mut block = vec![0x83, 0x86];
    for (name, value) in
        [(4_u8, "/mailvane.v1.Ingest/Stream"), (1, "localhost"), (31, "application/grpc")]
    {
        block.push(if name == 31 { 0x0f } else { name });
        if name == 31 {
            block.push(0x10);
        }
        block.push(u8::try_from(value.len()).unwrap_or(0));
        block.extend(value.as_bytes());
    }
    block.extend(b"\x00\x02te\x08trailers");
    let length = u32::try_from(block.len()).unwrap_or(0).to_be_bytes();
    let mut out: Vec<u8> = length.iter().skip(1).copied().collect();
    out.extend([1, 4]);
    out.extend(stream.to_be_bytes());
    out.extend(block);
    out
}

/// Frames that end a stream, until none came for a while.
async fn count_ends(socket: &mut TcpStream, begun: Instant) -> usize {
    let (mut ends, mut held, mut piece) = (0, Vec::new(), [0; 16_384]);
    while begun.elapsed() < GIVE_UP && ends < STREAMS_A_CONNECTION {
        match timeout(Duration::from_secs(8), socket.read(&mut piece)).await {
            Ok(Ok(read)) if read > 0 => {
                held.extend_from_slice(piece.get(..read).unwrap_or_default());
            }
            // A connection that the server closed ended all that was on it.
            _ => return STREAMS_A_CONNECTION,
        }
        while let Some(head) = held.get(..9) {
            let length = head.iter().take(3).fold(0, |sum, byte| sum * 256 + usize::from(*byte));
            let (kind, flags) = (head.get(3).copied(), head.get(4).copied().unwrap_or(0));
            if held.len() < 9 + length {
                break;
            }
            ends += usize::from(kind == Some(3) || (matches!(kind, Some(0 | 1)) && flags & 1 == 1));
            held.drain(..9 + length);
        }
    }
    ends
}

async fn frames(name: &'static str, how: Abuse, town: &Town) -> Outcome {
    let address: SocketAddr = town.plain;
    let abusers = (0..ABUSERS).map(|_| tokio::task::spawn(http2::abuse(address, how, ABUSE_FOR)));
    let mut met: Vec<Met> = Vec::new();
    for abuser in abusers.collect::<Vec<_>>() {
        met.extend(abuser.await);
    }
    let frames: u64 = met.iter().map(|met| met.frames).sum();
    let closed = met.iter().filter(|met| met.closed).count();
    // A ping or a setting costs next to nothing; what costs must be cut off.
    let must_close = matches!(how, Abuse::RapidReset | Abuse::Continuation);
    let outcome = json!({"abusers": met.len(), "frames": frames, "closed_by_server": closed});
    (name, outcome, !must_close || closed == met.len())
}

const AT_ONCE: usize = 64;
const CONNECTING: usize = 256;
const CONNECT_MAX: Duration = Duration::from_secs(10);
const GIVE_UP: Duration = Duration::from_secs(40);
/// The longest deadline of a phase is ten seconds; the machine is shared, and a body may begin after a header.
const HELD_MAX_S: f64 = 25.0;
const STREAMS_A_CONNECTION: usize = 5;
const ABUSERS: usize = 16;
const ABUSE_FOR: Duration = Duration::from_secs(5);
/// A look at the page, 99 of 100, while attackers and attacked share the cores of a small machine.
const LOOK_MAX_MS: u64 = 2_000;
/// In the two seconds after an attack: nothing of it goes on.
const CPU_AFTER_MAX_MS: u64 = 1_000;
/// After this, all slow clients of an attack have connected.
const IN_THE_MIDDLE: Duration = Duration::from_secs(2);
const NEWCOMER_MAX_MS: u64 = 3_000;
const REAL_LOGIN_MAX_MS: u64 = 2_000;
const GOOD_ENROLMENTS: usize = 100;
/// What a connection of an attacker may cost.
const KIB_A_CONNECTION: u64 = 64;
/// And what an attack may cost besides: two hashes of passwords at once, and buffers.
const KIB_IN_ALL: u64 = 96 * 1_024;
