//! One server for one state directory, however many ComfyUIs share it.
//!
//! The holder of the lock serves and writes its address beside it; others stand by and take over when the lock is
//! free. The operating system frees the lock when its holder dies, however it dies.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

/// The line that tells the shim where to send requests.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ready {
    pub event: String,
    pub url: String,
    pub version: String,
    pub pid: u32,
    /// The launch key: stdout is a pipe that only the parent reads, and the file is the owner's alone.
    pub key: String,
    /// Where other machines may send webhooks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub public_url: Option<String>,
}

/// A state directory that can be written, not yet claimed.
pub struct StateDir {
    lock: File,
    ready_path: PathBuf,
}

/// The state directory cannot be used.
#[derive(Debug, thiserror::Error)]
#[error(
    "the state directory {path} cannot be written ({source}): make it writable, or set OPENCLAW_STATE_DIR to another one"
)]
pub struct StateDirError {
    path: PathBuf,
    source: std::io::Error,
}

/// Held while serving; dropping it lets another server take over.
pub struct Lock {
    _file: File,
    ready_path: PathBuf,
}

impl StateDir {
    pub fn open(path: &Path) -> Result<Self, StateDirError> {
        let error = |source| StateDirError { path: path.to_owned(), source };
        std::fs::create_dir_all(path).map_err(error)?;
        // Opening an existing lock file succeeds even where nothing new can be written, so ask for both.
        tempfile::tempfile_in(path).map_err(error)?;
        let lock = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(path.join("server.lock"))
            .map_err(error)?;
        Ok(Self { lock, ready_path: path.join("server.json") })
    }

    /// The lock, unless another server holds it.
    pub fn try_claim(&self) -> std::io::Result<Option<Lock>> {
        match self.lock.try_lock() {
            Ok(()) => Ok(Some(Lock { _file: self.lock.try_clone()?, ready_path: self.ready_path.clone() })),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }

    /// Where the holder of the lock serves, once it does.
    pub fn holder(&self) -> Option<Ready> {
        serde_json::from_slice(&std::fs::read(&self.ready_path).ok()?).ok()
    }
}

impl Lock {
    /// Tells the servers that stand by where this one is.
    pub fn publish(&self, ready: &Ready) -> std::io::Result<()> {
        let directory = self.ready_path.parent().expect("the path was made by joining a file name");
        // Named temporary files are created with mode 0600.
        let mut file = tempfile::NamedTempFile::new_in(directory)?;
        file.write_all(&serde_json::to_vec(ready)?)?;
        file.persist(&self.ready_path)?;
        Ok(())
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // A stale address would send the next server's followers nowhere.
        let _ = std::fs::remove_file(&self.ready_path);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_one_server_has_the_lock_and_the_next_gets_it_when_it_is_dropped() {
        let dir = tempfile::tempdir().unwrap();
        let (first, second) = (StateDir::open(dir.path()).unwrap(), StateDir::open(dir.path()).unwrap());
        let lock = first.try_claim().unwrap().expect("nobody holds it");
        assert!(second.try_claim().unwrap().is_none());
        let ready = Ready {
            event: "ready".into(),
            url: "u".into(),
            version: "v".into(),
            pid: 1,
            key: "k".into(),
            public_url: None,
        };
        lock.publish(&ready).unwrap();
        assert_eq!(second.holder(), Some(ready));
        drop((lock, first));
        assert!(second.try_claim().unwrap().is_some());
        assert_eq!(second.holder(), None);
    }
}
