//! The import law: rooms that may not know one another do not.

use super::project::{File, code, hold, production, trial};

/// A part of the project, and what its code never mentions.
struct Room {
    /// Path of the room's file without `.rs`; its folder bears the same name.
    path: &'static str,
    never: &'static [&'static str],
}

/// Rooms of the server that meet only in tables.
const LOOPS: [&str; 5] = ["ingest", "timers", "notify", "upkeep", "http"];

/// Rooms of the server that all others stand on.
const GROUND: [&str; 8] =
    ["clock", "config", "edge", "lifecycle", "postgres", "secrets", "store", "telemetry"];

/// What `domain` may use of the server.
const DOMAIN_MAY_USE: [&str; 2] = ["domain", "clock"];

/// Everything but the rooms of the server, which the functions below look after.
const LAW: [Room; 9] = [
    Room {
        path: "server/src/domain",
        never: &["tokio", "sqlx", "axum", "tonic", "serde_json", "reqwest", "mailvane_proto::v1"],
    },
    Room {
        path: "server/src/store",
        never: &["axum", "tonic", "reqwest", "mailvane_proto::v1", "mailvane_agent"],
    },
    Room { path: "server/src/http", never: &["sqlx", "mailvane_proto::v1", "PgConnection"] },
    Room { path: "server/src/notify", never: &["sqlx", "mailvane_proto::v1"] },
    Room { path: "server/src/timers", never: &["sqlx", "axum", "reqwest", "mailvane_proto::v1"] },
    Room { path: "server/src/upkeep", never: &["sqlx", "axum", "reqwest", "mailvane_proto::v1"] },
    Room { path: "server/src/ingest", never: &["sqlx", "axum", "reqwest"] },
    Room {
        path: "agent/src/postfix",
        never: &[
            "tokio",
            "std::fs",
            "TcpStream",
            "UnixStream",
            "std::time",
            "mailvane_proto",
            "crate::tail",
        ],
    },
    Room {
        path: "agent/src/fold",
        never: &[
            "tokio",
            "std::fs",
            "TcpStream",
            "UnixStream",
            "crate::tail",
            "crate::link",
            "crate::spool",
        ],
    },
];

#[test]
fn rooms_mention_only_what_they_may() {
    hold(".rs", |file| LAW.iter().flat_map(|room| forbidden_words(room, file)).collect());
}

#[test]
fn rooms_that_meet_in_tables_do_not_meet_in_code() {
    hold(".rs", forbidden_rooms);
}

#[test]
fn only_what_ships_is_shipped() {
    hold("Cargo.toml", forbidden_dependencies);
}

fn forbidden_words(room: &Room, file: &File) -> Vec<String> {
    if !in_room(room.path, &file.path) {
        return Vec::new();
    }
    let said = |word: &&&str| production(&file.text).any(|line| mentions(code(line), word));
    room.never.iter().filter(said).map(|word| format!("mentions {word}")).collect()
}

fn forbidden_rooms(file: &File) -> Vec<String> {
    let Some(own) = room_of(&file.path) else { return Vec::new() };
    let shipped: String = production(&file.text).map(|line| code(line).to_owned() + "\n").collect();
    let allowed = |other: &str| match own {
        "app" | "main" => true,
        _ if own == other => true,
        "domain" => DOMAIN_MAY_USE.contains(&other),
        _ if GROUND.contains(&own) => !LOOPS.contains(&other) && other != "app",
        _ if LOOPS.contains(&own) => !LOOPS.contains(&other) && other != "app",
        _ => other != "app",
    };
    let mut offences: Vec<_> = imported_rooms(&shipped, is_root_of_room(&file.path))
        .into_iter()
        .filter(|other| is_room(other) && !allowed(other))
        .map(|other| format!("imports {other}"))
        .collect();
    if shipped.contains("super::super::") {
        offences.push("says super::super::, which the import law cannot follow".to_owned());
    }
    offences
}

fn forbidden_dependencies(file: &File) -> Vec<String> {
    let shipped = file.text.split("[dev-dependencies]").next().unwrap_or_default();
    let never: &[&str] = match file.path.as_str() {
        "proto/Cargo.toml" => &["mailvane-agent", "mailvane-server", "mailvane-lab"],
        "agent/Cargo.toml" => &["mailvane-server", "mailvane-lab"],
        "server/Cargo.toml" => &["mailvane-agent", "mailvane-lab"],
        _ => return Vec::new(),
    };
    let depends = |name: &&&str| shipped.lines().any(|line| line.starts_with(**name));
    never.iter().filter(depends).map(|name| format!("depends on {name}")).collect()
}

/// The rooms that a text names by `crate::`, alone or in braces, and by `super::` in a room's own file.
fn imported_rooms(text: &str, is_root: bool) -> Vec<String> {
    let mut rooms = Vec::new();
    let paths: &[&str] = if is_root { &["crate::", "super::"] } else { &["crate::"] };
    for path in paths {
        for (place, _) in text.match_indices(path) {
            let behind = &text[place + path.len()..];
            match behind.strip_prefix('{') {
                Some(list) => rooms.extend(first_words(list)),
                None => rooms.extend(word(behind)),
            }
        }
    }
    rooms
}

/// The first word of each item of a list in braces, whatever braces its items have themselves.
fn first_words(list: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut depth = 0;
    let mut at_start = true;
    for (place, letter) in list.char_indices() {
        match letter {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => at_start = true,
            _ if at_start && !letter.is_whitespace() => {
                words.extend(word(&list[place..]));
                at_start = false;
            }
            _ => {}
        }
    }
    words
}

fn word(text: &str) -> Option<String> {
    let word: String = text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
    (!word.is_empty()).then_some(word)
}

/// Whether the word stands there as a path or a part of one, not inside another word.
fn mentions(line: &str, wanted: &str) -> bool {
    let in_word = |c: char| c.is_alphanumeric() || c == '_';
    line.match_indices(wanted).any(|(place, _)| {
        let before = line[..place].chars().next_back().is_some_and(in_word);
        let behind = line[place + wanted.len()..].chars().next().is_some_and(in_word);
        !before && !behind
    })
}

fn in_room(room: &str, path: &str) -> bool {
    path.strip_prefix(room)
        .is_some_and(|rest| rest == ".rs" || rest.starts_with('/') && !is_test_file(rest))
}

fn is_test_file(path: &str) -> bool {
    path.ends_with("/tests.rs") || path.contains("/tests/")
}

fn room_of(path: &str) -> Option<&str> {
    let inside = path.strip_prefix("server/src/").filter(|rest| !is_test_file(rest))?;
    inside.split(['/', '.']).next()
}

fn is_root_of_room(path: &str) -> bool {
    path.strip_prefix("server/src/").is_some_and(|rest| !rest.contains('/'))
}

fn is_room(name: &str) -> bool {
    LOOPS.contains(&name) || GROUND.contains(&name) || ["app", "domain"].contains(&name)
}

#[test]
fn a_loop_that_imports_another_is_caught_in_every_spelling() {
    for text in [
        "use crate::http::Page;",
        "use crate::{clock::Clock, http};",
        "use crate::{\n    store::{Store, scope::Scoped},\n    http::Page,\n};",
        "fn f() { crate::http::serve() }",
        "use super::http;",
        "use crate::app::App;",
    ] {
        assert_eq!(forbidden_rooms(&trial("server/src/notify.rs", text)).len(), 1, "{text}");
    }
    let deep = trial("server/src/notify/slack.rs", "use super::super::http;");
    assert_eq!(forbidden_rooms(&deep).len(), 1);
    for text in [
        "use crate::{store::{Store, scope::http_like}, clock};",
        "// crate::http",
        "#[cfg(test)]\nmod tests { use crate::http::Page; }",
    ] {
        assert!(forbidden_rooms(&trial("server/src/notify.rs", text)).is_empty(), "{text}");
    }
}

#[test]
fn a_pure_room_that_touches_the_world_is_caught() {
    let offender =
        trial("server/src/domain/alert.rs", "use tokio::time;\nuse crate::store::Store;");
    assert_eq!(LAW.iter().flat_map(|room| forbidden_words(room, &offender)).count(), 1);
    assert_eq!(forbidden_rooms(&offender).len(), 1);
    let parser = trial("agent/src/postfix/smtpd.rs", "use mailvane_proto::catalogue;");
    assert_eq!(LAW.iter().flat_map(|room| forbidden_words(room, &parser)).count(), 1);
    let innocent = trial("server/src/domain/alert.rs", "let my_tokio_like = 1; // tokio");
    assert_eq!(LAW.iter().flat_map(|room| forbidden_words(room, &innocent)).count(), 0);
}

#[test]
fn a_server_that_would_ship_the_lab_is_caught() {
    let text = "[dependencies]\nmailvane-lab.workspace = true\n[dev-dependencies]\n";
    assert_eq!(forbidden_dependencies(&trial("server/Cargo.toml", text)).len(), 1);
    let text = "[dependencies]\n[dev-dependencies]\nmailvane-lab.workspace = true\n";
    assert!(forbidden_dependencies(&trial("server/Cargo.toml", text)).is_empty());
}
