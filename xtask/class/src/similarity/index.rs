//! Who has which fingerprint.
//!
//! One sorted list of all fingerprints with those who have them. Of what only one has, nothing is kept, so that the work is
//! proportional to what is shared and not to the number of pairs.

use std::collections::HashSet;
use std::ops::Range;

/// The fingerprints of the sources of an exercise, by their places.
pub(super) struct Index {
    /// How many fingerprints each source has that count.
    counted: Vec<usize>,
    /// All fingerprints, each with the place of a source that has it, in order.
    entries: Vec<(u64, u32)>,
    /// For each source the runs of `entries` with fingerprints of it that others have as well.
    shared: Vec<Vec<Range<usize>>>,
    /// What more sources have than `common` allows. It does not count.
    idioms: HashSet<u64>,
}

impl Index {
    /// An index of sets, in which a fingerprint that more than `common` of them have does not count.
    pub(super) fn of(sets: &[Vec<u64>], common: usize) -> Index {
        let source = |place: usize| u32::try_from(place).expect("a class has fewer members than that");
        let entries =
            sets.iter().enumerate().flat_map(|(place, set)| set.iter().map(move |hash| (*hash, source(place))));
        let mut entries: Vec<(u64, u32)> = entries.collect();
        entries.sort_unstable();
        let mut index = Index {
            counted: sets.iter().map(Vec::len).collect(),
            entries: Vec::new(),
            shared: vec![Vec::new(); sets.len()],
            idioms: HashSet::new(),
        };
        let mut start = 0;
        for holders in entries.chunk_by(|one, other| one.0 == other.0) {
            let run = start..start + holders.len();
            start = run.end;
            if holders.len() > common {
                index.idioms.insert(holders[0].0);
            }
            for (_, place) in holders {
                if holders.len() > common {
                    index.counted[*place as usize] -= 1;
                } else if holders.len() > 1 {
                    index.shared[*place as usize].push(run.clone());
                }
            }
        }
        index.entries = entries;
        index
    }

    /// How many fingerprints of the source at a place count.
    pub(super) fn counted(&self, place: usize) -> usize {
        self.counted[place]
    }

    /// What does not count because so many have it.
    pub(super) fn into_idioms(self) -> HashSet<u64> {
        self.idioms
    }

    /// The pairs that share at least one fingerprint, the earlier place first, and how many they share.
    pub(super) fn pairs(&self) -> impl Iterator<Item = (usize, usize, usize)> {
        let mut shared = vec![0; self.shared.len()];
        self.shared.iter().enumerate().flat_map(move |(here, runs)| {
            let mut met = Vec::new();
            for run in runs {
                // Holders stand in order, so those before this one come first.
                for there in self.entries[run.clone()].iter().map(|(_, place)| *place as usize) {
                    if there >= here {
                        break;
                    }
                    if shared[there] == 0 {
                        met.push(there);
                    }
                    shared[there] += 1;
                }
            }
            met.sort_unstable();
            let taken: Vec<_> =
                met.into_iter().map(|there| (there, here, std::mem::take(&mut shared[there]))).collect();
            taken
        })
    }
}
