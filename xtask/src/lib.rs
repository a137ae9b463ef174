//! The command of the course.
//!
//! It runs cargo, starts the grading programs, watches them, and shows what they report. It links no exercise and no
//! simulator: whatever a learner's code does to the process it runs in, the one that tells about it is another.
//!
//! From the command line to a graded result:
//!
//! - [`cli`]: what can be typed; [`target`]: which exercises and checks it means.
//! - [`checkout`]: where the course is; [`course`]: what is in it.
//! - [`compile`]: cargo; [`diagnostic`]: whose mistake a compiler error is; [`scan`]: calls that reach around the
//!   simulated world.
//! - [`supervise`]: one grading process, watched from outside; [`interrupt`]: Ctrl-C.
//! - [`grade`]: all of it, to one [`report::Summary`]; [`show`]: that summary for people; [`check`]: the command.
//!
//! For instructors: [`class`], which builds and runs the program that grades a class.
//!
//! For authors: [`prove`], whether the checks deserve trust; [`ci`], every test of the course; [`guest`], code from
//! elsewhere.
//!
//! What a learner lives with, between two checks:
//!
//! - [`watch`]: the exercise at hand again on every save; [`list`], [`hint`], [`lesson`], [`solution`], [`reset`].
//! - [`stories`]: the pages of failures.
//! - [`progress`]: what is kept between runs; [`files`]: writing without losing anything; [`stubs`]: where a learner's
//!   file comes from.
//!
//! Start at [`grade::grade`].

use std::env;
use std::fmt;
use std::path::PathBuf;
use std::process::ExitCode;

pub mod cause;
pub mod check;
pub mod checkout;
pub mod ci;
pub mod class;
pub mod cli;
pub mod compile;
pub mod course;
pub mod diagnostic;
pub mod grade;
pub mod guest;
pub mod interrupt;
pub mod lookup;
pub mod meter;
pub mod paint;
pub mod printed;
pub mod prove;
pub mod replay;
pub mod run;
pub mod scan;
pub mod show;
pub mod source;
pub mod stories;
pub mod supervise;
pub mod target;

pub mod files;
pub mod hint;
pub mod lesson;
pub mod list;
pub mod pager;
pub mod progress;
pub mod reset;
pub mod solution;
pub mod stubs;
pub mod watch;
pub mod wrap;

pub use course::Course;
pub use paint::Paint;

/// What every command needs.
#[derive(Clone, Debug)]
pub struct Context {
    /// The folder that holds `course.toml`.
    pub root: PathBuf,
    /// What is taught, in which order.
    pub course: Course,
    /// Colours, or none.
    pub paint: Paint,
}

impl Context {
    /// Finds the checkout and reads `course.toml`.
    pub fn load() -> Result<Context, Failure> {
        let root = checkout::root()?;
        let course = Course::load(&root)?;
        Ok(Context { root, course, paint: Paint::detect() })
    }

    /// The same without colours, for output that is not for people.
    pub fn plain(&self) -> Context {
        Context { paint: Paint::plain(), ..self.clone() }
    }

    /// Where this command keeps files that cargo may throw away.
    pub fn scratch(&self) -> PathBuf {
        let target = env::var_os("CARGO_TARGET_DIR").filter(|dir| !dir.is_empty());
        // Cargo is started in the root, so a relative folder is meant from there.
        self.root.join(target.map_or_else(|| PathBuf::from("target"), PathBuf::from)).join("faultlines")
    }
}

/// How a command ends, as its exit status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Everything asked for passes, or was done.
    Ok = 0,
    /// Something does not pass.
    NotPassed = 1,
    /// The question was wrong: unknown target, broken checkout.
    BadQuestion = 2,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        ExitCode::from(exit as u8)
    }
}

/// Why a command could not answer. Its text says what happened, the likely cause, and what to do next.
#[derive(Debug)]
pub struct Failure(String);

impl Failure {
    /// With this text, which is shown as it is.
    pub fn new(message: impl Into<String>) -> Self {
        Failure(message.into())
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

impl std::error::Error for Failure {}

impl From<course::CourseError> for Failure {
    fn from(error: course::CourseError) -> Self {
        Failure(error.to_string())
    }
}
