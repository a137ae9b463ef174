//! Whether what came is what was expected.

use std::collections::{BTreeMap, BTreeSet};

use report::{CheckResult, CheckStatus};
use serde::Serialize;

use super::specimen::{Collection, Kind, Mutant, Specimen};
use super::{Fate, Proven};
use crate::supervise::Outcome;

/// The least number of mutants an exercise needs.
const MIN_MUTANTS: usize = 6;

/// The least number of variants.
const MIN_VARIANTS: usize = 2;

/// What became of a mutant.
#[derive(Clone, Debug, Serialize)]
pub struct Caught {
    /// Its name.
    pub name: String,
    /// What is wrong with it.
    pub bug: String,
    /// The check that has to catch it.
    pub caught_by: String,
    /// Other checks that fail as well, as its description says.
    pub also: Vec<String>,
    /// Whether exactly these checks fail.
    pub as_described: bool,
    /// Entries of the schedule that caught it, before shrinking.
    pub entries_before: Option<usize>,
    /// And after.
    pub entries: Option<usize>,
    /// What `caught_by` said, its `millis` left out (zero); none if it does not compile.
    pub result: Option<CheckResult>,
}

/// Judges an exercise by the fates of its specimens.
pub fn exercise(collection: &Collection<'_>, fates: &BTreeMap<String, Fate>) -> Proven {
    let mut problems = collection.problems.clone();
    problems.extend(shortcomings(collection));
    for specimen in &collection.specimens {
        problems.extend(specimen_problems(specimen, &fates[&specimen.guest.name]));
    }
    let mutants: Vec<Caught> =
        collection.mutants().map(|(specimen, mutant)| caught(mutant, &fates[&specimen.guest.name])).collect();
    Proven {
        id: collection.exercise.id.clone(),
        checks: collection.exercise.checks.len(),
        variants: collection.variants(),
        median_entries: median(mutants.iter().filter_map(|mutant| mutant.entries).collect()),
        mutants,
        problems,
    }
}

/// What is wrong whatever the specimens do.
fn shortcomings(collection: &Collection<'_>) -> Vec<String> {
    let mut problems = Vec::new();
    let mutants: Vec<&Mutant> = collection.mutants().map(|(_, mutant)| mutant).collect();
    let names: Vec<&str> = collection.exercise.checks.iter().map(|check| check.name.as_str()).collect();
    if mutants.len() < MIN_MUTANTS {
        problems.push(format!("{} mutants; at least {MIN_MUTANTS} are needed", mutants.len()));
    }
    if collection.variants() < MIN_VARIANTS {
        problems.push(format!("{} variants; at least {MIN_VARIANTS} are needed", collection.variants()));
    }
    let mut seen = BTreeSet::new();
    for mutant in &mutants {
        if !seen.insert(&mutant.name) {
            problems.push(format!("two mutants are called `{}`", mutant.name));
        }
        for check in
            mutant.failing().chain(mutant.sometimes.iter().map(String::as_str)).filter(|check| !names.contains(check))
        {
            problems.push(format!("mutant `{}` names the check `{check}`, which course.toml doesn't", mutant.name));
        }
    }
    let killers: BTreeSet<&str> = mutants.iter().map(|mutant| mutant.caught_by.as_str()).collect();
    for check in names.iter().filter(|check| !killers.contains(*check)) {
        problems.push(format!("no mutant is there for `{check}` to catch, so nobody knows that it works"));
    }
    problems
}

impl Mutant {
    /// All checks that must fail.
    fn failing(&self) -> impl Iterator<Item = &str> {
        std::iter::once(&self.caught_by).chain(&self.also).map(String::as_str)
    }
}

/// What is wrong with what became of a specimen.
pub fn specimen_problems(specimen: &Specimen, fate: &Fate) -> Vec<String> {
    let title = specimen.title();
    let outcomes = match fate {
        Fate::Refused(messages) => return vec![format!("{title} does not compile:\n{}", messages.trim_end())],
        Fate::Graded(outcomes) => outcomes,
    };
    let mut problems = Vec::new();
    for (outcome, seed) in outcomes.iter().zip(1..) {
        let when = if seed == 1 { String::new() } else { format!(" with seed {seed}") };
        let found = match &specimen.kind {
            Kind::Solution | Kind::Variant(_) => unlike(outcome, CheckStatus::Holds),
            Kind::Stub => unlike(outcome, CheckStatus::NotImplemented),
            Kind::Null => passing(outcome),
            Kind::Mutant(mutant) => mutant_problems(mutant, outcome, seed),
        };
        problems.extend(found.into_iter().map(|problem| format!("{title}{when}: {problem}")));
    }
    if specimen.kind == Kind::Solution {
        let unlisted: BTreeSet<&String> = outcomes.iter().flat_map(|outcome| &outcome.unlisted).collect();
        problems.extend(unlisted.iter().map(|name| format!("course.toml does not list the check `{name}`")));
    }
    problems
}

/// Checks that ended in another status than all should.
fn unlike(outcome: &Outcome, expected: CheckStatus) -> Vec<String> {
    let others = outcome.checks.iter().filter(|check| check.status != expected);
    others.map(|check| format!("`{}` should be {}, came {}", check.name, expected.as_str(), told(check))).collect()
}

fn passing(outcome: &Outcome) -> Vec<String> {
    let passing = outcome.checks.iter().filter(|check| check.holds());
    passing.map(|check| format!("passes `{}`, so that check can be passed by doing nothing", check.name)).collect()
}

/// Where a mutant is not caught as its description says. With the usual seed the checks that fail are exactly those it
/// names; with others the one that has to catch it still does, and no check fails that it does not name.
fn mutant_problems(mutant: &Mutant, outcome: &Outcome, seed: u64) -> Vec<String> {
    let expected: BTreeSet<&str> = mutant.failing().collect();
    let mut problems = Vec::new();
    for check in &outcome.checks {
        if seed != 1 && mutant.sometimes.contains(&check.name) {
            continue;
        }
        match (expected.contains(check.name.as_str()), check.holds()) {
            (true, true) if seed == 1 || check.name == mutant.caught_by => {
                problems.push(format!("`{}` should catch it and holds", check.name))
            }
            (false, false) => problems.push(format!("`{}` should hold, came {}", check.name, told(check))),
            _ => {}
        }
        if check.name == mutant.caught_by && !check.holds() && check.status != mutant.expect {
            let (name, wanted) = (&check.name, mutant.expect.as_str());
            problems.push(format!("`{name}` should be {wanted}, came {}", told(check)));
        }
    }
    problems
}

fn is_as_described(mutant: &Mutant, outcome: &Outcome) -> bool {
    let was_run = |name: &str| outcome.checks.iter().any(|check| check.name == name);
    mutant.failing().all(was_run) && mutant_problems(mutant, outcome, 1).is_empty()
}

fn told(check: &CheckResult) -> String {
    format!("{}: {}", check.status.as_str(), check.message)
}

fn caught(mutant: &Mutant, fate: &Fate) -> Caught {
    let outcome = match fate {
        Fate::Graded(outcomes) => outcomes.first(),
        Fate::Refused(_) => None,
    };
    let result = outcome.and_then(|outcome| outcome.checks.iter().find(|check| check.name == mutant.caught_by));
    let example = result.and_then(|result| result.counterexample.as_ref());
    Caught {
        name: mutant.name.clone(),
        bug: mutant.bug.clone(),
        caught_by: mutant.caught_by.clone(),
        also: mutant.also.clone(),
        as_described: outcome.is_some_and(|outcome| is_as_described(mutant, outcome)),
        entries_before: example.map(|example| example.entries_before),
        entries: example.map(|example| example.schedule.len()),
        result: result.map(|result| CheckResult { millis: 0, ..result.clone() }),
    }
}

/// The lower one of two in the middle.
fn median(mut numbers: Vec<usize>) -> Option<usize> {
    numbers.sort_unstable();
    numbers.get(numbers.len().saturating_sub(1) / 2).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mutant(caught_by: &str, also: &[&str]) -> Mutant {
        Mutant {
            name: "m".to_owned(),
            bug: "b".to_owned(),
            caught_by: caught_by.to_owned(),
            also: also.iter().map(|name| (*name).to_owned()).collect(),
            sometimes: Vec::new(),
            expect: CheckStatus::Violated,
            replace: "a".to_owned(),
            with: "b".to_owned(),
        }
    }

    fn outcome(checks: &[(&str, CheckStatus)]) -> Outcome {
        let checks = checks.iter().map(|(name, status)| CheckResult::new(*name, *status, "why")).collect();
        Outcome { checks, ..Outcome::default() }
    }

    #[test]
    fn a_mutant_has_to_fail_exactly_the_checks_it_names() {
        let mutant = mutant("a", &["b"]);
        let (bad, good) = (CheckStatus::Violated, CheckStatus::Holds);
        let problems = |seed, a, b, c| mutant_problems(&mutant, &outcome(&[("a", a), ("b", b), ("c", c)]), seed).len();
        assert_eq!(problems(1, bad, bad, good), 0);
        assert_eq!(problems(1, good, bad, good), 1);
        assert_eq!(problems(1, bad, good, good), 1);
        assert_eq!(problems(1, bad, bad, bad), 1);
        assert_eq!(problems(2, good, bad, good), 1, "the check it names catches it with any seed");
        assert_eq!(problems(2, bad, good, good), 0, "others may miss it with some");
        assert_eq!(problems(2, bad, bad, bad), 1);
    }

    #[test]
    fn a_mutant_has_to_be_caught_in_the_way_it_says() {
        let problems = mutant_problems(&mutant("a", &[]), &outcome(&[("a", CheckStatus::Undecided)]), 1);
        assert_eq!(problems, ["`a` should be violated, came undecided: why"]);
    }

    #[test]
    fn a_mutant_whose_check_was_never_run_is_not_caught() {
        let outcome = outcome(&[("b", CheckStatus::Holds)]);
        assert!(!is_as_described(&mutant("a", &[]), &outcome));
    }

    #[test]
    fn a_null_implementation_must_not_pass_anything() {
        let outcome = outcome(&[("a", CheckStatus::Undecided), ("b", CheckStatus::Holds)]);
        assert_eq!(passing(&outcome).len(), 1);
    }

    #[test]
    fn the_median_is_a_number_that_occurs() {
        assert_eq!(median(vec![]), None);
        assert_eq!(median(vec![3, 1]), Some(1));
        assert_eq!(median(vec![5, 1, 3]), Some(3));
    }
}
