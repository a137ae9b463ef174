//! Where two sources are alike: the passages that they share, as pairs of line ranges.
//!
//! A shared fingerprint says that there is something; how far it reaches is found by going on from it, gram by gram, in
//! both directions. Then the longest passage is taken first and no token of either side is used twice, which is the
//! greedy string tiling of Wise ("String similarity via greedy string tiling and running Karp-Rabin matching", 1993),
//! begun from fingerprints instead of from everywhere. So a passage that was moved is found as a whole, and one that is
//! repeated is not counted again and again.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde::{Deserialize, Serialize};

use super::fingerprint::{Fingerprint, GRAM};
use super::tokens::Tokens;

/// Of a passage that repeats itself within a source, so many places are compared. What is left out lies next to these.
const PLACES: usize = 8;

/// Lines of a file, from 1, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Lines {
    /// The first.
    pub first: u32,
    /// The last.
    pub last: u32,
}

/// A passage that two sources share.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Region {
    /// Where it stands in the one.
    pub one: Lines,
    /// Where it stands in the other.
    pub other: Lines,
    /// How many tokens of it are the same.
    pub tokens: usize,
}

/// A source, ready to be compared.
#[derive(Clone, Copy, Debug)]
pub struct Side<'a> {
    /// Its tokens.
    pub tokens: &'a Tokens,
    /// The hashes of its grams.
    pub grams: &'a [u64],
    /// Its fingerprints.
    pub fingerprints: &'a [Fingerprint],
}

/// A run of tokens that stands in both sources.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Run {
    one: usize,
    other: usize,
    tokens: usize,
}

/// What two sources share.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Shared {
    /// In the order in which they stand in the one.
    pub regions: Vec<Region>,
    /// The tokens of the longest run that is the same in both.
    pub longest_run: usize,
}

/// Finds what two sources share, of the grams that count.
pub fn shared(one: Side, other: Side, counts: &dyn Fn(u64) -> bool) -> Shared {
    let mut runs = runs(one, other, counts);
    runs.sort_by_key(|run| (std::cmp::Reverse(run.tokens), run.one, run.other));
    let longest_run = runs.first().map_or(0, |run| run.tokens);
    let mut tiles = tiles(&runs, one.tokens.len(), other.tokens.len());
    tiles.sort_by_key(|run| (run.one, run.other));
    let lines = |tokens: &Tokens, at: usize, length: usize| Lines {
        first: tokens.lines[at],
        last: tokens.lines[at + length - 1],
    };
    let regions = tiles.iter().map(|run| Region {
        one: lines(one.tokens, run.one, run.tokens),
        other: lines(other.tokens, run.other, run.tokens),
        tokens: run.tokens,
    });
    Shared { regions: merged(regions), longest_run }
}

/// The places at which both sides have the same fingerprint, by diagonal: the distance between the two places.
fn seeds(one: Side, other: Side) -> BTreeMap<isize, BTreeSet<usize>> {
    let mut places: HashMap<u64, Vec<usize>> = HashMap::new();
    for fingerprint in other.fingerprints {
        let places = places.entry(fingerprint.hash).or_default();
        if places.len() < PLACES {
            places.push(fingerprint.at);
        }
    }
    let mut seen: HashMap<u64, usize> = HashMap::new();
    let mut seeds: BTreeMap<isize, BTreeSet<usize>> = BTreeMap::new();
    for fingerprint in one.fingerprints {
        let Some(places) = places.get(&fingerprint.hash) else { continue };
        let seen = seen.entry(fingerprint.hash).or_default();
        *seen += 1;
        if *seen <= PLACES {
            for place in places {
                let diagonal = *place as isize - fingerprint.at as isize;
                seeds.entry(diagonal).or_default().insert(fingerprint.at);
            }
        }
    }
    seeds
}

/// The longest runs through the seeds.
fn runs(one: Side, other: Side, counts: &dyn Fn(u64) -> bool) -> Vec<Run> {
    let mut runs = Vec::new();
    for (diagonal, seeds) in seeds(one, other) {
        let same = |at: usize| {
            let there = at.checked_add_signed(diagonal).and_then(|there| other.grams.get(there));
            one.grams.get(at).is_some_and(|gram| there == Some(gram) && counts(*gram))
        };
        let mut reached = 0;
        for seed in seeds {
            if seed < reached || !same(seed) {
                continue;
            }
            let first = (reached..seed).rev().take_while(|at| same(*at)).last().unwrap_or(seed);
            reached = (seed..).take_while(|at| same(*at)).last().unwrap_or(seed) + 1;
            let there = first.checked_add_signed(diagonal).expect("a gram of the other side is there");
            runs.push(Run { one: first, other: there, tokens: reached - first + GRAM - 1 });
        }
    }
    runs
}

/// Of runs, longest first, those parts that use no token a second time.
fn tiles(runs: &[Run], one_len: usize, other_len: usize) -> Vec<Run> {
    let (mut one_used, mut other_used) = (vec![false; one_len], vec![false; other_len]);
    let mut tiles = Vec::new();
    for run in runs {
        let is_free = |nth: &usize| !one_used[run.one + nth] && !other_used[run.other + nth];
        let mut parts: Vec<(usize, usize)> = Vec::new();
        for nth in (0..run.tokens).filter(is_free) {
            match parts.last_mut() {
                Some((_, end)) if *end == nth => *end += 1,
                _ => parts.push((nth, nth + 1)),
            }
        }
        for (start, end) in parts.into_iter().filter(|(start, end)| end - start >= GRAM) {
            one_used[run.one + start..run.one + end].fill(true);
            other_used[run.other + start..run.other + end].fill(true);
            tiles.push(Run { one: run.one + start, other: run.other + start, tokens: end - start });
        }
    }
    tiles
}

/// Makes one region of those that follow each other on both sides with no line between them.
fn merged(regions: impl Iterator<Item = Region>) -> Vec<Region> {
    let mut merged: Vec<Region> = Vec::new();
    let follows = |last: Lines, next: Lines| next.first >= last.first && next.first <= last.last + 1;
    for region in regions {
        match merged.last_mut() {
            Some(last) if follows(last.one, region.one) && follows(last.other, region.other) => {
                last.one.last = last.one.last.max(region.one.last);
                last.other.last = last.other.last.max(region.other.last);
                last.tokens += region.tokens;
            }
            _ => merged.push(region),
        }
    }
    merged
}
