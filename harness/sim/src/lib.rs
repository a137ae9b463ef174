//! The world that checks run in.
//!
//! What a learner's process sees of it:
//!
//! - [`process`]: a node's code, handlers that change a state and ask for effects.
//!
//! The world itself, from the bottom up:
//!
//! - [`choice`]: the one source of everything that may go one way or another.
//! - [`trace`]: what happened, event by event, for diagrams and for telling two runs apart.
//! - [`fault`]: what can go wrong; [`swarm`] draws it.
//! - [`disk`]: what a crash leaves.
//! - [`seam`]: all that passes between the world and the processes in it; [`local`] and [`pair`] are on the other side of it.
//! - [`remote`]: the same when each process is one of the operating system's; [`plain`] is what can cross then.
//! - [`world`]: nodes and links, and a queue of what happens next.
//!
//! Start at [`process::Process`] for a node, at [`world::World`] for a world, at [`choice::Choice`] for everything else.

pub mod choice;
mod clock;
pub mod disk;
mod engine;
pub mod fault;
pub mod local;
mod network;
pub mod pair;
pub mod plain;
pub mod process;
mod queue;
pub mod remote;
pub mod seam;
pub mod swarm;
#[cfg(test)]
mod tests;
pub mod trace;
pub mod world;

pub use choice::{Choice, Random};
pub use clock::WALL_START_US;
pub use engine::{Counts, Limits, Stop};
pub use fault::{Fault, Span, When};
pub use local::Local;
pub use pair::{Either, Pair};
pub use plain::Plain;
pub use process::{Context, Disk, NodeId, Process, Torn};
pub use remote::Remote;
pub use seam::Protocol;
pub use swarm::Swarm;
pub use trace::{EventId, Kind, Lane, Life, MessageId, Tone, Trace};
pub use world::{Happening, Place, Setup, What, World};
