//! What is counted in a run, and when it is enough.

use crate::process::NodeId;

/// How much may happen in a run before it counts as having no end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Messages under way at once.
    pub in_flight: usize,
    /// Events within one instant.
    pub at_once: u64,
    /// Events in all.
    pub events: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Limits { in_flight: 10_000, at_once: 20_000, events: 100_000 }
    }
}

/// Why a world stopped before its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// Too many messages under way; that node sent most of them.
    Flood(NodeId, usize),
    /// Too much at one instant; last at that node.
    Rush(NodeId, u64),
    /// Too much in all.
    Endless(u64),
}

/// What happened in a run, in numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Messages sent, those to oneself not counted.
    pub sent: u64,
    /// Messages that reached a process, each time they did; those to oneself not counted.
    pub delivered: u64,
    /// Messages lost to the network by chance or by name.
    pub lost: u64,
    /// Messages lost to a cut.
    pub cut_off: u64,
    /// Messages that reached a node that was down.
    pub at_the_dead: u64,
    /// Messages that arrived once more.
    pub duplicated: u64,
    /// Messages that arrived after one sent later on the same link.
    pub overtaken: u64,
    /// Crashes.
    pub crashes: u64,
    /// Boots after a crash.
    pub restarts: u64,
    /// Writes that a crash undid.
    pub writes_lost: u64,
    /// Records that a crash tore.
    pub torn: u64,
    /// Pauses in which something had to wait.
    pub held_up: u64,
    /// Jumps and stops of clocks.
    pub clock_faults: u64,
    /// Timers that ran out.
    pub timers: u64,
    /// Syncs of disks.
    pub syncs: u64,
    /// Requests made of nodes that were down.
    pub refused: u64,
}
