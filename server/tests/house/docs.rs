//! What docs and shipped files say about the program is what the program is.

use std::collections::BTreeSet;

use super::project::hold;

/// The whole text of all files that end like this.
fn all(ends: &'static str, within: &str) -> String {
    let text = std::cell::RefCell::new(String::new());
    hold(ends, |file| {
        if file.path.starts_with(within) {
            text.borrow_mut().push_str(&file.text);
        }
        Vec::new()
    });
    text.into_inner()
}

/// Words of `text` that begin with `prefix`, cut where a name ends.
fn names(text: &str, prefix: &str) -> BTreeSet<String> {
    let ends = |c: char| !(c.is_ascii_alphanumeric() || c == '_');
    text.match_indices(prefix)
        .map(|(at, _)| text[at..].split(ends).next().unwrap_or_default().to_owned())
        .filter(|name| name.len() > prefix.len())
        .collect()
}

fn unknown(said: &BTreeSet<String>, known: &BTreeSet<String>) -> Vec<String> {
    said.difference(known).map(|name| format!("{name} does not exist")).collect()
}

#[test]
fn alarms_and_dashboards_name_only_figures_that_the_server_exports() {
    let exported = names(&all(".rs", "server/src/"), "mailvane_");
    let rule = |text: &str| {
        let said = names(text, "mailvane_")
            .into_iter()
            .map(|name| name.trim_end_matches("_sum").trim_end_matches("_count").to_owned());
        unknown(&said.collect(), &exported)
    };
    hold("observability/rules.yml", |file| rule(&file.text));
    hold("observability/dashboard.json", |file| rule(&file.text));
    assert_eq!(
        rule("rate(mailvane_unheard_of_total[5m])"),
        ["mailvane_unheard_of_total does not exist"]
    );
}

#[test]
fn the_page_for_operators_lists_every_setting_and_no_other() {
    let config = all("src/config.rs", "server/");
    let list = config.split("const NAMES").nth(1).and_then(|rest| rest.split("];").next()).unwrap();
    let known: BTreeSet<String> = list.split('"').skip(1).step_by(2).map(str::to_owned).collect();
    assert!(known.contains("DATABASE_URL") && known.len() > 8, "the list was not found: {known:?}");
    hold("docs/operate.md", |file| {
        let mut said = names(&file.text, "MAILVANE_");
        said.extend(names(&file.text, "DATABASE_"));
        let missing = known.difference(&said).map(|name| format!("{name} is not in the table"));
        missing.chain(unknown(&said, &known)).collect()
    });
}

#[test]
fn docs_name_only_targets_that_dev_has() {
    let dev = all("dev", "dev");
    let targets = dev.split("case ${1:-help} in").nth(1).unwrap();
    hold(".md", |file| {
        let said = file.text.match_indices("./dev ").map(|(at, _)| {
            let rest = &file.text[at + "./dev ".len()..];
            rest.split(|c: char| !c.is_ascii_lowercase()).next().unwrap_or_default()
        });
        let bad = said.filter(|word| {
            !word.is_empty()
                && *word != "does"
                && !targets.contains(&format!("    {word})"))
                && !targets.contains(&format!("    {word} |"))
        });
        bad.map(|word| format!("./dev {word} does not exist")).collect()
    });
}
