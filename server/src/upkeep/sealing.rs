//! Sealing: an hour that is over for an hour becomes blocks and sums, and its partitions go; what comes later is put
//! into its block at most every ten minutes.
//!
//! Every step can be interrupted and repeated. A block is always the union of what was in it, what lies in the
//! partition and what waits as late, so that whoever comes second changes nothing; readers look into the partitions
//! until the moment in which the hour is sealed, and into its blocks from then on.

use std::collections::{BTreeMap, BTreeSet, HashMap, btree_map::Entry};

use chrono::{DateTime, DurationRound as _, TimeDelta, Utc};

use super::month;
use crate::{
    domain::{
        block::{self, Block, Head, Reader, Writer},
        breakdown,
        ids::{InstanceId, TenantId},
        rollup::{roll, roll_breakdowns},
        sample::{Columns, Sample},
        varint::Unreadable,
    },
    store::{
        Store, StoreError,
        upkeep::{
            Period, UpkeepTx,
            rollups::HourRow,
            rows::InstanceRows,
            sealing::{InstanceHour, LateRow, StoredBlock},
        },
    },
};

/// An hour is sealed this long after its end.
const SEAL_AFTER: TimeDelta = TimeDelta::hours(1);
/// An instance-hour is sealed again at most this often.
const AGAIN_AFTER: TimeDelta = TimeDelta::minutes(10);
/// Late rows of older hours are not sealed any more: their sums are past every keep.
const LATE_REACH: TimeDelta = TimeDelta::days(400);
/// Partitions stay this long after their hour was sealed: no reader that began before still reads.
const DROP_AFTER: TimeDelta = TimeDelta::seconds(60);
/// Instances of one transaction at most.
const INSTANCES_AT_ONCE: i64 = 200;
/// Rows of one transaction at most, unless one instance alone has more.
const ROWS_AT_ONCE: i64 = 20_000;
/// Instance-hours with late rows that one tick puts right at most.
const LATE_AT_ONCE: i64 = 400;
/// Days that one tick adds up at most.
const DAYS_AT_ONCE: i64 = 8;

/// Seals.
#[derive(Debug)]
pub struct Sealer<'a> {
    store: &'a Store,
    now: DateTime<Utc>,
    writer: Writer,
    reader: Reader,
    /// Days whose partitions are there.
    roomy_days: BTreeSet<DateTime<Utc>>,
}

impl<'a> Sealer<'a> {
    /// As of `now`.
    pub fn new(store: &'a Store, now: DateTime<Utc>) -> Self {
        Self {
            store,
            now,
            writer: Writer::default(),
            reader: Reader::default(),
            roomy_days: BTreeSet::new(),
        }
    }

    /// Does all that is due; how many instance-hours were sealed. What fails harms nothing else and is tried again.
    pub async fn run(&mut self) -> Result<u64, StoreError> {
        let this_hour = self.now.duration_trunc(TimeDelta::hours(1)).unwrap_or(self.now);
        let over = this_hour - SEAL_AFTER;
        let mut tx = self.store.upkeep_tx().await?;
        let hours = tx.hours_to_seal(over).await?;
        tx.commit().await?;
        let mut sealed = 0;
        let mut failed = None;
        for hour in hours {
            match self.seal(hour).await {
                Ok(count) => sealed += count,
                Err(error) => {
                    metrics::counter!("mailvane_seal_failures_total").increment(1);
                    tracing::warn!(%hour, %error, "an hour could not be sealed; nothing of it is lost");
                    failed = Some(error);
                }
            }
        }
        sealed += self.seal_late(over).await?;
        self.roll_days(over).await?;
        self.drop_hours().await?;
        metrics::counter!("mailvane_instance_hours_sealed_total").increment(sealed);
        failed.map_or(Ok(sealed), Err)
    }

    /// Seals one hour, from wherever it stands.
    async fn seal(&mut self, hour: DateTime<Utc>) -> Result<u64, StoreError> {
        let mut tx = self.store.upkeep_tx().await?;
        tx.close_hour(hour).await?;
        tx.commit().await?;
        let mut sealed = 0;
        loop {
            let mut tx = self.store.upkeep_tx().await?;
            let claim = tx.claim_hour(hour).await?;
            let Some(claim) = claim.filter(|claim| !claim.sealed) else { return Ok(sealed) };
            let waiting = tx.instances_of_hour(hour, claim.done, INSTANCES_AT_ONCE).await?;
            let (Some(first), Some(last)) = (waiting.first(), last_at_once(&waiting)) else {
                tx.finish_hour(hour, self.now).await?;
                tx.commit().await?;
                tracing::info!(%hour, instance_hours = sealed, "an hour is sealed");
                return Ok(sealed);
            };
            let rows = tx.rows_of_hour(hour, (first.0, first.1), last).await?;
            let rows = rows.into_iter().map(|rows| placed(hour, rows)).collect();
            // Until the whole hour is sealed its rows are read, and late ones beside them: those wait for their turn.
            sealed += self.merge(&mut tx, rows, HashMap::new()).await?;
            tx.note_done(hour, last).await?;
            tx.commit().await?;
        }
    }

    /// Puts late rows into the blocks of hours that are sealed.
    async fn seal_late(&mut self, over: DateTime<Utc>) -> Result<u64, StoreError> {
        let (oldest, sealed_before) = (self.now - LATE_REACH, self.now - AGAIN_AFTER);
        let mut tx = self.store.upkeep_tx().await?;
        let waiting =
            tx.late_hours((oldest, over), (sealed_before, self.now), LATE_AT_ONCE).await?;
        tx.commit().await?;
        let mut by_hour: BTreeMap<DateTime<Utc>, Vec<InstanceHour>> = BTreeMap::new();
        for place in waiting {
            by_hour.entry(place.hour).or_default().push(place);
        }
        let mut sealed = 0;
        for (hour, places) in by_hour {
            sealed += self.seal_again(hour, places).await?;
        }
        Ok(sealed)
    }

    async fn seal_again(
        &mut self,
        hour: DateTime<Utc>,
        places: Vec<InstanceHour>,
    ) -> Result<u64, StoreError> {
        let day = hour.duration_trunc(TimeDelta::days(1)).unwrap_or(hour);
        let mut tx = self.store.upkeep_tx().await?;
        tx.know_hour(hour, self.now).await?;
        let claim = tx.claim_hour(hour).await?;
        // Whoever adds the day up now would not see what is put in here.
        if !claim.is_some_and(|claim| claim.sealed) || !tx.hold_day(day).await? {
            return Ok(0);
        }
        let of: BTreeSet<(TenantId, InstanceId)> =
            places.iter().map(|place| (place.tenant, place.instance)).collect();
        let mut late: HashMap<InstanceHour, Vec<LateRow>> = HashMap::new();
        for row in tx.late_rows(&places).await? {
            late.entry(row.place).or_default().push(row);
        }
        let rows = places.into_iter().map(|place| (place, Vec::new())).collect();
        let sealed = self.merge(&mut tx, rows, late).await?;
        if !tx.rolled_days(&[day]).await?.is_empty() {
            tx.roll_day(day, Some(&of)).await?;
        }
        tx.commit().await?;
        Ok(sealed)
    }

    /// Writes the blocks and sums of instance-hours: the union of what is stored, `rows` and `late`.
    async fn merge(
        &mut self,
        tx: &mut UpkeepTx,
        rows: Vec<(InstanceHour, Vec<Sample>)>,
        mut late: HashMap<InstanceHour, Vec<LateRow>>,
    ) -> Result<u64, StoreError> {
        let places: Vec<InstanceHour> = rows.iter().map(|(place, _)| *place).collect();
        self.make_room(tx, &places).await?;
        let mut stored = tx.blocks(&places).await?;
        let replace = !stored.is_empty();
        let (mut blocks, mut hours, mut done) = (Vec::new(), Vec::new(), Vec::new());
        for (place, rows) in rows {
            let late = late.remove(&place).unwrap_or_default();
            let Ok(old) = self.unpack(place, stored.remove(&place)) else {
                metrics::counter!("mailvane_blocks_unreadable_total").increment(1);
                tracing::error!(
                    ?place,
                    "a block cannot be read; late rows for it are kept beside it"
                );
                tx.put_off(place, self.now).await?;
                continue;
            };
            let samples = union(old.into_iter().chain(rows).chain(late_samples(&late)));
            let (block, hour) = self.pack(place, samples)?;
            blocks.push((place, block));
            hours.push(hour);
            done.extend(late);
        }
        tx.store_blocks(&blocks, block::CODEC, self.now).await?;
        tx.store_hours(&hours, replace).await?;
        tx.remove_late(&done).await?;
        Ok(blocks.len() as u64)
    }

    fn unpack(
        &mut self,
        place: InstanceHour,
        stored: Option<StoredBlock>,
    ) -> Result<Vec<Sample>, Unreadable> {
        let Some(stored) = stored else { return Ok(Vec::new()) };
        let head = Head::read(&mut self.reader, (stored.codec, place.hour), &stored.head)?;
        head.samples(&mut self.reader, &stored.data)
    }

    fn pack(
        &mut self,
        place: InstanceHour,
        mut samples: Vec<Sample>,
    ) -> Result<(Block, HourRow), StoreError> {
        for sample in &mut samples {
            if breakdown::unpack(&sample.breakdowns, |_| ()).is_err() {
                sample.breakdowns.clear();
            }
        }
        let columns = Columns::of(&samples);
        let odd = |error: Unreadable| StoreError::Stored { what: "sample", why: error.to_string() };
        let packed = samples.iter().map(|sample| sample.breakdowns.as_slice());
        let row = HourRow {
            place,
            n: i32::try_from(samples.len()).unwrap_or(i32::MAX),
            span_ms: samples.iter().map(|sample| i64::from(sample.span_ms)).sum(),
            groups: roll(&samples, &columns),
            breakdowns: roll_breakdowns(packed).map_err(odd)?,
        };
        let block = block::pack(&mut self.writer, place.hour, (&samples, &columns)).map_err(odd)?;
        Ok((block, row))
    }

    /// Makes the partitions that these hours need.
    async fn make_room(
        &mut self,
        tx: &mut UpkeepTx,
        places: &[InstanceHour],
    ) -> Result<(), StoreError> {
        let hours: BTreeSet<DateTime<Utc>> = places.iter().map(|place| place.hour).collect();
        for hour in hours {
            let day = hour.duration_trunc(TimeDelta::days(1)).unwrap_or(hour);
            if self.roomy_days.contains(&day) {
                continue;
            }
            tx.make(Period::Day, day, day + TimeDelta::days(1)).await?;
            if let (Some(from), Some(to)) = (month(hour, 0), month(hour, 1)) {
                tx.make(Period::Month, from, to).await?;
            }
            self.roomy_days.insert(day);
        }
        Ok(())
    }

    /// Adds up days of which every hour is sealed.
    async fn roll_days(&mut self, over: DateTime<Utc>) -> Result<(), StoreError> {
        let before = over.duration_trunc(TimeDelta::days(1)).unwrap_or(over);
        let mut tx = self.store.upkeep_tx().await?;
        let days = tx.days_to_roll(before, DAYS_AT_ONCE).await?;
        tx.commit().await?;
        for day in days {
            let mut tx = self.store.upkeep_tx().await?;
            if tx.hold_day(day).await? {
                tx.roll_day(day, None).await?;
                tx.finish_day(day, self.now).await?;
                tx.commit().await?;
            }
        }
        Ok(())
    }

    /// Drops the partitions of hours that have been sealed for a while.
    async fn drop_hours(&self) -> Result<(), StoreError> {
        for hour in self.store.hours_to_drop(self.now - DROP_AFTER, self.now).await? {
            for table in ["sample", "breakdown"] {
                if let Err(error) = drop_patiently(self.store, table, hour).await {
                    if !error.is_transient() {
                        return Err(error);
                    }
                    tracing::info!(%hour, table, "somebody still reads a sealed hour; it is dropped later");
                    return Ok(());
                }
            }
            self.store.note_dropped(hour, self.now).await?;
        }
        Ok(())
    }
}

/// Drops a partition, trying again while somebody is in the way for a moment.
pub(super) async fn drop_patiently(
    store: &Store,
    table: &str,
    from: DateTime<Utc>,
) -> Result<(), StoreError> {
    let mut tries = DROP_TRIES;
    loop {
        match store.drop_partition(table, from).await {
            Err(error) if error.is_transient() && tries > 1 => {
                tries -= 1;
                tokio::time::sleep(DROP_WAIT).await;
            }
            done => return done,
        }
    }
}

const DROP_TRIES: u32 = 20;
const DROP_WAIT: std::time::Duration = std::time::Duration::from_millis(100);

fn placed(hour: DateTime<Utc>, rows: InstanceRows) -> (InstanceHour, Vec<Sample>) {
    (InstanceHour { tenant: rows.tenant, instance: rows.instance, hour }, rows.samples)
}

/// The last instance that one transaction takes.
fn last_at_once(waiting: &[(TenantId, InstanceId, i64)]) -> Option<(TenantId, InstanceId)> {
    let mut rows = 0;
    let fits = |(_, _, count): &&(TenantId, InstanceId, i64)| {
        rows += count;
        rows <= ROWS_AT_ONCE
    };
    let last = waiting.iter().take_while(fits).last().or(waiting.first())?;
    Some((last.0, last.1))
}

/// Samples in order of time; of two with the same time the first counts.
fn union(samples: impl Iterator<Item = Sample>) -> Vec<Sample> {
    let mut by_time: BTreeMap<DateTime<Utc>, Sample> = BTreeMap::new();
    for sample in samples {
        match by_time.entry(sample.ts) {
            Entry::Vacant(free) => {
                free.insert(sample);
            }
            Entry::Occupied(taken) if *taken.get() != sample => {
                metrics::counter!("mailvane_samples_conflicting_total").increment(1);
                tracing::warn!(ts = %sample.ts, "two different samples of one instance have the same time; the first counts");
            }
            Entry::Occupied(_) => {}
        }
    }
    by_time.into_values().collect()
}

fn late_samples(late: &[LateRow]) -> impl Iterator<Item = Sample> {
    let unreadable = late.iter().filter(|row| row.sample.is_none()).count();
    if unreadable > 0 {
        metrics::counter!("mailvane_late_unreadable_total").increment(unreadable as u64);
        tracing::error!(unreadable, "late rows cannot be read and are left out");
    }
    late.iter().filter_map(|row| row.sample.clone())
}
