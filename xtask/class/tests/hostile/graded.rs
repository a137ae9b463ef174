//! The whole corpus, graded as one class by the real command.
//!
//! Nothing in it earns a point that it is not due, learns anything, leaves anything behind, or changes what a neighbour gets.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use class::model::{ClassReport, Graded};
use report::ExerciseResult;

use crate::corpus::{Corpus, Entry, Make, STOLEN};
use crate::{course, folder};

/// What entries leave where they can write.
const TRACE: &str = "hostile-trace";

/// A folder that is checked for traces, with the class in it.
struct Site {
    home: tempfile::TempDir,
}

impl Site {
    fn new(entries: &[&Entry]) -> Self {
        let site = Site { home: tempfile::tempdir().expect("a temporary folder") };
        fs::create_dir(site.class()).expect("it is empty");
        for entry in entries {
            entry.place(folder(), &site.class()).unwrap_or_else(|error| panic!("{}: {error}", entry.name));
        }
        site
    }

    fn class(&self) -> PathBuf {
        self.home.path().join("class")
    }

    /// Grades the class with hidden seeds, or without.
    fn grade(&self, seeds: &[u64]) -> (ClassReport, String) {
        let exercises: BTreeSet<&str> = corpus().entries.iter().map(|entry| entry.exercise.as_str()).collect();
        let mut assignment: String = exercises.iter().map(|id| format!("[[exercise]]\nid = \"{id}\"\n")).collect();
        assignment += &format!("[hidden]\nseeds = {seeds:?}\n");
        let file = self.home.path().join("assignment.toml");
        fs::write(&file, assignment).expect("the folder is ours");
        let mut command = Command::new(env!("CARGO_BIN_EXE_class"));
        command.current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/../..")).stdin(Stdio::null());
        command.arg(self.class()).arg("--json").arg("--assignment").arg(file);
        let output =
            command.arg("--out").arg(self.home.path().join("results")).output().expect("it was built for this test");
        let json = String::from_utf8(output.stdout).expect("JSON is UTF-8");
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "everything can be graded: {told}");
        (serde_json::from_str(&json).expect("it is faultlines/grade/v1"), json)
    }
}

fn corpus() -> &'static Corpus {
    static CORPUS: std::sync::OnceLock<Corpus> = std::sync::OnceLock::new();
    CORPUS.get_or_init(|| Corpus::load(folder()).expect("the corpus is well-formed"))
}

/// What is wrong with the result of an entry.
fn wrong(entry: &Entry, graded: &Graded) -> Vec<String> {
    let course = course();
    let (_, exercise) = course.exercise(&entry.exercise).expect("the corpus names exercises of the course");
    let Some(result) = graded.exercises().find(|result| result.id == entry.exercise) else {
        return vec!["it has no result".to_owned()];
    };
    let mut wrong = Vec::new();
    let most = entry.score.points(exercise);
    let mark = graded.mark(&entry.exercise).expect("every exercise has a mark");
    if mark.score > f64::from(most) {
        wrong.push(format!("it earns {} of at most {most}", mark.score));
    }
    if !entry.status.contains(&result.status) {
        wrong.push(format!("it is {} instead of {:?}", result.status.as_str(), entry.status));
    }
    let others = result.checks.iter().filter(|check| !entry.checks.is_empty() && !entry.checks.contains(&check.status));
    wrong.extend(others.map(|check| format!("`{}` is {}: {}", check.name, check.status.as_str(), check.message)));
    let told = told(graded, result);
    let missing = entry.message.iter().filter(|words| !told.contains(words.as_str()));
    wrong.extend(
        missing.map(|words| format!("nobody is told `{words}`, but: {}", told.chars().take(600).collect::<String>())),
    );
    wrong
}

fn told(graded: &Graded, result: &ExerciseResult) -> String {
    let checks = result.checks.iter().map(|check| format!("{} {}\n", check.message, check.printed));
    let notes = graded.notes.iter().chain(&result.notes).map(|note| format!("{note}\n"));
    format!("{}\n{}{}", result.compiler, checks.collect::<String>(), notes.collect::<String>())
}

/// Everything below a folder, with its size.
fn inventory(folder: &Path) -> BTreeMap<PathBuf, u64> {
    let mut found = BTreeMap::new();
    let mut open = vec![folder.to_owned()];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
            let path = entry.path();
            match entry.metadata() {
                Ok(metadata) if metadata.is_dir() => open.push(path),
                Ok(metadata) if metadata.is_file() => drop(found.insert(path, metadata.len())),
                _ => {}
            }
        }
    }
    found
}

fn traces(folder: &Path) -> Vec<PathBuf> {
    let here = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    here.filter(|path| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(TRACE))).collect()
}

/// Set to `all`, every entry is graded. Otherwise every third is, and all that others refer to or that share what they must not:
/// among the rest are many that only end when their time is up.
const WHICH: &str = "FAULTLINES_HOSTILE";

#[test]
fn nothing_hostile_gains_a_point_or_leaves_a_trace() {
    let all = std::env::var(WHICH).is_ok_and(|which| which == "all");
    let is_graded = |(place, entry): &(usize, &Entry)| {
        let always = matches!(entry.family.as_str(), "control" | "state");
        !entry.hidden_seeds && (all || always || place % 3 == 0)
    };
    let entries: Vec<&Entry> = corpus().entries.iter().enumerate().filter(is_graded).map(|(_, entry)| entry).collect();
    let site = Site::new(&entries);
    let checkout = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let prized = [checkout.join("solutions"), checkout.join("exercises"), site.class()];
    let before = prized.each_ref().map(|folder| inventory(folder));
    let (report, json) = site.grade(&[]);
    let mut problems = problems_of(&entries, &report);
    problems.extend(json.contains(STOLEN).then(|| "something was read that is nobody's business".to_owned()));
    let changed = prized.iter().zip(before).filter(|(folder, before)| inventory(folder) != *before);
    problems.extend(changed.map(|(folder, _)| format!("something in {} was changed", folder.display())));
    let home = std::env::home_dir().unwrap_or_default();
    for place in [checkout.as_path(), site.home.path(), &std::env::temp_dir(), &home] {
        problems.extend(traces(place).iter().map(|trace| format!("{} was left behind", trace.display())));
    }
    assert!(problems.is_empty(), "{} problems:\n{}", problems.len(), problems.join("\n"));
}

fn problems_of(entries: &[&Entry], report: &ClassReport) -> Vec<String> {
    // Some are handed in under names that are no names. They are told apart by what is left.
    let by_name: BTreeMap<&str, &Graded> = report.submissions.iter().map(|one| (one.name.as_str(), one)).collect();
    let (renamed, named): (Vec<&Entry>, Vec<&Entry>) =
        entries.iter().copied().partition(|entry| matches!(entry.make, Some(Make::Name { .. })));
    let mut problems = Vec::new();
    for entry in &named {
        match by_name.get(entry.name.as_str()) {
            Some(graded) => {
                problems.extend(wrong(entry, graded).into_iter().map(|what| format!("{}: {what}", entry.name)))
            }
            None => problems.push(format!("{}: it has no result", entry.name)),
        }
    }
    let names: BTreeSet<&str> = named.iter().map(|entry| entry.name.as_str()).collect();
    let others: Vec<&Graded> = report.submissions.iter().filter(|one| !names.contains(one.name.as_str())).collect();
    assert_eq!(others.len(), renamed.len(), "every entry has one result");
    for graded in others {
        let fits = renamed.iter().any(|entry| wrong(entry, graded).is_empty());
        problems
            .extend((!fits).then(|| format!("{:?} fits no entry that is handed in under a strange name", graded.name)));
    }
    problems
}

#[test]
fn what_is_made_for_the_seed_that_everybody_knows_is_found_out_by_hidden_ones() {
    let entries: Vec<&Entry> = corpus().entries.iter().filter(|entry| entry.hidden_seeds).collect();
    assert!(!entries.is_empty());
    let site = Site::new(&entries);
    let (report, _) = site.grade(&[71]);
    for graded in &report.submissions {
        let entry = entries.iter().find(|entry| entry.name == graded.name).expect("it was handed in");
        assert_eq!(wrong(entry, graded), <[String; 0]>::default());
    }
}
