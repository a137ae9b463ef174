//! Grades a class: many submissions that nobody trusts, in the formats that instructors' tools read.
//!
//! - [`cli`]: what can be typed; [`command`]: from there to an exit status; [`workshop`]: what the commands are made
//!   of; [`ours`]: this course's.
//!
//! What goes in:
//!
//! - [`submissions`]: folders and archives that anybody may have filled with anything.
//! - [`assignment`]: what was set and what it is worth; [`marks`]: scores, from it and from results.
//! - [`digest`]: fingerprints, by which a run that is resumed knows what it has graded.
//!
//! How it is graded:
//!
//! - [`work`]: one exercise of one submission; [`bench`]: where it is graded; [`jobs`]: in which folder.
//! - [`kit`]: the course's own libraries; [`compile`]: a submission's source, by a rustc in a jail.
//! - [`run`]: many at a time; [`progress`]: how far it is.
//! - [`store`]: results on disk, for the next run to go on from; [`partition`] and [`merge`]: a class spread over machines.
//! - [`prove`]: is the verdict from outside the one from inside? For authors.
//!
//! What comes out:
//!
//! - [`model`]: the result of a class; every report is made from it.
//! - [`formats`]: that result for people and for their tools.
//! - [`pages`]: that report for a browser; [`similarity`]: which submissions are alike, and where.
//!
//! Start at [`model::ClassReport`], or at [`command::grade`] for how one comes about.

mod archive;
pub mod assignment;
pub mod bench;
pub mod cli;
pub mod command;
pub mod compile;
pub mod digest;
mod disk;
pub mod formats;
pub mod jobs;
pub mod kit;
pub mod marks;
pub mod merge;
pub mod model;
pub mod ours;
pub mod pages;
pub mod partition;
pub mod progress;
pub mod prove;
pub mod run;
pub mod similarity;
pub mod store;
pub mod submissions;
pub mod work;
pub mod workshop;

#[cfg(test)]
mod fakes;
#[cfg(test)]
mod tests;
