//! Results on disk, so that a run that was stopped is not lost.
//!
//! A folder of results holds
//!
//! ```text
//! run.json                       what was graded, with what: the Header
//! parts/ada/flaky_rpc.json       a verdict, written when it is known
//! results.json                   all of it in one file, once every verdict is there
//! earlier/2026-11-22T10-11-12Z/  what an earlier run left, when a new one was begun instead of resumed
//! lock                           held as long as a run is using the folder
//! ```
//!
//! A verdict is a file of its own, so that a kill costs only what was under way, and so that writing one can't harm
//! another, as appending to a journal can when the disk fills up. Every file is written beside its place, brought to the
//! disk, and then renamed: it is there whole, or not at all. Nothing is trusted because it lies there: a verdict counts
//! only if it names the identity of the run, and was given on the source that is handed in now.

use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::digest::Digest;
use crate::partition::Partition;
use crate::run::Keep;
use crate::work::Part;

mod claim;
mod disk;
mod load;

pub use claim::{Claim, Kept};
pub use load::{Results, load};

/// The name and version of the header's format. It changes with the layout of the folder and with that of the verdicts.
pub const SCHEMA: &str = "faultlines/grade-results/v1";

const HEADER: &str = "run.json";
const PARTS: &str = "parts";
const BUNDLE: &str = "results.json";
const LOCK: &str = "lock";
const EARLIER: &str = "earlier";

/// Everything besides the source that a verdict depends on. Results of two identities are never mixed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// A fingerprint of what judges: the harness as it was built, and `course.toml`.
    pub course: String,
    /// A fingerprint of what the assignment has verdicts depend on: its hidden seeds.
    pub assignment: String,
    /// Another seed than the usual one.
    pub seed: Option<u64>,
    /// Whether submissions were kept in a jail.
    pub jailed: bool,
}

impl Identity {
    /// A name for it: the same on every machine, different for different identities.
    pub fn fingerprint(&self) -> String {
        let mut digest = Digest::new("faultlines run 1");
        digest.add(&serde_json::to_vec(self).expect("an identity has only string keys"));
        digest.finish()
    }

    /// What differs, in words; nothing if the two are the same.
    pub fn differences(&self, other: &Identity) -> Vec<&'static str> {
        let differ = [
            (self.course != other.course, "another version of the course"),
            (self.assignment != other.assignment, "another assignment"),
            (self.seed != other.seed, "another seed"),
            (self.jailed != other.jailed, "another setting of --allow-unsandboxed"),
        ];
        differ.into_iter().filter(|(differs, _)| *differs).map(|(_, words)| words).collect()
    }
}

/// What a folder of results is about.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Header {
    /// [`SCHEMA`].
    pub schema: String,
    /// What the verdicts depend on.
    pub identity: Identity,
    /// What must be known of the assignment to make a report of verdicts; the hidden seeds are not in it.
    pub plan: Value,
    /// The exercises that count, in the order of the course.
    pub exercises: Vec<String>,
    /// Which share of the class this is; none if it is all of it.
    pub partition: Option<Partition>,
    /// The names of the whole class, in order.
    pub class: Vec<String>,
    /// The submissions of this share, in the order of their names.
    pub submissions: Vec<Entry>,
}

/// A submission of the share.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Its name.
    pub name: String,
    /// What was noticed about it as a whole.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

/// A verdict's file.
#[derive(Serialize, Deserialize)]
struct PartFile<P> {
    schema: String,
    /// The fingerprint of the identity that it was given under.
    run: String,
    #[serde(flatten)]
    part: P,
}

/// The file that holds all results.
#[derive(Serialize, Deserialize)]
struct Bundle<H, P> {
    #[serde(flatten)]
    header: H,
    parts: P,
}

/// A folder that a run writes its verdicts to.
#[derive(Debug)]
pub struct Store {
    folder: PathBuf,
    run: String,
    header: Header,
    /// Released by the system when this process is gone, however it went.
    _lock: std::fs::File,
}

impl Keep for Store {
    /// Once this returns, no crash loses the verdict; if it fails, an earlier one is as it was.
    fn keep(&self, part: &Part) -> io::Result<()> {
        let file = PartFile { schema: SCHEMA.to_owned(), run: self.run.clone(), part };
        disk::write(&part_path(&self.folder, &part.submission, &part.exercise), &json(&file))
    }
}

impl Store {
    /// What is there now; with every verdict there is, it is also written as one file.
    ///
    /// # Errors
    /// Whatever the file system says.
    pub fn finish(&self) -> io::Result<Results> {
        let results = Results::of_folder(&self.folder, self.header.clone());
        if results.missing().is_empty() {
            let bundle = Bundle { header: &results.header, parts: &results.parts };
            disk::write(&self.folder.join(BUNDLE), &json(&bundle))?;
        }
        Ok(results)
    }
}

/// Where the verdict on an exercise of a submission is.
fn part_path(folder: &Path, submission: &str, exercise: &str) -> PathBuf {
    folder.join(PARTS).join(disk::file_name(submission)).join(format!("{}.json", disk::file_name(exercise)))
}

fn json(value: &impl Serialize) -> Vec<u8> {
    let mut json = serde_json::to_vec(value).expect("results have only string keys");
    json.push(b'\n');
    json
}

#[cfg(test)]
mod tests;
