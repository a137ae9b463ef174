//! Every test of the course itself, in the order in which they are cheapest: `cargo xtask ci`.
//!
//! People and the build server run the same command, so there is no second description of what has to pass. It stops at
//! the first step that fails, because what comes after would only repeat it at greater length.

use std::io::{BufRead, BufReader};
use std::process::Stdio;
use std::time::Duration;

use crate::cli::{CheckArgs, CiArgs, ProveArgs};
use crate::interrupt::Guarded;
use crate::meter::Meter;
use crate::{Context, Exit, Failure, check, compile, prove};

/// The seeds with which right code has to pass and wrong code to fail.
const SEEDS: u64 = 3;

/// How long cargo may take to leave once its output is closed.
const LEAVE: Duration = Duration::from_secs(60);

/// Runs every step.
pub fn run(context: &Context, _args: &CiArgs) -> Result<Exit, Failure> {
    let mut tests = 0;
    let heading = |title: &str| check::print(&format!("\n{}\n", context.paint.strong(&format!("== {title}"))));
    for (title, args) in cargo_steps(context) {
        heading(&title);
        let Some(passed) = cargo(context, &args)? else { return Ok(stopped(&title)) };
        tests += passed;
    }
    heading("prove: solutions, stubs, mutants, variants, null implementations");
    if prove::run(context, &ProveArgs { seeds: SEEDS, ..ProveArgs::default() })? != Exit::Ok {
        return Ok(stopped("prove"));
    }
    heading("check --solutions");
    if check::run(context, &CheckArgs { solutions: true, ..CheckArgs::default() })? != Exit::Ok {
        return Ok(stopped("check --solutions"));
    }
    check::print(&format!("\nci: every step passes, {tests} tests among them\n"));
    Ok(Exit::Ok)
}

fn stopped(title: &str) -> Exit {
    check::print(&format!("\nci: `{title}` fails; what comes after it was not run\n"));
    Exit::NotPassed
}

/// The steps that are cargo's, with their titles.
fn cargo_steps(context: &Context) -> Vec<(String, Vec<String>)> {
    let step = |line: &str| (format!("cargo {line}"), line.split(' ').map(str::to_owned).collect());
    let written = context.course.chapters.iter().filter(|chapter| !chapter.exercises.is_empty());
    // What a learner has not solved yet fails by design.
    let stubs: String = written.map(|chapter| format!(" --exclude {}-exercises", chapter.id)).collect();
    let mut steps = vec![
        step("fmt --all --check"),
        // A workspace of its own, because of what it compares with.
        step("fmt --manifest-path benches/Cargo.toml --check"),
        step("clippy --workspace --all-targets -- -D warnings"),
        step(&format!("test --workspace{stubs}")),
    ];
    // Where there is a jail, what is judged from outside it gets the same verdicts.
    if cfg!(target_os = "linux") {
        steps.push(step("run --quiet --package class --example prove"));
    }
    if context.root.join("lessons/builder/Cargo.toml").exists() {
        steps.push(step("run --quiet --package book -- --check"));
    }
    steps
}

/// Runs cargo and shows what it prints; the number of tests that passed, or nothing if it fails.
fn cargo(context: &Context, args: &[String]) -> Result<Option<u64>, Failure> {
    let mut command = compile::command(context, &Meter::silent());
    command.args(args).stdin(Stdio::null()).stdout(Stdio::piped());
    let child = Guarded::spawn(&mut command).map_err(|error| {
        Failure::new(format!("cargo can't be started: {error}\n\nIs it installed and on the PATH?"))
    })?;
    let mut passed = 0;
    for line in child.stdout().into_iter().flat_map(|pipe| BufReader::new(pipe).split(b'\n')).map_while(Result::ok) {
        let line = String::from_utf8_lossy(&line);
        check::print(&format!("{line}\n"));
        passed += passed_in(&line);
    }
    let status = child.wait(LEAVE).ok().flatten();
    Ok(status.is_some_and(|status| status.success()).then_some(passed))
}

/// The number in `test result: ok. 36 passed; 0 failed; …`, and zero for other lines.
fn passed_in(line: &str) -> u64 {
    let counts = line.strip_prefix("test result: ").and_then(|rest| rest.split_once(". "));
    let number = counts.and_then(|(_, counts)| counts.split_once(" passed")).map(|(number, _)| number.parse());
    number.and_then(Result::ok).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tests_are_counted_from_the_lines_that_tell_their_number() {
        assert_eq!(passed_in("test result: ok. 36 passed; 0 failed; 0 ignored"), 36);
        assert_eq!(passed_in("test result: FAILED. 3 passed; 1 failed; 0 ignored"), 3);
        assert_eq!(passed_in("test passed_in ... ok"), 0);
    }
}
