//! Async exercises with the learner's objects in another process.
//!
//! The [judge](self)'s runtime has the mocks and whoever calls the learner's code; a worker's has the objects of one play and
//! whatever tasks they spawn. Both count virtual time, and the judge's clock is the one that counts. When everybody at the
//! judge's end waits, and before its clock goes on, the two take a turn: the judge says what has happened (calls of the
//! learner's methods, replies of mocks) and up to when nothing else will; the worker lets its own time run up to there, or up
//! to the first instant at which its side has something to say, and says it.
//!
//! So an instant belongs to the judge first and then to the worker, to and fro, until neither has anything left to say to the
//! other. Within one millisecond that is another order than that of one runtime; no promise depends on it. A future that is
//! dropped at one end is dropped at the other.
//!
//! A learner's objects of one play live in one process, also where they are the two ends of a link, because they have one clock.
//!
//! For an exercise: [`make`], [`Object`] and [`MemoryWatch`] at the judge's end, [`serve`], [`Made`] and [`Desk`] at the worker's.

mod bridge;
pub(crate) mod clock;
mod gauge;
mod lodging;
#[cfg(test)]
mod tests;

use std::future::Future;
use std::pin::Pin;

use serde::{Deserialize, Serialize};
use sim::plain::{self, Blob};

pub(crate) use bridge::{Bridge, idle};
pub use bridge::{Object, make};
pub use gauge::MemoryWatch;
pub use lodging::{Desk, Made, Make, Tap, serve};

/// A call that is under way, and the bytes of what it will bring.
pub type Running = Pin<Box<dyn Future<Output = Vec<u8>> + Send>>;

/// A call of either side's, as the other runs it.
pub fn running<R: Serialize>(call: impl Future<Output = R> + Send + 'static) -> Running {
    Box::pin(async move { plain::save(&call.await) })
}

/// What the judge wants of a worker.
#[derive(Debug, Serialize, Deserialize)]
enum Order {
    /// One more object, made from this. It gets the next number, from zero. Answered with what its maker has to say.
    Make { hello: Hello, from: Blob },
    /// This has happened, now; nothing else will before `until_ms` is over. Answered with [`Turned`].
    Turn { now_ms: u64, until_ms: u64, news: Vec<News> },
    /// How much memory is held. Answered with a number of bytes.
    Gauge { hello: Hello, gauge: Gauge },
}

/// What a worker needs to know of the play before anything else: when it is, and the seed of its runtime.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct Hello {
    now_ms: u64,
    seed: u64,
}

/// See [`MemoryWatch`].
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
enum Gauge {
    /// From now on. Answered with what is held.
    Begin,
    /// Answered with the peak beyond that.
    Peak,
}

/// What happens at the judge's end.
#[derive(Debug, Serialize, Deserialize)]
enum News {
    /// A method of an object is called. Calls are numbered from zero.
    Call { object: u32, what: Blob },
    /// Nobody waits for this call any more.
    GivenUp { call: u64 },
    /// Nobody calls this object any more.
    Dropped { object: u32 },
    /// What this ask brought.
    Reply { ask: u64, what: Blob },
}

/// What happens at the worker's end, all of it at one instant: the one up to which its time has run.
#[derive(Debug, Serialize, Deserialize)]
struct Turned {
    now_ms: u64,
    deeds: Vec<Deed>,
}

/// What happens at the worker's end.
#[derive(Debug, Serialize, Deserialize)]
enum Deed {
    /// An object calls what it was given. Asks are numbered from zero.
    Ask { object: u32, what: Blob },
    /// It does not wait for this one any more.
    GivenUp { ask: u64 },
    /// What a call brought.
    Result { call: u64, what: Blob },
}
