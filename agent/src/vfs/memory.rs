//! A file system in memory that can lose power, and can fail at its n-th step; for tests of this crate and of others.

use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::{File, Stat, Vfs};

/// The file system; clones share it.
#[derive(Debug, Clone, Default)]
pub struct Memory(Arc<Mutex<Inner>>);

#[derive(Debug, Default)]
struct Inner {
    names: HashMap<PathBuf, u64>,
    durable_names: HashMap<PathBuf, u64>,
    inodes: HashMap<u64, Inode>,
    next_ino: u64,
    now_ms: i64,
    steps: u64,
    fail_at: Option<u64>,
    bytes_max: Option<u64>,
}

#[derive(Debug, Default, Clone)]
struct Inode {
    data: Vec<u8>,
    durable: Vec<u8>,
    mtime_ms: i64,
}

impl Memory {
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Fails every writing step from the n-th on, as if the process had been killed there.
    pub fn fail_at(&self, step: Option<u64>) {
        let mut inner = self.lock();
        inner.steps = 0;
        inner.fail_at = step;
    }

    /// Writing steps since the last [`Self::fail_at`].
    pub fn steps(&self) -> u64 {
        self.lock().steps
    }

    /// Bytes that all files together may hold.
    pub fn limit(&self, bytes_max: Option<u64>) {
        self.lock().bytes_max = bytes_max;
    }

    /// Takes the power away: what was not synced is gone, names and content alike.
    pub fn lose_power(&self) {
        let mut inner = self.lock();
        let Inner { names, durable_names, .. } = &mut *inner;
        names.clone_from(durable_names);
        for inode in inner.inodes.values_mut() {
            inode.data = inode.durable.clone();
        }
    }

    /// Moves the time that changed files get.
    pub fn set_now(&self, now_ms: i64) {
        self.lock().now_ms = now_ms;
    }

    /// Adds to a file, as another program would; makes it if need be.
    pub fn append(&self, path: &Path, bytes: &[u8]) {
        let mut inner = self.lock();
        let ino = match inner.names.get(path) {
            Some(ino) => *ino,
            None => inner.make(path),
        };
        let now_ms = inner.now_ms;
        if let Some(inode) = inner.inodes.get_mut(&ino) {
            inode.data.extend_from_slice(bytes);
            inode.durable = inode.data.clone();
            inode.mtime_ms = now_ms;
        }
        let Inner { names, durable_names, .. } = &mut *inner;
        durable_names.clone_from(names);
    }

    /// Empties a file in place, as copytruncate does.
    pub fn truncate(&self, path: &Path) {
        let mut inner = self.lock();
        let now_ms = inner.now_ms;
        if let Some(ino) = inner.names.get(path).copied()
            && let Some(inode) = inner.inodes.get_mut(&ino)
        {
            inode.data.clear();
            inode.durable.clear();
            inode.mtime_ms = now_ms;
        }
    }

    /// A file's content.
    pub fn content(&self, path: &Path) -> Option<Vec<u8>> {
        let inner = self.lock();
        inner.names.get(path).and_then(|ino| inner.inodes.get(ino)).map(|inode| inode.data.clone())
    }

    /// Changes one byte of a file, as a failing disk would.
    pub fn flip(&self, path: &Path, offset: usize) {
        let mut inner = self.lock();
        if let Some(ino) = inner.names.get(path).copied()
            && let Some(byte) =
                inner.inodes.get_mut(&ino).and_then(|inode| inode.data.get_mut(offset))
        {
            *byte ^= 0x40;
        }
    }
}

impl Inner {
    fn make(&mut self, path: &Path) -> u64 {
        self.next_ino += 1;
        let inode = Inode { mtime_ms: self.now_ms, ..Inode::default() };
        self.inodes.insert(self.next_ino, inode);
        self.names.insert(path.into(), self.next_ino);
        self.next_ino
    }

    fn step(&mut self) -> io::Result<()> {
        self.steps += 1;
        match self.fail_at {
            Some(at) if self.steps >= at => Err(io::Error::other("killed here")),
            _ => Ok(()),
        }
    }

    fn stat(&self, ino: u64) -> io::Result<Stat> {
        let inode = self.inodes.get(&ino).ok_or(io::ErrorKind::NotFound)?;
        Ok(Stat {
            dev: 1,
            ino,
            size: u64::try_from(inode.data.len()).unwrap_or(u64::MAX),
            mtime_ms: inode.mtime_ms,
            is_file: true,
        })
    }

    /// Bytes of the files that have a name.
    fn used(&self) -> u64 {
        let sizes = self
            .names
            .values()
            .filter_map(|ino| self.inodes.get(ino))
            .map(|inode| inode.data.len());
        u64::try_from(sizes.sum::<usize>()).unwrap_or(u64::MAX)
    }

    fn room(&self, more: usize) -> io::Result<()> {
        let more = u64::try_from(more).unwrap_or(u64::MAX);
        match self.bytes_max {
            Some(max) if self.used().saturating_add(more) > max => {
                Err(io::ErrorKind::StorageFull.into())
            }
            _ => Ok(()),
        }
    }
}

impl Vfs for Memory {
    fn open(&self, path: &Path) -> io::Result<Box<dyn File>> {
        let ino = *self.lock().names.get(path).ok_or(io::ErrorKind::NotFound)?;
        Ok(Box::new(Handle { memory: self.clone(), ino }))
    }

    fn create(&self, path: &Path) -> io::Result<Box<dyn File>> {
        let mut inner = self.lock();
        inner.step()?;
        if inner.names.contains_key(path) {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        let ino = inner.make(path);
        Ok(Box::new(Handle { memory: self.clone(), ino }))
    }

    fn open_write(&self, path: &Path) -> io::Result<Box<dyn File>> {
        self.open(path)
    }

    fn stat(&self, path: &Path) -> io::Result<Stat> {
        let inner = self.lock();
        let ino = inner.names.get(path).ok_or(io::ErrorKind::NotFound)?;
        inner.stat(*ino)
    }

    fn list(&self, directory: &Path) -> io::Result<Vec<PathBuf>> {
        let inner = self.lock();
        Ok(inner.names.keys().filter(|path| path.parent() == Some(directory)).cloned().collect())
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        let mut inner = self.lock();
        inner.step()?;
        let ino = inner.names.remove(from).ok_or(io::ErrorKind::NotFound)?;
        inner.names.insert(to.into(), ino);
        Ok(())
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        let mut inner = self.lock();
        inner.step()?;
        inner.names.remove(path).map(|_| ()).ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    fn sync_directory(&self, directory: &Path) -> io::Result<()> {
        let mut inner = self.lock();
        inner.step()?;
        let Inner { names, durable_names, .. } = &mut *inner;
        durable_names.retain(|path, _| path.parent() != Some(directory));
        let here = names.iter().filter(|(path, _)| path.parent() == Some(directory));
        durable_names.extend(here.map(|(path, ino)| (path.clone(), *ino)));
        Ok(())
    }

    fn create_directory(&self, _directory: &Path) -> io::Result<()> {
        Ok(())
    }

    fn free_bytes(&self, _directory: &Path) -> Option<u64> {
        let inner = self.lock();
        Some(inner.bytes_max?.saturating_sub(inner.used()))
    }

    fn total_bytes(&self, _directory: &Path) -> Option<u64> {
        self.lock().bytes_max
    }
}

struct Handle {
    memory: Memory,
    ino: u64,
}

impl File for Handle {
    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        let inner = self.memory.lock();
        let inode = inner.inodes.get(&self.ino).ok_or(io::ErrorKind::NotFound)?;
        let from = usize::try_from(offset).unwrap_or(usize::MAX).min(inode.data.len());
        let source = inode.data.get(from..).unwrap_or_default();
        let count = source.len().min(buffer.len());
        for (to, from) in buffer.iter_mut().zip(source) {
            *to = *from;
        }
        Ok(count)
    }

    fn write_at(&self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        let mut inner = self.memory.lock();
        inner.step()?;
        let from = usize::try_from(offset).unwrap_or(usize::MAX);
        let end = from.saturating_add(bytes.len());
        let size = inner.inodes.get(&self.ino).map_or(0, |inode| inode.data.len());
        inner.room(end.saturating_sub(size))?;
        let now_ms = inner.now_ms;
        let inode = inner.inodes.get_mut(&self.ino).ok_or(io::ErrorKind::NotFound)?;
        if inode.data.len() < end {
            inode.data.resize(end, 0);
        }
        for (to, from) in inode.data.iter_mut().skip(from).zip(bytes) {
            *to = *from;
        }
        inode.mtime_ms = now_ms;
        Ok(())
    }

    fn set_len(&self, size: u64) -> io::Result<()> {
        let mut inner = self.memory.lock();
        inner.step()?;
        let inode = inner.inodes.get_mut(&self.ino).ok_or(io::ErrorKind::NotFound)?;
        inode.data.resize(usize::try_from(size).unwrap_or(usize::MAX), 0);
        Ok(())
    }

    fn sync(&self) -> io::Result<()> {
        let mut inner = self.memory.lock();
        inner.step()?;
        let inode = inner.inodes.get_mut(&self.ino).ok_or(io::ErrorKind::NotFound)?;
        inode.durable = inode.data.clone();
        Ok(())
    }

    fn stat(&self) -> io::Result<Stat> {
        self.memory.lock().stat(self.ino)
    }
}
