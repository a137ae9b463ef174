//! Winnowing: which few hashes stand for a source.
//!
//! Every run of [`GRAM`] tokens has a hash. Of each [`WINDOW`] hashes in a row the smallest is chosen, and those are the
//! source's fingerprints (Schleimer, Wilkerson and Aiken, "Winnowing: Local Algorithms for Document Fingerprinting",
//! SIGMOD 2003, the algorithm of MOSS). Which one is the smallest depends on nothing outside the window, so two sources
//! that share a window share its fingerprint, wherever in the file it stands.
//!
//! Grams that everybody was given are taken out before choosing, not after. Afterwards would lose copied code next to
//! given code: the window they share would have been spent on the given gram.

use std::collections::HashSet;

use super::tokens::{Kind, Tokens};

/// How many tokens a fingerprint covers (the paper's k). Nothing shorter is ever noticed.
pub const GRAM: usize = 20;

/// Of so many hashes in a row, one is chosen (the paper's w).
pub const WINDOW: usize = 12;

/// The guarantee: a run of so many tokens that two sources share, free of given grams, shares a fingerprint.
pub const GUARANTEED: usize = WINDOW + GRAM - 1;

/// A fingerprint, and where its gram begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fingerprint {
    /// The hash of the gram.
    pub hash: u64,
    /// The index of its first token.
    pub at: usize,
}

/// The factor of the rolling hash: odd, so that nothing is lost.
const FACTOR: u64 = 0x9E37_79B9_7F4A_7C15;

/// The hashes of all grams of a source, in their order.
///
/// The hash of a gram follows from that of the gram before it (Karp and Rabin, "Efficient randomized pattern-matching
/// algorithms", IBM Journal of Research and Development 31(2), 1987).
pub fn grams(tokens: &Tokens) -> Vec<u64> {
    let kinds = &tokens.kinds;
    if kinds.len() < GRAM {
        return Vec::new();
    }
    let leaves = (0..GRAM).fold(1u64, |power, _| power.wrapping_mul(FACTOR));
    let enter = |rolled: u64, kind: Kind| rolled.wrapping_mul(FACTOR).wrapping_add(u64::from(kind) + 1);
    let mut rolled = kinds[..GRAM].iter().fold(0, |rolled, kind| enter(rolled, *kind));
    let mut grams = Vec::with_capacity(kinds.len() + 1 - GRAM);
    grams.push(mixed(rolled));
    for (old, new) in kinds.iter().zip(&kinds[GRAM..]) {
        rolled = enter(rolled, *new).wrapping_sub((u64::from(*old) + 1).wrapping_mul(leaves));
        grams.push(mixed(rolled));
    }
    grams
}

/// Which hash is the smallest has to be chance, and the lower bits of a product are not (the finisher of SplitMix64: Steele,
/// Lea and Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014).
fn mixed(hash: u64) -> u64 {
    let hash = (hash ^ (hash >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let hash = (hash ^ (hash >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    hash ^ (hash >> 31)
}

/// Chooses the fingerprints: robust winnowing, without the grams that are `given`.
///
/// Of equal hashes the one chosen for the window before stays chosen, so that a long repetition leaves few fingerprints.
/// A source of fewer hashes than a window has is one window.
pub fn winnow(hashes: &[u64], given: &HashSet<u64>) -> Vec<Fingerprint> {
    let mut chosen: Vec<Fingerprint> = Vec::new();
    let mut current: Option<usize> = None;
    let is_free = |at: &usize| !given.contains(&hashes[*at]);
    for end in 0..hashes.len() {
        let start = (end + 1).saturating_sub(WINDOW);
        let is_whole = end + 1 >= WINDOW || end + 1 == hashes.len();
        current = match current.filter(|at| *at >= start) {
            Some(at) if !is_free(&end) || hashes[end] >= hashes[at] => Some(at),
            Some(_) => Some(end),
            // The last of the smallest stays in the window longest.
            None => (start..=end).filter(is_free).rev().min_by_key(|at| hashes[*at]),
        };
        if let Some(at) = current.filter(|_| is_whole)
            && chosen.last().is_none_or(|last| last.at != at)
        {
            chosen.push(Fingerprint { hash: hashes[at], at });
        }
    }
    chosen
}
