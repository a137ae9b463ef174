//! What every chapter is made of, and what grades it. The chapters themselves are crates beside this one (`ch01`, in
//! `harness/ch01`, and so on): a learner of one never waits for another to compile.
//!
//! For learners: [`Random`], the generator that an exercise hands you where something is left to chance; and from chapter
//! 2 on [`Process`] and [`Context`], a node's code and what it may know and ask for. What you implement stands in the
//! chapter's crate, a module an exercise, and its first page is the contract.
//!
//! For authors, from the bottom up:
//!
//! - [`stage`]: plays one schedule of an async exercise in virtual time and watches it.
//! - [`processes`]: the same for exercises whose nodes run in the simulated world of [`sim`].
//! - [`exercise`]: an exercise is a world and a list of promises about what is seen in it, or functions and their laws.
//! - [`tell`]: turns a finding into a result that a learner can read.
//! - [`stories`]: keeps it as a page and in the formats of other tools.
//! - [`mod@grade`]: the `main` of every chapter's test target.
//! - [`chapter!`]: the table of a chapter's exercises.
//! - [`hex`]: bytes in a form that people can read.
//! - [`remote`] and [`serve`]: the two ends of it when the learner's code runs in processes of its own.
//! - [`apart`]: the same for async exercises.
//! - [`memory`] and [`panics`]: what the process as a whole has to watch.
//!
//! Start at `ch01::flaky_rpc`, the pattern that every exercise follows.

pub mod apart;
mod chapter;
pub mod exercise;
pub mod grade;
pub mod hex;
pub mod memory;
pub mod panics;
pub mod processes;
pub mod remote;
pub mod serve;
pub mod stage;
pub mod stories;
pub mod tell;

pub use sim::{Context, Disk, Either, NodeId, Process, Random, Torn};
