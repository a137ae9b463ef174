//! `grade`: hands over to the program that grades a class.
//!
//! That program is a crate of its own, with more to compile than a learner should wait for, so it is built when it is first
//! asked for. It gets the command line as it was typed, and its exit status is the answer.

use std::ffi::OsString;
use std::path::Path;
use std::process::{Command, ExitCode};

use crate::cli::GradeArgs;
use crate::meter::Meter;
use crate::{Context, Failure, compile};

/// The package, and the program in it.
const CLASS: &str = "class";

/// Builds the program and becomes it.
///
/// # Errors
/// If it does not compile, or can't be started.
pub fn run(context: &Context, args: &GradeArgs) -> Result<ExitCode, Failure> {
    let meter = Meter::new();
    meter.stage("compiling what grades a class");
    let build = ["build", "-p", CLASS].map(str::to_owned);
    let output = compile::cargo(context, &meter, CLASS, &build, &[])?;
    meter.clear();
    match output.program.as_deref().filter(|_| output.success) {
        Some(program) => become_it(program, &args.args),
        None => Err(Failure::new(format!(
            "What grades a class could not be built.\n\n{}\n\n\
             `git status` shows what was changed in the course. If nothing was, the lines above name what is missing here: \
             a tool, disk space, the network.",
            output.story()
        ))),
    }
}

/// Ctrl-C, the scheduler's signals and whoever waits for this process then reach the program itself.
#[cfg(unix)]
fn become_it(program: &Path, args: &[OsString]) -> Result<ExitCode, Failure> {
    let error = std::os::unix::process::CommandExt::exec(Command::new(program).args(args));
    Err(cannot_start(program, &error))
}

/// Where a process can't become another program, it waits for it.
#[cfg(not(unix))]
fn become_it(program: &Path, args: &[OsString]) -> Result<ExitCode, Failure> {
    let status = Command::new(program).args(args).status().map_err(|error| cannot_start(program, &error))?;
    Ok(ExitCode::from(status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(1)))
}

fn cannot_start(program: &Path, error: &std::io::Error) -> Failure {
    Failure::new(format!("{} can't be started: {error}.", program.display()))
}
