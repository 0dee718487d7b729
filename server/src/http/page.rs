//! Pages of lists: a limit from 1 to 200 and an opaque, signed cursor.
//!
//! A cursor is bound to its tenant and list; a forged or foreign one is refused, not followed.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac::{Hmac, Mac};
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use utoipa::{IntoParams, ToSchema};

use super::{api::Api, error::Problem};
use crate::domain::ids::TenantId;

/// What a list takes.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PageQuery {
    /// Where the last page ended.
    pub cursor: Option<String>,
    /// 1 to 200; 100 when not given.
    pub limit: Option<u16>,
}

/// A page of a list.
#[derive(Debug, Serialize, ToSchema)]
pub struct Page<T> {
    /// In order.
    pub items: Vec<T>,
    /// For the next page; null: that was all.
    #[schema(required)]
    pub next: Option<String>,
}

/// How many rows a list gives at once.
pub fn limit(asked: Option<u16>) -> Result<usize, Problem> {
    match asked {
        None => Ok(LIMIT_DEFAULT),
        Some(n @ 1..=200) => Ok(n.into()),
        Some(_) => Err(Problem::field("limit", "Use 1 to 200.")),
    }
}

/// For the database: one row more than is shown tells whether there is another page.
pub fn fetch(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX - 1) + 1
}

/// Cuts the row too many off and names where the next page begins.
pub fn cut<T>(rows: &mut Vec<T>, limit: usize, cursor: impl Fn(&T) -> String) -> Option<String> {
    if rows.len() <= limit {
        return None;
    }
    rows.truncate(limit);
    rows.last().map(cursor)
}

impl Api {
    /// Signs a position for `list` of `tenant`.
    pub fn cursor(&self, list: &str, tenant: TenantId, position: &str) -> String {
        let tag = self.cursor_tag(list, tenant, position);
        URL_SAFE_NO_PAD.encode([tag.as_slice(), position.as_bytes()].concat())
    }

    /// The position that [`Api::cursor`] signed.
    pub fn position(
        &self,
        list: &str,
        tenant: TenantId,
        cursor: Option<&str>,
    ) -> Result<Option<String>, Problem> {
        let Some(cursor) = cursor else { return Ok(None) };
        let refused = || Problem::field("cursor", "This cursor is not from this list: start over.");
        let bytes = URL_SAFE_NO_PAD.decode(cursor).map_err(|_| refused())?;
        let (tag, position) = bytes.split_at_checked(TAG_BYTES).ok_or_else(refused)?;
        let position = std::str::from_utf8(position).map_err(|_| refused())?;
        let expected = self.cursor_tag(list, tenant, position);
        if subtle::ConstantTimeEq::ct_eq(expected.as_slice(), tag).into() {
            Ok(Some(position.to_owned()))
        } else {
            Err(refused())
        }
    }

    fn cursor_tag(&self, list: &str, tenant: TenantId, position: &str) -> Vec<u8> {
        let key = self.vault.derive("cursor");
        let Ok(mut mac) = <Hmac<Sha256> as Mac>::new_from_slice(&*key) else {
            // HMAC takes keys of any length.
            std::process::abort();
        };
        mac.update(format!("{list}|{}|{position}", tenant.get()).as_bytes());
        mac.finalize().into_bytes().into_iter().take(TAG_BYTES).collect()
    }
}

const LIMIT_DEFAULT: usize = 100;
const TAG_BYTES: usize = 16;
