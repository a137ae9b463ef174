//! A placement as the promises use it.
//!
//! They ask about hundreds of keys at a time and name them by their numbers, so that a placement in another process is asked
//! once, not once for every key.

use super::contract::{Member, Placement};
use super::fleets::Keys;

/// A placement of some fleet.
pub trait Instance {
    /// See [`Placement::join`].
    fn join(&mut self, member: Member, weight: u32);

    /// See [`Placement::leave`].
    fn leave(&mut self, member: Member);

    /// Who holds the replicas of each of these keys, so many of each. See [`Placement::replicas`].
    fn replicas(&self, keys: Keys, count: usize) -> Vec<Vec<Member>>;

    /// See [`Placement::assign`].
    fn assign(&self, keys: Keys, slack_percent: u32) -> Vec<Member>;
}

impl<P: Placement> Instance for P {
    fn join(&mut self, member: Member, weight: u32) {
        Placement::join(self, member, weight);
    }

    fn leave(&mut self, member: Member) {
        Placement::leave(self, member);
    }

    fn replicas(&self, keys: Keys, count: usize) -> Vec<Vec<Member>> {
        keys.names().map(|key| Placement::replicas(self, &key, count)).collect()
    }

    fn assign(&self, keys: Keys, slack_percent: u32) -> Vec<Member> {
        Placement::assign(self, &keys.names().collect::<Vec<_>>(), slack_percent)
    }
}
