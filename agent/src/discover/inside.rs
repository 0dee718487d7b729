//! Paths inside a container, followed as the container would: a link to `/x` means the container's `/x`, never ours.

use std::collections::VecDeque;
use std::ffi::OsString;
use std::path::{Component, Path, PathBuf};

/// The kernel's own limit of links in one path.
const LINKS_MAX: usize = 40;

/// The place on this host of a path inside `root`; the root itself is never left.
pub fn resolve(root: &Path, path: &Path) -> PathBuf {
    let mut todo: VecDeque<OsString> = names(path).collect();
    let mut inner: Vec<OsString> = Vec::new();
    let mut links = 0;
    while let Some(name) = todo.pop_front() {
        if name == ".." {
            inner.pop();
            continue;
        }
        let here = root.join(inner.iter().collect::<PathBuf>()).join(&name);
        match std::fs::read_link(&here) {
            Ok(target) if links < LINKS_MAX => {
                links += 1;
                if target.is_absolute() {
                    inner.clear();
                }
                for name in names(&target).collect::<Vec<_>>().into_iter().rev() {
                    todo.push_front(name);
                }
            }
            _ => inner.push(name),
        }
    }
    root.join(inner.iter().collect::<PathBuf>())
}

fn names(path: &Path) -> impl Iterator<Item = OsString> {
    path.components().filter_map(|component| match component {
        Component::Normal(name) => Some(name.to_owned()),
        Component::ParentDir => Some("..".into()),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn a_link_of_a_container_never_leads_out_of_it() {
        let root = tempfile::tempdir().unwrap();
        let at = |name: &str| root.path().join(name);
        std::fs::create_dir_all(at("var/mail-state/spool")).unwrap();
        std::fs::create_dir_all(at("var/spool")).unwrap();
        symlink("/var/mail-state/spool", at("var/spool/postfix")).unwrap();
        symlink("../../../../../etc", at("var/up")).unwrap();
        symlink("loop", at("var/loop")).unwrap();
        assert_eq!(
            resolve(root.path(), Path::new("/var/spool/postfix/deferred")),
            at("var/mail-state/spool/deferred")
        );
        assert_eq!(resolve(root.path(), Path::new("/var/up/shadow")), at("etc/shadow"));
        assert!(resolve(root.path(), Path::new("/var/loop")).starts_with(root.path()));
    }
}
