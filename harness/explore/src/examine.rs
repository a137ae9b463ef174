//! Puts one promise to the test.
//!
//! A verdict is only as good as its weakest run, so three things come before it: the first schedules and every failing
//! one are run twice and must go the same way; a failing one is shrunk before it is told; and a promise that nothing
//! put to the test is undecided, not kept.

use sim::{Choice, Trace};

use crate::shrink::shrink;
use crate::token::{Token, TokenError, digest};
use crate::{Breach, Detail, Evidence, Experiment, Outcome, Plan, Step, Trial};

/// How hard to look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// Everything is drawn from it.
    pub seed: u64,
    /// Fifty times as many schedules.
    pub deep: bool,
}

impl Default for Options {
    fn default() -> Self {
        Options { seed: 1, deep: false }
    }
}

const DEEP_FACTOR: u64 = 50;

/// What the runs of one shrinking may cost in all. It matters where each run has to be stopped, for it has no end; what is
/// told then may be more than the least.
const SHRINKING_COST: u64 = 300_000;

impl Options {
    /// How many schedules to run where `normal` would do.
    pub fn schedules(self, normal: u64) -> u64 {
        if self.deep { normal * DEEP_FACTOR } else { normal }
    }

    /// The choices of one schedule of one check.
    pub fn choice(self, check: &str, index: u64) -> Choice {
        Choice::new(self.seed).part(check, index)
    }
}

/// What became of a promise.
#[derive(Clone, Debug)]
pub enum Finding {
    /// Kept by every schedule, and put to the test.
    Holds,
    /// Broken, twice in the same way; shrunk.
    Broken(Breach, Failure),
    /// The code under test panicked, twice; shrunk.
    Panicked(String, Failure),
    /// The code under test is a `todo!()`.
    NotImplemented(String),
    /// Nothing of this name happened in any schedule, so nothing was put to the test.
    NoEvidence(&'static str),
    /// Two runs of this schedule differ.
    NotDeterministic(Failure),
}

/// A schedule that fails, shrunk.
#[derive(Clone, Debug)]
pub struct Failure {
    /// Which schedule.
    pub index: u64,
    /// What is left of it, in words.
    pub entries: Vec<String>,
    /// The places of what is left in the schedule as it was drawn.
    pub kept: Vec<usize>,
    /// How many entries were drawn.
    pub entries_before: usize,
    /// Identifies the schedule as it was drawn.
    pub digest: u32,
    /// What happened.
    pub trace: Trace,
}

/// Puts a promise to the test, and says at each [`Step`] where it is; gives the number of schedules, too.
pub fn examine<X: Experiment>(
    experiment: &X,
    check: &str,
    options: Options,
    mut at: impl FnMut(Step),
) -> (Finding, u64) {
    let mut evidence = Evidence::default();
    let schedules = options.schedules(experiment.schedules());
    for index in 0..schedules {
        let choice = options.choice(check, index);
        let plan = experiment.draw(choice, index);
        let trial = experiment.run(choice, &plan, Detail::Verdict);
        at(Step::Schedule(index + 1));
        if let Some(finding) = judge(experiment, choice, index, &plan, &trial, &mut at) {
            return (finding, index + 1);
        }
        evidence.add(&trial.evidence);
    }
    let missing = experiment.needs().iter().find(|need| evidence.of(need) == 0);
    (missing.map_or(Finding::Holds, |need| Finding::NoEvidence(need)), schedules)
}

/// Runs what a token stands for: the same faults again, whatever the code under test does now.
///
/// # Errors
///
/// When the schedule that this course draws is not the one the token was made from.
pub fn replay<X: Experiment>(experiment: &X, token: &Token, mut at: impl FnMut(Step)) -> Result<Finding, TokenError> {
    let choice = Options { seed: token.seed, deep: false }.choice(&token.check, token.index);
    let plan = experiment.draw(choice, token.index);
    if digest(&plan) != token.digest {
        return Err(TokenError::OtherVersion);
    }
    let kept = token.kept.clone().unwrap_or_else(|| (0..plan.entries.len()).collect());
    if kept.iter().any(|place| *place >= plan.entries.len()) {
        return Err(TokenError::OtherVersion);
    }
    let part = subset(&plan, &kept);
    let trial = experiment.run(choice, &part, Detail::Story);
    Ok(told(experiment, choice, token.index, &plan, kept, trial, &mut at))
}

/// Nothing while the promise is kept; otherwise the finding, confirmed and shrunk.
fn judge<X: Experiment>(
    experiment: &X,
    choice: Choice,
    index: u64,
    plan: &Plan<X::Setup, X::Entry>,
    trial: &Trial,
    at: &mut dyn FnMut(Step),
) -> Option<Finding> {
    if let Outcome::NotImplemented(message) = &trial.outcome {
        return Some(Finding::NotImplemented(message.clone()));
    }
    let failed = trial.outcome != Outcome::Kept;
    let twice = failed || index == 0 || index.is_power_of_two();
    if !twice {
        return None;
    }
    let all: Vec<usize> = (0..plan.entries.len()).collect();
    let again = experiment.run(choice, plan, Detail::Verdict);
    if !again.outcome.same_kind(&trial.outcome) || again.trace.fingerprint() != trial.trace.fingerprint() {
        let told = experiment.run(choice, plan, Detail::Story);
        return Some(Finding::NotDeterministic(failure(index, plan, all, told.trace)));
    }
    if !failed {
        return None;
    }
    let mut spent = 0;
    let fails = |kept: &[usize]| {
        if spent > SHRINKING_COST {
            return false;
        }
        let trial = experiment.run(choice, &subset(plan, kept), Detail::Verdict);
        spent += trial.cost;
        at(Step::Aside);
        trial.outcome.same_kind(&again.outcome)
    };
    let kept = shrink(plan.entries.len(), fails);
    let least = experiment.run(choice, &subset(plan, &kept), Detail::Story);
    let finding = told(experiment, choice, index, plan, kept.clone(), least, at);
    Some(match finding {
        // What has failed twice and then holds is not right, it remembers.
        Finding::Holds => {
            let again = experiment.run(choice, &subset(plan, &kept), Detail::Story);
            Finding::NotDeterministic(failure(index, plan, kept, again.trace))
        }
        finding => finding,
    })
}

fn told<X: Experiment>(
    experiment: &X,
    choice: Choice,
    index: u64,
    plan: &Plan<X::Setup, X::Entry>,
    kept: Vec<usize>,
    trial: Trial,
    at: &mut dyn FnMut(Step),
) -> Finding {
    at(Step::Story);
    let again = experiment.run(choice, &subset(plan, &kept), Detail::Story);
    let failure = failure(index, plan, kept, trial.trace);
    if !again.outcome.same_kind(&trial.outcome) || again.trace.fingerprint() != failure.trace.fingerprint() {
        return Finding::NotDeterministic(failure);
    }
    match trial.outcome {
        Outcome::Kept => Finding::Holds,
        Outcome::Broken(breach) => Finding::Broken(breach, failure),
        Outcome::Panicked(message) => Finding::Panicked(message, failure),
        Outcome::NotImplemented(message) => Finding::NotImplemented(message),
    }
}

fn failure<S: std::fmt::Debug, E: std::fmt::Display>(
    index: u64,
    plan: &Plan<S, E>,
    kept: Vec<usize>,
    trace: Trace,
) -> Failure {
    Failure {
        index,
        entries: kept.iter().map(|place| plan.entries[*place].to_string()).collect(),
        kept,
        entries_before: plan.entries.len(),
        digest: digest(plan),
        trace,
    }
}

fn subset<S: Clone, E: Clone>(plan: &Plan<S, E>, kept: &[usize]) -> Plan<S, E> {
    Plan { setup: plan.setup.clone(), entries: kept.iter().map(|place| plan.entries[*place].clone()).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sim::{Lane, Tone};
    use std::cell::Cell;

    /// Ten entries; broken when both `needles` are among them; counts its runs.
    struct Toy {
        needles: [u64; 2],
        drift: bool,
        runs: Cell<u64>,
        evidence: bool,
    }

    impl Toy {
        fn new(needles: [u64; 2]) -> Self {
            Toy { needles, drift: false, runs: Cell::new(0), evidence: true }
        }
    }

    impl Experiment for Toy {
        type Entry = u64;
        type Setup = ();
        fn draw(&self, _: Choice, index: u64) -> Plan<(), u64> {
            Plan { setup: (), entries: (index * 10..index * 10 + 10).collect() }
        }
        fn run(&self, _: Choice, plan: &Plan<(), u64>, _: Detail) -> Trial {
            self.runs.set(self.runs.get() + 1);
            let mut trace = Trace::new(["toy"]);
            let drift = if self.drift { self.runs.get() } else { 0 };
            trace.note(0, Lane(0), Tone::Plain, format!("{:?} {drift}", plan.entries));
            let broken = self.needles.iter().all(|needle| plan.entries.contains(needle));
            let outcome = if broken { Outcome::Broken(Breach::default()) } else { Outcome::Kept };
            let mut evidence = Evidence::default();
            if self.evidence {
                evidence.count("something");
            }
            Trial { outcome, evidence, trace, cost: 0 }
        }
        fn schedules(&self) -> u64 {
            8
        }
        fn needs(&self) -> &[&'static str] {
            &["something"]
        }
    }

    fn find(toy: &Toy) -> (Finding, u64) {
        examine(toy, "check", Options::default(), |_| {})
    }

    #[test]
    fn a_failing_schedule_is_shrunk_to_what_is_needed() {
        let (finding, schedules) = find(&Toy::new([32, 38]));
        let Finding::Broken(_, failure) = finding else { panic!("{finding:?}") };
        assert_eq!((failure.index, schedules), (3, 4));
        assert_eq!(failure.entries, ["32", "38"]);
        assert_eq!(failure.kept, [2, 8]);
        assert_eq!(failure.entries_before, 10);
    }

    #[test]
    fn a_token_runs_the_shrunk_schedule_again() {
        let toy = Toy::new([32, 38]);
        let (Finding::Broken(_, failure), _) = find(&toy) else { panic!("not broken") };
        let token = Token {
            exercise: "toy".into(),
            check: "check".into(),
            seed: 1,
            index: failure.index,
            kept: Some(failure.kept.clone()),
            digest: failure.digest,
        };
        assert!(matches!(replay(&toy, &token, |_| {}), Ok(Finding::Broken(..))));
        assert!(
            matches!(replay(&Toy::new([5, 99]), &token, |_| {}), Ok(Finding::Holds)),
            "mended code passes its replay"
        );
        let foreign = Token { digest: failure.digest ^ 1, ..token };
        assert!(matches!(replay(&toy, &foreign, |_| {}), Err(TokenError::OtherVersion)));
    }

    #[test]
    fn a_promise_that_nothing_put_to_the_test_is_undecided() {
        let toy = Toy { evidence: false, ..Toy::new([999, 999]) };
        assert!(matches!(find(&toy).0, Finding::NoEvidence("something")));
        assert!(matches!(find(&Toy::new([999, 999])).0, Finding::Holds));
    }

    /// Broken in the first two runs of all, and never again.
    struct Forgetful(Toy);

    impl Experiment for Forgetful {
        type Entry = u64;
        type Setup = ();
        fn draw(&self, choice: Choice, index: u64) -> Plan<(), u64> {
            self.0.draw(choice, index)
        }
        fn run(&self, choice: Choice, plan: &Plan<(), u64>, detail: Detail) -> Trial {
            let trial = self.0.run(choice, plan, detail);
            let broken = self.0.runs.get() <= 2;
            Trial { outcome: if broken { Outcome::Broken(Breach::default()) } else { Outcome::Kept }, ..trial }
        }
        fn schedules(&self) -> u64 {
            self.0.schedules()
        }
        fn needs(&self) -> &[&'static str] {
            self.0.needs()
        }
    }

    #[test]
    fn a_schedule_that_has_failed_never_becomes_one_that_holds() {
        let (finding, schedules) = examine(&Forgetful(Toy::new([999, 999])), "check", Options::default(), |_| {});
        assert!(matches!(finding, Finding::NotDeterministic(_)), "{finding:?}");
        assert_eq!(schedules, 1);
    }

    #[test]
    fn code_that_runs_differently_each_time_gets_no_verdict() {
        let toy = Toy { drift: true, ..Toy::new([999, 999]) };
        assert!(matches!(find(&toy).0, Finding::NotDeterministic(_)));
    }
}
