//! What a search has met before and need not try again.
//!
//! A configuration is how far the search has come, which of the overlapping operations it has placed, the state these
//! left behind, and which operations with an unknown outcome it has used. Of two that differ only in the last, the one
//! that used fewer can do all that the other can (it may leave the rest out for ever), so the other is not worth
//! trying. Histories with many time-outs owe most of their speed to this.

use std::collections::HashMap;

use super::intern::{Hashing, Interner};

/// A set of small numbers, of a size fixed when it is made.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Bits(Box<[u64]>);

impl Bits {
    /// The empty set of numbers below `size`.
    pub fn new(size: usize) -> Self {
        Bits(vec![0; size.div_ceil(64)].into())
    }

    pub fn insert(&mut self, number: u32) {
        self.0[number as usize / 64] |= 1 << (number % 64);
    }

    pub fn remove(&mut self, number: u32) {
        self.0[number as usize / 64] &= !(1 << (number % 64));
    }

    pub fn contains(&self, number: u32) -> bool {
        self.0[number as usize / 64] & (1 << (number % 64)) != 0
    }

    pub fn is_subset(&self, other: &Bits) -> bool {
        self.0.iter().zip(&other.0).all(|(own, other)| own & !other == 0)
    }

    pub fn heap_bytes(&self) -> usize {
        size_of_val(&*self.0)
    }
}

/// Where a search stands. Sets and the state are numbers from an [`Interner`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Configuration {
    /// The entry of the first return of an operation that is not placed.
    pub front: u32,
    /// Which operations are placed of those that overlap the front.
    pub open: u32,
    /// What the placed operations left behind.
    pub state: u32,
    /// Which operations with an unknown outcome are placed.
    pub guesses: u32,
}

/// No further configuration.
const END: u32 = u32::MAX;

/// The configurations met so far.
#[derive(Clone, Debug, Default)]
pub(crate) struct Seen {
    latest: HashMap<(u32, u32, u32), u32, Hashing>,
    /// The guesses of each, and the one met before it that differs in nothing else.
    met: Vec<(u32, u32)>,
}

impl Seen {
    /// How many configurations there are.
    pub fn len(&self) -> usize {
        self.met.len()
    }

    /// Adds a configuration, unless one was met that can do as much. Says whether it was added, and how many
    /// comparisons that took.
    pub fn insert(&mut self, new: Configuration, sets: &Interner<Bits>) -> (bool, u64) {
        let latest = self.latest.entry((new.front, new.open, new.state)).or_insert(END);
        let guesses = sets.get(new.guesses);
        let (mut at, mut compared) = (*latest, 0);
        while at != END {
            let (met, before) = self.met[at as usize];
            compared += 1;
            if met == new.guesses || sets.get(met).is_subset(guesses) {
                return (false, compared);
            }
            at = before;
        }
        self.met.push((new.guesses, *latest));
        *latest = u32::try_from(self.met.len() - 1).expect("memory ends before the numbers do");
        (true, compared)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(numbers: &[u32]) -> Bits {
        let mut bits = Bits::new(100);
        numbers.iter().for_each(|number| bits.insert(*number));
        bits
    }

    #[test]
    fn a_set_holds_what_was_put_in_and_not_taken_out() {
        let mut bits = set(&[0, 63, 64, 99]);
        bits.remove(64);
        let held: Vec<u32> = (0..100).filter(|number| bits.contains(*number)).collect();
        assert_eq!(held, [0, 63, 99]);
    }

    #[test]
    fn who_used_fewer_unknown_operations_makes_the_other_superfluous() {
        let mut sets = Interner::new();
        let mut seen = Seen::default();
        let mut add = |guesses: &[u32], state| {
            let guesses = sets.number_of(&set(guesses));
            seen.insert(Configuration { front: 1, open: 0, state, guesses }, &sets).0
        };
        assert!(add(&[1, 70], 0));
        assert!(!add(&[1, 70], 0), "the same again");
        assert!(!add(&[1, 2, 70], 0), "more");
        assert!(add(&[2, 70], 0), "others");
        assert!(add(&[70], 0), "fewer");
        assert!(!add(&[3, 70], 0));
        assert!(add(&[3, 70], 1), "another state");
    }
}
