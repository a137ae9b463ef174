//! What can be typed.
//!
//! The texts here are read by somebody who is stuck, so each says what the command does for them, not how.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

/// A course in distributed systems that grades itself.
#[derive(Debug, Parser)]
#[command(
    name = "cargo xtask",
    bin_name = "cargo xtask",
    disable_help_subcommand = true,
    after_help = "Start with `cargo xtask check`: it tells you what to do first."
)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Grade your work: everything, a chapter, an exercise, or one promise of it
    Check(CheckArgs),
    /// Grade an exercise again on every save
    Watch(WatchArgs),
    /// Show chapters and exercises with their state
    List(ListArgs),
    /// Get a hint; ask again for a stronger one
    Hint(HintArgs),
    /// Read a chapter's lesson in the terminal
    Lesson(LessonArgs),
    /// Start an exercise over; your file is kept under another name
    Reset(ResetArgs),
    /// Read the reference solution beside yours
    Solution(SolutionArgs),
    /// Run a failing schedule again and show its whole diagram
    Replay(ReplayArgs),
    /// Instructors: grade a class; `cargo xtask grade --help` shows how
    #[command(disable_help_flag = true)]
    Grade(GradeArgs),
    /// Authors: cut the stubs out of the reference solutions
    Stubs(StubsArgs),
    /// Authors: do the checks deserve trust? Solutions, stubs, mutants, variants and null implementations
    Prove(ProveArgs),
    /// Authors: every test of the course itself
    Ci(CiArgs),
}

/// `check`.
#[derive(Clone, Debug, Default, Args)]
pub struct CheckArgs {
    /// ch01, flaky_rpc, or flaky_rpc/a_lost_request_is_retried; everything if left out
    #[arg(value_name = "TARGET")]
    pub targets: Vec<String>,
    /// Grade the reference solutions instead of your work
    #[arg(long, conflicts_with = "root")]
    pub solutions: bool,
    /// Grade another folder that is shaped like exercises/
    #[arg(long, value_name = "DIR")]
    pub root: Option<PathBuf>,
    /// Try many more schedules
    #[arg(long)]
    pub deep: bool,
    /// Draw other schedules than usual
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,
    /// Keep a page for each failure in this folder; your own work has them in .faultlines/stories anyway
    #[arg(long, value_name = "DIR")]
    pub stories: Option<PathBuf>,
    /// Print one JSON object (faultlines/check/v1) and nothing else
    #[arg(long)]
    pub json: bool,
}

/// `watch`.
#[derive(Clone, Debug, Default, Args)]
pub struct WatchArgs {
    /// The exercise to begin with; the first one that does not pass if left out
    #[arg(value_name = "EXERCISE")]
    pub exercise: Option<String>,
}

/// `list`.
#[derive(Clone, Debug, Default, Args)]
pub struct ListArgs {
    /// Only exercises in this state: passed, failed, not_started, does_not_compile, or not_written
    #[arg(long, value_name = "STATE")]
    pub state: Option<String>,
}

/// `hint`.
#[derive(Clone, Debug, Args)]
pub struct HintArgs {
    /// The exercise; the first one that does not pass if left out
    #[arg(value_name = "EXERCISE")]
    pub exercise: Option<String>,
}

/// `lesson`.
#[derive(Clone, Debug, Args)]
pub struct LessonArgs {
    /// ch01, or ch01#flaky_rpc for the section on an exercise
    #[arg(value_name = "CHAPTER")]
    pub chapter: String,
}

/// `reset`.
#[derive(Clone, Debug, Args)]
pub struct ResetArgs {
    /// The exercise
    #[arg(value_name = "EXERCISE")]
    pub exercise: String,
}

/// `solution`.
#[derive(Clone, Debug, Args)]
pub struct SolutionArgs {
    /// The exercise
    #[arg(value_name = "EXERCISE")]
    pub exercise: String,
    /// Show it although yours does not pass yet
    #[arg(long)]
    pub anyway: bool,
}

/// `replay`.
#[derive(Clone, Debug, Args)]
pub struct ReplayArgs {
    /// The token that a failing check printed
    #[arg(value_name = "TOKEN")]
    pub token: String,
    /// Run it on the reference solution instead of your work
    #[arg(long)]
    pub solutions: bool,
}

/// `grade`. What can be asked is known to the program that grades a class, which a learner never builds.
#[derive(Clone, Debug, Default, Args)]
pub struct GradeArgs {
    /// Passed on as they are
    #[arg(value_name = "ARGS", trailing_var_arg = true, allow_hyphen_values = true)]
    pub args: Vec<OsString>,
}

/// `stubs`.
#[derive(Clone, Debug, Default, Args)]
pub struct StubsArgs {
    /// Change nothing; say which stubs are not the cut of their solution
    #[arg(long)]
    pub check: bool,
}

/// `prove`.
#[derive(Clone, Debug, Default, Args)]
pub struct ProveArgs {
    /// Only these exercises; all that exist if left out
    #[arg(value_name = "EXERCISE")]
    pub exercises: Vec<String>,
    /// Grade everything with the seeds 1 to N: right code must pass and wrong code fail with each of them
    #[arg(long, value_name = "N", default_value_t = 3)]
    pub seeds: u64,
    /// Print one JSON object (faultlines/prove/v1) and nothing else
    #[arg(long)]
    pub json: bool,
}

/// `ci`.
#[derive(Clone, Debug, Default, Args)]
pub struct CiArgs {}
