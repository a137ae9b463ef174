//! Contracts, worlds and promises of every exercise: what learners build on and what grades them.
//!
//! For learners: a module a chapter, in it a module an exercise ([`ch01`]). Its first page is the contract: the trait to
//! implement, with units, errors and what is promised.
//!
//! For authors, from the bottom up:
//!
//! - [`stage`]: plays one schedule of an async exercise in virtual time and watches it.
//! - [`processes`]: the same for exercises whose nodes run in the simulated world of [`sim`].
//! - [`exercise`]: an exercise is a world and a list of promises about what is seen in it, or functions and their laws.
//! - [`tell`]: turns a finding into a result that a learner can read.
//! - [`mod@grade`]: the `main` of every chapter's test target.
//! - [`hex`]: bytes in a form that people can read.
//! - [`memory`] and [`panics`]: what the process as a whole has to watch.
//!
//! Start at [`ch01::flaky_rpc`].

pub mod ch01;
pub mod exercise;
pub mod grade;
pub mod hex;
pub mod memory;
pub mod panics;
pub mod processes;
mod registry;
pub mod stage;
pub mod tell;

pub use sim::{Context, Disk, Either, NodeId, Process, Random, Torn};
