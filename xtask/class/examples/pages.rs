//! Writes the pages of a class, to look at:
//!
//! ```text
//! cargo run -p class --example pages -- FOLDER [CHECK.json SOURCES]…
//! ```
//!
//! Everybody in the class is invented, some to break a page, but for those whose results are given: each `CHECK.json` is what
//! `cargo xtask check --root SOURCES --json` printed, and `SOURCES` is a folder of `.rs` files.

#[path = "../tests/a_class/mod.rs"]
mod a_class;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::{env, fs};

use class::model::ClassReport;
use class::pages::{Alikeness, Audience, Site};
use class::similarity::{Exercise, Options, compare};
use report::Summary;

/// The sources by submission and exercise.
type Sources = BTreeMap<(String, String), String>;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut args = env::args_os().skip(1).map(PathBuf::from);
    let folder = args.next().ok_or("say where to put the pages")?;
    let mut class = a_class::class(60);
    class.submissions.extend(a_class::hostile_class().submissions);
    let mut sources = Sources::new();
    while let (Some(check), Some(root)) = (args.next(), args.next()) {
        let summary: Summary = serde_json::from_str(&fs::read_to_string(&check)?)?;
        let name = check.file_stem().ok_or("a file has a name")?.to_string_lossy().into_owned();
        for exercise in summary.exercises() {
            if let Ok(text) = fs::read_to_string(root.join(format!("{}.rs", exercise.id))) {
                sources.insert((name.clone(), exercise.id.clone()), text);
            }
        }
        class.submissions.push(a_class::graded(&name, summary.chapters, Vec::new()));
    }
    let class = ClassReport::new(class.assignment, class.submissions);
    let found = compare(&exercises(&sources), &Options::default());
    let source = |submission: &str, exercise: &str| sources.get(&(submission.to_owned(), exercise.to_owned())).cloned();
    let alikeness = Alikeness { found: &found, source: &source };
    let pages = Site::new(&class, Audience::Instructor).with_similar(alikeness).write(&folder)?;
    let handed_out = Site::new(&class, Audience::Learner).write(&folder.join("handed-out"))?;
    println!("{pages} pages in {}, and {handed_out} to hand out in handed-out", folder.display());
    Ok(())
}

fn exercises(sources: &Sources) -> Vec<Exercise<'_>> {
    let mut exercises: BTreeMap<&str, Vec<(&str, &str)>> = BTreeMap::new();
    for ((submission, exercise), text) in sources {
        exercises.entry(exercise).or_default().push((submission, text));
    }
    exercises.into_iter().map(|(id, sources)| Exercise { id, given: Vec::new(), sources }).collect()
}
