//! A submission as a list of things that earn points or don't: what the tools that know only "tests" are told.
//!
//! An item is a check, or a whole exercise where no check was run: it does not compile, or nothing was begun. So the points
//! of the items always add up to the score, and a list is never empty because a file is missing.

use report::text::sentence;
use report::{CheckResult, ExerciseResult, ExerciseStatus};

use crate::formats::plain;
use crate::model::{CheckMark, Graded, Mark};

/// What a tool that knows tests calls a test.
#[derive(Clone, Debug)]
pub struct Item<'a> {
    /// The exercise it belongs to.
    pub exercise: &'a ExerciseResult,
    /// Its place: of the exercise in the assignment and of the check in the exercise, both from 1.
    pub number: (usize, usize),
    /// The name of the check; `compiles`, `started` or `checked` where an exercise has no verdicts.
    pub name: String,
    /// The same in words.
    pub sentence: String,
    /// The check's status, or the exercise's.
    pub verdict: &'static str,
    /// Whether it holds, with the hidden seeds as well.
    pub holds: bool,
    /// What it earned.
    pub score: f64,
    /// What it is worth.
    pub max_score: f64,
    /// What there is to tell, as plain lines; nothing if all is well.
    pub story: String,
    /// Real time, in milliseconds.
    pub millis: u64,
}

impl Item<'_> {
    /// `flaky_rpc: A lost request is retried`.
    pub fn title(&self) -> String {
        format!("{}: {}", plain::line(&self.exercise.id), self.sentence)
    }
}

/// The items of a submission, in the order of the course.
pub fn items(graded: &Graded) -> Vec<Item<'_>> {
    let of = |(at, exercise)| of_exercise(graded, at + 1, exercise);
    graded.exercises().enumerate().flat_map(of).collect()
}

fn of_exercise<'a>(graded: &Graded, place: usize, exercise: &'a ExerciseResult) -> Vec<Item<'a>> {
    let mark = graded.mark(&exercise.id);
    if exercise.checks.is_empty() {
        return vec![unchecked(exercise, place, mark)];
    }
    let worth = |name: &str| mark.and_then(|mark| mark.checks.iter().find(|check| check.name == name));
    let item = |(at, check): (usize, &'a CheckResult)| {
        let holds = check.holds() && graded.hidden_results(&exercise.id, &check.name).all(|(_, hidden)| hidden.holds());
        of_check(exercise, (place, at + 1), check, worth(&check.name), holds)
    };
    exercise.checks.iter().enumerate().map(item).collect()
}

fn of_check<'a>(
    exercise: &'a ExerciseResult,
    number: (usize, usize),
    check: &CheckResult,
    mark: Option<&CheckMark>,
    holds: bool,
) -> Item<'a> {
    Item {
        exercise,
        number,
        name: plain::line(&check.name),
        sentence: sentence(&plain::line(&check.name)),
        verdict: check.status.as_str(),
        holds,
        score: mark.map_or(0.0, |mark| mark.score),
        max_score: mark.map_or(0.0, |mark| mark.max_score),
        story: if check.holds() { String::new() } else { plain::story(check) },
        millis: check.millis,
    }
}

/// The one item of an exercise that no check was run for.
fn unchecked<'a>(exercise: &'a ExerciseResult, place: usize, mark: Option<&Mark>) -> Item<'a> {
    let (name, sentence, story) = match exercise.status {
        ExerciseStatus::DoesNotCompile => ("compiles", "It compiles", "It does not compile."),
        ExerciseStatus::NotStarted => ("started", "It was begun", "Nothing was begun."),
        ExerciseStatus::Passed | ExerciseStatus::Failed => ("checked", "Its checks were run", "No check was run."),
    };
    let (notes, compiler) = (plain::lines(&exercise.notes.join("\n")), plain::lines(&exercise.compiler));
    let parts = [story, &notes, &compiler].map(str::trim_end);
    let story = parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("\n");
    Item {
        exercise,
        number: (place, 1),
        name: name.to_owned(),
        sentence: sentence.to_owned(),
        verdict: exercise.status.as_str(),
        holds: false,
        score: mark.map_or(0.0, |mark| mark.score),
        max_score: mark.map_or(0.0, |mark| mark.max_score),
        story: plain::cut(&story, plain::STORY_BYTES),
        millis: 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::fixture;
    use crate::model::sum;

    #[test]
    fn the_points_of_the_items_are_the_score() {
        for graded in fixture::class().submissions.iter().flat_map(|graded| [graded.clone(), graded.for_learner()]) {
            let items = items(&graded);
            assert_eq!(sum(items.iter().map(|item| item.score)), graded.score, "{}", graded.name);
            assert_eq!(sum(items.iter().map(|item| item.max_score)), graded.max_score, "{}", graded.name);
        }
    }

    #[test]
    fn an_item_holds_only_if_it_holds_with_every_seed() {
        let graded = fixture::submission(fixture::UNLUCKY);
        let view = graded.for_learner();
        let broken =
            |items: Vec<Item<'_>>| items.iter().filter(|item| !item.holds).map(Item::title).collect::<Vec<_>>();
        assert_eq!(broken(items(&view)), ["raft: Committed entries stay"]);
        let all = ["flaky_rpc: A charge is applied exactly once", "raft: Committed entries stay"];
        assert_eq!(broken(items(&graded)), all);
    }
}
