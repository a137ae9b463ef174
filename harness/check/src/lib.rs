//! Histories, and checkers of what they promise.
//!
//! Everything here judges what was observed and knows nothing of how it came about: no simulator, no protocol, no
//! learner's code.
//!
//! - [`history`]: what clients saw ([`History`]).
//! - [`model`]: what objects do when they are used by one client at a time ([`Model`]).
//! - [`linearizability`]: whether a history looks like that, in real time.
//! - [`mod@format`]: histories out of files, to judge those of other systems.
//! - [`causality`]: which events could have influenced which ([`HappensBefore`]).
//!
//! Start at [`linearizability`].

pub mod causality;
pub mod format;
pub mod history;
pub mod linearizability;
pub mod model;

pub use causality::HappensBefore;
pub use history::{Client, History, OperationId};
pub use model::Model;
