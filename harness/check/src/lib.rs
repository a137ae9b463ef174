//! Histories, and checkers of what they promise.
//!
//! Everything here judges what was observed and knows nothing of how it came about: no simulator, no protocol, no
//! learner's code.
//!
//! - [`causality`]: which events could have influenced which ([`HappensBefore`]).

pub mod causality;

pub use causality::HappensBefore;
