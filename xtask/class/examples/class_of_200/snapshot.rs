//! What is in a folder, to see whether a run has changed it.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// Every file and folder, with its size and when it was last written.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Snapshot {
    entries: BTreeMap<PathBuf, (u64, Option<SystemTime>)>,
}

impl Snapshot {
    /// Of these folders, without entries of these names directly in them.
    pub fn of(folders: &[PathBuf], but: &[&str]) -> Snapshot {
        let mut snapshot = Snapshot::default();
        for folder in folders {
            for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
                if !but.iter().any(|name| entry.file_name() == *name) {
                    snapshot.take_in(&entry.path());
                }
            }
        }
        snapshot
    }

    fn take_in(&mut self, path: &Path) {
        // Links count as such. What lies too deep to have a path is not looked at.
        let Ok(metadata) = path.symlink_metadata() else { return };
        let size = if metadata.is_dir() { 0 } else { metadata.len() };
        self.entries.insert(path.to_owned(), (size, metadata.modified().ok()));
        if metadata.is_dir() {
            fs::read_dir(path).into_iter().flatten().flatten().for_each(|entry| self.take_in(&entry.path()));
        }
    }

    /// What is new, gone or written since.
    pub fn changed_in(&self, later: &Snapshot) -> Vec<PathBuf> {
        let paths = self.entries.keys().chain(later.entries.keys().filter(|path| !self.entries.contains_key(*path)));
        paths.filter(|path| self.entries.get(*path) != later.entries.get(*path)).cloned().collect()
    }
}
