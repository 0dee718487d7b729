//! Writes what differs, by the same checks as one thing at a time.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde_json::json;

use super::{Channel, Document, Route, Silence, Trigger, compare::Change, renamed};
use crate::{
    clock::Dice,
    domain::ids::PublicId,
    http::{
        channels::{self, settled},
        error::Problem,
        input::Faults,
        routes, silences, triggers,
    },
    store::{Scoped, channels::ChannelChange, matcher::StoredMatcher, triggers::TriggerDraft},
};

type Outside<'a> = (DateTime<Utc>, &'a dyn Dice);

/// In the order of `changes`; what is removed goes last, from those that name others on.
pub(super) async fn all(
    scoped: &mut Scoped,
    wanted: &Document,
    changes: &[Change],
    outside: Outside<'_>,
) -> Result<(), Problem> {
    let named = |kind: &str, name: &str| {
        changes.iter().any(|one| {
            one.kind == kind && one.name == name && matches!(one.action, "create" | "change")
        })
    };
    for one in wanted.channels.iter().flatten().filter(|one| named("channel", &one.name)) {
        channel(scoped, one).await?;
    }
    for one in wanted.triggers.iter().flatten().filter(|one| named("trigger", &one.name)) {
        trigger(scoped, one, outside).await?;
    }
    for one in wanted.routes.iter().flatten().filter(|one| named("route", &one.name)) {
        route(scoped, one, outside).await?;
    }
    for one in wanted.silences.iter().flatten().filter(|one| named("silence", &one.comment)) {
        silence(scoped, one, outside).await?;
    }
    for one in changes.iter().rev().filter(|one| one.action == "remove") {
        remove(scoped, one, outside).await?;
    }
    if changes.iter().any(|one| one.kind == "route") {
        order(scoped, wanted).await?;
    }
    Ok(())
}

/// Says where in the text a fault is.
fn at(kind: &str, name: &str, problem: Problem) -> Problem {
    let Problem::Invalid(faults) = problem else { return problem };
    let place = |(field, why): (String, String)| (format!("{kind} {name}: {field}"), why);
    Problem::Invalid(faults.into_iter().map(place).collect::<BTreeMap<_, _>>())
}

async fn channel(scoped: &mut Scoped, wanted: &Channel) -> Result<(), Problem> {
    let place = |problem| at("channel", &wanted.name, problem);
    let known = scoped.channels(None).await?;
    let mut faults = Faults::default();
    let Some(present) = known.iter().find(|row| row.name == wanted.name) else {
        faults.add("name", "There is no such channel: add it with its address first, which is no part of the text.");
        return Err(place(faults.problem()));
    };
    if present.kind != wanted.kind {
        faults.add("kind", "The kind of a channel cannot change: add another channel.");
    }
    channels::severity(&mut faults, "severity_min", &wanted.severity_min);
    let fallback = match &wanted.fallback {
        None => None,
        Some(name) => {
            let found = known.iter().find(|row| row.name == *name && row.id != present.id);
            if found.is_none() {
                faults.add("fallback", "There is no other channel of this name.");
            }
            found.map(|row| row.id)
        }
    };
    faults.check().map_err(place)?;
    let change = ChannelChange {
        severity_min: Some(&wanted.severity_min),
        enabled: Some(wanted.enabled),
        fallback: Some(fallback),
        ..ChannelChange::default()
    };
    settled(scoped.change_channel(present.public_id, present.version, &change).await?)
}

async fn trigger(
    scoped: &mut Scoped,
    wanted: &Trigger,
    (now, dice): Outside<'_>,
) -> Result<(), Problem> {
    let place = |problem| at("trigger", &wanted.name, problem);
    let mut faults = Faults::default();
    let name = faults.line("name", &wanted.name, triggers::NAME_CHARS_MAX);
    let spec = triggers::parse(&mut faults, &wanted.severity, &wanted.spec);
    triggers::known_targets(scoped, &mut faults, &spec).await?;
    let words = (Some(wanted.description.as_str()), Some(wanted.runbook.as_str()));
    triggers::words(&mut faults, words.0, words.1);
    faults.check().map_err(place)?;
    let draft = TriggerDraft {
        name: &name,
        enabled: wanted.enabled,
        severity: &wanted.severity,
        spec: &spec,
    };
    let present = scoped.triggers(None).await?.into_iter().find(|row| row.name == name);
    let id = if let Some(present) = present {
        if !draft.enabled {
            let why = (present.public_id, "the trigger was switched off");
            triggers::close_all(dice, scoped, why, now).await?;
        }
        let changed = scoped.change_trigger(present.public_id, present.version, &draft, now).await;
        settled(changed?)?;
        present.public_id
    } else {
        if scoped.trigger_count().await? >= triggers::TRIGGERS_MAX {
            return Err(Problem::Conflict(
                "There are 500 triggers already. Remove one.".to_owned(),
            ));
        }
        let id = PublicId::make(now, dice);
        scoped.add_trigger(id, &draft).await?;
        id
    };
    Ok(scoped.describe_trigger(id, words.0, words.1).await?)
}

async fn route(
    scoped: &mut Scoped,
    wanted: &Route,
    (now, dice): Outside<'_>,
) -> Result<(), Problem> {
    let place = |problem| at("route", &wanted.name, problem);
    let channels = scoped.channels(None).await?;
    // A name that nobody bears stays, and is refused as an id that nobody bears.
    let id = |name: &str| {
        let known = channels.iter().find(|row| row.name == name);
        known.map_or_else(|| name.to_owned(), |row| row.public_id.to_string())
    };
    let steps: Vec<_> = wanted.steps.iter().map(|step| renamed(step, id)).collect();
    let parts = json!({"name": wanted.name, "enabled": wanted.enabled, "continue": wanted.go_on,
        "match": by_id(scoped, &wanted.matcher).await?, "steps": steps, "repeat_s": wanted.repeat_s,
        "group_by": wanted.group_by});
    let parts =
        serde_json::from_value(parts).map_err(|e| place(Problem::field("match", e.to_string())))?;
    routes::put(scoped, parts, PublicId::make(now, dice)).await.map_err(place)
}

async fn by_id(scoped: &mut Scoped, matcher: &StoredMatcher) -> Result<StoredMatcher, Problem> {
    let known = scoped.triggers(None).await?;
    let id = |name: &String| {
        let row = known.iter().find(|row| row.name == *name);
        row.map_or_else(|| name.clone(), |row| row.public_id.to_string())
    };
    Ok(StoredMatcher { triggers: matcher.triggers.iter().map(id).collect(), ..matcher.clone() })
}

async fn silence(
    scoped: &mut Scoped,
    wanted: &Silence,
    (now, dice): Outside<'_>,
) -> Result<(), Problem> {
    let matches = by_id(scoped, &wanted.matcher).await?.into();
    let span = (wanted.starts_at, wanted.ends_at);
    silences::put(scoped, (&wanted.comment, matches, span), (now, PublicId::make(now, dice)))
        .await
        .map_err(|problem| at("silence", &wanted.comment, problem))
}

async fn remove(
    scoped: &mut Scoped,
    change: &Change,
    (now, dice): Outside<'_>,
) -> Result<(), Problem> {
    match change.kind {
        "channel" => {
            for row in scoped.channels(None).await?.iter().filter(|row| row.name == change.name) {
                settled(scoped.remove_channel(row.public_id, row.version).await?)?;
            }
        }
        "trigger" => {
            for row in scoped.triggers(None).await?.iter().filter(|row| row.name == change.name) {
                let why = (row.public_id, "the trigger was removed");
                triggers::close_all(dice, scoped, why, now).await?;
                settled(scoped.remove_trigger(row.public_id, row.version).await?)?;
            }
        }
        "route" => {
            for row in scoped.route_rows(None).await?.iter().filter(|row| row.name == change.name) {
                settled(scoped.remove_route(row.public_id, row.version).await?)?;
            }
        }
        _ => {
            let rows = scoped.silence_rows(None).await?;
            let ends = |row: &&crate::store::silences::SilenceRow| {
                row.incident.is_none() && row.comment == change.name && row.ends_at > now
            };
            for row in rows.iter().filter(ends) {
                scoped.end_silence(row.public_id, now).await?;
            }
        }
    }
    Ok(())
}

/// Routes that the text names stand in its order, behind them the others in theirs.
async fn order(scoped: &mut Scoped, wanted: &Document) -> Result<(), Problem> {
    let names: Vec<&str> = wanted.routes.iter().flatten().map(|one| one.name.as_str()).collect();
    let mut rows = scoped.route_rows(None).await?;
    let place = |name: &str| names.iter().position(|one| *one == name).unwrap_or(names.len());
    rows.sort_by_key(|row| place(&row.name));
    let ids: Vec<_> = rows.iter().map(|row| row.public_id).collect();
    Ok(scoped.order_routes(&ids).await?)
}
