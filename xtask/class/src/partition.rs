//! A class, divided into shares for several machines.
//!
//! Names are dealt out like cards, in their order: the first to share 1, the second to share 2, and so on round. Dealing
//! by a hash of the name would not need to know the other names, but leaves some shares half as large again as others,
//! and the largest is the one that everybody waits for. What it costs is that all machines must see the same class; so
//! every share keeps the list of names that it was dealt from, and shares of different lists are not joined.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// One of several shares of a class: `3/7`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Partition {
    /// From 1.
    share: usize,
    /// How many there are.
    of: usize,
}

impl Partition {
    /// Its number, from 1.
    pub fn share(self) -> usize {
        self.share
    }

    /// How many shares the class is divided into.
    pub fn of(self) -> usize {
        self.of
    }

    /// Whether the submission at `place`, counted from 0 in the order of the names of the whole class, is in this share.
    pub fn takes(self, place: usize) -> bool {
        place % self.of == self.share - 1
    }
}

impl FromStr for Partition {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let numbers = text.split_once('/').and_then(|(share, of)| Some((share.parse().ok()?, of.parse().ok()?)));
        match numbers.filter(|(_, of)| *of > 0) {
            Some((0, of)) => Err(format!(
                "shares are counted from 1: 1/{of} is the first. Where a scheduler counts from 0, add 1 to its number"
            )),
            Some((share, of)) if share > of => {
                Err(format!("there is no share {share} of {of}; the last one is {of}/{of}"))
            }
            Some((share, of)) => Ok(Partition { share, of }),
            None => Err("a share is written as I/N: 3/7 is the third of seven".to_owned()),
        }
    }
}

impl TryFrom<String> for Partition {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<Partition> for String {
    fn from(partition: Partition) -> String {
        partition.to_string()
    }
}

impl fmt::Display for Partition {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}/{}", self.share, self.of)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sizes(class: usize, of: usize) -> Vec<usize> {
        let shares = (1..=of).map(|share| Partition { share, of });
        shares.map(|share| (0..class).filter(|place| share.takes(*place)).count()).collect()
    }

    #[test]
    fn every_submission_is_in_exactly_one_share() {
        for of in [1, 2, 3, 7, 20] {
            for place in 0..50 {
                let takers = (1..=of).filter(|share| Partition { share: *share, of }.takes(place)).count();
                assert_eq!(takers, 1, "place {place} of {of} shares");
            }
        }
    }

    #[test]
    fn no_share_is_larger_than_another_by_more_than_one() {
        assert_eq!(sizes(200, 7), [29, 29, 29, 29, 28, 28, 28]);
        assert_eq!(sizes(2, 3), [1, 1, 0]);
    }

    #[test]
    fn a_share_reads_as_it_is_written() {
        assert_eq!("3/7".parse::<Partition>().map(|share| share.to_string()).as_deref(), Ok("3/7"));
    }

    #[test]
    fn what_is_no_share_is_refused_with_what_was_meant() {
        let refused = |text: &str| text.parse::<Partition>().expect_err("it is no share");
        assert!(refused("0/7").contains("1/7 is the first"));
        assert!(refused("8/7").contains("the last one is 7/7"));
        for text in ["", "3", "3/", "/7", "a/b", "-1/7", "3/7/9", "1/0", "0/0"] {
            assert!(refused(text).contains("I/N"), "{text}");
        }
    }
}
