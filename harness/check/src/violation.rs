//! What the checkers of this crate find, in one shape.

use std::fmt;

/// A rule that observations contradict, and which ones. Observations are named by their places in the slice that the
/// checker was given, so that whoever recorded them can point at them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Violation {
    /// The rule.
    pub rule: Rule,
    /// The observation that breaks it: the first one with which no history can be right any more.
    pub at: usize,
    /// The earlier observation that it contradicts. None where the rule asks for something that is not there.
    pub against: Option<usize>,
}

/// What was to hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Rule {
    /// No two nodes decide differently.
    Agreement,
    /// What is decided was proposed.
    Validity,
    /// A node decides, or delivers, at most once.
    AtMostOnce,
    /// A term has at most one leader.
    ElectionSafety,
    /// Logs that have an entry of the same index and term are the same up to there.
    LogMatching {
        /// The index at which they differ.
        index: u64,
    },
    /// No two nodes apply different entries at the same index.
    StateMachineSafety,
    /// A node applies one index after another and leaves none out.
    AppliedInOrder,
    /// A transaction is committed everywhere or nowhere.
    Atomicity,
    /// Nobody commits before every participant has voted yes.
    Unanimity,
    /// A participant that has voted does not vote otherwise.
    VoteStands,
    /// A message is delivered only after all that could have influenced it.
    CausalOrder,
    /// After quiet, all replicas are in the same state.
    Convergence,
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rule = match self {
            Rule::Agreement => "no two nodes decide differently",
            Rule::Validity => "what is decided was proposed",
            Rule::AtMostOnce => "a node decides at most once",
            Rule::ElectionSafety => "a term has at most one leader",
            Rule::LogMatching { index } => {
                return write!(
                    f,
                    "logs with an entry of the same index and term are the same up to there (index {index})"
                );
            }
            Rule::StateMachineSafety => "no two nodes apply different entries at the same index",
            Rule::AppliedInOrder => "a node applies one index after another",
            Rule::Atomicity => "a transaction is committed everywhere or nowhere",
            Rule::Unanimity => "nobody commits before every participant has voted yes",
            Rule::VoteStands => "a participant that has voted does not vote otherwise",
            Rule::CausalOrder => "a message is delivered only after all that could have influenced it",
            Rule::Convergence => "after quiet, all replicas are in the same state",
        };
        f.write_str(rule)
    }
}

impl Violation {
    pub(crate) fn new(rule: Rule, at: usize, against: impl Into<Option<usize>>) -> Self {
        Violation { rule, at, against: against.into() }
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.against {
            Some(against) => write!(f, "{}: observation {} contradicts observation {against}", self.rule, self.at),
            None => write!(f, "{}: observation {} does not hold to it", self.rule, self.at),
        }
    }
}

impl std::error::Error for Violation {}
