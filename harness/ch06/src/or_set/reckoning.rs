//! What must be in a node's set and what must not, as far as what clients asked for and were told lets one say.
//!
//! Who has heard of what is the nodes' own business, so there is often more than one right answer. Two things are certain: a
//! node knows what it has done itself, and at the end all know everything that was done. Two are impossible: to know of what
//! has not been asked for yet, and of what happens beyond a cut.

use harness::NodeId;
use sim::Fault;

use super::contract::{self, Listing};
use crate::replicas::Change as Changed;

type Seen = crate::replicas::Seen<Listing>;
type Change = Changed<contract::Change>;

/// A moment at which a node shows its set.
pub struct Reckoning<'a> {
    seen: &'a Seen,
    /// The node that shows it, and when; nobody at the end, when all know all that was done.
    moment: Option<(NodeId, u64)>,
}

impl<'a> Reckoning<'a> {
    /// What a node must show at that time.
    pub fn at(seen: &'a Seen, node: NodeId, at_ms: u64) -> Self {
        Reckoning { seen, moment: Some((node, at_ms)) }
    }

    /// What all must show when they have had time to agree.
    pub fn in_the_end(seen: &'a Seen) -> Self {
        Reckoning { seen, moment: None }
    }

    /// All changes that this element may have seen by now, with their numbers.
    fn changes(&self, element: &'a str, adds: bool) -> impl Iterator<Item = (u32, &'a Change)> {
        let until_ms = self.moment.map_or(u64::MAX, |(_, at_ms)| at_ms);
        let all = self.seen.changes.iter().map(|(number, change)| (*number, change));
        all.filter(move |(_, change)| {
            let about = change.what.element() == element && change.what.adds() == adds;
            about && !change.refused && change.at_ms <= until_ms
        })
    }

    /// Whether the change is known here, for certain.
    fn is_known(&self, change: &Change) -> bool {
        change.done && self.moment.is_none_or(|(node, at_ms)| change.node == node && change.at_ms < at_ms)
    }

    /// An addition that is known here and that no removal can have known of: the element must be there.
    pub fn must_be_there(&self, element: &'a str) -> Option<&'a Change> {
        let may_be_removed =
            |addition: &Change| self.changes(element, false).any(|(_, removal)| self.may_have_known(removal, addition));
        let mut additions = self.changes(element, true).map(|(_, addition)| addition);
        additions.find(|addition| self.is_known(addition) && !may_be_removed(addition))
    }

    /// The last removal, if every addition there may have been was removed for certain: the element must be gone.
    pub fn must_be_gone(&self, element: &'a str) -> Option<&'a Change> {
        let removals = || self.changes(element, false).filter(|(_, removal)| self.is_known(removal));
        let removed = |addition: &Change| removals().any(|(_, removal)| surely_knew(removal, addition));
        let last = removals().map(|(_, removal)| removal).max_by_key(|removal| removal.at_ms)?;
        self.changes(element, true).all(|(_, addition)| removed(addition)).then_some(last)
    }

    /// Whether anybody has asked for it to be added so far.
    pub fn was_ever_added(&self, element: &'a str) -> bool {
        self.changes(element, true).next().is_some()
    }

    fn may_have_known(&self, later: &Change, earlier: &Change) -> bool {
        if later.at_ms < earlier.at_ms {
            return false;
        }
        !self.seen.splits.iter().any(|split| {
            let Fault::Split { side, span } = split else { return false };
            let apart = side.contains(&later.node) != side.contains(&earlier.node);
            apart && span.from_ms <= earlier.at_ms && later.at_ms < span.until_ms
        })
    }
}

/// A node knows what it has answered itself.
fn surely_knew(later: &Change, earlier: &Change) -> bool {
    earlier.done && later.node == earlier.node && earlier.at_ms < later.at_ms
}
