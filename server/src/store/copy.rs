//! Rows in the binary form of PostgreSQL's COPY.

use chrono::{DateTime, Utc};

use super::StoreError;

/// Signature, flags and length of the header extension.
pub(super) const HEADER: &[u8] = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0";
const TRAILER: [u8; 2] = (-1_i16).to_be_bytes();
/// PostgreSQL counts microseconds from the year 2000.
const EPOCH_MICROS: i64 = 946_684_800_000_000;

/// A time as PostgreSQL writes it; nothing: it is none of ours.
pub(super) fn stamp(micros: i64) -> Option<DateTime<Utc>> {
    DateTime::from_timestamp_micros(micros.checked_add(EPOCH_MICROS)?)
}

/// Rows that are being written.
#[derive(Debug)]
pub(super) struct Copy {
    bytes: Vec<u8>,
    columns: usize,
}

impl Copy {
    pub(super) fn new(columns: usize) -> Self {
        Self { bytes: HEADER.to_vec(), columns }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.bytes.len() == HEADER.len()
    }

    /// Begins a row; as many columns follow.
    pub(super) fn begin(&mut self) -> Result<(), StoreError> {
        let columns = i16::try_from(self.columns).map_err(|_| too_long())?;
        self.bytes.extend_from_slice(&columns.to_be_bytes());
        Ok(())
    }

    pub(super) fn null(&mut self) {
        self.bytes.extend_from_slice(&(-1_i32).to_be_bytes());
    }

    pub(super) fn int2(&mut self, value: i16) {
        self.bytes.extend_from_slice(&[0, 0, 0, 2]);
        self.bytes.extend_from_slice(&value.to_be_bytes());
    }

    pub(super) fn int4(&mut self, value: i32) {
        self.bytes.extend_from_slice(&[0, 0, 0, 4]);
        self.bytes.extend_from_slice(&value.to_be_bytes());
    }

    pub(super) fn int8(&mut self, value: i64) {
        self.bytes.extend_from_slice(&[0, 0, 0, 8]);
        self.bytes.extend_from_slice(&value.to_be_bytes());
    }

    pub(super) fn timestamp(&mut self, value: DateTime<Utc>) {
        self.int8(value.timestamp_micros() - EPOCH_MICROS);
    }

    pub(super) fn bytes(&mut self, value: &[u8]) -> Result<(), StoreError> {
        let length = i32::try_from(value.len()).map_err(|_| too_long())?;
        self.bytes.extend_from_slice(&length.to_be_bytes());
        self.bytes.extend_from_slice(value);
        Ok(())
    }

    pub(super) fn finish(mut self) -> Vec<u8> {
        self.bytes.extend_from_slice(&TRAILER);
        self.bytes
    }
}

fn too_long() -> StoreError {
    StoreError::Stored { what: "row", why: "it is too long".to_owned() }
}
