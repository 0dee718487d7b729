//! `GET /series.csv`: the same values as lines of text, handed out while they are written.

use axum::{
    body::Body,
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use chrono::{DateTime, SecondsFormat, Utc};
use futures_util::stream;

use super::{SeriesAnswer, answer};
use crate::http::{
    error::{Problem, ProblemBody},
    input::Query,
    query::SeriesQuery,
    session::{Caller, Viewer},
};

/// Shows values over time as text: time, instance, metric, value.
#[utoipa::path(get, path = "/series.csv", operation_id = "series_csv", tag = "figures",
    extensions(("x-min-role" = json!("viewer"))), params(SeriesQuery),
    responses((status = 200, body = String, content_type = "text/csv"),
        (status = 404, body = ProblemBody), (status = 422, body = ProblemBody)))]
pub async fn handle(
    caller: Caller<Viewer>,
    Query(query): Query<SeriesQuery>,
) -> Result<Response, Problem> {
    let answer = answer(caller, query).await?;
    let places = 0..=answer.t.len();
    let parts = places.map(move |place| Ok::<_, std::convert::Infallible>(part(&answer, place)));
    let kind = HeaderValue::from_static("text/csv; charset=utf-8; header=present");
    Ok(([(header::CONTENT_TYPE, kind)], Body::from_stream(stream::iter(parts))).into_response())
}

/// The first line, then all lines of one bucket.
fn part(answer: &SeriesAnswer, place: usize) -> Bytes {
    let Some(place) = place.checked_sub(1) else {
        return Bytes::from_static(b"time,instance,metric,value\r\n");
    };
    let at = answer.t.get(place).and_then(|at| DateTime::<Utc>::from_timestamp(*at, 0));
    let at = at.unwrap_or(answer.from).to_rfc3339_opts(SecondsFormat::Secs, true);
    let mut text = String::new();
    for line in &answer.series {
        let Some(value) = line.values.get(place).copied().flatten() else { continue };
        let instance = line.instance.as_deref().unwrap_or_default();
        let what = line.expr.as_ref().unwrap_or(&line.metric);
        let what = match &line.key {
            Some(key) => format!("{what} {key}"),
            None => what.clone(),
        };
        text.extend([at.as_str(), ",", &cell(instance), ",", &cell(&what), ","]);
        text.extend([value.to_string().as_str(), "\r\n"]);
    }
    Bytes::from(text)
}

/// A text as one cell. A spreadsheet takes what begins like a formula for one: keys come from strangers.
fn cell(text: &str) -> String {
    let guarded = if text.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        format!("'{text}")
    } else {
        text.to_owned()
    };
    if guarded.contains([',', '"', '\n', '\r', ';']) {
        format!("\"{}\"", guarded.replace('"', "\"\""))
    } else {
        guarded
    }
}

#[cfg(test)]
mod tests {
    use super::cell;

    #[test]
    fn a_domain_that_looks_like_a_formula_is_text() {
        assert_eq!(cell("=cmd|' /C calc'!A0"), "'=cmd|' /C calc'!A0");
        assert_eq!(cell("top(relay,sent,3) a\"b"), "\"top(relay,sent,3) a\"\"b\"");
        assert_eq!(cell("delivery.sent"), "delivery.sent");
    }
}
