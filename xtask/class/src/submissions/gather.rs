//! What is looked for in a submission, and what was found: the same rules for a folder and for an archive.

use std::collections::{BTreeMap, BTreeSet};

use xtask::course::Course;

use super::{Limits, Refusal, Source, shown};
use crate::assignment::Assignment;

/// Names that are never looked at nor into, besides those that begin with a dot: what building makes, what other tools
/// keep, what macOS adds to archives.
const SKIPPED: [&str; 3] = ["target", "node_modules", "__MACOSX"];

/// Endings of archives that are read.
pub(crate) const ARCHIVES: [&str; 4] = [".zip", ".tar", ".tar.gz", ".tgz"];

/// Endings of archives that are not.
pub(crate) const OTHER_ARCHIVES: [&str; 15] = [
    ".tar.bz2", ".tar.xz", ".tar.zst", ".rar", ".7z", ".gz", ".bz2", ".tbz", ".tbz2", ".xz", ".txz", ".zst", ".tzst",
    ".lz", ".lzma",
];

/// How many notes a submission gets. Who puts a thousand links into one need not fill the report with them.
const NOTES: usize = 12;

/// Whether something of that name is passed over in silence.
pub(crate) fn is_skipped(name: &str) -> bool {
    name.starts_with('.') || SKIPPED.iter().any(|skipped| name.eq_ignore_ascii_case(skipped))
}

/// The ending of an archive's name, if it is among these.
pub(crate) fn ending<'n>(name: &'n str, endings: &[&str]) -> Option<&'n str> {
    let at = |ending: &&str| name.len().checked_sub(ending.len()).filter(|at| *at > 0 && name.is_char_boundary(*at));
    let mut starts = endings.iter().filter_map(|ending| at(ending).map(|at| (&name[at..], ending)));
    starts.find(|(end, ending)| end.eq_ignore_ascii_case(ending)).map(|(end, _)| end)
}

/// The files that are looked for.
pub(crate) struct Wanted {
    /// From `flaky_rpc.rs` to the exercise.
    files: BTreeMap<String, String>,
    /// The folders of chapters, in lower case.
    chapters: BTreeSet<String>,
}

impl Wanted {
    /// Those of the exercises that were set.
    pub(crate) fn set(course: &Course, assignment: &Assignment) -> Wanted {
        Wanted::new(course, assignment.exercises.iter().map(|set| set.id.as_str()))
    }

    /// Those of every exercise of the course.
    pub(crate) fn all(course: &Course) -> Wanted {
        Wanted::new(course, course.chapters.iter().flat_map(|chapter| &chapter.exercises).map(|e| e.id.as_str()))
    }

    fn new<'a>(course: &Course, ids: impl Iterator<Item = &'a str>) -> Wanted {
        Wanted {
            files: ids.map(|id| (format!("{id}.rs").to_lowercase(), id.to_owned())).collect(),
            chapters: course.chapters.iter().map(|chapter| chapter.dir.to_lowercase()).collect(),
        }
    }

    /// The exercise whose file has that name. Capitals make no difference: they don't on the learner's Mac or Windows.
    pub(crate) fn exercise(&self, name: &str) -> Option<&str> {
        self.files.get(&name.to_lowercase()).map(String::as_str)
    }

    /// Whether that is the folder of a chapter.
    pub(crate) fn is_chapter(&self, name: &str) -> bool {
        self.chapters.contains(&name.to_lowercase())
    }
}

/// A file that may be the source of an exercise.
#[derive(Clone, Debug)]
pub(crate) struct Candidate {
    /// From the submission's root, without it. Never empty.
    pub path: Vec<String>,
    /// What is in it, or why that was not read, as the rest of a sentence that begins with the path.
    pub content: Result<Vec<u8>, String>,
}

/// Goes through a submission and keeps what matters.
pub(crate) struct Gatherer<'a> {
    pub wanted: &'a Wanted,
    pub limits: &'a Limits,
    /// By exercise.
    pub candidates: BTreeMap<String, Vec<Candidate>>,
    /// Whether there is an `exercises` folder with a chapter in it, which is then the only place to look.
    pub has_home: bool,
    notes: Vec<String>,
    /// Notes beyond [`NOTES`].
    more_notes: usize,
    entries: usize,
    bytes: u64,
    /// Folders beside a candidate that may hold submodules of it, as paths in lower case.
    submodules: BTreeSet<String>,
    /// By exercise, a file whose name is nearly the right one.
    near: BTreeMap<String, String>,
}

impl<'a> Gatherer<'a> {
    pub(crate) fn new(wanted: &'a Wanted, limits: &'a Limits) -> Self {
        Gatherer {
            wanted,
            limits,
            candidates: BTreeMap::new(),
            has_home: false,
            notes: Vec::new(),
            more_notes: 0,
            entries: 0,
            bytes: 0,
            submodules: BTreeSet::new(),
            near: BTreeMap::new(),
        }
    }

    /// Counts one more file, folder or whatever it is.
    pub(crate) fn count(&mut self) -> Result<(), Refusal> {
        self.entries += 1;
        if self.entries > self.limits.entries { Err(too_many(self.limits)) } else { Ok(()) }
    }

    /// How many entries there may still be.
    pub(crate) fn room(&self) -> usize {
        self.limits.entries - self.entries.min(self.limits.entries)
    }

    /// Takes a look at the path of a folder. Says whether to look into it.
    pub(crate) fn folder(&mut self, path: &[String]) -> bool {
        if path.iter().any(|part| is_skipped(part)) {
            return false;
        }
        let chapters = path.windows(2).any(|pair| is_home(&pair[0]) && self.wanted.is_chapter(&pair[1]));
        self.has_home |= chapters;
        if path.len() >= self.limits.depth {
            let depth = self.limits.depth;
            self.note(format!("Folders nested more than {depth} deep are not looked into."));
            return false;
        }
        true
    }

    /// Takes a look at the path of a file. Gives the exercise that it may be the source of.
    pub(crate) fn file(&mut self, path: &[String]) -> Option<String> {
        let (name, folders) = path.split_last()?;
        if !self.folder(folders) || is_skipped(name) {
            return None;
        }
        if let Some(exercise) = self.wanted.exercise(name) {
            return Some(exercise.to_owned());
        }
        let lower = name.to_lowercase();
        if lower.ends_with(".rs") {
            let parents =
                folders.iter().enumerate().filter(|(_, part)| self.wanted.exercise(&format!("{part}.rs")).is_some());
            self.submodules.extend(parents.map(|(place, _)| folders[..=place].join("/").to_lowercase()));
        }
        if ending(name, &ARCHIVES).or(ending(name, &OTHER_ARCHIVES)).is_some() {
            self.note(format!("An archive inside the submission is not opened: {}", shown(&path.join("/"))));
        }
        for (wanted, id) in &self.wanted.files {
            if is_near(&lower, wanted) && !self.near.contains_key(id) {
                self.near.insert(id.clone(), shown(&path.join("/")));
            }
        }
        None
    }

    /// Counts what was read or unpacked, kept or not.
    pub(crate) fn charge(&mut self, bytes: usize) -> Result<(), Refusal> {
        self.bytes += bytes as u64;
        if self.bytes > self.limits.unpacked_bytes { Err(too_much(self.limits)) } else { Ok(()) }
    }

    /// Keeps a file that may be the source of an exercise.
    pub(crate) fn keep(&mut self, exercise: String, path: &[String], content: Result<Vec<u8>, String>) {
        self.candidates.entry(exercise).or_default().push(Candidate { path: path.to_vec(), content });
    }

    /// Adds a note; the same one only once.
    pub(crate) fn note(&mut self, note: String) {
        if self.notes.len() >= NOTES {
            self.more_notes += 1;
        } else if !self.notes.contains(&note) {
            self.notes.push(note);
        }
    }

    /// Whether files are looked for at that place.
    pub(crate) fn is_in_place(&self, path: &[String]) -> bool {
        !self.has_home || path.windows(2).any(|pair| is_home(&pair[0]) && self.wanted.is_chapter(&pair[1]))
    }

    /// All notes, those included about files that are beside what was chosen or that may have been meant.
    pub(crate) fn finish(mut self, chosen: &BTreeMap<String, Result<Source, Refusal>>) -> Vec<String> {
        for path in chosen.values().flatten().map(|source| &source.path) {
            let folder = path.to_lowercase().trim_end_matches(".rs").to_owned();
            if self.submodules.contains(&folder) {
                self.note(format!(
                    "An exercise is graded from its one file: the files in the folder beside {path} are not read."
                ));
            }
        }
        for (wanted, exercise) in &self.wanted.files {
            let near = self.near.get(exercise).filter(|_| !chosen.contains_key(exercise)).cloned();
            if let Some(near) = near {
                self.note(format!("There is no {wanted}. If {near} is meant, give it that name."));
            }
        }
        for path in self.astray() {
            self.note(format!("Only what is in the exercises folder counts, so this is not used: {path}"));
        }
        if chosen.is_empty() {
            self.note("None of the files that were set is in it.".to_owned());
        }
        self.notes.sort();
        if self.more_notes > 0 {
            self.notes.push(format!("… and {} more of this kind.", self.more_notes));
        }
        self.notes
    }

    /// Files with the right name in the wrong place, except for the reference solutions, which are in every checkout.
    fn astray(&self) -> Vec<String> {
        let is_reference = |path: &[String]| {
            path.windows(2).any(|pair| pair[0].eq_ignore_ascii_case("solutions") && self.wanted.is_chapter(&pair[1]))
        };
        let paths = self.candidates.values().flatten().map(|candidate| &candidate.path);
        let astray = paths.filter(|path| !self.is_in_place(path) && !is_reference(path));
        astray.map(|path| shown(&path.join("/"))).collect()
    }
}

/// Whether a folder of that name is the `exercises` of a checkout.
pub(crate) fn is_home(name: &str) -> bool {
    name.eq_ignore_ascii_case("exercises")
}

/// Whether a name is the wanted one with something added, as browsers and learning platforms do: `raft (1).rs`,
/// `raft-2.rs`, `raft.rs.txt`, `smith_1234_raft.rs`. Both in lower case.
fn is_near(name: &str, wanted: &str) -> bool {
    let stem = wanted.trim_end_matches(".rs");
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let added_behind = name.strip_prefix(stem).is_some_and(|rest| !rest.starts_with(is_word) && rest.contains(".rs"));
    let added_before = name.strip_suffix(wanted).is_some_and(|rest| !rest.ends_with(char::is_alphanumeric));
    added_behind || added_before
}

/// Too many entries.
pub(crate) fn too_many(limits: &Limits) -> Refusal {
    Refusal::new(format!(
        "It holds more than {} files and folders. Hand in only the exercises, without what was built from them.",
        limits.entries
    ))
}

/// Too much in them.
pub(crate) fn too_much(limits: &Limits) -> Refusal {
    Refusal::new(format!(
        "It unpacks to more than {} bytes. Hand in only the exercises, without what was built from them.",
        limits.unpacked_bytes
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endings_of_archives_are_told_from_names() {
        assert_eq!(ending("a.zip", &ARCHIVES), Some(".zip"));
        assert_eq!(ending("a.b.TAR.gz", &ARCHIVES), Some(".TAR.gz"));
        assert_eq!(ending("ä.tgz", &ARCHIVES), Some(".tgz"));
        for name in [".zip", "zip", "", "a.zip.d", "a.gz", "äzip"] {
            assert_eq!(ending(name, &ARCHIVES), None, "{name}");
        }
    }

    #[test]
    fn a_name_with_something_added_is_near_and_another_exercise_is_not() {
        for near in ["raft (1).rs", "raft-2.rs", "raft.rs.txt", "smith_12_raft.rs", "raft.final.rs"] {
            assert!(is_near(near, "raft.rs"), "{near}");
        }
        for other in ["raft_log.rs", "raft2.rs", "aircraft.rs", "draft.rs", "raft", "raft.toml", "mod.rs"] {
            assert!(!is_near(other, "raft.rs"), "{other}");
        }
    }

    #[test]
    fn what_tools_keep_is_skipped() {
        for name in [".git", ".faultlines", "target", "Target", "node_modules", "__MACOSX", "._raft.rs"] {
            assert!(is_skipped(name), "{name}");
        }
        assert!(!is_skipped("targets") && !is_skipped("src"));
    }
}
