//! Programs that meet and look for a version that both know.

use std::fmt;

use explore::property::pieces_first;
use explore::{Breach, Evidence};
use proptest::strategy::{BoxedStrategy, Strategy};

use super::Make;
use super::contract::{NoSharedVersion, Versions};
use super::promises::{AGREED, REFUSED, Verdict};

/// Who meets whom.
#[derive(Clone, Debug)]
pub struct Meeting {
    ours: Versions,
    theirs: Versions,
}

impl fmt::Display for Meeting {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "a program that knows {} meets one that knows {}", self.ours, self.theirs)
    }
}

fn versions(oldest: u32, newest: u32) -> Versions {
    Versions { oldest, newest }
}

fn meeting(ours: Versions, theirs: Versions) -> Meeting {
    Meeting { ours, theirs }
}

/// Ranges that share a version or several.
pub fn overlapping(index: u64) -> BoxedStrategy<Meeting> {
    let pieces = vec![
        meeting(versions(1, 3), versions(1, 3)),
        meeting(versions(1, 2), versions(2, 3)),
        meeting(versions(2, 3), versions(1, 2)),
        meeting(versions(1, 9), versions(4, 5)),
        meeting(versions(4, 5), versions(1, 9)),
        meeting(versions(0, u32::MAX), versions(u32::MAX, u32::MAX)),
    ];
    let drawn = (0u32..6, 0u32..6, 0u32..6, 0u32..6).prop_map(|(shared, below, above, more)| {
        let (one, other) = (versions(6 + shared - below, 6 + shared + above), versions(6 + shared, 6 + shared + more));
        if (below + above) % 2 == 0 { meeting(one, other) } else { meeting(other, one) }
    });
    pieces_first(index, pieces, || drawn.boxed())
}

/// Ranges that share none.
pub fn apart(index: u64) -> BoxedStrategy<Meeting> {
    let pieces = vec![meeting(versions(1, 1), versions(2, 3)), meeting(versions(2, 3), versions(1, 1))];
    let drawn = (1u32..9, 0u32..5, 1u32..5, 0u32..5).prop_map(|(oldest, more, gap, theirs)| {
        let (low, above) = (versions(oldest, oldest + more), oldest + more + gap);
        let high = versions(above, above + theirs);
        if (oldest + theirs) % 2 == 0 { meeting(low, high) } else { meeting(high, low) }
    });
    pieces_first(index, pieces, || drawn.boxed())
}

fn shared(meeting: &Meeting) -> Result<u32, NoSharedVersion> {
    let Meeting { ours, theirs } = *meeting;
    let newest = ours.newest.min(theirs.newest);
    if newest >= ours.oldest.max(theirs.oldest) { Ok(newest) } else { Err(NoSharedVersion { ours, theirs }) }
}

fn told(outcome: Result<u32, NoSharedVersion>) -> String {
    match outcome {
        Ok(version) => format!("version {version}"),
        Err(NoSharedVersion { ours, theirs }) => format!("the error that we know {ours} and they know {theirs}"),
    }
}

/// They agree on the right version, or the error says who knows what.
pub fn agrees(make: &Make, meeting: &Meeting, evidence: &mut Evidence) -> Verdict {
    let expected = shared(meeting);
    let actual = make().negotiate(meeting.ours, meeting.theirs);
    if actual != expected {
        let happened = match (expected, actual) {
            (Ok(best), Ok(version)) if version < best => {
                format!("they agreed on version {version}, and should have on another")
            }
            (Ok(_), Ok(version)) => format!("they agreed on version {version}, which one of them does not know"),
            (Ok(_), Err(_)) => "they found no version, although they share one".to_owned(),
            (Err(_), Ok(version)) => format!("they agreed on version {version}, which one of them does not know"),
            (Err(_), Err(_)) => "the error does not say who knows what".to_owned(),
        };
        return Err(Breach::new(happened, told(expected), told(actual)));
    }
    evidence.count(if expected.is_ok() { AGREED } else { REFUSED });
    Ok(())
}
