//! Which exercises and checks are meant.
//!
//! A target that does not exist is never a silent nothing: grading less than was asked for would look like a pass. So
//! it is an error, with the names that are nearly the same.

use crate::course::{Chapter, Course, Exercise};
use crate::{Exit, Failure};

/// What to grade, in the order of the course.
#[derive(Clone, Debug)]
pub struct Selection<'c> {
    /// Chapters in which something was asked for; those without exercises only if they were asked for.
    pub chapters: Vec<Part<'c>>,
    /// Whether targets were named, so that their results are wanted in full.
    pub explicit: bool,
}

/// What to grade of one chapter.
#[derive(Clone, Debug)]
pub struct Part<'c> {
    /// The chapter.
    pub chapter: &'c Chapter,
    /// Its exercises that were asked for.
    pub exercises: Vec<Wanted<'c>>,
}

/// What to grade of one exercise.
#[derive(Clone, Debug)]
pub struct Wanted<'c> {
    /// The exercise.
    pub exercise: &'c Exercise,
    /// The names of the checks that were asked for, in the order of the course. Never empty.
    pub checks: Vec<&'c str>,
}

impl Wanted<'_> {
    /// Whether all checks of the exercise were asked for.
    pub fn is_whole(&self) -> bool {
        self.checks.len() == self.exercise.checks.len()
    }
}

impl Selection<'_> {
    /// Whether every exercise of every chapter is in it.
    pub fn is_everything(&self, course: &Course) -> bool {
        let whole = |part: &Part<'_>| {
            part.exercises.len() == part.chapter.exercises.len() && part.exercises.iter().all(Wanted::is_whole)
        };
        self.chapters.len() == course.chapters.len() && self.chapters.iter().all(whole)
    }
}

/// What one target means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Meaning<'t> {
    Chapter(&'t str),
    Exercise(&'t str),
    Check(&'t str, &'t str),
}

impl Meaning<'_> {
    fn covers(self, chapter: &str, exercise: &str, check: &str) -> bool {
        match self {
            Meaning::Chapter(id) => id == chapter,
            Meaning::Exercise(id) => id == exercise,
            Meaning::Check(id, name) => id == exercise && name == check,
        }
    }
}

/// Resolves `targets`; none at all means the whole course.
///
/// # Errors
/// With a target that is not in the course, and what it may have been meant to be.
pub fn select<'c>(course: &'c Course, targets: &[String]) -> Result<Selection<'c>, Failure> {
    let meanings = targets.iter().map(|target| resolve(course, target)).collect::<Result<Vec<_>, _>>()?;
    let everything = meanings.is_empty();
    let mut chapters = Vec::new();
    for chapter in &course.chapters {
        let exercises: Vec<Wanted<'c>> =
            chapter.exercises.iter().filter_map(|exercise| wanted(chapter, exercise, &meanings)).collect();
        if everything || !exercises.is_empty() || meanings.contains(&Meaning::Chapter(&chapter.id)) {
            chapters.push(Part { chapter, exercises });
        }
    }
    Ok(Selection { chapters, explicit: !everything })
}

fn wanted<'c>(chapter: &'c Chapter, exercise: &'c Exercise, meanings: &[Meaning<'_>]) -> Option<Wanted<'c>> {
    let names = exercise.checks.iter().map(|check| check.name.as_str());
    let asked = |name: &&str| {
        meanings.is_empty() || meanings.iter().any(|meaning| meaning.covers(&chapter.id, &exercise.id, name))
    };
    let checks: Vec<&str> = names.filter(asked).collect();
    (!checks.is_empty()).then_some(Wanted { exercise, checks })
}

fn resolve<'t>(course: &Course, target: &'t str) -> Result<Meaning<'t>, Failure> {
    let name = target.trim_end_matches('/');
    if course.chapter(name).is_some() {
        return Ok(Meaning::Chapter(name));
    }
    if course.exercise(name).is_some() {
        return Ok(Meaning::Exercise(name));
    }
    if let Some((id, check)) = name.split_once('/')
        && let Some((_, exercise)) = course.exercise(id)
    {
        if exercise.checks.iter().any(|known| known.name == check) {
            return Ok(Meaning::Check(id, check));
        }
        let known = exercise.checks.iter().map(|known| format!("{id}/{}", known.name));
        return Err(unknown(target, &format!("`{id}` makes no promise called `{check}`"), known.collect()));
    }
    let ids = course.chapters.iter().flat_map(|chapter| {
        std::iter::once(chapter.id.clone()).chain(chapter.exercises.iter().map(|exercise| exercise.id.clone()))
    });
    Err(unknown(target, &format!("There is no chapter or exercise called `{target}`"), ids.collect()))
}

fn unknown(asked: &str, what: &str, known: Vec<String>) -> Failure {
    let close = near_misses(asked, &known);
    let next = match &close[..] {
        [] if known.len() <= 12 => format!("There are: {}.", known.join(", ")),
        [] => "`cargo xtask list` shows what there is.".to_owned(),
        close => {
            format!("Did you mean {}?", close.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(" or "))
        }
    };
    Failure::new(format!("{what}.\n\n{next}"))
}

/// At most three of `known` that resemble `asked`, the most similar first.
fn near_misses<'k>(asked: &str, known: &'k [String]) -> Vec<&'k str> {
    let asked = asked.to_lowercase().replace('-', "_");
    let likeness = |name: &str| {
        let last = name.rsplit('/').next().unwrap_or(name);
        let part = asked.rsplit('/').next().unwrap_or(&asked);
        let inside = part.len() >= 4 && (last.contains(part) || part.contains(last));
        strsim::jaro_winkler(&asked, name).max(if inside { 0.95 } else { 0.0 })
    };
    let mut close: Vec<(f64, &str)> = known.iter().map(|name| (likeness(name), name.as_str())).collect();
    close.retain(|(likeness, _)| *likeness >= 0.85);
    close.sort_by(|left, right| right.0.total_cmp(&left.0));
    close.into_iter().take(3).map(|(_, name)| name).collect()
}

impl Exit {
    /// The exit status of a run in which everything passed, or not.
    pub fn passed(passed: bool) -> Exit {
        if passed { Exit::Ok } else { Exit::NotPassed }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn course() -> Course {
        let text = r#"
            title = "T"
            [budget]
            schedule_ms = 1
            exercise_ms = 1
            memory_mib = 1
            output_kib = 1
            [[chapter]]
            id = "ch01"
            title = "One"
            dir = "ch01-one"
            [[chapter.exercise]]
            id = "flaky_rpc"
            title = "Flaky"
            hints = ["", "", ""]
            checks = [{ name = "a_call_ends", points = 1 }, { name = "a_key_is_kept", points = 2 }]
            [[chapter.exercise]]
            id = "thin_pipe"
            title = "Thin"
            hints = ["", "", ""]
            checks = [{ name = "a_byte_arrives", points = 1 }]
            [[chapter]]
            id = "ch02"
            title = "Two"
            dir = "ch02-two"
        "#;
        toml::from_str(text).expect("the course of this test is well-formed")
    }

    fn chosen(targets: &[&str]) -> Vec<String> {
        let course = course();
        let targets: Vec<String> = targets.iter().map(|target| (*target).to_owned()).collect();
        let selection = select(&course, &targets).expect("the targets exist");
        let exercises = selection.chapters.iter().flat_map(|part| &part.exercises);
        exercises.flat_map(|one| one.checks.iter().map(|check| format!("{}/{check}", one.exercise.id))).collect()
    }

    fn refused(target: &str) -> String {
        select(&course(), &[target.to_owned()]).expect_err("the target does not exist").to_string()
    }

    #[test]
    fn no_target_is_the_whole_course() {
        let course = course();
        let selection = select(&course, &[]).expect("nothing to resolve");
        assert!(selection.is_everything(&course));
        assert_eq!(selection.chapters.len(), 2);
    }

    #[test]
    fn a_chapter_an_exercise_and_a_check_are_targets() {
        assert_eq!(chosen(&["ch01"]).len(), 3);
        assert_eq!(chosen(&["thin_pipe"]), ["thin_pipe/a_byte_arrives"]);
        assert_eq!(chosen(&["flaky_rpc/a_key_is_kept"]), ["flaky_rpc/a_key_is_kept"]);
    }

    #[test]
    fn targets_add_up_in_the_order_of_the_course() {
        let expected = ["flaky_rpc/a_key_is_kept", "thin_pipe/a_byte_arrives"];
        assert_eq!(chosen(&["thin_pipe", "flaky_rpc/a_key_is_kept", "thin_pipe"]), expected);
    }

    #[test]
    fn an_unknown_target_is_refused_with_what_it_resembles() {
        assert!(refused("flaky-rcp").contains("Did you mean `flaky_rpc`?"), "{}", refused("flaky-rcp"));
        assert!(refused("flaky_rpc/a_key_is_keep").contains("`flaky_rpc/a_key_is_kept`"));
        assert!(refused("xyz").contains("There are: ch01, flaky_rpc, thin_pipe, ch02."));
    }
}
