//! From a wire batch to a job for a writer: decoded, instances and breakdown keys numbered.

use std::{collections::HashMap, sync::Arc};

use mailvane_proto::v1;
use prost::Message as _;
use tokio::sync::oneshot;

use super::{
    Ingest, decode,
    write::{Job, Outcome, Refused, Speaker},
};
use crate::{
    domain::{
        batch::{Batch, InstanceBatch, InstanceKey},
        ids::{HostId, PublicId},
    },
    store::{
        StoreError,
        agents::{InstanceRow, TenantView},
        samples::SampleRow,
    },
};

/// Instances of one host at most, over all time.
const INSTANCES_OF_HOST_MAX: usize = 256;

/// The instances of a stream's host that are known so far.
#[derive(Debug)]
pub(super) struct Instances {
    host: HostId,
    by_key: HashMap<InstanceKey, InstanceRow>,
}

impl Instances {
    pub(super) fn new(host: HostId, rows: Vec<InstanceRow>) -> Self {
        Self { host, by_key: rows.into_iter().map(|row| (row.key.clone(), row)).collect() }
    }
}

impl Ingest {
    /// Makes a job of `wire`. A batch that breaks the contract becomes a job too: it is acknowledged in its turn.
    pub(super) async fn prepare(
        &self,
        speaker: &Arc<Speaker>,
        instances: &mut Instances,
        view: Arc<TenantView>,
        wire: v1::Batch,
    ) -> Result<(Job, oneshot::Receiver<Outcome>), StoreError> {
        let (epoch, seq) = (wire.epoch, wire.seq);
        let payload = wire.encode_to_vec();
        let (reply, outcome) = oneshot::channel();
        let mut job = Job {
            speaker: Arc::clone(speaker),
            view,
            epoch: i64::try_from(epoch).unwrap_or(0),
            seq: i64::try_from(seq).unwrap_or(0),
            interval: decode::interval(&wire),
            rows: Vec::new(),
            gaps: Vec::new(),
            payload,
            refused: None,
            reply,
        };
        match decode::batch(wire) {
            Ok(batch) => self.fill(&mut job, instances, batch).await?,
            Err(malformed) => {
                metrics::counter!("mailvane_batches_malformed_total").increment(1);
                job.refused = Some(Refused::Malformed(malformed.to_string()));
            }
        }
        Ok((job, outcome))
    }

    async fn fill(
        &self,
        job: &mut Job,
        instances: &mut Instances,
        batch: Batch,
    ) -> Result<(), StoreError> {
        if batch.unknown > 0 {
            metrics::counter!("mailvane_unknown_ids_total").increment(u64::from(batch.unknown));
        }
        job.interval = Some((batch.start, batch.end));
        for instance in batch.instances {
            let Some(row) = self.instance(&job.speaker, instances, &instance).await? else {
                let why = format!("more than {INSTANCES_OF_HOST_MAX} instances on one host");
                job.refused = Some(Refused::Malformed(why));
                job.rows.clear();
                return Ok(());
            };
            let breakdowns = self.keys.pack(job.speaker.tenant, &instance.breakdowns).await?;
            let sample = SampleRow {
                tenant: job.speaker.tenant,
                instance: row.id,
                ts: batch.end,
                span_ms: batch.span_ms,
                flags: batch.flags,
                visibility: instance.visibility,
                values: instance.values,
                breakdowns,
                events: instance.events,
            };
            job.rows.push((sample, row.public_id));
        }
        for gap in batch.gaps {
            let known = gap.instance.as_ref().and_then(|key| instances.by_key.get(key));
            job.gaps.push((known.map(|row| row.id), gap));
        }
        Ok(())
    }

    /// The instance's row, made where it is new or has another name; nothing beyond the limit.
    async fn instance(
        &self,
        speaker: &Speaker,
        instances: &mut Instances,
        batch: &InstanceBatch,
    ) -> Result<Option<InstanceRow>, StoreError> {
        if let Some(row) = instances.by_key.get(&batch.key).filter(|row| row.name == batch.name) {
            return Ok(Some(row.clone()));
        }
        if instances.by_key.len() >= INSTANCES_OF_HOST_MAX
            && !instances.by_key.contains_key(&batch.key)
        {
            return Ok(None);
        }
        let public_id = PublicId::make(self.clock.now(), &*self.dice);
        let mut scoped = self.store.ingest(speaker.tenant).await?;
        let row = scoped.keep_instance(instances.host, public_id, &batch.key, &batch.name).await?;
        scoped.commit().await?;
        instances.by_key.insert(batch.key.clone(), row.clone());
        Ok(Some(row))
    }
}
