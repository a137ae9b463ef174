//! The table of the corpus: what each entry tries, and what a grader must make of it.
//!
//! It says what an entry may earn at most and what it may be told, not word for word what happens: whether a process is
//! refused a system call or dies of it is the business of the jail.

use std::fs;
use std::path::{Path, PathBuf};

use report::{CheckStatus, ExerciseStatus};
use serde::Deserialize;
use xtask::course::Exercise;

/// Entries print what they get hold of behind this word. No report of any submission may hold it.
pub const STOLEN: &str = "stole:";

/// The whole table.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Corpus {
    /// By name.
    #[serde(rename = "entry")]
    pub entries: Vec<Entry>,
}

/// A submission, and what is expected of it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// Its folder in the corpus.
    pub name: String,
    /// What kind of attack it is.
    pub family: String,
    /// The one that it hands in.
    pub exercise: String,
    /// In a sentence.
    pub tries: String,
    /// What it may earn at most.
    pub score: Score,
    /// What may become of the exercise, with the usual seed.
    pub status: Vec<ExerciseStatus>,
    /// What may become of each of its checks. Empty if that is left open.
    #[serde(default)]
    pub checks: Vec<CheckStatus>,
    /// Words that the student must be told somewhere in the result of the exercise, each of them.
    #[serde(default)]
    pub message: Vec<String>,
    /// Only hidden seeds find it out.
    #[serde(default)]
    pub hidden_seeds: bool,
    /// What came of it where the code ran in the process that judged it.
    pub in_process: InProcess,
    /// What has to be made of the files in the folder, because git can't keep it.
    pub make: Option<Make>,
}

/// Points: a number, or the word `full`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Written")]
pub enum Score {
    /// So many.
    Points(u32),
    /// All there are.
    Full,
}

/// What a grader made of an entry that did not keep it in a process of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InProcess {
    /// It gave points that are not due.
    Fooled,
    /// It let happen what must not: something was read, written, or the result of others was lost.
    Harmed,
    /// It gave what is due.
    Unmoved,
    /// Nobody tried, for it is not safe.
    Untried,
}

/// What git can't keep. Paths are those in the submission.
#[derive(Debug, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Make {
    /// A symbolic link.
    Link { path: String, to: String },
    /// A named pipe.
    Pipe { path: String },
    /// A socket.
    Socket { path: String },
    /// A folder.
    Folder { path: String },
    /// The file with so many bytes of comments after it.
    Padded { path: String, bytes: usize },
    /// A file with nothing in it that seems to be so large.
    Sparse { path: String, bytes: u64 },
    /// The file with a line of so many bytes after it.
    Line { path: String, bytes: usize },
    /// A source of so many brackets in each other.
    Nested { path: String, depth: usize },
    /// A file of these bytes, written as hexadecimal digits.
    Bytes { path: String, hex: String },
    /// The file behind a byte order mark and with other line breaks.
    Windows { path: String },
    /// So many empty files in a folder.
    Many { folder: String, files: usize },
    /// So many folders, each in the one before.
    Deep { folders: usize },
    /// One more file.
    File { path: String, text: String },
    /// The submission has another name than the entry.
    Name { name: String },
    /// A zip instead of a folder, with so many empty files more.
    Zip {
        entries: Vec<Packed>,
        #[serde(default)]
        many: usize,
    },
    /// A zip of a right answer without its second half.
    Torn,
    /// A tar instead of a folder.
    Tar { entries: Vec<Packed> },
    /// The same, packed.
    TarGz { entries: Vec<Packed> },
}

/// Something in an archive: the first of these that is there.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Packed {
    /// As it is written in the archive.
    pub path: String,
    /// A file with this text.
    pub text: Option<String>,
    /// A file of so many null bytes.
    pub zeros: Option<u64>,
    /// How many bytes the archive says that the file has, if that is a lie.
    pub said: Option<u32>,
    /// A symbolic link.
    pub link: Option<String>,
    /// A hard link.
    pub hard_link: Option<String>,
    /// A device.
    pub device: bool,
    /// A named pipe.
    pub pipe: bool,
}

impl Corpus {
    /// Reads the table in a folder.
    pub fn load(folder: &Path) -> Result<Corpus, String> {
        let path = folder.join("corpus.toml");
        let text = fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
        toml::from_str(&text).map_err(|error| format!("{}: {error}", path.display()))
    }
}

impl Entry {
    /// The source of its exercise, if it is a file in the corpus.
    pub fn source(&self, folder: &Path) -> PathBuf {
        folder.join(&self.name).join(format!("{}.rs", self.exercise))
    }
}

impl Score {
    /// In points of the course.
    pub fn points(self, exercise: &Exercise) -> u32 {
        match self {
            Score::Points(points) => points,
            Score::Full => exercise.points(),
        }
    }
}

/// A score as it stands in the table.
#[derive(Deserialize)]
#[serde(untagged)]
enum Written {
    Points(u32),
    Word(String),
}

impl TryFrom<Written> for Score {
    type Error = String;

    fn try_from(written: Written) -> Result<Self, String> {
        match written {
            Written::Points(points) => Ok(Score::Points(points)),
            Written::Word(word) if word == "full" => Ok(Score::Full),
            Written::Word(word) => Err(format!("`{word}` is no score: write a number, or \"full\"")),
        }
    }
}
