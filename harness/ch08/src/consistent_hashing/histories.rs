//! Two ways to the same fleet.

use std::fmt;

use explore::property::pieces_first;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::strategy::BoxedStrategy;

use super::contract::{Member, Placement};
use super::fleets::{Fleet, Keys};

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
    pub fn take(self, placement: &mut dyn Placement) {
        match self {
            Step::Join(member, weight) => placement.join(member, weight),
            Step::Leave(member) => placement.leave(member),
        }
    }
}

impl fmt::Display for History {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let steps = self.steps.iter().map(|step| match step {
            Step::Join(member, weight) => format!("{member} joins ({weight})"),
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

/// Members in any order, with detours: some come first with another weight, some come and go, some leave who were not there.
pub fn detours(index: u64) -> BoxedStrategy<History> {
    let simple = |members: &[u32]| {
        let fleet = Fleet(members.iter().map(|member| (*member, 1)).collect());
        let steps = members.iter().rev().map(|member| Step::Join(Member(*member), 1)).collect();
        History { fleet, steps, keys: Keys { first: 0, count: 800 } }
    };
    let pieces = vec![simple(&[1, 2]), simple(&[1, 2, 3, 4, 5, 11, 12, 13])];
    pieces_first(index, pieces, || {
        let fleet = proptest::collection::btree_map(1u32..=24, 1u32..=3, 2..=8).prop_map(Fleet);
        let detour = (0u32..4, 25u32..40, 1u32..=3);
        let drawn = fleet.prop_flat_map(move |fleet| {
            let members: Vec<_> = fleet.0.iter().map(|(member, weight)| (*member, *weight)).collect();
            let count = members.len();
            (Just(fleet), Just(members).prop_shuffle(), vec(detour.clone(), count), 0u32..1_000)
        });
        drawn.prop_map(|(fleet, members, detours, thousand)| history(fleet, &members, &detours, thousand)).boxed()
    })
}

fn history(fleet: Fleet, members: &[(u32, u32)], detours: &[(u32, u32, u32)], thousand: u32) -> History {
    let mut steps = Vec::new();
    for ((member, weight), (kind, guest, other)) in members.iter().zip(detours) {
        match kind {
            1 => steps.push(Step::Join(Member(*member), *other)),
            2 => steps.push(Step::Leave(Member(*guest))),
            3 => steps.extend([Step::Join(Member(*guest), *other), Step::Leave(Member(*guest))]),
            _ => {}
        }
        steps.push(Step::Join(Member(*member), *weight));
    }
    History { fleet, steps, keys: Keys { first: thousand * 1_000, count: 300 } }
}
