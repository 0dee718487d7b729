//! A connection whose first bytes were read already, so that waiting for them had a deadline: it gives them out once
//! more and is then the connection itself.

use std::{
    io::{self, IoSlice},
    pin::Pin,
    task::{Context, Poll},
};

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, ReadBuf};

/// `N` bytes that were read, and the rest.
#[derive(Debug)]
pub(super) struct Opened<S, const N: usize> {
    first: [u8; N],
    given: usize,
    io: S,
}

impl<S: AsyncRead + Unpin, const N: usize> Opened<S, N> {
    /// Waits for the first bytes.
    pub(super) async fn read(mut io: S) -> io::Result<Self> {
        let mut first = [0; N];
        io.read_exact(&mut first).await?;
        Ok(Self { first, given: 0, io })
    }

    /// What they are.
    pub(super) const fn first(&self) -> &[u8; N] {
        &self.first
    }
}

impl<S: AsyncRead + Unpin, const N: usize> AsyncRead for Opened<S, N> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = &mut *self;
        let left = this.first.get(this.given..).unwrap_or_default();
        if left.is_empty() {
            return Pin::new(&mut this.io).poll_read(context, buffer);
        }
        let piece = left.get(..left.len().min(buffer.remaining())).unwrap_or_default();
        buffer.put_slice(piece);
        this.given += piece.len();
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin, const N: usize> AsyncWrite for Opened<S, N> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        pieces: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write_vectored(context, pieces)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::AsyncWriteExt as _;

    use super::*;

    #[tokio::test]
    async fn what_was_read_ahead_is_read_once_more_and_then_the_rest() {
        let (mut far, near) = tokio::io::duplex(64);
        far.write_all(b"preface and more").await.unwrap();
        let mut opened = Opened::<_, 7>::read(near).await.unwrap();
        assert_eq!(opened.first(), b"preface");
        drop(far);
        let (mut small, mut rest) = ([0; 3], String::new());
        opened.read_exact(&mut small).await.unwrap();
        opened.read_to_string(&mut rest).await.unwrap();
        assert_eq!((&small, rest.as_str()), (b"pre", "face and more"));
    }
}
