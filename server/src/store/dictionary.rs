//! The numbers of breakdown keys: written before the hot transaction, read back for pages and causes.

use std::collections::HashMap;

use mailvane_proto::catalogue::DimensionId;

use super::{Scoped, StoreError};

/// A key text of a dimension.
pub type Text = (DimensionId, String);

impl Scoped {
    /// Numbers of these key texts that are known already.
    pub async fn key_numbers(&mut self, texts: &[Text]) -> Result<HashMap<Text, u32>, StoreError> {
        let (dimensions, keys) = split(texts);
        let rows = sqlx::query!(
            "select d.dimension, d.key, d.id from dictionary d
             join unnest($2::int2[], $3::text[]) n (dimension, key)
                on d.dimension = n.dimension and d.key = n.key
             where d.tenant_id = $1",
            self.tenant().get(),
            &dimensions,
            &keys
        );
        let rows = rows.fetch_all(self.connection()).await?;
        Ok(rows.into_iter().filter_map(|row| numbered(row.dimension, row.key, row.id)).collect())
    }

    /// Numbers new key texts; those that somebody else just numbered are left out.
    pub async fn number_keys(&mut self, texts: &[Text]) -> Result<HashMap<Text, u32>, StoreError> {
        let (dimensions, keys) = split(texts);
        let rows = sqlx::query!(
            "insert into dictionary (tenant_id, dimension, key)
             select $1, n.dimension, n.key from unnest($2::int2[], $3::text[]) n (dimension, key)
             order by n.dimension, n.key on conflict do nothing returning dimension, key, id",
            self.tenant().get(),
            &dimensions,
            &keys
        );
        let rows = rows.fetch_all(self.connection()).await?;
        Ok(rows.into_iter().filter_map(|row| numbered(row.dimension, row.key, row.id)).collect())
    }

    /// Whether a dimension has `most` keys already.
    pub async fn dictionary_full(
        &mut self,
        dimension: DimensionId,
        most: i64,
    ) -> Result<bool, StoreError> {
        let count = sqlx::query_scalar!(
            r#"select count(*) as "count!" from
                (select 1 from dictionary where tenant_id = $1 and dimension = $2 limit $3) keys"#,
            self.tenant().get(),
            i16::try_from(dimension.0).unwrap_or(i16::MAX),
            most
        );
        Ok(count.fetch_one(self.connection()).await? >= most)
    }
}

fn split(texts: &[Text]) -> (Vec<i16>, Vec<String>) {
    let number = |dimension: DimensionId| i16::try_from(dimension.0).unwrap_or(i16::MAX);
    texts.iter().map(|(dimension, key)| (number(*dimension), key.clone())).unzip()
}

fn numbered(dimension: i16, key: String, id: i32) -> Option<(Text, u32)> {
    let dimension = DimensionId(u16::try_from(dimension).ok()?);
    Some(((dimension, key), u32::try_from(id).ok()?))
}
