//! `docs/triggers.md`, the default triggers for people: derived, never edited.

use std::{fmt::Write as _, fs, path::Path};

use mailvane_server::domain::{
    defaults::{self, Template},
    words,
};

#[test]
fn the_page_of_triggers_is_fresh() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/triggers.md");
    let fresh = page();
    if option_env!("UPDATE_GENERATED").is_some() {
        fs::write(&path, &fresh).unwrap();
    }
    assert!(
        fs::read_to_string(&path).unwrap_or_default() == fresh,
        "docs/triggers.md is stale: UPDATE_GENERATED=1 cargo test -p mailvane-server --test house"
    );
}

fn page() -> String {
    let mut out = String::from(HEAD);
    for template in defaults::all() {
        section(&mut out, template);
    }
    out
}

const HEAD: &str = "# Default triggers\n\n\
This page is derived from `server/src/domain/defaults/` and never edited by hand;\n\
`UPDATE_GENERATED=1 cargo test -p mailvane-server --test house` rewrites it.\n\n\
Every tenant starts with these triggers and may change, switch off or delete each of them. When a template improves, those\n\
that were left as they came follow; changed ones stay, and the page offers the improvement.\n\n\
Severity says who must move: **critical** wakes somebody, **error** is for the same working hour, **warning** for the same\n\
day, **info** for a digest. A share of too little mail says nothing. What cannot be seen is never taken for zero. A host\n\
that is silent is told once, and nothing else of it until it is back.\n";

fn section(out: &mut String, template: &Template) {
    let rule = template.rule().unwrap();
    writeln!(out, "\n## {}\n\n**{}.** {}\n", template.name, template.title, template.description)
        .unwrap();
    let off = if template.enabled { "" } else { ", off by default" };
    writeln!(out, "- Severity: {}{off}.", template.severity.name()).unwrap();
    let limit = words::limit(rule.threshold(), &rule);
    writeln!(out, "- Looks at {}; {limit}.", words::subject(&rule)).unwrap();
    let (hold, clear) = (template.spec.hold_s, template.spec.clear_hold_s);
    if hold + clear > 0 {
        let words = |seconds: u64| match seconds {
            0 => "at once".to_owned(),
            _ => format!("{} min", seconds / 60),
        };
        writeln!(out, "- Told after: {}; over after: {}.", words(hold), words(clear)).unwrap();
    }
    out.push_str("\nWhat to do:\n\n");
    for (step, n) in template.runbook.iter().zip(1..) {
        writeln!(out, "{n}. {step}").unwrap();
    }
}
