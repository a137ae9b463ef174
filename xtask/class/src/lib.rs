//! Grades a class: many submissions that nobody trusts, in the formats that instructors' tools read.
//!
//! What goes in:
//!
//! - [`submissions`]: folders and archives that anybody may have filled with anything.
//! - [`assignment`]: what was set and what it is worth; [`marks`]: scores, from it and from results.
//! - [`digest`]: fingerprints, by which a run that is resumed knows what it has graded.
//!
//! What comes out:
//!
//! - [`model`]: the result of a class; every report is made from it.
//!
//! Start at [`model::ClassReport`].

mod archive;
pub mod assignment;
pub mod digest;
mod disk;
pub mod marks;
pub mod model;
pub mod submissions;

#[cfg(test)]
mod tests;
