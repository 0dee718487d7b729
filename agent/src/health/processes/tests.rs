//! A /proc made of files, as the kernel would show it.

use std::fmt::Write as _;
use std::os::unix::fs::symlink;

use super::super::Health;
use super::*;

struct Proc {
    folder: tempfile::TempDir,
}

impl Proc {
    fn new() -> Self {
        let proc = Self { folder: tempfile::tempdir().unwrap() };
        fs::write(proc.folder.path().join("uptime"), "1000.00 1.00\n").unwrap();
        proc.process(1, "systemd", 0, (1, 0, 0), None);
        proc
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn process(
        &self,
        pid: u32,
        name: &str,
        parent: u32,
        (began, own, ended): (u64, u64, u64),
        works_in: Option<&Path>,
    ) {
        let folder = self.path().join(pid.to_string());
        fs::create_dir_all(&folder).unwrap();
        let stat = format!(
            "{pid} ({name}) S {parent} 1 1 0 -1 0 0 0 0 0 {own} 0 {ended} 0 20 0 1 0 {began} 0"
        );
        fs::write(folder.join("stat"), stat).unwrap();
        fs::write(folder.join("comm"), format!("{name}\n")).unwrap();
        fs::write(folder.join("cmdline"), format!("/usr/lib/postfix/sbin/{name}\0-w\0")).unwrap();
        fs::write(folder.join("status"), "VmRSS:\t1000 kB\n").unwrap();
        if let Some(directory) = works_in {
            symlink(directory, folder.join("cwd")).ok();
        }
    }

    fn end(&self, pid: u32) {
        fs::remove_dir_all(self.path().join(pid.to_string())).unwrap();
    }
}

fn target(spool: &Path) -> Target {
    Target {
        queue_directory: spool.to_owned(),
        has_pickup: true,
        limits: [(cat::daemon::QMGR, 1)].into(),
    }
}

fn value(reading: &Reading, metric: mailvane_proto::catalogue::MetricId) -> u64 {
    reading.metrics.iter().find(|(id, _)| *id == metric).map_or(0, |(_, value)| *value)
}

fn count(reading: &Reading, key: KeyId, measure: usize) -> u64 {
    let wanted = |(_, k, m, _): &&(_, KeyId, usize, u64)| (*k, *m) == (key, measure);
    reading.entries.iter().find(wanted).map_or(0, |(.., count)| *count)
}

#[test]
fn an_instance_is_its_master_and_whom_master_keeps() {
    let (proc, spool) = (Proc::new(), tempfile::tempdir().unwrap());
    proc.process(10, "master", 1, (20_000, 5, 0), Some(spool.path()));
    proc.process(11, "qmgr", 10, (20_010, 3, 0), None);
    proc.process(12, "pickup", 10, (20_010, 1, 0), None);
    proc.process(13, "smtpd", 10, (20_020, 4, 0), None);
    proc.process(99, "smtpd", 1, (20_020, 70, 0), None);
    let targets = [target(spool.path())];
    let mut health = Health::new(proc.path(), targets.to_vec());

    proc.end(13);
    proc.process(10, "master", 1, (20_000, 6, 9), None);
    proc.process(14, "trivial-rewrite", 10, (30_000, 2, 0), None);
    let reading = &health.instances()[0];
    assert!(group::PROCESS.visible_in(reading.groups));
    assert_eq!(value(reading, cat::MASTER_UP), 1);
    assert_eq!(value(reading, cat::QMGR_UP), 1);
    assert_eq!(value(reading, cat::PICKUP_UP), 1);
    assert_eq!(value(reading, cat::PROCESSES), 4);
    assert_eq!(value(reading, cat::SMTPD_PROCESSES), 0);
    assert_eq!(value(reading, cat::RSS_BYTES), 4 * 1_024_000);
    assert_eq!(value(reading, cat::UPTIME_S), 800);
    // Before: 5+3+1+4 = 13 ticks. Now: 6+3+1+2 of the living and 9 of those that ended.
    assert_eq!(value(reading, cat::CPU_MS), (21 - 13) * 10);
    assert_eq!(count(reading, cat::daemon::REWRITE, cat::running::STARTED), 1);
    assert_eq!(count(reading, cat::daemon::REWRITE, cat::running::CPU_MS), 20);
    assert_eq!(count(reading, cat::daemon::QMGR, cat::running::STARTED), 0);
    assert_eq!(count(reading, cat::daemon::QMGR, cat::running::LIMIT), 1);
}

#[test]
fn a_daemon_has_the_limits_of_all_its_services_or_none() {
    let service =
        |program: &str, limit| Service { program: program.into(), limit, ..Service::default() };
    let services = [
        service("smtpd", None),
        service("smtpd", Some(20)),
        service("smtp", None),
        service("smtp", Some(0)),
        service("pickup", Some(1)),
    ];
    let limits = limits(&services, Some(100));
    let limit = |daemon: KeyId| limits.get(&daemon).copied();
    assert_eq!(limit(cat::daemon::SMTPD), Some(120));
    assert_eq!(limit(cat::daemon::SMTP), None, "one service has no limit");
    assert_eq!(limit(cat::daemon::PICKUP), Some(1));
}

#[test]
fn a_stopped_instance_is_down_and_not_invisible() {
    let (proc, spool) = (Proc::new(), tempfile::tempdir().unwrap());
    let targets = [target(spool.path())];
    let reading = &Health::new(proc.path(), targets.to_vec()).instances()[0];
    assert!(group::PROCESS.visible_in(reading.groups));
    assert_eq!(value(reading, cat::MASTER_UP), 0);
    assert_eq!(value(reading, cat::PICKUP_UP), 0);
}

#[test]
fn a_dead_queue_manager_shows_while_master_lives() {
    let (proc, spool) = (Proc::new(), tempfile::tempdir().unwrap());
    proc.process(10, "master", 1, (20_000, 5, 0), Some(spool.path()));
    proc.process(12, "pickup", 10, (20_010, 1, 0), None);
    let targets = [target(spool.path())];
    let reading = &Health::new(proc.path(), targets.to_vec()).instances()[0];
    assert_eq!((value(reading, cat::MASTER_UP), value(reading, cat::QMGR_UP)), (1, 0));
}

#[test]
fn two_instances_are_told_by_where_their_masters_work() {
    let (proc, inner, outer) =
        (Proc::new(), tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    proc.process(10, "master", 1, (20_000, 5, 0), Some(inner.path()));
    proc.process(11, "qmgr", 10, (20_010, 1, 0), None);
    proc.process(20, "master", 1, (20_000, 5, 0), Some(outer.path()));
    let targets = [target(outer.path()), target(inner.path())];
    let readings = Health::new(proc.path(), targets.to_vec()).instances();
    assert_eq!(value(&readings[0], cat::QMGR_UP), 0);
    assert_eq!(value(&readings[1], cat::QMGR_UP), 1);
}

#[test]
fn a_plain_user_sees_the_only_instance_and_does_not_guess_between_two() {
    let (proc, inner, outer) =
        (Proc::new(), tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    proc.process(10, "master", 1, (20_000, 5, 0), None);
    let one = [target(inner.path())];
    let reading = &Health::new(proc.path(), one.to_vec()).instances()[0];
    assert_eq!(value(reading, cat::MASTER_UP), 1);

    proc.process(20, "master", 1, (20_000, 5, 0), None);
    let two = [target(inner.path()), target(outer.path())];
    for reading in Health::new(proc.path(), two.to_vec()).instances() {
        assert!(!group::PROCESS.visible_in(reading.groups));
    }
}

#[test]
fn a_plain_user_tells_two_instances_by_the_locks_that_their_masters_hold() {
    let (proc, inner, outer) =
        (Proc::new(), tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    proc.process(10, "master", 1, (20_000, 5, 0), None);
    proc.process(11, "qmgr", 10, (20_010, 1, 0), None);
    proc.process(20, "master", 1, (20_000, 5, 0), None);
    let mut locks = String::from("1: FLOCK  ADVISORY  WRITE 7 fe:00:1 0 EOF\n");
    for (pid, spool) in [(10, inner.path()), (20, outer.path())] {
        fs::create_dir(spool.join("pid")).unwrap();
        fs::write(spool.join(PID_FILE), "").unwrap();
        let inode = fs::metadata(spool.join(PID_FILE)).unwrap().ino();
        writeln!(locks, "2: -> FLOCK ADVISORY WRITE 99 fe:00:{inode} 0 EOF").unwrap();
        writeln!(locks, "2: FLOCK  ADVISORY  WRITE {pid} fe:00:{inode} 0 EOF").unwrap();
    }
    fs::write(proc.path().join("locks"), locks).unwrap();
    let targets = [target(outer.path()), target(inner.path())];
    let readings = Health::new(proc.path(), targets.to_vec()).instances();
    assert_eq!((value(&readings[0], cat::MASTER_UP), value(&readings[0], cat::QMGR_UP)), (1, 0));
    assert_eq!((value(&readings[1], cat::MASTER_UP), value(&readings[1], cat::QMGR_UP)), (1, 1));
}

#[test]
fn where_other_users_processes_are_hidden_nothing_is_down() {
    let (proc, spool) = (Proc::new(), tempfile::tempdir().unwrap());
    proc.end(1);
    let targets = [target(spool.path())];
    let reading = &Health::new(proc.path(), targets.to_vec()).instances()[0];
    assert!(!group::PROCESS.visible_in(reading.groups));
}

#[test]
fn a_restart_between_two_readings_counts_what_the_new_master_used() {
    let (proc, spool) = (Proc::new(), tempfile::tempdir().unwrap());
    proc.process(10, "master", 1, (20_000, 50, 0), Some(spool.path()));
    proc.process(11, "qmgr", 10, (20_010, 1, 0), None);
    let targets = [target(spool.path())];
    let mut health = Health::new(proc.path(), targets.to_vec());
    proc.end(10);
    proc.end(11);
    proc.process(30, "master", 1, (90_000, 2, 0), Some(spool.path()));
    let reading = &health.instances()[0];
    assert_eq!(value(reading, cat::CPU_MS), 20);
    assert_eq!(value(reading, cat::UPTIME_S), 100);
}
