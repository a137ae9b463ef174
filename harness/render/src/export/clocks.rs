//! Vector clocks of a trace: who could know what when it happened.
//!
//! After Mattern, "Virtual Time and Global States of Distributed Systems" (1989), and Fidge (1988): an event ticks its
//! lane's own entry, and a receipt takes over what the sender knew. Then one event could have caused another exactly if its
//! clock is smaller. The harness draws these from the messages of a run, so they are right whatever the code under test
//! believes about time.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use sim::{Kind, Lane, MessageId, Trace};

/// How many events of each lane an event could know of, itself included. The last entry is the world's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clock(pub Vec<u32>);

impl PartialOrd for Clock {
    /// Less is "could have caused", nothing is "neither could have caused the other".
    fn partial_cmp(&self, other: &Clock) -> Option<Ordering> {
        let (mut less, mut greater) = (false, false);
        for (one, other) in self.0.iter().zip(&other.0) {
            less |= one < other;
            greater |= one > other;
        }
        match (less, greater) {
            (false, false) => Some(Ordering::Equal),
            (true, false) => Some(Ordering::Less),
            (false, true) => Some(Ordering::Greater),
            (true, true) => None,
        }
    }
}

/// The entry of a lane in every clock of a trace; the world's comes last.
pub(crate) fn entry_of(trace: &Trace, lane: Lane) -> usize {
    if lane == Lane::WORLD { trace.lanes.len() } else { usize::from(lane.0) }
}

/// The clock of each event, in the order of the trace.
///
/// What happens to the world as a whole is seen by nobody, so it comes before and after nothing but its own kind.
pub fn clocks(trace: &Trace) -> Vec<Clock> {
    let mut now = vec![Clock(vec![0; trace.lanes.len() + 1]); trace.lanes.len() + 1];
    let mut sent: BTreeMap<MessageId, Clock> = BTreeMap::new();
    let clock = |event: &sim::trace::Event| {
        let entry = entry_of(trace, event.lane);
        let here = &mut now[entry];
        here.0[entry] += 1;
        match &event.kind {
            Kind::Send { message, .. } => {
                sent.insert(*message, here.clone());
            }
            Kind::Receive { message } => {
                if let Some(there) = sent.get(message) {
                    here.0.iter_mut().zip(&there.0).for_each(|(here, there)| *here = (*here).max(*there));
                }
            }
            _ => {}
        }
        here.clone()
    };
    trace.events.iter().map(clock).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::specimens::{cluster, random};

    /// Happened-before, by its definition and no clock: the transitive closure of program order and messages.
    fn causes(trace: &Trace) -> Vec<BTreeSet<usize>> {
        let mut before: Vec<BTreeSet<usize>> = Vec::new();
        for (place, event) in trace.events.iter().enumerate() {
            let earlier = trace.events[..place].iter().rposition(|other| other.lane == event.lane);
            let sending = trace.events[..place].iter().position(|other| match (&other.kind, &event.kind) {
                (Kind::Send { message: sent, .. }, Kind::Receive { message }) => sent == message,
                _ => false,
            });
            let direct: Vec<usize> = earlier.into_iter().chain(sending).collect();
            let all = direct.iter().flat_map(|cause| before[*cause].iter().copied()).chain(direct.iter().copied());
            let all = all.collect();
            before.push(all);
        }
        before
    }

    #[test]
    fn a_clock_is_smaller_exactly_if_it_could_be_the_cause() {
        for seed in 0..60 {
            let trace = random(seed);
            let (clocks, causes) = (clocks(&trace), causes(&trace));
            for (one, smaller) in clocks.iter().enumerate() {
                for (other, greater) in clocks.iter().enumerate() {
                    let expected = causes[other].contains(&one);
                    assert_eq!(smaller < greater, expected, "seed {seed}: events {one} and {other}");
                }
            }
        }
    }

    #[test]
    fn each_lane_counts_its_own_events_from_one() {
        let (trace, _) = cluster(5);
        let mut seen = vec![0; trace.lanes.len() + 1];
        for (event, clock) in trace.events.iter().zip(clocks(&trace)) {
            let entry = entry_of(&trace, event.lane);
            seen[entry] += 1;
            assert_eq!(clock.0[entry], seen[entry]);
        }
    }
}
