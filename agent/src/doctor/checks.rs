//! Header and body checks that say nothing when they match, so that nobody can tell which rule did.

use std::path::Path;

use mailvane_proto::catalogue::group;

use super::{Finding, dim};
use crate::discover::Found;
use crate::vfs::{Disk, read_all};

/// Settings that name tables of checks.
const CHECKS: [&str; 4] =
    ["header_checks", "mime_header_checks", "nested_header_checks", "body_checks"];
/// A larger table is not read.
const TABLE_BYTES_MAX: usize = 4 << 20;
/// Actions that log their text.
const SPEAKING: [&str; 7] = ["REJECT", "WARN", "INFO", "HOLD", "DISCARD", "PASS", "STRIP"];

/// Looks into the tables that can be read as text.
pub(super) fn examine(found: &Found, findings: &mut Vec<Finding>) {
    for setting in CHECKS {
        let tables = found.setting(setting).split([' ', ',', '\t']);
        for table in tables.filter(|table| !table.is_empty()) {
            let Some((kind, path)) = table.split_once(':') else { continue };
            if !matches!(kind, "pcre" | "regexp") {
                continue;
            }
            let Ok(bytes) = read_all(&Disk, Path::new(path), TABLE_BYTES_MAX) else { continue };
            if let Some((line, action)) = silent(&String::from_utf8_lossy(&bytes)) {
                findings.push(dim(
                    found,
                    group::REJECT,
                    format!("{path}:{line}: {action} without a text: the log does not say which rule matched"),
                    format!("sed -i '{line}s/$/ rule {line}/' {path} && postfix reload"),
                ));
            }
        }
    }
}

/// The first rule whose action says nothing.
fn silent(table: &str) -> Option<(usize, &str)> {
    (1..).zip(table.lines()).find_map(|(number, line)| {
        let rule = line.strip_prefix('/').or_else(|| line.strip_prefix("!/"))?;
        let (_, behind) = rule.rsplit_once('/')?;
        let (_, action) = behind.split_once([' ', '\t'])?;
        let action = action.trim();
        SPEAKING.contains(&action.to_ascii_uppercase().as_str()).then_some((number, action))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_without_a_text_is_found_and_one_with_is_not() {
        let table = "# rules\n/^Subject:.*win/ REJECT you have not won\n/^X-Spam: yes/i\tHOLD\n";
        assert_eq!(silent(table), Some((3, "HOLD")));
        assert_eq!(silent("/a/ DUNNO\n/b/ IGNORE\n/c/ WARN tell\n"), None);
    }
}
