//! Taking a folder for a run: nobody else uses it, and nothing that it holds is lost.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use fs4::{FileExt, TryLockError};
use xtask::{Failure, files};

use super::disk::{self, UNFINISHED};
use super::load::{self, read_part};
use super::{BUNDLE, EARLIER, HEADER, Header, LOCK, PARTS, Store, part_path};
use crate::work::Submission;

/// A folder that this process alone may write to.
#[derive(Debug)]
pub struct Claim {
    folder: PathBuf,
    resume: bool,
    lock: File,
    /// What there is to tell.
    notes: Vec<String>,
}

/// What a run finds.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Kept {
    /// Submission and exercise of every verdict that still counts.
    pub verdicts: BTreeSet<(String, String)>,
    /// How many don't, because something else is handed in now.
    pub outdated: usize,
    /// What there is to tell.
    pub notes: Vec<String>,
}

impl Claim {
    /// Takes `folder` for a run. Complete results in it are put aside, unless they are to be resumed.
    ///
    /// # Errors
    /// If another run holds the folder, if it holds something else, or a run that was stopped and is not to be resumed.
    pub fn take(folder: &Path, resume: bool) -> Result<Claim, Failure> {
        let cannot = |error: io::Error| cannot_use(folder, &error);
        let names = names_in(folder).map_err(cannot)?;
        let known = [HEADER, PARTS, BUNDLE, LOCK, EARLIER];
        let ours = |name: &String| known.contains(&name.as_str()) || is_unfinished(Path::new(name));
        if let Some(strange) = names.iter().find(|name| !ours(name)) {
            return Err(Failure::new(format!(
                "{} holds something else than results: `{strange}`.\n\n--out DIR needs a folder of its own, which need \
                 not exist yet.",
                folder.display()
            )));
        }
        disk::make_folder(folder).map_err(cannot)?;
        let mut claim = Claim { folder: folder.to_owned(), resume, lock: lock(folder)?, notes: Vec::new() };
        // What another run has put there since is seen only now.
        let names = names_in(folder).map_err(cannot)?;
        let any = [HEADER, PARTS, BUNDLE].iter().any(|name| names.contains(*name));
        if any && !resume {
            if !names.contains(BUNDLE) {
                return Err(stopped(folder));
            }
            claim.put_aside().map_err(cannot)?;
        }
        Ok(claim)
    }

    fn put_aside(&mut self) -> io::Result<()> {
        let folder = &self.folder;
        let aside = new_folder(&folder.join(EARLIER), &files::utc_stamp(files::now_s()))?;
        // The file that says "complete" goes last: a run that is killed in between leaves the rest to the next.
        for name in [PARTS, HEADER, BUNDLE] {
            match fs::rename(folder.join(name), aside.join(name)) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
        disk::sync(&aside)?;
        disk::sync(folder)?;
        self.notes.push(format!("The results of the run before this one are now in {}.", aside.display()));
        Ok(())
    }

    /// Begins the run, or goes on with the one in the folder; tells which verdicts on `submissions` there are already.
    ///
    /// # Errors
    /// If the folder can't be written, or holds results that were graded with something else.
    pub fn begin(mut self, header: Header, submissions: &[Submission]) -> Result<(Store, Kept), Failure> {
        let folder = self.folder.clone();
        let cannot = |error: io::Error| cannot_use(&folder, &error);
        if self.resume {
            self.check_identity(&header)?;
        }
        remove_if_there(&folder.join(BUNDLE)).map_err(cannot)?;
        remove_unfinished(&folder);
        disk::write(&folder.join(HEADER), &super::json(&header)).map_err(cannot)?;
        let run = header.identity.fingerprint();
        let mut kept = still_counts(&folder, &run, submissions).map_err(cannot)?;
        kept.notes.splice(0..0, self.notes);
        Ok((Store { folder, run, header, _lock: self.lock }, kept))
    }

    /// Results of another identity are not overwritten one by one: the folder would be a mixture until the last.
    fn check_identity(&mut self, header: &Header) -> Result<(), Failure> {
        let path = self.folder.join(HEADER);
        if !path.exists() {
            return Ok(());
        }
        let earlier = match load::parse::<Header>(&path) {
            Ok(earlier) => earlier,
            Err(_) => {
                self.notes.push(format!("{} is damaged and is written anew.", path.display()));
                return Ok(());
            }
        };
        let differences = header.identity.differences(&earlier.identity);
        if differences.is_empty() {
            return Ok(());
        }
        Err(Failure::new(format!(
            "The results in {} can't be resumed: they were graded with {}.\n\n\
             Grade as they were graded, or give this run a folder of its own with --out DIR.",
            self.folder.display(),
            differences.join(" and ")
        )))
    }
}

/// Looks through the verdicts on `submissions`. One on another source than is handed in now is removed: it would be
/// somebody's result for as long as the new one is not there.
fn still_counts(folder: &Path, run: &str, submissions: &[Submission]) -> io::Result<Kept> {
    let mut kept = Kept::default();
    for submission in submissions {
        for answer in &submission.answers {
            match read_part(folder, run, &submission.name, &answer.exercise) {
                Ok(Some(part)) if part.source == answer.source => {
                    kept.verdicts.insert((submission.name.clone(), answer.exercise.clone()));
                }
                Ok(Some(_)) => {
                    remove_if_there(&part_path(folder, &submission.name, &answer.exercise))?;
                    kept.outdated += 1;
                }
                Ok(None) => {}
                Err(note) => kept.notes.push(format!("{note}; it is graded again.")),
            }
        }
    }
    Ok(kept)
}

/// The lock is the system's, not the file's existence: it is gone when the process is, however it went.
fn lock(folder: &Path) -> Result<File, Failure> {
    let path = folder.join(LOCK);
    let open = File::options().read(true).write(true).create(true).truncate(false).open(&path);
    let mut file = open.map_err(|error| cannot_use(folder, &error))?;
    match FileExt::try_lock(&file) {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            let mut holder = String::new();
            let _ = file.read_to_string(&mut holder);
            let holder = holder.trim();
            let holder = if holder.is_empty() { String::new() } else { format!(" (process {holder})") };
            return Err(Failure::new(format!(
                "Another run is using {}{holder}.\n\nWait until it has ended, or give this one a folder of its own with \
                 --out DIR.",
                folder.display()
            )));
        }
        Err(TryLockError::Error(error)) => return Err(cannot_use(folder, &error)),
    }
    // Who holds it is only for the message above; the lock holds without it.
    let _ = file
        .set_len(0)
        .and_then(|()| file.seek(SeekFrom::Start(0)))
        .and_then(|_| writeln!(file, "{}", std::process::id()));
    Ok(file)
}

fn names_in(folder: &Path) -> io::Result<BTreeSet<String>> {
    match fs::read_dir(folder) {
        Ok(entries) => entries.map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned())).collect(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(BTreeSet::new()),
        Err(error) => Err(error),
    }
}

/// Makes a folder that was not there, in `above`, named after `name`.
fn new_folder(above: &Path, name: &str) -> io::Result<PathBuf> {
    disk::make_folder(above)?;
    for attempt in 1..=1000 {
        let folder = above.join(if attempt == 1 { name.to_owned() } else { format!("{name}-{attempt}") });
        match fs::create_dir(&folder) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            made => return made.and_then(|()| disk::sync(above)).map(|()| folder),
        }
    }
    Err(io::Error::other(format!("{} holds too many folders of this second", above.display())))
}

fn is_unfinished(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == UNFINISHED)
        && path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'))
}

/// What was being written when a run was killed.
fn remove_unfinished(folder: &Path) {
    let folders = fs::read_dir(folder.join(PARTS)).into_iter().flatten().flatten().map(|entry| entry.path());
    for path in folders.chain([folder.to_owned()]) {
        for entry in fs::read_dir(path).into_iter().flatten().flatten().filter(|entry| is_unfinished(&entry.path())) {
            // They are in nobody's way; the next run tries again.
            let _ = fs::remove_file(entry.path());
        }
    }
}

fn remove_if_there(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

fn stopped(folder: &Path) -> Failure {
    Failure::new(format!(
        "{} holds the results of a run that was stopped.\n\nAdd --resume to go on with it, --out DIR to leave it alone, or \
         remove that folder to start over.",
        folder.display()
    ))
}

fn cannot_use(folder: &Path, error: &io::Error) -> Failure {
    Failure::new(format!(
        "The folder for results, {}, can't be used: {error}.\n\n--out DIR names another one.",
        folder.display()
    ))
}
