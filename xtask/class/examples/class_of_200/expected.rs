//! What a submission must come to, whoever grades it.

use std::path::Path;

use class::model::ClassReport;
use report::ExerciseStatus;

use crate::corpus::Entry;

/// Of one submission.
pub struct Expected {
    /// As the report calls it.
    name: String,
    exercise: String,
    is: Is,
}

enum Is {
    Full,
    Nothing,
    /// It has a bug, which costs a point at least.
    Less,
    AtMost(u32),
    /// Only hidden seeds would show it.
    Anything,
}

impl Expected {
    /// Of a specimen of this kind.
    pub fn of(kind: &str, placed: &Path, exercise: &str) -> Expected {
        let is = match kind {
            "solution" | "variant" => Is::Full,
            "mutant" => Is::Less,
            _ => Is::Nothing,
        };
        Expected { name: name_of(placed), exercise: exercise.to_owned(), is }
    }

    /// Of an entry of the hostile corpus.
    pub fn hostile(placed: &Path, entry: &Entry, points: u32) -> Expected {
        let is = if entry.hidden_seeds { Is::Anything } else { Is::AtMost(points) };
        Expected { name: name_of(placed), exercise: entry.exercise.clone(), is }
    }

    /// What is wrong with the verdict, if something is.
    pub fn problem(&self, report: &ClassReport) -> Option<String> {
        let Some(graded) = report.submissions.iter().find(|graded| graded.name == self.name) else {
            return Some(format!("{:?} is not in the report", self.name));
        };
        let mut exercises = graded.chapters.iter().flat_map(|chapter| &chapter.exercises);
        let Some(result) = exercises.find(|result| result.id == self.exercise) else {
            return Some(format!("{:?} has no result for {}", self.name, self.exercise));
        };
        let (points, status) = (result.points, result.status);
        let is_right = match self.is {
            Is::Full => status == ExerciseStatus::Passed && points.earned == points.possible,
            Is::Nothing => points.earned == 0,
            Is::Less => points.earned < points.possible,
            Is::AtMost(most) => points.earned <= most,
            Is::Anything => true,
        };
        let seen = || format!("{:?}: {} of {} points, {status:?}", self.name, points.earned, points.possible);
        (!is_right).then(seen)
    }
}

/// The name of a folder; of an archive without its extensions.
fn name_of(placed: &Path) -> String {
    let name = placed.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    if placed.is_dir() {
        return name;
    }
    let archive = [".tar.gz", ".tar", ".zip"].iter().find_map(|extension| name.strip_suffix(extension));
    archive.map_or(name.clone(), str::to_owned)
}
