//! The systemd units: that systemd understands them, and how much a program under them could do.

use std::path::{Path, PathBuf};
use std::process::Command;

/// Tenths of systemd's measure of exposure, from 0 to 100.
const AGENT_EXPOSURE_MAX: &str = "20";
const HELPER_EXPOSURE_MAX: &str = "10";

fn units() -> Option<(tempfile::TempDir, Vec<PathBuf>)> {
    if !Path::new("/usr/bin/systemd-analyze").exists() {
        eprintln!("no systemd-analyze here: the units are not checked");
        return None;
    }
    let copies = tempfile::tempdir().unwrap();
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy/systemd");
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(source).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if !name.starts_with("mailvane-agent") {
            continue;
        }
        // systemd wants to see the program, which is where cargo put it.
        let text = std::fs::read_to_string(&path).unwrap();
        let text = text.replace(
            "/usr/bin/mailvane-agent ",
            &format!("{} ", env!("CARGO_BIN_EXE_mailvane-agent")),
        );
        let copy = copies.path().join(name);
        std::fs::write(&copy, text).unwrap();
        paths.push(copy);
    }
    assert_eq!(paths.len(), 3, "{paths:?}");
    Some((copies, paths))
}

#[test]
fn systemd_understands_every_line() {
    let Some((_copies, paths)) = units() else { return };
    let checked = Command::new("systemd-analyze").arg("verify").args(&paths).output().unwrap();
    let said = String::from_utf8_lossy(&checked.stderr);
    assert!(checked.status.success(), "{said}");
    let about_ours: Vec<_> = said.lines().filter(|line| line.contains("mailvane")).collect();
    assert!(about_ours.is_empty(), "{about_ours:?}");
}

#[test]
fn neither_program_could_do_much() {
    let Some((_copies, paths)) = units() else { return };
    for path in paths.iter().filter(|path| path.extension().is_some_and(|end| end == "service")) {
        let helper = path.to_string_lossy().contains("queue@");
        let most = if helper { HELPER_EXPOSURE_MAX } else { AGENT_EXPOSURE_MAX };
        let checked = Command::new("systemd-analyze")
            .args(["security", "--offline=true", "--no-pager", "--threshold", most])
            .arg(path)
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&checked.stdout);
        assert!(checked.status.success(), "{said}");
    }
}
