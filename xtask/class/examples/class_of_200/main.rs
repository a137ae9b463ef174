//! How fast, how steady and how hard to kill grading is, measured on a class of known specimens:
//!
//! ```text
//! cargo run -p class --example class_of_200
//! cargo run -p class --example class_of_200 -- --submissions 20 --kills 10
//! ```
//!
//! The first grades the class twice and says how long it took and how much memory, against the floor that the same machine has at
//! that moment: compiling and running a program that does nothing. What is not byte for byte the same the second time, apart from
//! times, is listed; so is every verdict that is not the one a specimen must have. The second kills a run that many times
//! at random moments, resumes it each time, and compares its end with that of a run that nobody touched.
//!
//! Everything is drawn from `--seed`, so a class that has shown something can be graded again. The grader is the real
//! command, as a process; nothing of it is replaced.
#![cfg_attr(not(target_os = "linux"), allow(dead_code, unused_imports, reason = "it reads /proc"))]

#[cfg(target_os = "linux")]
#[path = "../../tests/hostile/archives.rs"]
mod archives;
#[allow(dead_code, reason = "only where a submission comes from is of interest here, and what it may earn")]
#[path = "../../tests/hostile/corpus.rs"]
mod corpus;
#[cfg(target_os = "linux")]
#[path = "../../tests/hostile/place.rs"]
mod place;
#[path = "../../tests/specimens/mod.rs"]
mod specimens;

mod desk;
mod differences;
mod expected;
mod floor;
#[cfg(target_os = "linux")]
mod killed;
#[cfg(target_os = "linux")]
mod population;
#[cfg(target_os = "linux")]
mod processes;
mod snapshot;
#[cfg(target_os = "linux")]
mod twice;

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use xtask::Failure;

/// Measure how a class is graded
#[derive(Debug, Parser)]
pub struct Args {
    /// How many submissions the class has
    #[arg(long, value_name = "N", default_value = "200")]
    submissions: NonZeroUsize,
    /// Another class, and other moments to kill a run at
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// How many exercises are graded at a time; as many as there are cores if left out
    #[arg(long, value_name = "N")]
    jobs: Option<NonZeroUsize>,
    /// Kill a run that many times and resume it, instead of measuring
    #[arg(long, value_name = "N")]
    kills: Option<NonZeroUsize>,
    /// Leave exercises out
    #[arg(long, value_name = "IDS", value_delimiter = ',')]
    without: Vec<String>,
    /// Keep the class, the reports and the results in this folder, which must not exist yet
    #[arg(long, value_name = "DIR")]
    keep: Option<PathBuf>,
}

impl Args {
    fn jobs(&self) -> usize {
        let cores = || std::thread::available_parallelism().map_or(1, usize::from);
        self.jobs.map_or_else(cores, usize::from)
    }
}

fn main() -> ExitCode {
    match run(&Args::parse()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(failure) => {
            eprintln!("{failure}");
            ExitCode::from(2)
        }
    }
}

#[cfg(target_os = "linux")]
fn run(args: &Args) -> Result<bool, Failure> {
    let desk = desk::Desk::new(args)?;
    let class = population::place(args, &desk.class())?;
    println!("{class}");
    match args.kills {
        Some(kills) => killed::run(args, &desk, kills.get()),
        None => twice::run(args, &desk, &class),
    }
}

#[cfg(not(target_os = "linux"))]
fn run(_: &Args) -> Result<bool, Failure> {
    Err(Failure::new("Processes are counted in /proc here, which only Linux has."))
}
