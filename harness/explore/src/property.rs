//! The same for plain functions: generated values instead of schedules.
//!
//! Values come from proptest's strategies, because shrinking a value well is what that library is best at; which value
//! comes next is still chosen by [`sim::Choice`], so that a token replays it.

use std::fmt;

use proptest::strategy::{BoxedStrategy, Just, Strategy, ValueTree};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use sim::{Choice, Trace};

use crate::token::digest;
use crate::{Breach, Evidence, Failure, Finding, Options, Outcome, Plan, Step, Token, TokenError, Trial};

/// A promise about plain functions.
pub trait Property {
    /// Generates values.
    type Strategy: Strategy;

    /// What to generate for the case with this number. The first cases are often set pieces.
    fn strategy(&self, index: u64) -> Self::Strategy;

    /// Whether the promise is kept for this value. May count evidence.
    fn judge(&self, value: &<Self::Strategy as Strategy>::Value, evidence: &mut Evidence) -> Result<(), Breach>;

    /// The value in words, for the learner.
    fn describe(&self, value: &<Self::Strategy as Strategy>::Value) -> String {
        format!("the value {value:#?}")
    }

    /// How many cases make a verdict.
    fn cases(&self) -> u64;

    /// What must have happened at least once, over all cases.
    fn needs(&self) -> &[&'static str];
}

type Value<P> = <<P as Property>::Strategy as Strategy>::Value;

/// A property, and who turns a panic in the code under test into an outcome.
pub struct PropertyRun<'a, P> {
    /// What is promised.
    pub property: &'a P,
    /// Runs a trial under watch.
    pub watch: &'a dyn Fn(&mut dyn FnMut() -> Trial) -> Trial,
}

impl<P: Property> PropertyRun<'_, P> {
    fn trial(&self, value: &Value<P>) -> Trial {
        (self.watch)(&mut || {
            let mut evidence = Evidence::default();
            let outcome = self.property.judge(value, &mut evidence).map_or_else(Outcome::Broken, |()| Outcome::Kept);
            Trial { outcome, evidence, trace: Trace::default(), cost: 0 }
        })
    }

    /// Nothing while the promise is kept; otherwise the finding, confirmed, for the simplest value that shows it.
    fn case(&self, choice: Choice, index: u64, evidence: &mut Evidence, at: &mut dyn FnMut(Step)) -> Option<Finding> {
        let strategy = self.property.strategy(index);
        let first = value(&strategy, choice);
        let trial = self.trial(&first);
        evidence.add(&trial.evidence);
        if let Outcome::NotImplemented(message) = trial.outcome {
            return Some(Finding::NotImplemented(message));
        }
        let failed = trial.outcome != Outcome::Kept;
        if (failed || index.is_power_of_two()) && self.trial(&first).outcome != trial.outcome {
            return Some(Finding::NotDeterministic(self.failure(index, &first, &first)));
        }
        if !failed {
            return None;
        }
        let least = simplest(&strategy, choice, |value| {
            let fails = self.trial(value).outcome.same_kind(&trial.outcome);
            at(Step::Aside);
            fails
        });
        let failure = self.failure(index, &first, &least);
        at(Step::Story);
        Some(match self.trial(&least).outcome {
            Outcome::Broken(breach) => Finding::Broken(breach, failure),
            Outcome::Panicked(message) => Finding::Panicked(message, failure),
            Outcome::NotImplemented(message) => Finding::NotImplemented(message),
            Outcome::Kept => Finding::NotDeterministic(failure),
        })
    }

    fn digest(&self, drawn: &Value<P>) -> u32 {
        digest(&Plan { setup: (), entries: vec![self.property.describe(drawn)] })
    }

    fn failure(&self, index: u64, drawn: &Value<P>, least: &Value<P>) -> Failure {
        Failure {
            index,
            entries: vec![self.property.describe(least)],
            kept: vec![0],
            entries_before: 1,
            digest: self.digest(drawn),
            trace: Trace::default(),
        }
    }
}

/// Puts a property to the test, and says at each [`Step`] where it is; gives the number of cases, too.
pub fn examine<P: Property>(
    run: &PropertyRun<'_, P>,
    check: &str,
    options: Options,
    mut at: impl FnMut(Step),
) -> (Finding, u64) {
    let mut evidence = Evidence::default();
    let cases = options.schedules(run.property.cases());
    for index in 0..cases {
        let finding = run.case(options.choice(check, index), index, &mut evidence, &mut at);
        at(Step::Schedule(index + 1));
        if let Some(finding) = finding {
            return (finding, index + 1);
        }
    }
    let missing = run.property.needs().iter().find(|need| evidence.of(need) == 0);
    (missing.map_or(Finding::Holds, |need| Finding::NoEvidence(need)), cases)
}

/// Runs the case that a token stands for, and shrinks it again if it still fails.
///
/// # Errors
///
/// When the value that this course generates is not the one the token was made from.
pub fn replay<P: Property>(
    run: &PropertyRun<'_, P>,
    token: &Token,
    mut at: impl FnMut(Step),
) -> Result<Finding, TokenError> {
    let choice = Options { seed: token.seed, deep: false }.choice(&token.check, token.index);
    if run.digest(&value(&run.property.strategy(token.index), choice)) != token.digest {
        return Err(TokenError::OtherVersion);
    }
    Ok(run.case(choice, token.index, &mut Evidence::default(), &mut at).unwrap_or(Finding::Holds))
}

/// The strategy of a case: set pieces have the first numbers, one each; the cases after them are drawn from `rest`.
///
/// A set piece is what chance would not find: an edge, or the value that the classic bug stumbles over. It is not shrunk.
pub fn pieces_first<V: Clone + fmt::Debug + 'static>(
    index: u64,
    pieces: Vec<V>,
    rest: impl FnOnce() -> BoxedStrategy<V>,
) -> BoxedStrategy<V> {
    match usize::try_from(index).ok().and_then(|index| pieces.into_iter().nth(index)) {
        Some(piece) => Just(piece).boxed(),
        None => rest(),
    }
}

/// Simplifications tried before the best value so far is told.
const MAX_SHRINK_STEPS: u32 = 2_000;

/// The value that `strategy` gives for this choice.
pub fn value<S: Strategy>(strategy: &S, choice: Choice) -> S::Value {
    tree(strategy, choice).current()
}

/// The simplest value that still fails, starting from the one that `strategy` gives for this choice.
pub fn simplest<S: Strategy>(strategy: &S, choice: Choice, mut fails: impl FnMut(&S::Value) -> bool) -> S::Value {
    let mut tree = tree(strategy, choice);
    let mut best = tree.current();
    let mut moved = tree.simplify();
    for _ in 0..MAX_SHRINK_STEPS {
        if !moved {
            break;
        }
        let candidate = tree.current();
        if fails(&candidate) {
            best = candidate;
            moved = tree.simplify();
        } else {
            moved = tree.complicate();
        }
    }
    best
}

fn tree<S: Strategy>(strategy: &S, choice: Choice) -> S::Tree {
    let mut seed = [0; 32];
    for (part, chunk) in seed.chunks_mut(8).enumerate() {
        chunk.copy_from_slice(&choice.part("property", part as u64).seed().to_le_bytes());
    }
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &seed);
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);
    strategy.new_tree(&mut runner).expect("strategies of the course never reject every value")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_choice_gives_the_same_value() {
        let strategy = proptest::collection::vec(0u32..1000, 0..20);
        assert_eq!(value(&strategy, Choice::new(3)), value(&strategy, Choice::new(3)));
        assert_ne!(value(&strategy, Choice::new(3)), value(&strategy, Choice::new(4)));
    }

    #[test]
    fn set_pieces_come_first_and_then_what_is_drawn() {
        let case = |index| pieces_first(index, vec![7u32, 8], || (100u32..200).boxed());
        let drawn: Vec<u32> = (0..3).map(|index| value(&case(index), Choice::new(1))).collect();
        assert_eq!(drawn[..2], [7, 8]);
        assert!((100..200).contains(&drawn[2]));
    }

    #[test]
    fn a_failing_value_is_made_as_simple_as_it_can_be() {
        let strategy = proptest::collection::vec(0u32..1000, 5..20);
        let value = simplest(&strategy, Choice::new(3), |values| values.iter().any(|value| *value >= 10));
        assert_eq!(value.iter().filter(|value| **value == 10).count(), 1);
        assert_eq!(value.len(), 5);
    }
}
