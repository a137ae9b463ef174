//! The process in which a submission's code runs, away from what judges it.
//!
//! A worker never runs the learner's code itself: it forks for every process that the judge wants, and the fork serves one
//! socket until the judge hangs up. So each starts from the same untouched memory, in a tenth of a millisecond instead of
//! the several that starting a program takes, and whatever it does to itself ends with it.
//!
//! The judge's orders come on standard input, a socket over which it also passes the sockets to serve. A fork closes that
//! before it runs any of the learner's code; nothing that one process does can reach the next.

#[cfg(unix)]
mod forks;
#[cfg(unix)]
mod orders;

#[cfg(unix)]
pub use forks::{JAILED, main};
#[cfg(unix)]
pub use orders::{Order, Status};

/// Elsewhere there is no such process.
#[cfg(not(unix))]
pub fn main(_service: fn() -> Box<dyn harness::serve::Service>) -> std::process::ExitCode {
    eprintln!("a class can be graded on Unix only: a worker is a process that forks");
    std::process::ExitCode::FAILURE
}
