//! What became of one check.
//!
//! A verdict has seven values and only one of them earns anything. `Undecided` exists so that a check which could not
//! see the interesting thing happen never has to choose between two lies.

use serde::{Deserialize, Serialize};

use crate::text::Text;

/// The verdict on one promise. Only [`CheckStatus::Holds`] earns credit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CheckStatus {
    /// Every schedule kept the promise, and the faults that put it to the test did happen.
    Holds,
    /// At least one schedule breaks the promise, twice in the same way.
    Violated,
    /// No verdict: the evidence is missing, or the code behaves differently each time it is run.
    Undecided,
    /// The learner's code panicked.
    Panicked,
    /// A single schedule used up its budget of real time.
    TimedOut,
    /// The process ended in the middle of the check.
    Aborted,
    /// The code under test is still a `todo!()`.
    NotImplemented,
}

impl CheckStatus {
    /// The name used in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            CheckStatus::Holds => "holds",
            CheckStatus::Violated => "violated",
            CheckStatus::Undecided => "undecided",
            CheckStatus::Panicked => "panicked",
            CheckStatus::TimedOut => "timed_out",
            CheckStatus::Aborted => "aborted",
            CheckStatus::NotImplemented => "not_implemented",
        }
    }
}

/// The result of one check.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CheckResult {
    /// The promise, as an identifier: `a_lost_request_is_retried`.
    pub name: String,
    /// The verdict.
    pub status: CheckStatus,
    /// How many schedules were run, those of shrinking and confirming not counted.
    pub schedules: u64,
    /// Real time spent, in milliseconds. The only field that differs between two runs of the same code.
    pub millis: u64,
    /// What to tell the learner, in a paragraph; empty when the promise holds.
    pub message: String,
    /// A token for `cargo xtask replay`, where there is a schedule to run again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replay: Option<String>,
    /// How the promise broke, where it did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub counterexample: Option<Counterexample>,
    /// The file that tells it as a page, where one was written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub page: Option<String>,
    /// What the learner's code printed during this check, cut to a few kilobytes.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub printed: String,
}

impl CheckResult {
    /// A result without a counterexample, for a check that ended in `status`.
    pub fn new(name: impl Into<String>, status: CheckStatus, message: impl Into<String>) -> Self {
        CheckResult {
            name: name.into(),
            status,
            schedules: 0,
            millis: 0,
            message: message.into(),
            replay: None,
            counterexample: None,
            page: None,
            printed: String::new(),
        }
    }

    /// Whether this check earns its points.
    pub fn holds(&self) -> bool {
        self.status == CheckStatus::Holds
    }
}

/// The shortest story of how a promise breaks.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Counterexample {
    /// What happened instead of what was promised, in one sentence with values.
    pub happened: String,
    /// What the contract asks for, whole.
    pub expected: String,
    /// What was seen, whole.
    pub actual: String,
    /// The faults and workload steps that are needed for it, in the learner's words. None of them can be left out.
    pub schedule: Vec<String>,
    /// How many entries the schedule had before it was shrunk to `schedule`.
    pub entries_before: usize,
    /// The events that led there, drawn.
    pub diagram: Text,
    /// What clients did, drawn as intervals in time, where that is what broke.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub intervals: Option<Text>,
    /// Where the lesson explains it: `ch01#flaky_rpc`.
    pub lesson: String,
}
