//! What no grader can go below: compiling and running a program that does nothing.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use xtask::Failure;

/// How often it is measured; the median counts.
const TIMES: usize = 9;

/// Compiles and runs it, alone and one after the other, in a folder that is there.
///
/// # Errors
/// When rustc or the program can't be started, or fail.
pub fn measure(rustc: &Path, folder: &Path) -> Result<Duration, Failure> {
    let (source, program) = (folder.join("tiny.rs"), folder.join("tiny"));
    fs::write(&source, "fn main() {}\n").map_err(|error| Failure::new(format!("{}: {error}.", source.display())))?;
    let mut compile = Command::new(rustc);
    compile.args(["--edition=2024", "-Cdebuginfo=0", "-Ccodegen-units=1", "-o"]).args([&program, &source]);
    let mut times = Vec::new();
    for _ in 0..TIMES {
        let began = Instant::now();
        succeed(&mut compile)?;
        succeed(&mut Command::new(&program))?;
        times.push(began.elapsed());
    }
    times.sort();
    Ok(times[TIMES / 2])
}

fn succeed(command: &mut Command) -> Result<(), Failure> {
    let status = command.stdin(Stdio::null()).status();
    match status {
        Ok(status) if status.success() => Ok(()),
        other => Err(Failure::new(format!("{:?} did not work: {other:?}.", command.get_program()))),
    }
}
