//! What you implement, and what it must live up to.

use std::collections::BTreeSet;
use std::convert::Infallible;

use harness::{NodeId, Process};
use sim::Protocol;

// ANCHOR: bounds
/// Where nothing else is wrong, everybody suspects who crashed this long ago, in milliseconds.
pub const DETECT_MS: u64 = 3_500;

/// Everybody trusts who has been back for this long: from a crash, a pause or the wrong side of a cut, in milliseconds.
pub const TRUST_MS: u64 = 5_000;

/// What goes on for this long has been learned, in milliseconds.
pub const LEARN_MS: u64 = 30_000;

/// This long after the last trouble everybody knows who is up and who is down, whatever was learned before, in
/// milliseconds.
pub const SETTLE_MS: u64 = 15_000;

/// On a slow network a message takes at most this long, in milliseconds.
pub const SLOW_MS: u64 = 500;

/// Among many nodes in a calm network, it takes at most this long after the start to get going, in milliseconds.
pub const START_MS: u64 = 6_000;

/// Among many nodes in a calm network, a living one is suspected for at most this long at a time, in milliseconds.
pub const SLIP_MS: u64 = 1_000;

/// A node that stutters stands still for at most this long at a time, in milliseconds.
pub const STILL_MS: u64 = 4_500;

/// How many messages a node sends at most in a window of [`WINDOW_MS`], however many nodes there are.
pub const MESSAGES_A_WINDOW: u64 = 80;

/// The length of a window, in milliseconds. The first one begins with the run, and each where the last one ends.
pub const WINDOW_MS: u64 = 10_000;
// ANCHOR_END: bounds

// ANCHOR: detector
/// A node that watches all other nodes, and says at any time which of them it takes for dead.
///
/// A crashed node and one that is slow, paused or cut off look the same from outside, so suspicions may be wrong. What is
/// promised is how soon and for how long:
///
/// - **A crash is noticed.** Of 3 to 30 nodes one or two crash, soon after the start or late, some time apart or not, and nothing else
///   goes wrong: messages take 1 to 10 ms. From 3,500 ms after a crash on, every node that is up suspects who crashed, and goes on
///   doing so.
/// - **Slow is not dead.** As long as nothing is wrong but that each message takes up to 500 ms, and that clocks on the wall
///   jump, then from 30,000 ms after the start on nobody suspects anybody. That is for 3 to 7 nodes. Of up to 30 nodes, with messages
///   that take 1 to 10 ms, nobody is suspected for longer than 1,000 ms at a time from 6,000 ms after the start on: a slip that chance
///   explains is forgiven, one that stays is not.
/// - **Who stutters gets more time.** A node stands still for up to 4,500 ms, goes on for 500 ms, and so on. That is longer than
///   a crash may go unnoticed, so at first the others suspect it. From 30,000 ms after the first time on they don't any more.
/// - **Whoever comes back is trusted again.** 5,000 ms after the end of a pause, a crash or a cut, and from then on, nobody suspects
///   the node that was affected, if it is up and nothing else is wrong. That holds for a node that has crashed and knows only
///   what is on its disk, however short or long it was down, and for one that was never suspected while it was away.
/// - **Its own pause tells a node nothing about the others.** Who has stood still suspects nobody for that: not when it goes on
///   and not later. Where nothing else is wrong, it suspects nobody at all for the next 5,000 ms.
/// - **When all trouble is over, all is known.** Messages are lost, doubled and late, links are cut, clocks on the wall jump,
///   nodes pause, crash and come back. 15,000 ms after the last of it, and from then on, everybody who is up suspects exactly those who are down. What was
///   learned on the way may make a node patient, but not for longer than that.
/// - **Nobody suspects itself**, at any time.
/// - **Few messages are enough.** In a calm network in which a node crashes, no node sends more than 80 messages within 10,000 ms,
///   be there 30 nodes or 4. All kinds of messages count, answers too.
///
/// Nobody asks a node anything: it is looked at after each of its handlers. Which messages it sends to whom, and what it keeps on
/// its disk, is yours. Whom a node suspects in the times and circumstances that are not named above is yours, too.
pub trait FailureDetector: Process<Config = (), Input = Infallible, Output = Infallible> {
    /// The nodes that this node takes for dead right now. A suspicion has to come from a handler: time that passes without
    /// one changes nothing.
    fn suspects(&self) -> BTreeSet<NodeId>;
}
// ANCHOR_END: detector

/// The types of this contract.
pub struct Detection;

impl Protocol for Detection {
    type Config = ();
    type Input = Infallible;
    type Output = Infallible;
    type View = BTreeSet<NodeId>;
    type Wire = ();
}
