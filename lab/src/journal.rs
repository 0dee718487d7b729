//! A journal: one JSON object a line, appended and flushed at once, so that a kill leaves whole lines behind.
//!
//! Journals are the ground truth of the lab. They are never rewritten.

use std::{
    fs::{File, OpenOptions},
    io::{self, BufRead, BufReader, Write},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use serde::{Serialize, de::DeserializeOwned};

/// An append-only file of entries, shared by the tasks that write to it.
#[derive(Debug, Clone)]
pub struct Journal {
    path: PathBuf,
    file: Arc<Mutex<File>>,
}

impl Journal {
    /// Opens a journal, or begins one.
    pub fn open(path: &Path) -> io::Result<Self> {
        let file = OpenOptions::new().create(true).append(true).open(path)?;
        Ok(Self { path: path.to_owned(), file: Arc::new(Mutex::new(file)) })
    }

    /// Where it lies.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Appends one entry with one write, so that entries of several tasks never mix.
    pub fn write<E: Serialize>(&self, entry: &E) -> io::Result<()> {
        let mut line = serde_json::to_vec(entry)?;
        line.push(b'\n');
        self.file.lock().unwrap_or_else(PoisonError::into_inner).write_all(&line)
    }

    /// All entries so far.
    pub fn read<E: DeserializeOwned>(&self) -> io::Result<Vec<E>> {
        read(&self.path)
    }
}

/// All entries of the journal at `path`; none if there is no such file. A torn last line is left out.
pub fn read<E: DeserializeOwned>(path: &Path) -> io::Result<Vec<E>> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(fault) if fault.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(fault) => return Err(fault),
    };
    let mut entries = Vec::new();
    let mut reader = BufReader::new(file);
    let mut line = String::new();
    while reader.read_line(&mut line)? > 0 {
        if line.ends_with('\n') {
            entries.push(serde_json::from_str(&line)?);
        }
        line.clear();
    }
    Ok(entries)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_torn_last_line_is_not_an_entry() {
        let dir = tempfile::tempdir().unwrap();
        let journal = Journal::open(&dir.path().join("j")).unwrap();
        journal.write(&1).unwrap();
        journal.write(&2).unwrap();
        journal.file.lock().unwrap().write_all(b"3").unwrap();
        assert_eq!(journal.read::<u32>().unwrap(), [1, 2]);
    }
}
