//! Folders for jobs: one for each run, and in it one for each source that is being compiled and judged.
//!
//! A run that is killed leaves its folder behind, a program of several megabytes for each job that it was at. The next run
//! removes it. Whether a run is over is asked of the system: it holds a lock in its folder, and a lock is gone with its
//! process, however it went; a process number may be somebody else's by now.

use std::fs::{self, File};
use std::io;
use std::path::Path;

use fs4::FileExt;
use tempfile::TempDir;

/// The file in a run's folder that it holds a lock on.
const LOCK: &str = "lock";

/// The file beside the folders that is locked while one is made or removed. Without it a folder whose run has not come to
/// its lock yet would be taken for one of a dead run.
const GATE: &str = "gate";

/// The folder of a run. It is removed with this value.
pub struct Jobs {
    folder: TempDir,
    _lock: File,
}

impl Jobs {
    /// Makes a folder in the folder `all`, which need not be there, and removes those of runs that are over.
    ///
    /// # Errors
    /// When a folder can't be written.
    pub fn open(all: &Path) -> io::Result<Jobs> {
        fs::create_dir_all(all)?;
        let gate = File::create(all.join(GATE))?;
        FileExt::lock(&gate)?;
        remove_dead(all)?;
        let folder = tempfile::Builder::new().prefix("run-").tempdir_in(all)?;
        let lock = File::create(folder.path().join(LOCK))?;
        FileExt::lock(&lock)?;
        Ok(Jobs { folder, _lock: lock })
    }

    /// Where jobs have their folders.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// An empty folder for a job, which is removed with the value.
    ///
    /// # Errors
    /// When it can't be made.
    pub fn begin(&self) -> io::Result<TempDir> {
        tempfile::tempdir_in(self.folder())
    }
}

fn remove_dead(all: &Path) -> io::Result<()> {
    for entry in fs::read_dir(all)?.flatten().filter(|entry| entry.path().is_dir()) {
        let lock = File::open(entry.path().join(LOCK));
        let is_alive = lock.is_ok_and(|lock| FileExt::try_lock(&lock).is_err());
        if !is_alive {
            // It is only clutter.
            let _ = fs::remove_dir_all(entry.path());
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_removes_what_a_dead_one_has_left_and_nothing_of_one_that_goes_on() {
        let all = tempfile::tempdir().unwrap();
        let dead = all.path().join("run-dead");
        fs::create_dir_all(dead.join("job/made")).unwrap();
        fs::write(dead.join(LOCK), "").unwrap();
        let first = Jobs::open(all.path()).unwrap();
        let job = first.begin().unwrap();
        let second = Jobs::open(all.path()).unwrap();
        assert!(!dead.exists() && job.path().is_dir());
        assert_ne!(first.folder.path(), second.folder.path());
        drop(job);
        drop((first, second));
        let left: Vec<_> = fs::read_dir(all.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(left, [GATE]);
    }
}
