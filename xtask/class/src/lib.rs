//! Grades a class: many submissions that nobody trusts, in the formats that instructors' tools read.
//!
//! - [`model`]: the result of a class; every report is made from it.
//! - [`pages`]: that report for a browser; [`similarity`]: which submissions are alike, and where.
//!
//! Start at [`model::ClassReport`].

pub mod model;
pub mod pages;
pub mod similarity;
