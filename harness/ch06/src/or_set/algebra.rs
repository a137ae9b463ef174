//! The data type alone, put through scripts of additions, removals and joins.
//!
//! What must be in a copy follows from who knew what when, which a script says exactly. A wrong answer is one of three: an
//! addition lost to a removal that did not know of it, an addition lost otherwise, or an element that should be gone.

use std::collections::BTreeSet;

use explore::property::pieces_first;
use explore::{Breach, Evidence};
use harness::exercise::{Check, Law};
use proptest::prelude::*;
use proptest::strategy::BoxedStrategy;

use super::contract::{Change, Elements, ObservedRemove};
use crate::joins::{self, Knowledge, Outcome, Step, keeps_the_laws, name};

type Script = joins::Script<Change>;
pub type Play = joins::Play<Change, Elements>;
type Judge = fn(&Play, &Script, &mut Evidence) -> Result<(), Breach>;

/// Plays a script with copies of `S`.
pub fn play<S: ObservedRemove>(script: &Script) -> Outcome<Elements> {
    let change = |copy: &mut S, replica, change: &Change| match change {
        Change::Add(element) => copy.add(replica, element),
        Change::Remove(element) => copy.remove(element),
    };
    joins::play(script, change, S::join, |copy| Elements(copy.elements()))
}

const CONCURRENT: &str = "an element is added and removed by two who do not know of one another, and both are joined";
const AGAIN: &str = "an element is added, removed and added again, and others hear of it";
const GONE: &str = "an element that one replica has added and another one removed is gone";

/// The laws.
pub fn checks(play: Play) -> Vec<Check> {
    let law = |name, judge: Judge, needs| Check::law(play, Law { name, cases: 80, needs, draw: scripts, judge });
    vec![
        law("an_addition_wins_over_a_removal_that_did_not_know_it", addition_wins, &[CONCURRENT]),
        law("what_was_removed_can_be_added_again", can_come_back, &[AGAIN]),
        law("what_is_removed_is_gone_from_every_copy_that_hears_of_it", is_gone, &[GONE]),
        law("joining_keeps_its_three_laws", keeps_the_laws, &[joins::DIFFERENT]),
    ]
}

/// Two elements are enough for everything that can go wrong, and the fewer there are the more often it does.
fn scripts(index: u64) -> BoxedStrategy<Script> {
    let element = prop_oneof![3 => Just("ann"), 1 => Just("bob")];
    let change = (prop::bool::weighted(0.6), element);
    let change = change.prop_map(|(add, element)| if add { Change::add(element) } else { Change::remove(element) });
    pieces_first(index, set_pieces(), || joins::scripts(index, change))
}

/// The shortest scripts in which two know different things.
fn set_pieces() -> Vec<Script> {
    let step = |replica, change| Step::Change { replica, change };
    let ann = |replica| step(replica, Change::add("ann"));
    let no_ann = |replica| step(replica, Change::remove("ann"));
    let join = |into, from| Step::Join { into, from };
    vec![
        // Removed here while added anew there.
        joins::Script(vec![ann(0), join(1, 0), no_ann(0), ann(1), join(0, 1)]),
        // Removed by somebody else.
        joins::Script(vec![ann(0), join(1, 0), no_ann(1), join(0, 1), step(0, Change::add("bob"))]),
        // Added again when all have heard of the removal.
        joins::Script(vec![ann(0), join(1, 0), no_ann(0), join(1, 0), ann(0), join(1, 0)]),
    ]
}

/// What a copy knows about an element at the end of a script.
struct About<'a> {
    script: &'a Script,
    knowledge: &'a Knowledge,
    element: &'a str,
    replica: usize,
    additions: BTreeSet<usize>,
    removals: BTreeSet<usize>,
    /// Whether any copy shows anything.
    shown: bool,
}

impl<'a> About<'a> {
    fn of(script: &'a Script, knowledge: &'a Knowledge, element: &'a str, replica: usize) -> Self {
        let about = |adds| {
            let known = knowledge.known[replica].iter().copied();
            known.filter(move |place| {
                script.change(*place).1.element() == element && script.change(*place).1.adds() == adds
            })
        };
        let (additions, removals) = (about(true).collect(), about(false).collect());
        About { script, knowledge, element, replica, additions, removals, shown: false }
    }

    fn knew(&self, later: usize, earlier: usize) -> bool {
        self.knowledge.before[later].contains(&earlier)
    }

    /// An addition that no removal was of.
    fn alive(&self) -> Option<usize> {
        let removed = |addition| self.removals.iter().any(|removal| self.knew(*removal, addition));
        self.additions.iter().copied().find(|addition| !removed(*addition))
    }

    /// A removal that did not know of an addition, nor the addition of it.
    fn concurrent_with(&self, addition: usize) -> Option<usize> {
        let apart = |removal: &usize| !self.knew(*removal, addition) && !self.knew(addition, *removal);
        self.removals.iter().copied().find(apart)
    }

    fn told(&self, change: usize) -> String {
        let (replica, what) = self.script.change(change);
        format!("step {} ({}: {what})", change + 1, name(replica))
    }
}

/// Judges every element of every copy.
fn each(
    play: &Play,
    script: &Script,
    mut judge: impl FnMut(&About<'_>, bool) -> Result<(), String>,
) -> Result<(), Breach> {
    let (outcome, knowledge) = (play(script), script.knowledge());
    let shown = outcome.values.iter().any(|Elements(elements)| !elements.is_empty());
    for (replica, Elements(elements)) in outcome.values.iter().enumerate() {
        let mut named: BTreeSet<&str> = elements.iter().map(String::as_str).collect();
        named.extend(["ann", "bob"]);
        for element in named {
            let about = About { shown, ..About::of(script, &knowledge, element, replica) };
            let there = elements.contains(element);
            judge(&about, there).map_err(|expected| {
                let not = if there { "" } else { "not " };
                Breach::new(
                    format!("{element} is {not}in the copy of {}", name(about.replica)),
                    expected,
                    Elements(elements.clone()).to_string(),
                )
            })?;
        }
    }
    Ok(())
}

fn addition_wins(play: &Play, script: &Script, evidence: &mut Evidence) -> Result<(), Breach> {
    each(play, script, |about, there| {
        let Some(addition) = about.alive() else { return Ok(()) };
        let Some(removal) = about.concurrent_with(addition) else { return Ok(()) };
        if there {
            evidence.count(CONCURRENT);
            return Ok(());
        }
        Err(format!(
            "{} is there: of its addition in {}, the removal in {} did not know",
            about.element,
            about.told(addition),
            about.told(removal)
        ))
    })
}

fn can_come_back(play: &Play, script: &Script, evidence: &mut Evidence) -> Result<(), Breach> {
    each(play, script, |about, there| {
        let Some(addition) = about.alive() else { return Ok(()) };
        if about.concurrent_with(addition).is_some() {
            return Ok(());
        }
        let removal = about.removals.iter().find(|removal| about.knew(addition, **removal));
        if there {
            let removed = removal.is_some_and(|removal| about.additions.iter().any(|old| about.knew(*removal, *old)));
            if removed && script.change(addition).0 != about.replica {
                evidence.count(AGAIN);
            }
            return Ok(());
        }
        let told = about.told(addition);
        Err(match removal {
            Some(removal) => {
                format!("{} is there: added in {told}, after its removal in {}", about.element, about.told(*removal))
            }
            None => format!("{} is there: added in {told}, and nobody has removed it", about.element),
        })
    })
}

fn is_gone(play: &Play, script: &Script, evidence: &mut Evidence) -> Result<(), Breach> {
    each(play, script, |about, there| {
        if about.alive().is_some() {
            return Ok(());
        }
        if !there {
            let (adders, removers) = (&about.additions, &about.removals);
            let by = |place: &usize| script.change(*place).0;
            let apart = |removal: &usize| adders.iter().any(|add| by(add) != by(removal) && about.knew(*removal, *add));
            if about.shown && removers.iter().any(apart) {
                evidence.count(GONE);
            }
            return Ok(());
        }
        Err(match about.removals.iter().next_back() {
            None => format!("{} is not there: this copy knows of no addition of it", about.element),
            Some(removal) => format!(
                "{} is not there: this copy knows of all its additions that they were removed, the last in {}",
                about.element,
                about.told(*removal)
            ),
        })
    })
}
