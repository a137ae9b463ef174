//! Judges code that it does not trust: nothing of it runs in here.
//!
//! A judge has the worlds and promises of every exercise, and in the place of the learner's code a worker in a jail. It is started
//! like the test target of a chapter, reports the same frames, and takes three arguments more: `--worker PROGRAM`, the worker
//! with the learner's code in it; `--jailer PROGRAM`, what locks it up, without which it is not; and `--core N`, the processor to
//! stay on: an order and its answer are ten times faster when judge and worker share one.

#[cfg(unix)]
mod office;

use std::process::ExitCode;

use harness::grade::{self, Named};

/// Every exercise there is, with its learner's code elsewhere.
fn exercises() -> Vec<Named> {
    [
        ch01::remotes(),
        ch02::remotes(),
        ch03::remotes(),
        ch04::remotes(),
        ch05::remotes(),
        ch06::remotes(),
        ch07::remotes(),
        ch08::remotes(),
        ch09::remotes(),
        ch10::remotes(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

#[cfg(unix)]
fn main() -> ExitCode {
    let Ok(nonce) = std::env::var(report::frame::NONCE_ENV) else {
        eprintln!("a judge is started by `cargo xtask grade`, which watches it");
        return ExitCode::FAILURE;
    };
    let (office, args) = office::Office::from_args(std::env::args().skip(1));
    harness::remote::employ(Box::new(office));
    grade::with_frames(exercises(), nonce, args.into_iter())
}

#[cfg(not(unix))]
fn main() -> ExitCode {
    eprintln!("a class can be graded on Unix only: a judge's workers are processes that fork");
    ExitCode::FAILURE
}
