//! Data types with a join: scripts of changes and joins, what each copy knows after one, and the laws of joining.
//!
//! A script is plain data and so is its outcome, so the laws need to know nothing of the learner's types.

use std::collections::BTreeSet;
use std::fmt;

use explore::{Breach, Evidence};
use harness::NodeId;
use proptest::prelude::*;
use proptest::strategy::BoxedStrategy;
use serde::{Deserialize, Serialize};

/// Replicas in a script, each with a copy of its own.
pub const REPLICAS: usize = 3;

/// A step of a script.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Step<C> {
    /// A replica changes its copy.
    Change { replica: usize, change: C },
    /// A replica takes over what another knows.
    Join { into: usize, from: usize },
}

impl<C: fmt::Display> fmt::Display for Step<C> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Step::Change { replica, change } => write!(out, "{}: {change}", name(*replica)),
            Step::Join { into, from } => write!(out, "{} joins {}", name(*into), name(*from)),
        }
    }
}

/// What a replica is called.
pub fn name(replica: usize) -> NodeId {
    NodeId::new(replica)
}

/// Steps, from copies that nobody has changed.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Script<C>(pub Vec<Step<C>>);

impl<C: fmt::Display> fmt::Display for Script<C> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let steps: Vec<String> = (1..).zip(&self.0).map(|(place, step)| format!("({place}) {step}")).collect();
        write!(out, "three copies, and then: {}", steps.join("; "))
    }
}

/// Scripts that get longer with the number of the case.
pub fn scripts<C: Clone + fmt::Debug + 'static>(
    index: u64,
    change: impl Strategy<Value = C> + 'static,
) -> BoxedStrategy<Script<C>> {
    let change = (0..REPLICAS, change).prop_map(|(replica, change)| Step::Change { replica, change });
    let join = (0..REPLICAS, 1..REPLICAS).prop_map(|(into, way)| Step::Join { into, from: (into + way) % REPLICAS });
    let steps = 4 + (index as usize).min(16);
    proptest::collection::vec(prop_oneof![3 => change, 2 => join], 2..=steps).prop_map(Script).boxed()
}

/// What is known after a script. Changes go by their places in it.
#[derive(Clone, Debug)]
pub struct Knowledge {
    /// Which changes each copy knows of at the end.
    pub known: Vec<BTreeSet<usize>>,
    /// For each step, which changes its replica knew of before it.
    pub before: Vec<BTreeSet<usize>>,
}

impl<C> Script<C> {
    /// Who knows what.
    pub fn knowledge(&self) -> Knowledge {
        let mut known = vec![BTreeSet::new(); REPLICAS];
        let mut before = Vec::new();
        for (place, step) in self.0.iter().enumerate() {
            match *step {
                Step::Change { replica, .. } => {
                    before.push(known[replica].clone());
                    known[replica].insert(place);
                }
                Step::Join { into, from } => {
                    before.push(known[into].clone());
                    let more = known[from].clone();
                    known[into].extend(more);
                }
            }
        }
        Knowledge { known, before }
    }

    /// The change at this place, and who makes it.
    pub fn change(&self, place: usize) -> (usize, &C) {
        match &self.0[place] {
            Step::Change { replica, change } => (*replica, change),
            Step::Join { .. } => unreachable!("only changes are known of"),
        }
    }
}

/// What a script comes to: the value of every copy, and what came of joining them in two ways that must be the same.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outcome<V> {
    /// The values of all copies.
    pub values: Vec<V>,
    /// For each law whether both sides are equal (`==`), and their values.
    laws: Vec<(LawOfJoins, bool, [V; 2])>,
    /// Whether the first two copies differ.
    pub apart: bool,
}

/// What must be the same, of copies a, b and c.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum LawOfJoins {
    Commutative,
    Associative,
    Idempotent,
    Absorbing,
}

impl<V> Outcome<V> {
    /// Whether there is a value for every copy and an answer for every law.
    pub fn is_whole(&self) -> bool {
        let laws = self.laws.iter().map(|(law, ..)| *law);
        self.values.len() == REPLICAS && laws.eq(LawOfJoins::ALL)
    }
}

impl LawOfJoins {
    const ALL: [LawOfJoins; 4] =
        [LawOfJoins::Commutative, LawOfJoins::Associative, LawOfJoins::Idempotent, LawOfJoins::Absorbing];

    fn told(self) -> &'static str {
        match self {
            LawOfJoins::Commutative => "n1 joined with n2 and n2 joined with n1 (joining is commutative)",
            LawOfJoins::Associative => "(n1 with n2) with n3 and n1 with (n2 with n3) (joining is associative)",
            LawOfJoins::Idempotent => "n1 joined with itself and n1 (joining is idempotent)",
            LawOfJoins::Absorbing => "n1 joined with n2 twice and n1 joined with n2 once (joining is idempotent)",
        }
    }
}

/// Plays a script with a learner's type.
pub type Play<C, V> = fn(&Script<C>) -> Outcome<V>;

/// Plays a script with copies of `T`.
pub fn play<T: Clone + Default + PartialEq, C, V>(
    script: &Script<C>,
    change: impl Fn(&mut T, NodeId, &C),
    join: impl Fn(&mut T, &T),
    value: impl Fn(&T) -> V,
) -> Outcome<V> {
    let mut copies = vec![T::default(); REPLICAS];
    for step in &script.0 {
        match step {
            Step::Change { replica, change: by } => change(&mut copies[*replica], name(*replica), by),
            Step::Join { into, from } => {
                let other = copies[*from].clone();
                join(&mut copies[*into], &other);
            }
        }
    }
    let joined = |one: &T, other: &T| {
        let mut one = one.clone();
        join(&mut one, other);
        one
    };
    let [a, b, c] = &copies[..] else { unreachable!("there are three replicas") };
    let ab = joined(a, b);
    let sides = [
        (LawOfJoins::Commutative, ab.clone(), joined(b, a)),
        (LawOfJoins::Associative, joined(&ab, c), joined(a, &joined(b, c))),
        (LawOfJoins::Idempotent, joined(a, a), a.clone()),
        (LawOfJoins::Absorbing, joined(&ab, b), ab.clone()),
    ];
    let law = |(law, one, other): &(LawOfJoins, T, T)| (*law, one == other, [value(one), value(other)]);
    Outcome { values: copies.iter().map(&value).collect(), laws: sides.iter().map(law).collect(), apart: a != b }
}

/// What the laws need to have happened.
pub const DIFFERENT: &str = "two copies that know different things are joined";

/// Joins of what a script comes to are commutative, associative and idempotent.
pub fn keeps_the_laws<C, V: fmt::Display + PartialEq>(
    play: &Play<C, V>,
    script: &Script<C>,
    evidence: &mut Evidence,
) -> Result<(), Breach> {
    let known = script.knowledge().known;
    let outcome = play(script);
    if outcome.apart && !known[0].is_subset(&known[1]) && !known[1].is_subset(&known[0]) {
        evidence.count(DIFFERENT);
    }
    match outcome.laws.into_iter().find(|(_, equal, [one, other])| !equal || one != other) {
        None => Ok(()),
        Some((law, _, [one, other])) => Err(Breach::new(
            format!("these two are not equal: {}", law.told()),
            "the same on both sides: equal (`==`), and with the same value".to_owned(),
            format!("the values are {one} and {other}{}", if one == other { "; they differ otherwise" } else { "" }),
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Plays with sets of numbers, which grow; `join` is how they are joined.
    fn played(join: fn(&mut BTreeSet<u8>, &BTreeSet<u8>)) -> Outcome<usize> {
        let change = |replica, change| Step::Change { replica, change };
        let script = Script(vec![change(0, 1), change(1, 2), Step::Join { into: 2, from: 0 }]);
        play(&script, |copy: &mut BTreeSet<u8>, _, change: &u8| copy.extend([change]), join, BTreeSet::len)
    }

    #[test]
    fn a_join_that_takes_over_everything_keeps_every_law() {
        let outcome = played(|one, other| one.extend(other));
        assert_eq!(outcome.values, [1, 1, 1]);
        assert!(outcome.apart && outcome.is_whole());
        assert!(outcome.laws.iter().all(|(_, equal, [one, other])| *equal && one == other), "{outcome:?}");
    }

    #[test]
    fn a_join_that_takes_over_nothing_does_not_commute() {
        let outcome = played(|_, _| {});
        assert!(outcome.is_whole());
        assert_eq!(outcome.laws[0], (LawOfJoins::Commutative, false, [1, 1]));
    }

    #[test]
    fn an_outcome_without_a_copy_or_a_law_is_not_whole() {
        let outcome = played(|one, other| one.extend(other));
        assert!(!Outcome { values: vec![1; REPLICAS - 1], ..outcome.clone() }.is_whole());
        assert!(!Outcome { laws: outcome.laws[1..].to_vec(), ..outcome.clone() }.is_whole());
        assert!(!Outcome { laws: outcome.laws.iter().rev().copied().collect(), ..outcome }.is_whole());
    }
}
