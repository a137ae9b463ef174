//! Pages of failures: where they are kept, and that none outlives its failure.
//!
//! The grading program writes them, because it alone has seen the run; this side says where, tells the learner, and takes
//! the pages away that tell of something that no longer happens. By default only a learner's own work leaves pages: those
//! of our solutions or of somebody else's folder would be taken for the learner's.

use std::fs;
use std::path::{Path, PathBuf};

use report::Summary;

use crate::progress::FOLDER;
use crate::source::Source;
use crate::{Context, checkout};

/// What the files of a story end in; the page comes first.
const ENDINGS: [&str; 4] = ["html", "jsonl", "shiviz.log", "trace.json"];

/// Where the stories of `source` are kept, if anywhere: in the folder that was asked for, or else with the learner's things.
pub fn folder(context: &Context, source: &Source, asked: Option<&Path>) -> Option<PathBuf> {
    match asked {
        // The grading program may be started elsewhere.
        Some(folder) => Some(std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned())),
        None => (*source == Source::Exercises).then(|| context.root.join(FOLDER).join("stories")),
    }
}

/// Pages as one standing in the checkout would write their paths.
pub fn name_pages(context: &Context, summary: &mut Summary) {
    for check in checks(summary) {
        check.page = check.page.as_ref().map(|page| checkout::relative(&context.root, Path::new(page)));
    }
}

/// Takes away what tells of a failure that this run did not meet again.
pub fn remove_old(folder: &Path, summary: &Summary) {
    for exercise in summary.exercises() {
        for check in exercise.checks.iter().filter(|check| check.page.is_none()) {
            for ending in ENDINGS {
                let _ = fs::remove_file(folder.join(&exercise.id).join(format!("{}.{ending}", check.name)));
            }
        }
        // Only if nothing is left in it.
        let _ = fs::remove_dir(folder.join(&exercise.id));
    }
}

fn checks(summary: &mut Summary) -> impl Iterator<Item = &mut report::CheckResult> {
    let exercises = summary.chapters.iter_mut().flat_map(|chapter| &mut chapter.exercises);
    exercises.flat_map(|exercise| &mut exercise.checks)
}

#[cfg(test)]
mod tests {
    use report::{ChapterResult, CheckResult, CheckStatus, ExerciseResult, ExerciseStatus, Points};

    use super::*;
    use crate::files::tests::Scratch;

    fn summary(checks: Vec<CheckResult>) -> Summary {
        let exercise = ExerciseResult {
            id: "first".to_owned(),
            title: String::new(),
            status: ExerciseStatus::of(&checks),
            points: Points::default(),
            checks,
            compiler: String::new(),
            notes: Vec::new(),
        };
        let (id, title) = ("ch01".to_owned(), String::new());
        Summary::new(vec![ChapterResult { id, title, passed: false, exercises: vec![exercise] }], 1)
    }

    fn files(scratch: &Scratch) -> Vec<String> {
        let entries = fs::read_dir(scratch.0.join("first")).map(|entries| entries.flatten().collect::<Vec<_>>());
        let mut names: Vec<String> =
            entries.unwrap_or_default().iter().map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }

    #[test]
    fn a_page_goes_when_its_failure_does_and_others_stay() {
        let scratch = Scratch::new("stories");
        for ending in ENDINGS {
            scratch.write(&format!("first/mended.{ending}"), "old");
            scratch.write(&format!("first/broken.{ending}"), "new");
            scratch.write(&format!("first/not_asked_for.{ending}"), "old");
        }
        let broken = CheckResult { page: Some("x".into()), ..CheckResult::new("broken", CheckStatus::Violated, "") };
        let mended = CheckResult::new("mended", CheckStatus::Holds, "");
        remove_old(&scratch.0, &summary(vec![broken, mended.clone()]));
        let left = files(&scratch);
        assert_eq!(left.len(), 8, "{left:?}");
        assert!(left.iter().all(|name| !name.starts_with("mended")), "{left:?}");
        let passes = ["broken", "not_asked_for"].map(|name| CheckResult { name: name.into(), ..mended.clone() });
        remove_old(&scratch.0, &summary(passes.to_vec()));
        assert!(!scratch.0.join("first").exists(), "an empty folder goes as well");
    }
}
