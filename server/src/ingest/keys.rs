//! Key texts of open dimensions to numbers of the tenant's dictionary, with a bounded memory of those seen lately.

use std::{
    collections::{HashMap, HashSet},
    sync::{Mutex, PoisonError},
};

use mailvane_proto::catalogue::{DimensionId, OTHER};

use super::limits::LIMITS;
use crate::{
    domain::{
        batch::{Entry, EntryKey},
        breakdown,
        ids::TenantId,
    },
    store::{Store, StoreError, dictionary::Text},
};

/// Key texts remembered at most, of all tenants; beyond it the memory starts anew.
const REMEMBERED_MAX: usize = 500_000;

/// The dictionary with its memory.
#[derive(Debug)]
pub(super) struct Keys {
    store: Store,
    remembered: Mutex<HashMap<(TenantId, Text), u32>>,
}

impl Keys {
    pub(super) fn new(store: Store) -> Self {
        Self { store, remembered: Mutex::default() }
    }

    /// Packs the breakdowns of one instance, numbering key texts that are new.
    pub(super) async fn pack(
        &self,
        tenant: TenantId,
        entries: &[Entry],
    ) -> Result<Vec<u8>, StoreError> {
        if entries.is_empty() {
            return Ok(Vec::new());
        }
        let numbers = self.numbers(tenant, entries).await?;
        let mut totals: HashMap<(DimensionId, u32), Vec<u64>> = HashMap::new();
        for entry in entries {
            let key = match &entry.key {
                EntryKey::Closed(id) => u32::from(id.0),
                EntryKey::Open(text) => {
                    let text = (entry.dimension, text.clone());
                    let other = (entry.dimension, OTHER.to_owned());
                    match numbers.get(&text).or_else(|| numbers.get(&other)) {
                        Some(number) => *number,
                        None => continue,
                    }
                }
            };
            let counts = totals.entry((entry.dimension, key)).or_default();
            counts.resize(counts.len().max(entry.counts.len()), 0);
            for (total, count) in counts.iter_mut().zip(&entry.counts) {
                *total = total.saturating_add(*count);
            }
        }
        let mut packed: Vec<breakdown::Entry<'_>> = totals
            .iter()
            .map(|((dimension, key), counts)| breakdown::Entry {
                dimension: *dimension,
                key: *key,
                counts,
            })
            .collect();
        Ok(breakdown::pack(&mut packed))
    }

    async fn numbers(
        &self,
        tenant: TenantId,
        entries: &[Entry],
    ) -> Result<HashMap<Text, u32>, StoreError> {
        let wanted: HashSet<Text> = entries
            .iter()
            .filter_map(|entry| match &entry.key {
                EntryKey::Open(text) => Some((entry.dimension, text.clone())),
                EntryKey::Closed(_) => None,
            })
            .collect();
        let mut known = HashMap::new();
        let mut missing: Vec<Text> = Vec::new();
        {
            let remembered = self.remembered.lock().unwrap_or_else(PoisonError::into_inner);
            for text in wanted {
                let slot = (tenant, text);
                match remembered.get(&slot) {
                    Some(number) => drop(known.insert(slot.1, *number)),
                    None => missing.push(slot.1),
                }
            }
        }
        if !missing.is_empty() {
            let learnt = self.learn(tenant, missing).await?;
            self.remember(tenant, &learnt);
            known.extend(learnt);
        }
        Ok(known)
    }

    async fn learn(
        &self,
        tenant: TenantId,
        mut missing: Vec<Text>,
    ) -> Result<HashMap<Text, u32>, StoreError> {
        let mut scoped = self.store.ingest(tenant).await?;
        let mut numbers = scoped.key_numbers(&missing).await?;
        missing.retain(|text| !numbers.contains_key(text));
        let dimensions: HashSet<DimensionId> = missing.iter().map(|text| text.0).collect();
        for dimension in dimensions {
            if scoped.dictionary_full(dimension, LIMITS.dictionary_keys_max).await? {
                metrics::counter!("mailvane_dictionary_full_total").increment(1);
                missing.retain(|text| text.0 != dimension);
                missing.push((dimension, OTHER.to_owned()));
            }
        }
        if !missing.is_empty() {
            let made = scoped.number_keys(&missing).await?;
            let lost: Vec<Text> =
                missing.into_iter().filter(|text| !made.contains_key(text)).collect();
            numbers.extend(made);
            if !lost.is_empty() {
                numbers.extend(scoped.key_numbers(&lost).await?);
            }
        }
        scoped.commit().await?;
        Ok(numbers)
    }

    fn remember(&self, tenant: TenantId, learnt: &HashMap<Text, u32>) {
        let mut remembered = self.remembered.lock().unwrap_or_else(PoisonError::into_inner);
        if remembered.len() + learnt.len() > REMEMBERED_MAX {
            remembered.clear();
        }
        for (text, number) in learnt {
            remembered.insert((tenant, text.clone()), *number);
        }
    }
}
