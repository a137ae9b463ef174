//! What runs on a node: handlers that change a state and ask for effects.
//!
//! A process never sees the world. It is told of one thing at a time (a message, a timer, a client's request) and answers
//! by changing itself and by what it asks its [`Context`] for: to send, to set a timer, to write, to give an answer.
//! Handlers don't wait and don't return futures. That looks like less than `async`, and is what makes the rest possible:
//! a state that can be copied and compared, a run that can be repeated, and a crash between any two effects.

use std::fmt;
use std::hash::Hash;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::choice::Random;
use crate::disk::{self, Image};
use crate::local::{Slab, Tell, Timetable};
use crate::seam::{Effect, Moment};

/// A node. Nodes are numbered from zero ([`NodeId::index`]) and called `n1`, `n2`, … in everything that is printed.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct NodeId(u16);

impl NodeId {
    /// The node with this number, counted from zero.
    ///
    /// # Panics
    ///
    /// If the number does not fit into 16 bits.
    pub fn new(index: usize) -> Self {
        NodeId(u16::try_from(index).expect("a run has fewer than 65,536 nodes"))
    }

    /// Its number, counted from zero: `n1` has 0.
    pub fn index(self) -> usize {
        usize::from(self.0)
    }
}

impl fmt::Display for NodeId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "n{}", u32::from(self.0) + 1)
    }
}

impl fmt::Debug for NodeId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, out)
    }
}

/// The code of a node.
///
/// The value is the node's memory: a crash loses it, and [`boot`](Process::boot) makes a new one from the disk. Handlers
/// run one at a time, each to its end, at one instant. Whatever the handlers do must follow from the state, the arguments
/// and the context: no clock but the context's, no chance but [`Context::random`], no order from a hash map.
pub trait Process: Clone + Hash + Sized + 'static {
    /// What nodes send each other.
    type Message: Clone + fmt::Debug + Serialize + DeserializeOwned + 'static;
    /// What tells one timer of a node from another. There is one timer for each value.
    type Timer: Clone + fmt::Debug + Eq + Hash + 'static;
    /// What a node is told about itself and its task at boot; the same at every boot.
    type Config: Clone + fmt::Debug + 'static;
    /// What clients ask of a node.
    type Input: 'static;
    /// What a node tells its clients.
    type Output: 'static;

    /// Starts the node: the first time and after every crash. All that is left of earlier times is on the
    /// [disk](Context::disk).
    fn boot(context: &mut Context<'_, Self>) -> Self;

    /// A message has come. It may be late, come twice, or come after one that was sent later; that `from` sent it is
    /// certain.
    fn on_message(&mut self, from: NodeId, message: Self::Message, context: &mut Context<'_, Self>);

    /// A timer that was set has run out.
    fn on_timer(&mut self, timer: Self::Timer, context: &mut Context<'_, Self>);

    /// A client asks for something.
    fn on_input(&mut self, input: Self::Input, context: &mut Context<'_, Self>);
}

/// What a handler may know and ask for.
///
/// Effects take place in the order in which they are asked for, and a crash may strike between any two of them. So what
/// must be on the disk before somebody hears of it has to be written and [synced](Disk::sync) before it is sent.
pub struct Context<'a, P: Process> {
    pub(crate) node: NodeId,
    pub(crate) nodes: usize,
    pub(crate) config: &'a P::Config,
    pub(crate) moment: Moment,
    pub(crate) random: &'a mut Random,
    pub(crate) image: &'a mut Image,
    pub(crate) messages: &'a mut Slab<P::Message>,
    pub(crate) outputs: &'a mut dyn Tell<P::Output>,
    pub(crate) timers: &'a mut dyn Timetable<P::Timer>,
    pub(crate) effects: &'a mut Vec<Effect>,
}

impl<P: Process> Context<'_, P> {
    /// This node.
    pub fn me(&self) -> NodeId {
        self.node
    }

    /// How many nodes there are, this one included.
    pub fn node_count(&self) -> usize {
        self.nodes
    }

    /// All nodes, this one included, in order.
    pub fn nodes(&self) -> impl Iterator<Item = NodeId> + use<P> {
        (0..self.nodes).map(NodeId::new)
    }

    /// All nodes but this one, in order.
    pub fn peers(&self) -> impl Iterator<Item = NodeId> + use<P> {
        let me = self.node;
        self.nodes().filter(move |node| *node != me)
    }

    /// What this node was told about itself and its task.
    pub fn config(&self) -> &P::Config {
        self.config
    }

    /// The node's clock on the wall, in milliseconds. It may be wrong by any amount, run fast or slow, and jump both ways.
    pub fn clock_ms(&self) -> u64 {
        self.moment.clock_us / 1000
    }

    /// Milliseconds since this boot, on the clock that the node's timers run by. It never jumps; it may run a little
    /// fast or slow. It says nothing about any other node or any other boot.
    pub fn elapsed_ms(&self) -> u64 {
        self.moment.elapsed_us / 1000
    }

    /// Seeded random numbers, another sequence at every node and every boot. With `use rand::RngExt;` this draws one of
    /// 150 to 300: `context.random().random_range(150..=300)`.
    pub fn random(&mut self) -> &mut Random {
        self.random
    }

    /// Sends a message. It arrives once, later than others, several times, or never. A message to oneself arrives once
    /// and at once, after this handler.
    ///
    /// # Panics
    ///
    /// If there is no such node.
    #[track_caller]
    pub fn send(&mut self, to: NodeId, message: P::Message) {
        assert!(to.index() < self.nodes, "there is no node {to} here: the last one is n{}", self.nodes);
        let message = self.messages.put(message);
        self.effects.push(Effect::Send { to, message });
    }

    /// Sends a message to every node but this one.
    pub fn broadcast(&mut self, message: P::Message) {
        for to in self.peers() {
            self.send(to, message.clone());
        }
    }

    /// Has [`Process::on_timer`] called with this value in `after_ms` milliseconds of this node's time. If a timer of the
    /// same value is running, it is set anew. A crash stops all timers.
    pub fn set_timer(&mut self, timer: P::Timer, after_ms: u64) {
        let (id, replaced) = self.timers.set(timer);
        if let Some(old) = replaced {
            self.effects.push(Effect::CancelTimer { timer: old });
        }
        self.effects.push(Effect::SetTimer { timer: id, after_us: after_ms.saturating_mul(1000) });
    }

    /// Stops the timer of this value, if it is running.
    pub fn cancel_timer(&mut self, timer: &P::Timer) {
        if let Some(id) = self.timers.cancel(timer) {
            self.effects.push(Effect::CancelTimer { timer: id });
        }
    }

    /// Tells the clients something.
    pub fn output(&mut self, output: P::Output) {
        let output = self.outputs.tell(output);
        self.effects.push(Effect::Output { output });
    }

    /// The node's disk.
    pub fn disk(&mut self) -> Disk<'_> {
        Disk { image: self.image, effects: self.effects }
    }
}

/// A record of a log that a crash has torn: it was being written and can't be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Torn;

/// A node's disk: named values, each replaced as a whole, and named logs that grow record by record.
///
/// What is written can be read at once, but survives a crash for certain only after [`sync`](Disk::sync). Of what was
/// written since the last sync, a crash keeps the first few writes, or none, or all; and the first one it loses, if that
/// is an append, may be left [`Torn`]. A value is never torn: it is the old one or the new one.
pub struct Disk<'a> {
    image: &'a mut Image,
    effects: &'a mut Vec<Effect>,
}

impl Disk<'_> {
    /// Replaces the value of this name.
    #[track_caller]
    pub fn write<T: Serialize>(&mut self, name: &str, value: &T) {
        self.apply(disk::Write::Put { name: name.to_owned(), bytes: encode(value) });
    }

    /// The value of this name, if there is one.
    ///
    /// # Panics
    ///
    /// If what is there was written as another type.
    #[track_caller]
    pub fn read<T: DeserializeOwned>(&self, name: &str) -> Option<T> {
        self.image.value(name).map(|bytes| decode(name, bytes))
    }

    /// Adds a record to the end of the log of this name, which begins with its first record.
    #[track_caller]
    pub fn append<T: Serialize>(&mut self, log: &str, record: &T) {
        self.apply(disk::Write::Append { log: log.to_owned(), bytes: encode(record) });
    }

    /// The records of the log of this name, in order.
    ///
    /// # Panics
    ///
    /// If a record was written as another type.
    #[track_caller]
    pub fn log<T: DeserializeOwned>(&self, log: &str) -> Vec<Result<T, Torn>> {
        let records = self.image.records(log).iter();
        records.map(|record| record.as_ref().map(|bytes| decode(log, bytes)).ok_or(Torn)).collect()
    }

    /// Keeps the records at these places of a log, counted from zero, and removes the others.
    pub fn keep(&mut self, log: &str, records: std::ops::Range<usize>) {
        self.apply(disk::Write::Keep { log: log.to_owned(), from: records.start, to: records.end });
    }

    /// Removes the value or the log of this name.
    pub fn remove(&mut self, name: &str) {
        self.apply(disk::Write::Remove { name: name.to_owned() });
    }

    /// Makes everything that was written so far survive a crash.
    pub fn sync(&mut self) {
        self.effects.push(Effect::Sync);
    }

    fn apply(&mut self, write: disk::Write) {
        self.image.apply(&write);
        self.effects.push(Effect::Write(Box::new(write)));
    }
}

#[track_caller]
fn encode<T: Serialize>(value: &T) -> Vec<u8> {
    match postcard::to_allocvec(value) {
        Ok(bytes) => bytes,
        Err(error) => panic!("a value of type {} can't be written: {error}", std::any::type_name::<T>()),
    }
}

#[track_caller]
fn decode<T: DeserializeOwned>(name: &str, bytes: &[u8]) -> T {
    match postcard::from_bytes(bytes) {
        Ok(value) => value,
        Err(error) => panic!(
            "`{name}` on the disk can't be read as {}: {error}. Most often it was written as another type",
            std::any::type_name::<T>()
        ),
    }
}
