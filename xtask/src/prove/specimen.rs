//! What the checks are tried on: files from the repository, and mutants made from the solution.

use std::fs;
use std::path::{Path, PathBuf};

use report::CheckStatus;
use serde::Deserialize;

use crate::course::{Chapter, Exercise};
use crate::guest::{self, Guest};
use crate::source::Source;
use crate::{Context, Failure, checkout, stubs};

/// One-hunk edits of a reference solution.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct MutantFile {
    #[serde(default, rename = "mutant")]
    mutants: Vec<Mutant>,
}

/// A one-hunk edit of the reference solution.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mutant {
    /// An identifier.
    pub name: String,
    /// What is wrong, in one line.
    pub bug: String,
    /// The check that must catch it.
    pub caught_by: String,
    /// Other checks that fail as well.
    #[serde(default)]
    pub also: Vec<String>,
    /// Checks that fail as well with some seeds, though not with the usual one.
    #[serde(default)]
    pub sometimes: Vec<String>,
    /// The status `caught_by` must have.
    #[serde(default = "violated")]
    pub expect: CheckStatus,
    /// Text that stands in the solution exactly once.
    pub replace: String,
    /// What stands there instead.
    pub with: String,
}

fn violated() -> CheckStatus {
    CheckStatus::Violated
}

/// What kind of code a specimen is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Passes everything.
    Solution,
    /// Meets a `todo!()` in every check.
    Stub,
    /// Fails what it says.
    Mutant(Box<Mutant>),
    /// Passes everything, by another design.
    Variant(String),
    /// Compiles, does nothing useful, passes nothing.
    Null,
}

/// Code whose verdict is known beforehand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Specimen {
    /// See [`Kind`].
    pub kind: Kind,
    /// How it is compiled.
    pub guest: Guest,
    /// The checks of its exercise.
    pub checks: Vec<String>,
}

impl Specimen {
    /// The seeds it is graded with, of the first `seeds`: what does nothing does so with any.
    pub fn seeds(&self, seeds: u64) -> std::ops::RangeInclusive<u64> {
        match self.kind {
            Kind::Stub | Kind::Null => 1..=1,
            Kind::Solution | Kind::Variant(_) | Kind::Mutant(_) => 1..=seeds.max(1),
        }
    }

    /// For a message.
    pub fn title(&self) -> String {
        match &self.kind {
            Kind::Solution => "the solution".to_owned(),
            Kind::Stub => "the stub".to_owned(),
            Kind::Mutant(mutant) => format!("mutant `{}`", mutant.name),
            Kind::Variant(name) => format!("variant `{name}`"),
            Kind::Null => "the null implementation".to_owned(),
        }
    }
}

/// All specimens of an exercise, and what is wrong before any of them runs.
#[derive(Clone, Debug)]
pub struct Collection<'c> {
    /// The exercise.
    pub exercise: &'c Exercise,
    /// Solution, stub, null implementation, variants, mutants.
    pub specimens: Vec<Specimen>,
    /// Files missing or not as they should be.
    pub problems: Vec<String>,
}

impl Collection<'_> {
    /// The mutants, in the order of their file.
    pub fn mutants(&self) -> impl Iterator<Item = (&Specimen, &Mutant)> {
        self.specimens.iter().filter_map(|specimen| match &specimen.kind {
            Kind::Mutant(mutant) => Some((specimen, &**mutant)),
            _ => None,
        })
    }

    /// How many variants there are.
    pub fn variants(&self) -> usize {
        self.specimens.iter().filter(|specimen| matches!(specimen.kind, Kind::Variant(_))).count()
    }
}

struct Collector<'c> {
    context: &'c Context,
    chapter: &'c Chapter,
    collection: Collection<'c>,
}

/// Finds the specimens of an exercise and makes those that are made.
///
/// # Errors
/// If what is made can't be written.
pub fn collect<'c>(
    context: &'c Context,
    chapter: &'c Chapter,
    exercise: &'c Exercise,
) -> Result<Collection<'c>, Failure> {
    let collection = Collection { exercise, specimens: Vec::new(), problems: Vec::new() };
    let mut collector = Collector { context, chapter, collection };
    let solution = Source::Solutions.unit(&context.root, chapter, &exercise.id).file;
    if let Some(text) = collector.read(&solution) {
        collector.add(Kind::Solution, "solution", solution);
        collector.stub(&text)?;
        collector.mutants(&text)?;
    }
    collector.variants();
    let null = collector.beside("variants").join(format!("{}.null.rs", exercise.id));
    if collector.read(&null).is_some() {
        collector.add(Kind::Null, "null", null);
    }
    Ok(collector.collection)
}

impl Collector<'_> {
    fn id(&self) -> &str {
        &self.collection.exercise.id
    }

    /// `harness/mutants/ch01`, `harness/variants/ch01`.
    fn beside(&self, what: &str) -> PathBuf {
        self.context.root.join("harness").join(what).join(&self.chapter.id)
    }

    fn problem(&mut self, problem: String) {
        self.collection.problems.push(problem);
    }

    fn name(&self, path: &Path) -> String {
        checkout::relative(&self.context.root, path)
    }

    fn read(&mut self, path: &Path) -> Option<String> {
        let text = fs::read_to_string(path);
        if let Err(error) = &text {
            self.problem(format!("{} can't be read: {error}", self.name(path)));
        }
        // Git may have put other line breaks there, and a mutant's text has to be found.
        text.ok().map(|text| text.replace("\r\n", "\n"))
    }

    fn add(&mut self, kind: Kind, suffix: &str, file: PathBuf) {
        let exercise = self.collection.exercise;
        let guest = Guest {
            name: format!("{}__{suffix}", exercise.id),
            chapter: self.chapter.id.clone(),
            exercise: exercise.id.clone(),
            file,
        };
        let checks = exercise.checks.iter().map(|check| check.name.clone()).collect();
        self.collection.specimens.push(Specimen { kind, guest, checks });
    }

    fn made(&self, name: &str, text: &str) -> Result<PathBuf, Failure> {
        let path = self.context.scratch().join("specimens").join(self.id()).join(format!("{name}.rs"));
        guest::write_if_changed(&path, text).map_err(|error| guest::cannot_write(&path, &error))?;
        Ok(path)
    }

    fn stub(&mut self, solution: &str) -> Result<(), Failure> {
        let cut = match stubs::cut(solution) {
            Ok(cut) => cut,
            Err(error) => {
                self.problem(format!("no stub can be cut from the solution: {error}"));
                return Ok(());
            }
        };
        let path = Source::Exercises.unit(&self.context.root, self.chapter, self.id()).file;
        if self.read(&path).is_some_and(|stub| !stubs::same_text(&stub, &cut)) {
            let name = self.name(&path);
            self.problem(format!("{name} is not what `cargo xtask stubs` cuts from the solution"));
        }
        let file = self.made("stub", &cut)?;
        self.add(Kind::Stub, "stub", file);
        Ok(())
    }

    fn mutants(&mut self, solution: &str) -> Result<(), Failure> {
        let path = self.beside("mutants").join(format!("{}.toml", self.id()));
        let Some(text) = self.read(&path) else { return Ok(()) };
        let file: MutantFile = match toml::from_str(&text) {
            Ok(file) => file,
            Err(error) => {
                let name = self.name(&path);
                self.problem(format!("{name} can't be used: {error}"));
                return Ok(());
            }
        };
        for mutant in file.mutants {
            match mutant.apply(solution) {
                Ok(text) => {
                    let file = self.made(&format!("mutant_{}", mutant.name), &text)?;
                    self.add(Kind::Mutant(Box::new(mutant.clone())), &format!("mutant_{}", mutant.name), file);
                }
                Err(why) => self.problem(format!("mutant `{}`: {why}", mutant.name)),
            }
        }
        Ok(())
    }

    fn variants(&mut self) {
        let folder = self.beside("variants").join(self.id());
        let entries = fs::read_dir(&folder).into_iter().flatten().flatten().map(|entry| entry.path());
        let mut files: Vec<PathBuf> = entries.filter(|path| path.extension().is_some_and(|ext| ext == "rs")).collect();
        files.sort();
        for file in files {
            let stem = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            if !is_snake_case(&stem) {
                let name = self.name(&file);
                self.problem(format!("{name}: the name of a variant is in snake_case"));
                continue;
            }
            self.add(Kind::Variant(stem.clone()), &format!("variant_{stem}"), file);
        }
    }
}

/// Becomes a part of a module's name.
fn is_snake_case(name: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    !name.is_empty() && name.bytes().all(fits)
}

impl Mutant {
    /// The solution with this bug planted.
    ///
    /// # Errors
    /// If the text to replace does not stand there exactly once, or the edit changes nothing.
    pub fn apply(&self, solution: &str) -> Result<String, String> {
        if !is_snake_case(&self.name) {
            return Err("its name is not in snake_case".to_owned());
        }
        if self.replace == self.with {
            return Err("it replaces a text by itself".to_owned());
        }
        match solution.matches(&self.replace).count() {
            1 => Ok(solution.replacen(&self.replace, &self.with, 1)),
            count => Err(format!("the text to replace stands {count} times in the solution instead of once")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mutant(replace: &str, with: &str) -> Mutant {
        let text = format!("name = 'm'\nbug = 'b'\ncaught_by = 'c'\nreplace = '{replace}'\nwith = '{with}'");
        toml::from_str(&text).expect("the mutant of this test is well-formed")
    }

    #[test]
    fn a_mutant_changes_one_place() {
        assert_eq!(mutant("1", "2").apply("a + 1").as_deref(), Ok("a + 2"));
        assert_eq!(mutant("1", "2").expect, CheckStatus::Violated);
    }

    #[test]
    fn a_mutant_that_may_mean_several_places_or_none_is_refused() {
        assert!(mutant("1", "2").apply("1 + 1").unwrap_err().contains("2 times"));
        assert!(mutant("1", "2").apply("a").unwrap_err().contains("0 times"));
        assert!(mutant("1", "1").apply("1").is_err());
    }
}
