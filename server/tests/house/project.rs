//! Every text file of the project, read once for each rule.

use std::{fs, path::Path};

/// A file's path from the project's top, with `/`, and its text.
pub(super) struct File {
    pub(super) path: String,
    pub(super) text: String,
}

/// What is made and not written by us.
const NOT_OURS: [&str; 8] =
    [".git", "target", "node_modules", "dist", ".svelte-kit", ".tools", ".venv", "corpus"];

/// Hands every file whose path ends like this to a rule, and fails with all offences at once.
pub(super) fn hold(ends: &str, rule: impl Fn(&File) -> Vec<String>) {
    let mut files = Vec::new();
    let top = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    collect(top, top, &mut files);
    files.retain(|file| file.path.ends_with(ends));
    assert!(!files.is_empty(), "nothing ends with {ends}: the rule would hold nothing");
    let offences: Vec<_> = files
        .iter()
        .flat_map(|file| rule(file).into_iter().map(move |o| format!("{}: {o}", file.path)))
        .collect();
    assert!(offences.is_empty(), "\n{}\n", offences.join("\n"));
}

/// A file for a rule's own trial.
pub(super) fn trial(path: &str, text: &str) -> File {
    File { path: path.to_owned(), text: text.to_owned() }
}

/// The code of a line: what stands before a comment.
pub(super) fn code(line: &str) -> &str {
    let comment = line.match_indices("//").map(|(place, _)| place);
    let outside_text = |place: &usize| line[..*place].matches('"').count().is_multiple_of(2);
    comment.into_iter().find(outside_text).map_or(line, |place| &line[..place])
}

/// The lines of a file that ship: all before its own test module.
pub(super) fn production(text: &str) -> impl Iterator<Item = &str> {
    text.lines().take_while(|line| line.trim_end() != "#[cfg(test)]")
}

fn collect(top: &Path, folder: &Path, files: &mut Vec<File>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if NOT_OURS.contains(&name.as_str()) {
            continue;
        }
        if path.is_dir() {
            collect(top, &path, files);
        } else if let Ok(text) = fs::read_to_string(&path) {
            let path = path.strip_prefix(top).unwrap().to_string_lossy().into_owned();
            files.push(File { path, text });
        }
    }
}

#[test]
fn a_comment_is_no_code_and_an_address_in_text_is_no_comment() {
    assert_eq!(code("let a = 1; // why"), "let a = 1; ");
    assert_eq!(code(r#"let a = "https://x"; // why"#), r#"let a = "https://x"; "#);
    assert_eq!(code("/// only words"), "");
    let shipped: Vec<_> = production("fn a() {}\n#[cfg(test)]\nmod tests {}").collect();
    assert_eq!(shipped, ["fn a() {}"]);
}
