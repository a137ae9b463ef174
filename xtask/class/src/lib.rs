//! Grades a class: many submissions that nobody trusts, in the formats that instructors' tools read.
//!
//! - [`model`]: the result of a class; every report is made from it.
//! - [`formats`]: that result for people and for their tools.
//!
//! Start at [`model::ClassReport`].

pub mod bench;
pub mod compile;
pub mod formats;
pub mod kit;
pub mod model;
pub mod prove;
pub mod work;
