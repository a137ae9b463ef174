//! Which submissions are alike, and where.
//!
//! - [`tokens`]: what is left of a source when names, comments and formatting don't count.
//! - [`fingerprint`]: the few hashes that stand for it.
//! - [`index`]: who has which of them.
//! - [`regions`]: the passages that two sources share.
//!
//! Start at [`compare`]. What comes out tells where to look. It says nothing about why two texts are alike: a short or
//! dictated solution has one natural form, friends learn from the same book, and one of two may never have heard of the
//! other.
//!
//! Every exercise is compared by itself, and what everybody was given is left out: the stub, the contract, and what more
//! than half of a larger class has. Sources are never compared pair by pair: an index from fingerprints to those who have
//! them is walked once, so that pairs with nothing in common cost nothing.
//!
//! Two sources count as alike from [`Options::share`] on. The number is measured on the code of this course. A mutant of a
//! reference solution, which is a copy with one passage changed, shares 0.81 with it or more. Solutions written for another
//! design share 0.26 or less with each other, 19 of 20 pairs 0.20 or less; four variants that rework the solution's own text
//! share more, and are found, as they should be. `cargo run -p class --example separation` measures it again.

pub mod fingerprint;
pub mod index;
pub mod regions;
#[cfg(test)]
mod tests;
pub mod tokens;

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashSet};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use serde::{Deserialize, Serialize};

use self::fingerprint::{Fingerprint, grams, winnow};
use self::index::Index;
pub use self::regions::{Lines, Region};
use self::tokens::Tokens;

/// In a class of fewer, nothing is common enough to be called common.
const LARGER_CLASS: usize = 20;

/// An exercise, with everybody's source of it.
#[derive(Clone, Debug, Default)]
pub struct Exercise<'a> {
    /// Its id.
    pub id: &'a str,
    /// What everybody was given: the stub, the contract.
    pub given: Vec<&'a str>,
    /// Who handed in what: the name of the submission and the text. One a submission.
    pub sources: Vec<(&'a str, &'a str)>,
}

/// What is worth being told.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Options {
    /// Two sources are alike if so much of the fingerprints of either is shared, from 0 to 1.
    pub share: f64,
    /// And if they share so many at least: a handful is chance.
    pub shared: usize,
    /// Fingerprints that more than this part of a larger class has are common to the class, and left out.
    pub common: f64,
    /// Of so many pairs, the regions are found; of the rest it is told how many there are.
    pub most: usize,
}

impl Default for Options {
    fn default() -> Self {
        Options { share: 0.4, shared: 8, common: 0.5, most: 200 }
    }
}

/// Which submissions are alike.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Similarities {
    /// The most alike first.
    pub pairs: Vec<Pair>,
    /// How many pairs there are besides, none of them more alike than these.
    pub more: usize,
    /// What was left out because so many have it.
    pub common: Vec<Common>,
}

/// Two submissions that are alike in some exercise.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Pair {
    /// The name that comes first in order.
    pub one: String,
    /// The other.
    pub other: String,
    /// The exercises in which they are alike, the most alike first.
    pub exercises: Vec<Alike>,
}

/// How two sources of one exercise are alike.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Alike {
    /// The exercise.
    pub exercise: String,
    /// How many fingerprints both have.
    pub shared: usize,
    /// How many of them the one has, and what part of these is shared.
    pub one: Share,
    /// The same for the other.
    pub other: Share,
    /// The tokens of the longest run that is the same in both.
    pub longest_run: usize,
    /// What they have in common, in the order of the one.
    pub regions: Vec<Region>,
}

/// The fingerprints of a source.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Share {
    /// How many there are, given and common ones not counted.
    pub fingerprints: usize,
    /// The part of them that is shared, from 0 to 1.
    pub share: f64,
}

/// What so many of a class have that it tells nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Common {
    /// The exercise.
    pub exercise: String,
    /// How many fingerprints were left out.
    pub fingerprints: usize,
    /// How many sources were compared.
    pub sources: usize,
}

impl Alike {
    /// The greater of both shares: who copies a passage into something longer still shares the whole of the shorter.
    pub fn share(&self) -> f64 {
        self.one.share.max(self.other.share)
    }

    /// Whole percents, then how much text that is: of two pairs that are equally alike, the longer one says more.
    fn rank(&self) -> (Reverse<u64>, Reverse<usize>) {
        (Reverse((self.share() * 100.0).round() as u64), Reverse(self.shared))
    }
}

impl Pair {
    /// The share of the exercise in which they are most alike.
    pub fn share(&self) -> f64 {
        self.exercises.first().map_or(0.0, Alike::share)
    }

    fn rank(&self) -> impl Ord + use<> {
        let shared: usize = self.exercises.iter().map(|alike| alike.shared).sum();
        let most = self.exercises.first().map(|alike| alike.rank().0);
        (most, Reverse(shared), self.one.clone(), self.other.clone())
    }
}

/// Finds the submissions that are alike. The same sources give the same result, in whatever order they come.
pub fn compare(exercises: &[Exercise], options: &Options) -> Similarities {
    let found = at_once(exercises, &|exercise| found(exercise, options));
    let mut pairs: BTreeMap<(&str, &str), Vec<Alike>> = BTreeMap::new();
    let mut common = Vec::new();
    let mut left_out = Vec::new();
    for (exercise, found) in exercises.iter().zip(found) {
        if !found.left_out.idioms.is_empty() {
            let (exercise, fingerprints) = (exercise.id.to_owned(), found.left_out.idioms.len());
            common.push(Common { exercise, fingerprints, sources: found.sources });
        }
        left_out.push(found.left_out);
        for (one, other, alike) in found.alike {
            pairs.entry((one, other)).or_default().push(alike);
        }
    }
    let mut pairs: Vec<Pair> = pairs.into_iter().map(|(names, exercises)| pair(names, exercises)).collect();
    pairs.sort_by_cached_key(Pair::rank);
    let more = pairs.len().saturating_sub(options.most);
    pairs.truncate(options.most);
    let pairs = at_once(&pairs, &|pair| with_regions(pair, exercises, &left_out));
    Similarities { pairs, more, common }
}

/// Does the same with all of them, on as many threads as there are cores. The results are in order.
fn at_once<T: Sync, R: Send>(all: &[T], work: &(dyn Fn(&T) -> R + Sync)) -> Vec<R> {
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let next = AtomicUsize::new(0);
    let worker = || {
        let taken = std::iter::from_fn(|| Some(next.fetch_add(1, Ordering::Relaxed)));
        taken.map_while(|place| Some((place, work(all.get(place)?)))).collect::<Vec<(usize, R)>>()
    };
    let mut done: Vec<(usize, R)> = thread::scope(|scope| {
        let workers: Vec<_> = (0..cores).map(|_| scope.spawn(worker)).collect();
        workers
            .into_iter()
            .flat_map(|worker| worker.join().expect("comparing never panics, whatever the text"))
            .collect()
    });
    done.sort_by_key(|(place, _)| *place);
    done.into_iter().map(|(_, result)| result).collect()
}

fn pair((one, other): (&str, &str), mut exercises: Vec<Alike>) -> Pair {
    exercises.sort_by_key(Alike::rank);
    Pair { one: one.to_owned(), other: other.to_owned(), exercises }
}

/// What does not count in an exercise.
struct LeftOut {
    /// The grams that everybody was given.
    given: HashSet<u64>,
    /// The fingerprints that are common to the class.
    idioms: HashSet<u64>,
}

/// A source, taken apart.
struct Source {
    tokens: Tokens,
    grams: Vec<u64>,
    fingerprints: Vec<Fingerprint>,
}

impl Source {
    fn of(text: &str, given: &HashSet<u64>) -> Source {
        let tokens = Tokens::of(text);
        let grams = grams(&tokens);
        let fingerprints = winnow(&grams, given);
        Source { tokens, grams, fingerprints }
    }

    /// Each fingerprint once, in order.
    fn set(&self) -> Vec<u64> {
        let mut set: Vec<u64> = self.fingerprints.iter().map(|fingerprint| fingerprint.hash).collect();
        set.sort_unstable();
        set.dedup();
        set
    }

    fn side(&self) -> regions::Side<'_> {
        regions::Side { tokens: &self.tokens, grams: &self.grams, fingerprints: &self.fingerprints }
    }
}

/// What is alike in an exercise.
struct Found<'a> {
    /// How many sources were compared.
    sources: usize,
    /// Two names in order, and how their sources are alike.
    alike: Vec<(&'a str, &'a str, Alike)>,
    left_out: LeftOut,
}

fn found<'a>(exercise: &Exercise<'a>, options: &Options) -> Found<'a> {
    let given: HashSet<u64> = exercise.given.iter().flat_map(|text| grams(&Tokens::of(text))).collect();
    let mut sources = exercise.sources.clone();
    sources.sort_unstable();
    let sets: Vec<Vec<u64>> = sources.iter().map(|(_, text)| Source::of(text, &given).set()).collect();
    let is_large = sets.len() >= LARGER_CLASS;
    let index = Index::of(&sets, if is_large { (options.common * sets.len() as f64) as usize } else { sets.len() });
    let mut alike = Vec::new();
    for (one, other, shared) in index.pairs().filter(|(_, _, shared)| *shared >= options.shared) {
        let share = |place: usize| {
            let fingerprints = index.counted(place);
            Share { fingerprints, share: shared as f64 / fingerprints as f64 }
        };
        let (exercise, regions) = (exercise.id.to_owned(), Vec::new());
        let found = Alike { exercise, shared, one: share(one), other: share(other), longest_run: 0, regions };
        if found.share() >= options.share {
            alike.push((sources[one].0, sources[other].0, found));
        }
    }
    Found { sources: sets.len(), alike, left_out: LeftOut { given, idioms: index.into_idioms() } }
}

fn with_regions(pair: &Pair, exercises: &[Exercise], left_out: &[LeftOut]) -> Pair {
    let mut pair = pair.clone();
    for alike in &mut pair.exercises {
        let place = exercises.iter().position(|exercise| exercise.id == alike.exercise);
        let place = place.expect("a pair is found in an exercise that was compared");
        let LeftOut { given, idioms } = &left_out[place];
        let source = |name: &str| {
            let mut sources = exercises[place].sources.iter();
            let (_, text) = sources.find(|(who, _)| *who == name).expect("a pair is made of two that were compared");
            let mut source = Source::of(text, given);
            // Taken out after the choice, as they were found: to choose anew would find others in the same passage.
            source.fingerprints.retain(|fingerprint| !idioms.contains(&fingerprint.hash));
            source
        };
        let (one, other) = (source(&pair.one), source(&pair.other));
        let counts = |gram: u64| !given.contains(&gram) && !idioms.contains(&gram);
        let shared = regions::shared(one.side(), other.side(), &counts);
        alike.longest_run = shared.longest_run;
        alike.regions = shared.regions;
    }
    pair
}
