//! The class graded twice: how long it takes, and whether it comes to the same.

use std::time::Duration;

use xtask::Failure;

use crate::desk::Desk;
use crate::population::Population;
use crate::processes::{self, Took};
use crate::{Args, differences, floor};

/// Measures, and prints a table; whether everything is as it must be.
///
/// # Errors
/// When something can't be started or read.
pub fn run(args: &Args, desk: &Desk, class: &Population) -> Result<bool, Failure> {
    processes::take_in_orphans()?;
    let floor = floor::measure(&desk.rustc, &desk.path("temporary"))?;
    let mut reports = Vec::new();
    for name in ["first", "second"] {
        let took = grade(desk, name)?;
        println!("\n{name} run, {} jobs", args.jobs());
        table(&took, class.expected.len(), args.jobs(), floor);
        reports.push(desk.report(name)?);
    }
    let report = differences::read(&reports[0])?;
    let wrong: Vec<String> = class.expected.iter().filter_map(|expected| expected.problem(&report)).collect();
    println!("\n{} verdicts are not the ones that these submissions must have", wrong.len());
    wrong.iter().for_each(|problem| println!("  {problem}"));
    let differences = differences::between(&reports[0], &reports[1])?;
    println!("{} differences between the two reports, times apart", differences.len());
    differences.iter().for_each(|difference| println!("  {difference}"));
    Ok(wrong.is_empty() && differences.is_empty())
}

/// Runs the command to its end.
///
/// # Errors
/// When it can't be started, or has not graded everything.
pub fn grade(desk: &Desk, name: &str) -> Result<Took, Failure> {
    let child = desk.grade(name)?.spawn();
    let took = processes::watch(child.map_err(|error| Failure::new(format!("class can't be started: {error}.")))?)?;
    if !took.status.success() {
        return Err(Failure::new(format!("The {name} run ended with {}:\n\n{}", took.status, desk.said(name))));
    }
    Ok(took)
}

fn table(took: &Took, submissions: usize, jobs: usize, floor: Duration) {
    let each = took.wall.mul_f64(jobs as f64 / submissions as f64);
    let cpu = took.cpu.as_secs_f64() / submissions as f64;
    let mib = |bytes: u64| format!("{} MiB", bytes >> 20);
    let lines = [
        ("on the clock", format!("{:.1} s", took.wall.as_secs_f64())),
        ("submissions a minute", format!("{:.0}", submissions as f64 * 60.0 / took.wall.as_secs_f64())),
        ("a submission, on one core", format!("{:.2} s ({cpu:.2} s of processor time)", each.as_secs_f64())),
        ("the floor", format!("{:.0} ms", floor.as_secs_f64() * 1000.0)),
        ("ratio to the floor", format!("{:.1}", each.as_secs_f64() / floor.as_secs_f64())),
        ("largest process", format!("{} ({})", mib(took.largest.0), took.largest.1)),
        ("all processes at a time", format!("{}, {} of them", mib(took.together), took.most)),
    ];
    lines.iter().for_each(|(what, value)| println!("  {what:26} {value}"));
}
