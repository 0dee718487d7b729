//! The rows of an open hour, read by COPY: a fifth of the time that a SELECT of as many columns takes.

use std::sync::LazyLock;

use bytes::{Buf as _, BytesMut};
use chrono::{DateTime, TimeDelta, Utc};
use futures_util::TryStreamExt as _;
use mailvane_proto::catalogue::{self, METRIC_COUNT, MetricId};

use super::UpkeepTx;
use crate::{
    domain::{
        ids::{InstanceId, TenantId},
        sample::Sample,
    },
    store::{StoreError, copy},
};

/// The samples of one instance in order of time.
#[derive(Debug)]
pub struct InstanceRows {
    /// Whose.
    pub tenant: TenantId,
    /// Which instance's.
    pub instance: InstanceId,
    /// Its samples.
    pub samples: Vec<Sample>,
}

impl UpkeepTx {
    /// All rows of an hour from the first instance to the last, both included.
    pub async fn rows_of_hour(
        &mut self,
        hour: DateTime<Utc>,
        first: (TenantId, InstanceId),
        last: (TenantId, InstanceId),
    ) -> Result<Vec<InstanceRows>, StoreError> {
        // COPY takes no parameters; all that is put in are numbers of ours.
        let window = |table: &str| {
            let end = hour + TimeDelta::hours(1);
            format!("{table}.ts >= '{}' and {table}.ts < '{}'", hour.to_rfc3339(), end.to_rfc3339())
        };
        let statement = format!(
            "copy (select s.tenant_id, s.instance_id, s.ts, s.span_ms, s.flags, s.visibility, b.entries, {}
             from sample s left join breakdown b on b.tenant_id = s.tenant_id and b.instance_id = s.instance_id
                and b.ts = s.ts and {}
             where {} and (s.tenant_id, s.instance_id) >= ({}, {}) and (s.tenant_id, s.instance_id) <= ({}, {})
             order by s.tenant_id, s.instance_id, s.ts) to stdout (format binary)",
            *METRIC_COLUMNS,
            window("b"),
            window("s"),
            first.0.get(),
            first.1.get(),
            last.0.get(),
            last.1.get()
        );
        let mut instances: Vec<InstanceRows> = Vec::new();
        let mut waiting = BytesMut::new();
        let mut begun = false;
        let mut stream = self.transaction.copy_out_raw(&statement).await?;
        while let Some(bytes) = stream.try_next().await? {
            waiting.extend_from_slice(&bytes);
            if !begun {
                if waiting.len() < copy::HEADER.len() {
                    continue;
                }
                waiting.advance(copy::HEADER.len());
                begun = true;
            }
            while let Some((tenant, instance, sample)) = next_row(&mut waiting)? {
                match instances.last_mut() {
                    Some(last) if (last.tenant, last.instance) == (tenant, instance) => {
                        last.samples.push(sample);
                    }
                    _ => instances.push(InstanceRows { tenant, instance, samples: vec![sample] }),
                }
            }
        }
        Ok(instances)
    }
}

static METRIC_COLUMNS: LazyLock<String> = LazyLock::new(|| {
    let columns = catalogue::metrics().iter().map(|metric| format!("s.{}", metric.column()));
    columns.collect::<Vec<_>>().join(", ")
});

const FIXED_COLUMNS: usize = 7;

/// The next whole row; nothing: more bytes are needed, or the rows have ended.
fn next_row(waiting: &mut BytesMut) -> Result<Option<(TenantId, InstanceId, Sample)>, StoreError> {
    let mut row = Row { bytes: waiting.as_ref() };
    let Some(columns) = row.number::<2>() else { return Ok(None) };
    if columns == -1 {
        return Ok(None);
    }
    if usize::try_from(columns).ok() != Some(FIXED_COLUMNS + METRIC_COUNT) {
        return Err(odd());
    }
    let mut fields = Vec::with_capacity(FIXED_COLUMNS + METRIC_COUNT);
    for _ in 0..columns {
        let Some(Field(field)) = row.field() else { return Ok(None) };
        fields.push(field);
    }
    let length = waiting.len() - row.bytes.len();
    let parsed = parse(&fields).ok_or_else(odd);
    waiting.advance(length);
    parsed.map(Some)
}

fn parse(fields: &[Option<&[u8]>]) -> Option<(TenantId, InstanceId, Sample)> {
    let ([tenant, instance, ts, span_ms, flags, visibility, entries], metrics) =
        fields.split_first_chunk::<FIXED_COLUMNS>()?;
    let int4 = |field: Option<&[u8]>| i32::try_from(number(field?)?).ok();
    let values = metrics.iter().zip(0_u16..);
    let sample = Sample {
        ts: copy::stamp(number((*ts)?)?)?,
        span_ms: int4(*span_ms)?,
        flags: i16::try_from(number((*flags)?)?).ok()?,
        visibility: number((*visibility)?)?.cast_unsigned(),
        values: values
            .filter_map(|(field, id)| Some((MetricId(id), number((*field)?)?)))
            .filter(|(_, value)| *value != 0)
            .collect(),
        breakdowns: entries.map(<[u8]>::to_vec).unwrap_or_default(),
    };
    Some((TenantId::from_row(int4(*tenant)?), InstanceId::from_row(int4(*instance)?), sample))
}

/// A whole number of two, four or eight bytes.
fn number(field: &[u8]) -> Option<i64> {
    match field.len() {
        2 => Some(i64::from(i16::from_be_bytes(field.try_into().ok()?))),
        4 => Some(i64::from(i32::from_be_bytes(field.try_into().ok()?))),
        8 => Some(i64::from_be_bytes(field.try_into().ok()?)),
        _ => None,
    }
}

/// A field's bytes; nothing: null.
struct Field<'a>(Option<&'a [u8]>);

/// What is left of the bytes at hand.
struct Row<'a> {
    bytes: &'a [u8],
}

impl<'a> Row<'a> {
    fn number<const N: usize>(&mut self) -> Option<i64> {
        let (bytes, rest) = self.bytes.split_at_checked(N)?;
        self.bytes = rest;
        number(bytes)
    }

    fn field(&mut self) -> Option<Field<'a>> {
        let Ok(length) = usize::try_from(self.number::<4>()?) else { return Some(Field(None)) };
        let (field, rest) = self.bytes.split_at_checked(length)?;
        self.bytes = rest;
        Some(Field(Some(field)))
    }
}

fn odd() -> StoreError {
    StoreError::Stored {
        what: "sample",
        why: "its columns are not those of the catalogue".to_owned(),
    }
}
