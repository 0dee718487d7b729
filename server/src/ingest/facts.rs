//! What a host says of itself: wire facts to the JSON that pages read.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use mailvane_proto::{
    catalogue::{self, GroupId},
    v1,
};
use serde_json::{Value, json};

use super::limits::LIMITS;

/// The facts as they are kept; texts are cut to their limits, groups named.
pub(super) fn to_json(facts: &v1::Facts) -> Value {
    let instances: Vec<Value> =
        facts.instances.iter().take(LIMITS.facts_max).map(instance).collect();
    let blind_spots: Vec<Value> =
        facts.blind_spots.iter().take(LIMITS.facts_max).map(blind_spot).collect();
    json!({
        "host_name": cut(&facts.host_name),
        "agent_version": cut(&facts.agent_version),
        "os": cut(&facts.os),
        "instances": instances,
        "blind_spots": blind_spots,
    })
}

fn instance(wire: &v1::InstanceFacts) -> Value {
    let key = wire.instance.clone().unwrap_or_default();
    json!({
        "config_directory": cut(&key.config_directory),
        "container": cut(&key.container),
        "name": cut(&key.name),
        "postfix_version": cut(&wire.postfix_version),
        "queue_directory": cut(&wire.queue_directory),
        "my_hostname": cut(&wire.my_hostname),
        "active_limit": wire.active_limit,
        "config_hash": STANDARD.encode(wire.config_hash.get(..32).unwrap_or_default()),
        "sources": wire.sources.iter().take(LIMITS.instances_max).map(|text| cut(text)).collect::<Vec<_>>(),
        "running": wire.running,
    })
}

fn blind_spot(wire: &v1::BlindSpot) -> Value {
    let place = usize::try_from(wire.group).unwrap_or(usize::MAX);
    let group = catalogue::groups().get(place);
    let directory = wire.instance.as_ref().map(|key| cut(&key.config_directory));
    json!({
        "config_directory": directory,
        "group": group.map_or("unknown", |group| group.name),
        "group_id": group.map(|group| { let GroupId(id) = group.id; id }),
        "why": cut(&wire.why),
        "cure": cut(&wire.cure),
    })
}

fn cut(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(LIMITS.text_bytes_max).collect()
}
