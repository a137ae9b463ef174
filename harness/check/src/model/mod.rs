//! What an object does when it is used by one client at a time.
//!
//! That is all a consistency checker has to know about an object; everything about concurrency is the checker's. A model
//! says, for a state and an operation, whether the operation may have returned what it did, and which state it leaves.
//!
//! - [`Register`]: read, write, compare-and-set.
//! - [`Map`]: strings under keys: get, put, append.
//! - [`List`]: a list that grows at its end.
//! - [`Queue`]: first in, first out.
//! - [`Lock`]: acquire and release, with fencing tokens where there are some.
//! - [`Keyed`]: many objects of one model, each under a key of its own.
//!
//! The last four methods of [`Model`] change no verdict. They tell the search what it need not try, which is the
//! difference between milliseconds and hours on a long history, so a model should have them where they are easy.

mod keyed;
mod list;
mod lock;
mod map;
mod queue;
mod register;

use std::hash::Hash;

pub use keyed::Keyed;
pub use list::{List, ListInput, ListOutput};
pub use lock::{Lock, LockInput, LockOutput, LockState};
pub use map::{Map, MapInput, MapOutput};
pub use queue::{Queue, QueueInput, QueueOutput};
pub use register::{Register, RegisterInput, RegisterOutput};

/// The sequential specification of an object.
pub trait Model {
    /// What is asked for.
    type Input: PartialEq;
    /// What is returned.
    type Output;
    /// What the object remembers. Where there are keys, that of one key.
    type State: Clone + Eq + Hash;
    /// Operations on different keys know nothing of each other, so each key is judged by itself.
    type Key: Ord + Clone;

    /// The key that an operation is about.
    fn key(&self, input: &Self::Input) -> Self::Key;

    /// The state before the first operation.
    fn init(&self) -> Self::State;

    /// The state that `input` leaves behind if it takes effect in `state` and returns `output`, or nothing if it can't
    /// have returned that. Without `output` the outcome is unknown and whatever the object would return is right.
    fn step(&self, state: &Self::State, input: &Self::Input, output: Option<&Self::Output>) -> Option<Self::State>;

    /// The operation in a few words, for people: `read → 1`.
    fn label(&self, input: &Self::Input, output: Option<&Self::Output>) -> String;

    /// Whether an operation with this output leaves every state as it is. The search places such an operation as soon as
    /// it fits, without trying anything else: later is never better.
    fn observes(&self, _input: &Self::Input, _output: &Self::Output) -> bool {
        false
    }

    /// Whether an operation may be possible right after `guess`, an operation with an unknown outcome, and be impossible
    /// right before it, or leave another state. The search places a guess only where something notices it.
    fn notices(&self, _input: &Self::Input, _output: Option<&Self::Output>, _guess: &Self::Input) -> bool {
        true
    }

    /// Whether no order of the remaining operations can be right from `state` on. `ahead` has their calls and returns in
    /// the order of the history. `false` is always a right answer: it means that the search has to find out.
    fn hopeless(&self, _state: &Self::State, _ahead: AllAhead<'_, '_, Self::Input, Self::Output>) -> bool {
        false
    }

    /// The bytes that a state holds beside its own size, for the search's account of its memory.
    fn heap_bytes(&self, _state: &Self::State) -> usize {
        0
    }
}

/// So many of the next answers are looked at by [`Model::hopeless`] in the models here.
const LOOK_AHEAD: usize = 32;

/// And with so many comparisons of values, all in all: whoever has to look further may as well try.
const COMPARISONS: usize = 2048;

/// What is not placed yet, in the order of the history.
pub type AllAhead<'e, 'a, I, O> = &'e mut dyn Iterator<Item = Ahead<'a, I, O>>;

/// A call or a return of an operation that is not placed yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ahead<'a, I, O> {
    /// From here on the operation may take effect. Without an output it may also never do so.
    Call(&'a I, Option<&'a O>),
    /// By here the operation has taken effect.
    Return(&'a I, &'a O),
}
