//! A failing schedule as a short text.
//!
//! A schedule is a function of the seed, the check and its number, so a token names these and which of the entries
//! were kept, rather than spelling the faults out. A digest of the schedule as it was drawn tells a token from another
//! version of the course, in which the same numbers would mean other faults.

use std::fmt;
use std::str::FromStr;

use sim::choice::Fnv;

use crate::Plan;

/// `exercise/check@seed.index.kept.digest`; `kept` is `all`, `none` or places joined by `-`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// The exercise's id.
    pub exercise: String,
    /// The check's name.
    pub check: String,
    /// The seed of the run.
    pub seed: u64,
    /// The number of the schedule.
    pub index: u64,
    /// The places of the entries that were kept; `None` for all.
    pub kept: Option<Vec<usize>>,
    /// Identifies the schedule as it was drawn.
    pub digest: u32,
}

/// Why a token can't be replayed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TokenError {
    /// It is not a token.
    Malformed(String),
    /// It was made by another version of the course.
    OtherVersion,
}

impl fmt::Display for TokenError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            TokenError::Malformed(text) => {
                write!(
                    out,
                    "`{text}` is not a replay token. Copy it whole from the failure: exercise/check@1.2.3-4.5f6a7b8c"
                )
            }
            TokenError::OtherVersion => out.write_str(
                "this token was made by another version of the course, whose schedules differ. Run the check again and \
                 use the token that it prints",
            ),
        }
    }
}

impl std::error::Error for TokenError {}

impl fmt::Display for Token {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}/{}@{}.{}.", self.exercise, self.check, self.seed, self.index)?;
        match self.kept.as_deref() {
            None => out.write_str("all")?,
            Some([]) => out.write_str("none")?,
            Some(kept) => {
                let places: Vec<String> = kept.iter().map(usize::to_string).collect();
                out.write_str(&places.join("-"))?;
            }
        }
        write!(out, ".{:08x}", self.digest)
    }
}

impl FromStr for Token {
    type Err = TokenError;

    fn from_str(text: &str) -> Result<Self, TokenError> {
        parse(text.trim()).ok_or_else(|| TokenError::Malformed(text.trim().to_owned()))
    }
}

fn parse(text: &str) -> Option<Token> {
    let (name, rest) = text.split_once('@')?;
    let (exercise, check) = name.split_once('/')?;
    let mut parts = rest.split('.');
    let seed = parts.next()?.parse().ok()?;
    let index = parts.next()?.parse().ok()?;
    let kept = match parts.next()? {
        "all" => None,
        "none" => Some(Vec::new()),
        places => Some(places.split('-').map(|place| place.parse().ok()).collect::<Option<Vec<usize>>>()?),
    };
    let digest = u32::from_str_radix(parts.next()?, 16).ok()?;
    let whole = parts.next().is_none() && !exercise.is_empty() && !check.is_empty();
    whole.then(|| Token { exercise: exercise.to_owned(), check: check.to_owned(), seed, index, kept, digest })
}

/// Identifies a schedule as it was drawn.
pub fn digest<S: fmt::Debug, E: fmt::Display>(plan: &Plan<S, E>) -> u32 {
    let mut hash = Fnv::new();
    hash.bytes(format!("{:?}", plan.setup).as_bytes());
    for entry in &plan.entries {
        hash.bytes(entry.to_string().as_bytes());
        hash.bytes(b"\n");
    }
    (hash.finish() >> 32) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_survives_being_written_and_read() {
        for kept in [None, Some(vec![]), Some(vec![3]), Some(vec![0, 12, 7])] {
            let exercise = "flaky_rpc".to_owned();
            let check = "final_errors_are_not_retried".to_owned();
            let token = Token { exercise, check, seed: 7, index: 41, kept, digest: 0xab };
            assert_eq!(token.to_string().parse(), Ok(token));
        }
    }

    #[test]
    fn what_is_not_a_token_is_told_so() {
        for text in ["", "flaky_rpc", "a/b@1.2.3", "a/b@1.2.x.00", "a/b@1.2.3.zz", "/b@1.2.3.00", "a/b@1.2.3.00.9"] {
            let error = text.parse::<Token>().unwrap_err();
            assert!(error.to_string().contains("is not a replay token"), "{text}");
        }
    }
}
