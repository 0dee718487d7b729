//! The programs that others use for the same: fetched as Debian packages and unpacked beside the build, never installed,
//! so that none of their services starts.

use std::{
    fs,
    io::{self, BufRead as _, Write as _},
    net::{Ipv4Addr, TcpStream},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use super::cost::{self, Cost};
use crate::postfix::free_port;

/// pflogsumm needs a calendar of Perl's.
const PACKAGES: &[&str] = &[
    "mtail",
    "pflogsumm",
    "prometheus-postfix-exporter",
    "libdate-calc-perl",
    "libdate-calc-xs-perl",
    "libbit-vector-perl",
    "libcarp-clan-perl",
];
/// How long the exporter may take for one log.
const EXPORTER_MAX: Duration = Duration::from_mins(5);
/// The exporter is done when its CPU time stands still for this long.
const STILL: Duration = Duration::from_millis(1_500);

/// Unpacked programs.
#[derive(Debug, Clone)]
pub struct Peers {
    root: PathBuf,
}

impl Peers {
    /// Fetches what is missing into a directory that is kept from run to run.
    pub fn fetch(directory: &Path) -> io::Result<Self> {
        let root = directory.join("root");
        let peers = Self { root };
        if peers.root.join("usr/bin/mtail").exists()
            && peers.root.join("usr/sbin/pflogsumm").exists()
        {
            return Ok(peers);
        }
        fs::create_dir_all(directory)?;
        if download(directory).is_err() {
            cost::of(Command::new("apt-get").args(["update", "-q"]))?;
            download(directory)?;
        }
        for package in fs::read_dir(directory)? {
            let package = package?.path();
            if package.extension().is_some_and(|end| end == "deb") {
                cost::of(Command::new("dpkg-deb").arg("-x").arg(&package).arg(&peers.root))?;
            }
        }
        Ok(peers)
    }

    /// pflogsumm's report of a log.
    pub fn pflogsumm(&self, log: &Path) -> io::Result<Cost> {
        let own = self.root.join("usr/share/perl5");
        let mut paths = vec![own.display().to_string()];
        for place in fs::read_dir(self.root.join("usr/lib"))? {
            let perl = place?.path().join("perl5");
            for version in fs::read_dir(perl).into_iter().flatten() {
                paths.push(version?.path().display().to_string());
            }
        }
        cost::of(
            Command::new("perl")
                .arg(self.root.join("usr/sbin/pflogsumm"))
                .arg(log)
                .env("PERL5LIB", paths.join(":")),
        )
    }

    /// mtail with the program for Postfix that comes with it, once through a log.
    pub fn mtail(&self, log: &Path) -> io::Result<Cost> {
        cost::of(
            Command::new(self.root.join("usr/bin/mtail"))
                .args(["-one_shot", "-one_shot_format", "prometheus", "-logtostderr"])
                .args(["-stderrthreshold", "FATAL", "-poll_interval", "0"])
                .arg("-progs")
                .arg(self.root.join("usr/share/doc/mtail/examples/postfix.mtail"))
                .arg("-logs")
                .arg(log),
        )
    }

    /// The exporter begins at the end of a log, so that the log is put in the place of an empty one before its eyes.
    pub fn exporter(&self, log: &Path, scratch: &Path) -> io::Result<Cost> {
        let (live, full) = (scratch.join("live.log"), scratch.join("full.log"));
        fs::write(&live, "")?;
        match fs::remove_file(&full) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => fs::hard_link(log, &full)?,
        }
        let address = free_port()?;
        let mut exporter = Command::new(self.root.join("usr/bin/prometheus-postfix-exporter"))
            .arg(format!("--web.listen-address={address}"))
            .arg(format!("--postfix.logfile_path={}", live.display()))
            .arg(format!("--postfix.showq_path={}", scratch.join("none").display()))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        let read = (|| {
            std::thread::sleep(Duration::from_secs(1));
            let idle = cost::of_process(exporter.id())?;
            fs::rename(&live, scratch.join("live.log.1"))?;
            fs::rename(&full, &live)?;
            let began = Instant::now();
            let spent = still(exporter.id(), idle)?;
            let out = scrape(address.port())?;
            Ok(Cost { cpu_s: spent.as_secs_f64(), wall_s: began.elapsed().as_secs_f64(), out })
        })();
        // It may have ended by itself; then the reading failed too.
        exporter.kill().ok();
        exporter.wait()?;
        read
    }
}

fn download(directory: &Path) -> io::Result<Cost> {
    cost::of(Command::new("apt-get").arg("download").args(PACKAGES).current_dir(directory))
}

/// Waits until a process has worked and rests again; the CPU time that it took.
fn still(pid: u32, idle: Duration) -> io::Result<Duration> {
    let (began, mut spent, mut since) = (Instant::now(), idle, Instant::now());
    while began.elapsed() < EXPORTER_MAX {
        std::thread::sleep(Duration::from_millis(100));
        let now = cost::of_process(pid)?;
        if now.saturating_sub(spent) > Duration::from_millis(5) {
            (spent, since) = (now, Instant::now());
        }
        let worked = spent.saturating_sub(idle) > Duration::from_millis(100);
        if worked && since.elapsed() > STILL {
            return Ok(spent.saturating_sub(idle));
        }
    }
    Err(io::Error::other("the exporter did not come to the log's end"))
}

/// The text of a metrics page on this machine.
pub fn scrape(port: u16) -> io::Result<String> {
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
    stream.set_read_timeout(Some(Duration::from_secs(10)))?;
    stream.write_all(b"GET /metrics HTTP/1.0\r\nHost: localhost\r\n\r\n")?;
    let lines: Result<Vec<String>, io::Error> = io::BufReader::new(stream).lines().collect();
    Ok(lines?.join("\n"))
}

/// The sum of a metric's lines in Prometheus' text form whose labels hold all the words.
pub fn sum(text: &str, name: &str, words: &[&str]) -> f64 {
    text.lines()
        .filter_map(|line| line.strip_prefix(name))
        .filter(|rest| rest.starts_with(['{', ' ']) && words.iter().all(|word| rest.contains(word)))
        .filter_map(|rest| {
            rest.rsplit_once('}').map_or(rest, |(_, value)| value).split_whitespace().next()
        })
        .filter_map(|value| value.parse::<f64>().ok())
        .sum()
}

/// A total in pflogsumm's report: `  59084   delivered`, with `k` and `m` for thousands and millions.
pub fn total(report: &str, word: &str) -> Option<String> {
    report.lines().find_map(|line| {
        let mut words = line.split_whitespace();
        let number = words.next()?;
        (words.next()? == word && number.starts_with(|c: char| c.is_ascii_digit()))
            .then(|| number.to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_found_in_what_the_peers_say() {
        let page = "# HELP a b\na_total{x=\"1\",y=\"rcpt\"} 3\na_total{x=\"2\",y=\"rcpt\"} 4 1700000000000\na_total{x=\"3\"} 5\na_totally 9\n";
        assert!((sum(page, "a_total", &["rcpt"]) - 7.0).abs() < f64::EPSILON);
        assert!((sum(page, "a_total", &[]) - 12.0).abs() < f64::EPSILON);
        assert_eq!(
            total("\nGrand Totals\n  59084   delivered\n", "delivered").as_deref(),
            Some("59084")
        );
    }
}
