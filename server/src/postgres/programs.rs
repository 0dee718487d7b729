//! Where initdb and postgres are, in a version that fits the data.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use super::PostgresError;

/// The lowest major version that has all we need.
const MAJOR_MIN: u32 = 15;

/// The programs of one PostgreSQL version.
#[derive(Debug, Clone)]
pub(super) struct Programs {
    bin: PathBuf,
}

impl Programs {
    pub(super) fn initdb(&self) -> PathBuf {
        self.bin.join("initdb")
    }

    /// A further program of the same major version; some packages bring only part of them.
    pub(super) fn further(&self, name: &str) -> Result<PathBuf, PostgresError> {
        let wanted = major(&self.bin);
        let mut places = vec![self.bin.clone()];
        places.extend(usual_places());
        let fits = |bin: &PathBuf| bin.join(name).exists() && major(bin) == wanted;
        places.into_iter().find(fits).map(|bin| bin.join(name)).ok_or_else(|| {
            PostgresError::NoPrograms(format!(
                "{name} of the same version as {} is missing; install the package postgresql-client",
                self.postgres().display()
            ))
        })
    }

    pub(super) fn postgres(&self) -> PathBuf {
        self.bin.join("postgres")
    }

    /// Looks in `given`, else in the places of packages, else on the usual path. Data that exist keep their major
    /// version, for another one cannot read them.
    pub(super) fn find(given: Option<&Path>, wanted: Option<u32>) -> Result<Self, PostgresError> {
        let places = given.map_or_else(usual_places, |bin| vec![bin.to_owned()]);
        let mut found: Vec<(u32, PathBuf)> =
            places.into_iter().filter_map(|bin| Some((major(&bin)?, bin))).collect();
        found.sort();
        let majors: Vec<String> = found.iter().map(|(major, _)| major.to_string()).collect();
        let fits = |major: u32| wanted.map_or(major >= MAJOR_MIN, |wanted| major == wanted);
        if let Some((_, bin)) = found.into_iter().rev().find(|(major, _)| fits(*major)) {
            return Ok(Self { bin });
        }
        let here = match (given, majors.is_empty()) {
            (Some(bin), true) => format!("{} holds none", bin.display()),
            (None, true) => "none was found".to_owned(),
            (_, false) => format!("found: {}", majors.join(", ")),
        };
        Err(PostgresError::NoPrograms(match wanted {
            Some(wanted) => format!(
                "the data were made by PostgreSQL {wanted} and need that version ({here}); install \
                 postgresql-{wanted}, or set MAILVANE_PG_BIN to its bin directory"
            ),
            None => format!(
                "PostgreSQL {MAJOR_MIN} or newer is needed ({here}); install the package postgresql, \
                 or set MAILVANE_PG_BIN to its bin directory, or DATABASE_URL to a database"
            ),
        }))
    }
}

fn usual_places() -> Vec<PathBuf> {
    let mut places = Vec::new();
    if let Ok(versions) = fs::read_dir("/usr/lib/postgresql") {
        places.extend(versions.flatten().map(|version| version.path().join("bin")));
    }
    places
        .extend((MAJOR_MIN..=MAJOR_MIN + 10).map(|n| PathBuf::from(format!("/usr/pgsql-{n}/bin"))));
    places.extend(["/usr/local/bin", "/usr/bin"].map(PathBuf::from));
    places
}

/// The major version of `bin`/postgres, if `bin` has that and initdb.
fn major(bin: &Path) -> Option<u32> {
    if !bin.join("initdb").exists() {
        return None;
    }
    let output = Command::new(bin.join("postgres")).arg("--version").output().ok()?;
    parse_major(&String::from_utf8_lossy(&output.stdout))
}

/// `postgres (PostgreSQL) 15.20 (Debian 15.20-1)` → 15.
fn parse_major(version: &str) -> Option<u32> {
    let number = version.split_whitespace().nth(2)?;
    let digits = number.find(|c: char| !c.is_ascii_digit()).unwrap_or(number.len());
    number.get(..digits)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_of_packages_and_of_betas_are_read() {
        assert_eq!(parse_major("postgres (PostgreSQL) 15.20 (Debian 15.20-0+deb12u1)"), Some(15));
        assert_eq!(parse_major("postgres (PostgreSQL) 19beta1"), Some(19));
        assert_eq!(parse_major(""), None);
    }

    #[test]
    fn the_major_version_of_the_data_decides_and_the_error_says_what_to_do() {
        let error = Programs::find(None, Some(9)).unwrap_err().to_string();
        assert!(error.contains("PostgreSQL 9") && error.contains("MAILVANE_PG_BIN"), "{error}");
    }
}
