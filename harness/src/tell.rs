//! Turns a finding into a result that a learner can read.
//!
//! In the order in which a learner asks: what was promised, what happened instead, what it took, what it looked like, how
//! to see it again, where it is explained.

use explore::{Breach, Failure, Finding, Token};
use render::View;
use render::page::Story;
use report::text::sentence;
use report::{CheckResult, CheckStatus, Counterexample};
use sim::{EventId, Trace};

use crate::stories::Stories;

/// Where a finding was made.
pub struct Context<'a> {
    /// The chapter's id.
    pub chapter: &'static str,
    /// The exercise's id.
    pub exercise: &'static str,
    /// The seed of the run.
    pub seed: u64,
    /// Whether the diagram is to be shown whole.
    pub whole: bool,
    /// Where to keep the story as files, if anywhere.
    pub stories: Option<&'a Stories>,
}

const CHANCE: &str = "Your code took another course when the same schedule was run a second time, so there is no verdict \
    that could be trusted. Usual causes: the order in which a HashMap or HashSet is iterated (use a BTreeMap), \
    std::time::Instant or SystemTime (use tokio::time::Instant, or in a process the clocks of its context), rand::rng() or \
    another unseeded source (use the generator that was handed to you), threads and spawn_blocking, a static that outlives one run.";

/// What a check says of a finding.
pub struct Told {
    /// For the learner.
    pub result: CheckResult,
    /// Why the story could not be kept, if it couldn't.
    pub note: Option<String>,
}

/// What a check says of a finding.
pub fn result(check: &str, context: &Context, finding: Finding, schedules: u64) -> Told {
    let plain = |status, message: String| Told { result: CheckResult::new(check, status, message), note: None };
    match finding {
        Finding::Holds => plain(CheckStatus::Holds, String::new()),
        Finding::NotImplemented(message) => plain(CheckStatus::NotImplemented, message),
        Finding::NoEvidence(need) => plain(CheckStatus::Undecided, no_evidence(need, schedules)),
        Finding::NotDeterministic(failure) => {
            let message = CHANCE.to_owned();
            with_story(plain(CheckStatus::Undecided, message).result, check, context, Breach::default(), failure)
        }
        Finding::Panicked(message, failure) => {
            let breach = Breach::new(
                format!("your code panicked: {message}"),
                "an answer or an error, never a panic",
                format!("a panic: {message}"),
            );
            with_story(plain(CheckStatus::Panicked, breach.happened.clone()).result, check, context, breach, failure)
        }
        Finding::Broken(breach, failure) => {
            with_story(plain(CheckStatus::Violated, breach.happened.clone()).result, check, context, breach, failure)
        }
    }
}

fn no_evidence(need: &str, schedules: u64) -> String {
    format!(
        "No verdict: in {schedules} runs it never came to the point where {need}, so nothing put this promise to the \
         test. Most often the code gives up, or answers, before it has tried, or never does what the promise is about."
    )
}

fn with_story(result: CheckResult, check: &str, context: &Context, breach: Breach, failure: Failure) -> Told {
    let view = if context.whole { View::whole() } else { View { focus: breach.focus, ..View::default() } };
    let token = Token {
        exercise: context.exercise.to_owned(),
        check: check.to_owned(),
        seed: context.seed,
        index: failure.index,
        kept: (failure.kept.len() < failure.entries_before).then_some(failure.kept.clone()),
        digest: failure.digest,
    };
    let counterexample = Counterexample {
        happened: breach.happened,
        expected: breach.expected,
        actual: breach.actual,
        schedule: failure.entries,
        entries_before: failure.entries_before,
        diagram: render::diagram(&failure.trace, &view),
        intervals: breach.intervals,
        lesson: format!("{}#{}", context.chapter, context.exercise),
    };
    let result = CheckResult { replay: Some(token.to_string()), counterexample: Some(counterexample), ..result };
    let kept = context.stories.map(|stories| keep(stories, &result, context, &failure.trace, breach.focus));
    match kept {
        None => Told { result, note: None },
        Some(Ok(page)) => Told { result: CheckResult { page: Some(page), ..result }, note: None },
        Some(Err(why)) => Told { result, note: Some(why) },
    }
}

/// Keeps the story of a result that has one; gives the path of its page.
fn keep(
    stories: &Stories,
    result: &CheckResult,
    context: &Context,
    trace: &Trace,
    focus: Option<EventId>,
) -> Result<String, String> {
    let example = result.counterexample.as_ref().expect("a story is about a counterexample");
    let replay = result.replay.as_ref().map_or_else(String::new, |token| format!("cargo xtask replay {token}"));
    let story = Story {
        exercise: context.exercise,
        promise: &sentence(&result.name),
        verdict: match result.status {
            CheckStatus::Violated => "broken",
            CheckStatus::Panicked => "panicked",
            _ => "undecided",
        },
        happened: if example.happened.is_empty() { &result.message } else { &example.happened },
        expected: &example.expected,
        actual: &example.actual,
        schedule: &example.schedule,
        entries_before: example.entries_before,
        replay: &replay,
        lesson: &format!("cargo xtask lesson {}", example.lesson),
        intervals: example.intervals.as_ref(),
        exports: &[],
        trace,
        focus,
    };
    stories.keep(&result.name, &story).map(|page| page.display().to_string())
}
