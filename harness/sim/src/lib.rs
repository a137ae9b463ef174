//! The world that checks run in.
//!
//! - [`choice`]: the one source of everything that may go one way or another.
//! - [`trace`]: what happened, event by event, for diagrams and for telling two runs apart.
//!
//! Start at [`choice::Choice`].

pub mod choice;
pub mod trace;

pub use choice::{Choice, Random};
pub use trace::{EventId, Kind, Lane, Life, MessageId, Tone, Trace};
