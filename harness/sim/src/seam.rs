//! All that passes between a world and the processes in it.
//!
//! The world holds processes only through [`Seam`]: it boots them, has them take a step, reads what can be observed and
//! takes a fingerprint of their state. What crosses is plain data and handles; messages, timers and requests stay on the
//! side of the processes, and the world moves their handles about. That keeps the event loop free of generics (it is
//! compiled once, not in every learner's crate), needs no serialization while both sides share a process, and will need
//! little of it when they don't.

use serde::{Deserialize, Serialize};

use crate::disk::{Image, Write};
use crate::plain::Plain;
use crate::process::NodeId;

/// Something that stays with the processes: a message, a request, an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Handle(pub u32);

/// A timer of a node; unique among those that run at that node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct TimerId(pub u32);

/// What a node's clocks show when a handler is called.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moment {
    /// The clock on the wall, in microseconds.
    pub clock_us: u64,
    /// Time since the boot on the clock that never jumps, in microseconds.
    pub elapsed_us: u64,
}

/// What a handler asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// A message leaves.
    Send {
        /// Where to.
        to: NodeId,
        /// Which.
        message: Handle,
    },
    /// A timer is started.
    SetTimer {
        /// Which.
        timer: TimerId,
        /// When it is to run out, in microseconds of the node's own time.
        after_us: u64,
    },
    /// A timer is stopped.
    CancelTimer {
        /// Which.
        timer: TimerId,
    },
    /// Something is written, not yet safely.
    Write(Box<Write>),
    /// Everything written so far becomes safe.
    Sync,
    /// Clients are told something.
    Output {
        /// What.
        output: Handle,
    },
}

/// What the world asks of the processes. Each step appends its effects.
pub trait Seam {
    /// Whether words will be asked for, said before anything else. A quiet run needs none.
    fn expect_words(&mut self, _wanted: bool) {}

    /// A node starts from its disk, with random numbers from `seed`.
    fn boot(&mut self, node: NodeId, moment: Moment, seed: u64, disk: &Image, effects: &mut Vec<Effect>);

    /// A message reaches a node. The world gives up one hold of it.
    fn message(&mut self, node: NodeId, from: NodeId, message: Handle, moment: Moment, effects: &mut Vec<Effect>);

    /// A timer of a node runs out.
    fn timer(&mut self, node: NodeId, timer: TimerId, moment: Moment, effects: &mut Vec<Effect>);

    /// A client's request reaches a node.
    fn input(&mut self, node: NodeId, input: Handle, moment: Moment, effects: &mut Vec<Effect>);

    /// A node loses its memory.
    fn crash(&mut self, node: NodeId);

    /// The message will be delivered once more.
    fn retain(&mut self, message: Handle);

    /// The message will be delivered once less.
    fn release(&mut self, message: Handle);

    /// The request will never be made.
    fn drop_input(&mut self, input: Handle);

    /// The answer will never be asked for.
    fn drop_output(&mut self, output: Handle);

    /// A message in words.
    fn describe_message(&self, message: Handle) -> String;

    /// A running timer in words.
    fn describe_timer(&self, node: NodeId, timer: TimerId) -> String;

    /// A request in words.
    fn describe_input(&self, input: Handle) -> String;

    /// An answer in words.
    fn describe_output(&self, output: Handle) -> String;

    /// The client that an answer is for, if it is for one; see [`Protocol::addressee`].
    fn addressee(&self, output: Handle) -> Option<usize>;

    /// The size of a message on the wire.
    fn size_bytes(&self, message: Handle) -> usize;

    /// A number for the state of a node: equal states have equal numbers. Zero while it is down.
    fn fingerprint(&self, node: NodeId) -> u64;
}

/// The types of one protocol, as its contract fixes them.
pub trait Protocol: 'static {
    /// What a node is told at boot.
    type Config: Plain + Clone + std::fmt::Debug + 'static;
    /// What clients ask for. Its `Display` is read in diagrams.
    type Input: Plain + std::fmt::Display + 'static;
    /// What nodes answer. Its `Display` is read in diagrams.
    type Output: Plain + std::fmt::Display + 'static;
    /// What can be observed of a node from outside.
    type View: Plain + 'static;
    /// The messages, where the contract fixes them; then the world can send some of its own. `()` where the learner is free.
    type Wire: Plain + std::fmt::Debug + 'static;

    /// The client that an answer is for, by its place among the world's clients. Then it is drawn as an arrow to that
    /// client's lane, and otherwise as a note.
    fn addressee(_output: &Self::Output) -> Option<usize> {
        None
    }
}

/// Processes of one protocol: the seam, and what crosses it typed.
pub trait Host<X: Protocol>: Seam {
    /// Takes a request over; gives the handle for [`Seam::input`].
    fn put_input(&mut self, input: X::Input) -> Handle;

    /// Gives an answer out.
    fn take_output(&mut self, output: Handle) -> X::Output;

    /// What can be observed of a node; nothing while it is down.
    fn view(&self, node: NodeId) -> Option<X::View>;

    /// Takes over a message that no process has made.
    fn forge(&mut self, message: X::Wire) -> Handle;

    /// Gives out a message that reaches nobody's process.
    fn intercept(&mut self, message: Handle) -> X::Wire;
}
