//! Who has which fingerprint.
//!
//! One sorted list of all fingerprints with those who have them. A fingerprint that only one has costs nothing more, so the
//! work is proportional to what is shared and not to the number of pairs: for 200 submissions of 25 exercises that have little
//! in common, a seventh of the time of comparing each two. Where everybody hands in nearly the same, it is the other way
//! round, four times as long, but then most of it is common to the class and doesn't count.
//! (`cargo run -p class --example similarity_speed`.)

use std::collections::HashSet;
use std::ops::Range;

/// The fingerprints of the sources of an exercise, by their places.
pub struct Index {
    /// How many fingerprints each source has that count.
    counted: Vec<usize>,
    /// The places of those who have a fingerprint, in order, one fingerprint after the other.
    holders: Vec<u32>,
    /// For each source the runs of `holders` with those before it that share a fingerprint with it.
    before: Vec<Vec<Range<usize>>>,
    /// What more sources have than `common` allows. It does not count.
    idioms: HashSet<u64>,
}

impl Index {
    /// An index of sets, in which a fingerprint that more than `common` of them have does not count.
    pub fn of(sets: &[Vec<u64>], common: usize) -> Index {
        let source = |place: usize| u32::try_from(place).expect("a class has fewer members than that");
        let of_set = |(place, set): (usize, &'_ Vec<u64>)| -> Vec<(u64, u32)> {
            set.iter().map(|hash| (*hash, source(place))).collect()
        };
        let mut entries: Vec<(u64, u32)> = sets.iter().enumerate().flat_map(of_set).collect();
        entries.sort_unstable();
        let mut index = Index {
            counted: sets.iter().map(Vec::len).collect(),
            holders: entries.iter().map(|(_, place)| *place).collect(),
            before: vec![Vec::new(); sets.len()],
            idioms: HashSet::new(),
        };
        let mut start = 0;
        for same in entries.chunk_by(|one, other| one.0 == other.0) {
            if same.len() > common {
                index.idioms.insert(same[0].0);
            }
            for (nth, (_, place)) in same.iter().enumerate() {
                if same.len() > common {
                    index.counted[*place as usize] -= 1;
                } else if nth > 0 {
                    index.before[*place as usize].push(start..start + nth);
                }
            }
            start += same.len();
        }
        index
    }

    /// How many fingerprints of the source at a place count.
    pub fn counted(&self, place: usize) -> usize {
        self.counted[place]
    }

    /// What does not count because so many have it.
    pub fn into_idioms(self) -> HashSet<u64> {
        self.idioms
    }

    /// The pairs that share at least one fingerprint, the earlier place first, and how many they share.
    pub fn pairs(&self) -> impl Iterator<Item = (usize, usize, usize)> {
        self.before.iter().enumerate().flat_map(move |(here, runs)| {
            let mut shared = vec![0; here];
            for run in runs {
                for there in &self.holders[run.clone()] {
                    shared[*there as usize] += 1;
                }
            }
            let met = shared.into_iter().enumerate().filter(|(_, shared)| *shared > 0);
            met.map(move |(there, shared)| (there, here, shared))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pair_that_shares_something_is_found_once_with_how_much() {
        let index = Index::of(&[vec![1, 2, 3, 9], vec![4], vec![2, 3, 9], vec![3, 4]], 3);
        assert_eq!(index.pairs().collect::<Vec<_>>(), [(0, 2, 3), (0, 3, 1), (1, 3, 1), (2, 3, 1)]);
        assert_eq!([0, 1, 2, 3].map(|place| index.counted(place)), [4, 1, 3, 2]);
    }

    #[test]
    fn what_too_many_have_counts_for_nobody() {
        let index = Index::of(&[vec![1, 2], vec![1, 2], vec![1]], 2);
        assert_eq!(index.pairs().collect::<Vec<_>>(), [(0, 1, 1)]);
        assert_eq!([0, 1, 2].map(|place| index.counted(place)), [1, 1, 0]);
        assert_eq!(index.into_idioms(), HashSet::from([1]));
    }
}
