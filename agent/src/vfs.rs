//! The file system as the agent sees it, so that tests can take the power away between any two steps.
//!
//! The real one is [`Disk`]; [`memory::Memory`] forgets what was not synced, and fails where it is told to.

pub mod memory;

use std::fs;
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, FileExt, MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

/// What tells one file from another, and how far it has grown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Stat {
    /// Device.
    pub dev: u64,
    /// Inode.
    pub ino: u64,
    /// Bytes.
    pub size: u64,
    /// Last change of content, milliseconds since 1970.
    pub mtime_ms: i64,
    /// A regular file.
    pub is_file: bool,
}

/// Files and directories.
pub trait Vfs: Send + Sync {
    /// Opens a file to read.
    fn open(&self, path: &Path) -> io::Result<Box<dyn File>>;
    /// Makes a file that must not exist yet, to write and read; only its owner may read it.
    fn create(&self, path: &Path) -> io::Result<Box<dyn File>>;
    /// Opens a file to write and read.
    fn open_write(&self, path: &Path) -> io::Result<Box<dyn File>>;
    /// What is at a path, following links.
    fn stat(&self, path: &Path) -> io::Result<Stat>;
    /// Files and directories in a directory, in no order.
    fn list(&self, directory: &Path) -> io::Result<Vec<PathBuf>>;
    /// Renames; replaces what is there.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;
    /// Removes a file.
    fn remove(&self, path: &Path) -> io::Result<()>;
    /// Makes names in a directory survive a loss of power.
    fn sync_directory(&self, directory: &Path) -> io::Result<()>;
    /// Makes a directory and those above it; only its owner may enter.
    fn create_directory(&self, directory: &Path) -> io::Result<()>;
    /// Bytes that can still be written in a directory, where that can be told.
    fn free_bytes(&self, directory: &Path) -> Option<u64>;
    /// Bytes of the whole file system that holds `directory`, where known.
    fn total_bytes(&self, directory: &Path) -> Option<u64>;
}

/// An open file.
pub trait File: Send {
    /// Reads up to `buffer` bytes at `offset`; 0 at the end.
    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize>;
    /// Writes all of `bytes` at `offset`.
    fn write_at(&self, offset: u64, bytes: &[u8]) -> io::Result<()>;
    /// Cuts or extends.
    fn set_len(&self, size: u64) -> io::Result<()>;
    /// Makes content survive a loss of power.
    fn sync(&self) -> io::Result<()>;
    /// What it is.
    fn stat(&self) -> io::Result<Stat>;
}

/// The machine's own file system.
#[derive(Debug, Clone, Copy, Default)]
pub struct Disk;

impl Vfs for Disk {
    fn open(&self, path: &Path) -> io::Result<Box<dyn File>> {
        // Non-blocking, as a FIFO put in a log's place would block the open for ever.
        let flags = i32::try_from(rustix::fs::OFlags::NONBLOCK.bits()).unwrap_or(0);
        Ok(Box::new(fs::OpenOptions::new().read(true).custom_flags(flags).open(path)?))
    }

    fn create(&self, path: &Path) -> io::Result<Box<dyn File>> {
        let mut options = fs::OpenOptions::new();
        Ok(Box::new(options.read(true).write(true).create_new(true).mode(0o600).open(path)?))
    }

    fn open_write(&self, path: &Path) -> io::Result<Box<dyn File>> {
        Ok(Box::new(fs::OpenOptions::new().read(true).write(true).open(path)?))
    }

    fn stat(&self, path: &Path) -> io::Result<Stat> {
        fs::metadata(path).map(|metadata| stat_of(&metadata))
    }

    fn list(&self, directory: &Path) -> io::Result<Vec<PathBuf>> {
        fs::read_dir(directory)?.map(|entry| entry.map(|entry| entry.path())).collect()
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        fs::rename(from, to)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        fs::remove_file(path)
    }

    fn sync_directory(&self, directory: &Path) -> io::Result<()> {
        fs::File::open(directory)?.sync_all()
    }

    fn create_directory(&self, directory: &Path) -> io::Result<()> {
        fs::DirBuilder::new().recursive(true).mode(0o700).create(directory)
    }

    fn free_bytes(&self, directory: &Path) -> Option<u64> {
        let stat = rustix::fs::statvfs(directory).ok()?;
        stat.f_bavail.checked_mul(stat.f_frsize)
    }

    fn total_bytes(&self, directory: &Path) -> Option<u64> {
        let stat = rustix::fs::statvfs(directory).ok()?;
        stat.f_blocks.checked_mul(stat.f_frsize)
    }
}

impl File for fs::File {
    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            match FileExt::read_at(self, buffer, offset) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                result => return result,
            }
        }
    }

    fn write_at(&self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        self.write_all_at(bytes, offset)
    }

    fn set_len(&self, size: u64) -> io::Result<()> {
        Self::set_len(self, size)
    }

    fn sync(&self) -> io::Result<()> {
        self.sync_data()
    }

    fn stat(&self) -> io::Result<Stat> {
        self.metadata().map(|metadata| stat_of(&metadata))
    }
}

fn stat_of(metadata: &fs::Metadata) -> Stat {
    Stat {
        dev: metadata.dev(),
        ino: metadata.ino(),
        size: metadata.len(),
        mtime_ms: metadata.mtime() * 1000 + metadata.mtime_nsec() / 1_000_000,
        is_file: metadata.is_file(),
    }
}

/// Replaces a file in one step that survives a loss of power: write beside it, sync, rename, sync the directory.
pub fn replace(vfs: &dyn Vfs, path: &Path, bytes: &[u8]) -> io::Result<()> {
    let beside = path.with_extension("new");
    match vfs.remove(&beside) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let file = vfs.create(&beside)?;
    file.write_at(0, bytes)?;
    file.sync()?;
    vfs.rename(&beside, path)?;
    vfs.sync_directory(path.parent().unwrap_or(Path::new(".")))
}

/// Reads a whole file of at most `bytes_max` bytes.
pub fn read_all(vfs: &dyn Vfs, path: &Path, bytes_max: usize) -> io::Result<Vec<u8>> {
    let file = vfs.open(path)?;
    let mut bytes = Vec::new();
    let mut chunk = [0; 4096];
    loop {
        let read = file.read_at(u64::try_from(bytes.len()).unwrap_or(u64::MAX), &mut chunk)?;
        if read == 0 {
            return Ok(bytes);
        }
        bytes.extend_from_slice(chunk.get(..read).unwrap_or_default());
        if bytes.len() > bytes_max {
            return Err(io::Error::new(
                io::ErrorKind::FileTooLarge,
                format!("larger than {bytes_max} bytes"),
            ));
        }
    }
}
