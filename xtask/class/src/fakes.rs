//! Submissions, verdicts and graders for tests.

use report::{CheckResult, CheckStatus, ExerciseResult, ExerciseStatus, Points};
use serde_json::json;

use crate::model::Trust;
use crate::store::{Entry, Header, Identity, SCHEMA};
use crate::work::{Answer, Grader, Part, Source, Submission, Trouble, Verdict};

/// The exercises of every fake class.
pub(crate) const EXERCISES: [&str; 2] = ["first", "second"];

/// A submission with a text for every exercise.
pub(crate) fn submission(name: &str) -> Submission {
    let source = |exercise: &str| Source::Text(format!("fn {exercise}() {{}} // {name}\n"));
    let answer = |exercise: &&str| Answer { exercise: (*exercise).to_owned(), source: source(exercise) };
    Submission { name: name.to_owned(), answers: EXERCISES.iter().map(answer).collect(), notes: Vec::new() }
}

/// What a source earns depends on its length; everything that a real result can have is in it.
pub(crate) fn verdict(exercise: &str, source: &Source) -> Verdict {
    let status = match source {
        Source::Missing => ExerciseStatus::NotStarted,
        Source::Refused(_) => ExerciseStatus::DoesNotCompile,
        Source::Text(text) if text.len().is_multiple_of(3) => ExerciseStatus::Failed,
        Source::Text(_) => ExerciseStatus::Passed,
    };
    let held = if status == ExerciseStatus::Passed { CheckStatus::Holds } else { CheckStatus::Violated };
    let result = ExerciseResult {
        id: exercise.to_owned(),
        title: "A title".to_owned(),
        status,
        points: Points { earned: u32::from(status == ExerciseStatus::Passed), possible: 1 },
        checks: vec![CheckResult::new("a_promise", held, "line one\nline \u{1F980} \"two\"")],
        compiler: String::new(),
        notes: Vec::new(),
    };
    Verdict { trust: Trust::Isolated, results: vec![result] }
}

/// The verdict on an exercise of [`submission`].
pub(crate) fn part(submission: &Submission, exercise: &str) -> Part {
    let answer =
        submission.answers.iter().find(|answer| answer.exercise == exercise).expect("a fake has all exercises");
    Part {
        submission: submission.name.clone(),
        exercise: exercise.to_owned(),
        source: answer.source.clone(),
        verdict: verdict(exercise, &answer.source),
    }
}

pub(crate) fn identity() -> Identity {
    Identity { course: "course".to_owned(), assignment: "assignment".to_owned(), seed: None, jailed: true }
}

/// Of a run over all of `submissions`.
pub(crate) fn header(submissions: &[Submission]) -> Header {
    let entry = |one: &Submission| Entry { name: one.name.clone(), notes: one.notes.clone() };
    Header {
        schema: SCHEMA.to_owned(),
        identity: identity(),
        plan: json!({"title": "Homework"}),
        exercises: EXERCISES.map(str::to_owned).to_vec(),
        partition: None,
        class: submissions.iter().map(|one| one.name.clone()).collect(),
        submissions: submissions.iter().map(entry).collect(),
    }
}

/// A grader that is a function.
pub(crate) struct By<F>(pub F);

impl<F: Fn(&str, &str, &Source) -> Result<Verdict, Trouble> + Sync> Grader for By<F> {
    fn grade(&self, submission: &str, exercise: &str, source: &Source) -> Result<Verdict, Trouble> {
        (self.0)(submission, exercise, source)
    }
}
