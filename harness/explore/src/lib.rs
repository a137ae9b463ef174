//! Who chooses: which schedules are run, and what is left of one that fails.
//!
//! - [`examine`]: puts one promise to the test and says what became of it ([`Finding`]).
//! - [`shrink`]: removes entries from a failing schedule until none can go.
//! - [`token`]: a failing schedule as a short text that runs it again.
//! - [`property`]: the same for plain functions, over generated values instead of schedules.
//!
//! Start at [`Experiment`].

mod examine;
pub mod property;
pub mod shrink;
pub mod token;

pub use examine::{Failure, Finding, Options, examine, replay};
pub use token::{Token, TokenError};

use std::collections::BTreeMap;
use std::fmt;

use report::Text;
use sim::{Choice, EventId, Trace};

/// One promise put to the test.
///
/// A schedule is the calm run plus a sparse list of entries: faults, and steps of the workload. Drawing must not depend
/// on the code under test, so that the same choice always gives the same list; running must depend on nothing else.
pub trait Experiment {
    /// A fault or a step of the workload. Its [`fmt::Display`] is read by learners.
    type Entry: Clone + fmt::Display;
    /// What is fixed for a schedule and never shrunk: policies, sizes.
    type Setup: Clone + fmt::Debug;

    /// The schedule with this number.
    fn draw(&self, choice: Choice, index: u64) -> Plan<Self::Setup, Self::Entry>;

    /// Runs a schedule. With [`Detail::Story`] the trace is whole; otherwise it may be [quiet](Trace::quietly).
    fn run(&self, choice: Choice, plan: &Plan<Self::Setup, Self::Entry>, detail: Detail) -> Trial;

    /// How many schedules make a verdict.
    fn schedules(&self) -> u64;

    /// What must have happened at least once, over all schedules, before the promise counts as kept.
    fn needs(&self) -> &[&'static str];
}

/// How much of a run somebody wants to know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Detail {
    /// Whether the promise was kept, and a fingerprint.
    Verdict,
    /// Everything that can be told.
    Story,
}

/// What an examination is at, for whoever watches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// So many schedules have been run.
    Schedule(u64),
    /// Something has been done that is no further schedule: a failing one was run with less in it, its story is being told.
    Aside,
    /// The run that will be told begins: what the code under test prints from here on belongs to the story.
    Story,
}

/// A schedule: what is fixed, and the list that may be shrunk.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan<S, E> {
    /// Never shrunk.
    pub setup: S,
    /// Faults and steps of the workload.
    pub entries: Vec<E>,
}

/// What came of running one schedule.
#[derive(Clone, Debug)]
pub struct Trial {
    /// Whether the promise was kept.
    pub outcome: Outcome,
    /// How often interesting things happened.
    pub evidence: Evidence,
    /// What happened.
    pub trace: Trace,
    /// How much work the run was, in steps. Shrinking asks no more questions once its runs have cost too much.
    pub cost: u64,
}

/// Whether a schedule kept the promise.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// It did.
    Kept,
    /// It did not.
    Broken(Breach),
    /// The code under test panicked: its message and where.
    Panicked(String),
    /// The code under test is a `todo!()`: its message.
    NotImplemented(String),
}

impl Outcome {
    fn same_kind(&self, other: &Outcome) -> bool {
        std::mem::discriminant(self) == std::mem::discriminant(other)
    }
}

/// How a promise was broken.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Breach {
    /// What happened instead of what was promised, in one sentence with values.
    pub happened: String,
    /// What the contract asks for, whole.
    pub expected: String,
    /// What was seen, whole.
    pub actual: String,
    /// The event at which it broke, if there is one.
    pub focus: Option<EventId>,
    /// What clients did, drawn as intervals in time, where that is what broke.
    pub intervals: Option<Text>,
}

impl Breach {
    /// A breach that no single event shows.
    pub fn new(happened: impl Into<String>, expected: impl Into<String>, actual: impl Into<String>) -> Self {
        Breach { happened: happened.into(), expected: expected.into(), actual: actual.into(), ..Breach::default() }
    }

    /// The same, with a drawing of what clients did.
    pub fn with_intervals(mut self, drawing: Text) -> Self {
        self.intervals = Some(drawing);
        self
    }

    /// The same, seen at `event`.
    pub fn at(mut self, event: EventId) -> Self {
        self.focus = Some(event);
        self
    }
}

/// Counts of what happened, by name. Without them a check that saw nothing would call it a pass.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Evidence(BTreeMap<&'static str, u64>);

impl Evidence {
    /// Counts one more.
    pub fn count(&mut self, what: &'static str) {
        self.count_many(what, 1);
    }

    /// Counts so many more.
    pub fn count_many(&mut self, what: &'static str, times: u64) {
        *self.0.entry(what).or_default() += times;
    }

    /// How often it happened.
    pub fn of(&self, what: &str) -> u64 {
        self.0.get(what).copied().unwrap_or_default()
    }

    /// Adds the counts of another run.
    pub fn add(&mut self, other: &Evidence) {
        for (what, count) in &other.0 {
            *self.0.entry(what).or_default() += count;
        }
    }
}
