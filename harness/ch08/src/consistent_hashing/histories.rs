//! Two ways to the same fleet.

use std::collections::BTreeMap;
use std::fmt;

use explore::property::pieces_first;
use proptest::collection::btree_map;
use proptest::prelude::*;
use proptest::strategy::BoxedStrategy;

use super::contract::Member;
use super::fleets::{Fleet, Keys};
use super::instance::Instance;

/// A fleet, and the order in which one of two instances has seen its members come.
#[derive(Clone, Debug)]
pub struct History {
    pub fleet: Fleet,
    pub steps: Vec<Step>,
    pub keys: Keys,
}

/// One change.
#[derive(Clone, Copy, Debug)]
pub enum Step {
    Join(Member, u32),
    Leave(Member),
}

impl Step {
    pub fn take(self, placement: &mut dyn Instance) {
        match self {
            Step::Join(member, weight) => placement.join(member, weight),
            Step::Leave(member) => placement.leave(member),
        }
    }
}

impl fmt::Display for History {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let steps = self.steps.iter().map(|step| match step {
            Step::Join(member, 1) => format!("{member} joins"),
            Step::Join(member, weight) => format!("{member} joins with weight {weight}"),
            Step::Leave(member) => format!("{member} leaves"),
        });
        let steps: Vec<_> = steps.collect();
        write!(
            out,
            "{}, reached once in the order of names and once by: {}; {}",
            self.fleet,
            steps.join(", "),
            self.keys
        )
    }
}

/// Members in any order, with detours: some come first with another weight, some come, go and come back, others
/// come and go, some leave who were not there.
pub fn detours(index: u64) -> BoxedStrategy<History> {
    let simple = |members: &[u32]| {
        let fleet = Fleet(members.iter().map(|member| (*member, 1)).collect());
        let steps = members.iter().rev().map(|member| Step::Join(Member(*member), 1)).collect();
        History { fleet, steps, keys: Keys { first: 0, count: 800 } }
    };
    let pieces = vec![simple(&[1, 2]), simple(&[1, 2, 3, 4, 5, 11, 12, 13])];
    pieces_first(index, pieces, || {
        let member = (1u32..=3, any::<u32>().no_shrink(), 0u32..5, (25u32..40).no_shrink(), (1u32..=3).no_shrink());
        let members = btree_map((1u32..=24).no_shrink(), member, 2..=8);
        (members, (0u32..1_000).no_shrink()).prop_map(|(members, thousand)| history(&members, thousand)).boxed()
    })
}

/// A member's weight, its rank in the order of the joins, what happens before it joins, and to whom or with which weight.
type Arrival = (u32, u32, u32, u32, u32);

fn history(members: &BTreeMap<u32, Arrival>, thousand: u32) -> History {
    let fleet = Fleet(members.iter().map(|(member, (weight, ..))| (*member, *weight)).collect());
    let mut arrivals: Vec<_> = members.iter().collect();
    arrivals.sort_by_key(|(_, (_, rank, ..))| *rank);
    let mut steps = Vec::new();
    for (member, (weight, _, detour, guest, other)) in arrivals {
        match detour {
            1 => steps.push(Step::Join(Member(*member), *other)),
            2 => steps.push(Step::Leave(Member(*guest))),
            3 => steps.extend([Step::Join(Member(*guest), *other), Step::Leave(Member(*guest))]),
            4 => steps.extend([Step::Join(Member(*member), *other), Step::Leave(Member(*member))]),
            _ => {}
        }
        steps.push(Step::Join(Member(*member), *weight));
    }
    History { fleet, steps, keys: Keys { first: thousand * 1_000, count: 300 } }
}
