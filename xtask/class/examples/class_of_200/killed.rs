//! A run that is killed again and again, and resumed, against one that was not.

use std::fs;
use std::thread;
use std::time::{Duration, Instant};

use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64;
use xtask::Failure;

use crate::desk::Desk;
use crate::snapshot::Snapshot;
use crate::{Args, differences, processes, twice};

/// How long what a killed run has started may take to notice.
const NOTICE: Duration = Duration::from_secs(1);

/// What a build writes, what git writes, and where results are kept that nobody gave a folder for.
const NOT_THE_COURSE: [&str; 3] = ["target", ".git", ".faultlines"];

/// Kills, resumes and compares; whether everything is as it must be.
///
/// # Errors
/// When something can't be started or read.
pub fn run(args: &Args, desk: &Desk, kills: usize) -> Result<bool, Failure> {
    processes::take_in_orphans()?;
    let undisturbed = twice::grade(desk, "undisturbed")?;
    let before = everything(desk);
    let jobs = left_in_jobs(desk);
    println!(
        "\nundisturbed: {:.1} s, {} files of results",
        undisturbed.wall.as_secs_f64(),
        results(desk, "undisturbed")
    );
    let mut rng = Pcg64::seed_from_u64(args.seed);
    let (mut hit, mut left) = (0, 0);
    // A run that is killed loses what it was at; so there is time for a few kills more.
    let share = undisturbed.wall / u32::try_from(kills + 2).unwrap_or(u32::MAX);
    for number in 1..=kills {
        // Mostly while it grades, and now and then before.
        let moment = match rng.random_range(0..5) {
            0 => Moment::Start(Duration::from_millis(rng.random_range(0..2000))),
            _ => Moment::Graded(share.mul_f64(rng.random_range(0.0..2.0))),
        };
        let (after, killed) = kill(desk, moment)?;
        hit += usize::from(killed.is_some());
        let Some(remaining) = killed else {
            println!("kill {number}: the run was over before {:.1} s", after.as_secs_f64());
            continue;
        };
        left += remaining.len();
        let kept = results(desk, "killed");
        println!(
            "kill {number}: after {:.1} s, {kept} results kept, {} processes left over",
            after.as_secs_f64(),
            remaining.len()
        );
        remaining.iter().for_each(|process| println!("  {process}"));
    }
    let resumed = twice::grade(desk, "killed")?;
    println!("the end: after {:.1} s more", resumed.wall.as_secs_f64());
    let differences = differences::between(&desk.report("undisturbed")?, &desk.report("killed")?)?;
    println!("\n{} differences between the two reports, times apart", differences.len());
    differences.iter().for_each(|difference| println!("  {difference}"));
    let changed = before.changed_in(&everything(desk));
    println!("{} files changed beside results", changed.len());
    changed.iter().take(20).for_each(|path| println!("  {}", path.display()));
    let clutter = left_in_jobs(desk).saturating_sub(jobs);
    println!("{clutter} folders of dead runs left in {}", desk.jobs.display());
    println!("{left} processes left over, {hit} of {kills} kills hit a run");
    Ok(differences.is_empty() && changed.is_empty() && left == 0 && clutter == 0)
}

/// When a run is killed.
#[derive(Clone, Copy)]
enum Moment {
    /// So long after it was started.
    Start(Duration),
    /// So long after it began to grade.
    Graded(Duration),
}

/// Starts or resumes the run and kills it. After what time; and what was left of it a moment later, in words, and killed
/// then; nothing if it was over before.
fn kill(desk: &Desk, moment: Moment) -> Result<(Duration, Option<Vec<String>>), Failure> {
    let failed = |error: std::io::Error| Failure::new(format!("A run can't be killed: {error}."));
    let mut child = desk.grade("killed")?.spawn().map_err(failed)?;
    let began = Instant::now();
    let (mut counted, after) = match moment {
        Moment::Start(after) => (Some(began), after),
        Moment::Graded(after) => (None, after),
    };
    while counted.is_none_or(|since| since.elapsed() < after) {
        if child.try_wait().map_err(failed)?.is_some() {
            return Ok((began.elapsed(), None));
        }
        if counted.is_none() && desk.said("killed").contains("Resuming") {
            counted = Some(Instant::now());
        }
        thread::sleep(Duration::from_millis(2));
    }
    let after = began.elapsed();
    child.kill().map_err(failed)?;
    child.wait().map_err(failed)?;
    thread::sleep(NOTICE);
    processes::bury();
    let left = processes::below();
    for process in &left {
        if let Some(pid) = rustix::process::Pid::from_raw(process.pid) {
            let _ = rustix::process::kill_process(pid, rustix::process::Signal::KILL);
        }
    }
    Ok((after, Some(left.iter().map(|process| format!("{} {}", process.pid, process.name)).collect())))
}

/// The checkout, the submissions, and the folder for temporary files.
fn everything(desk: &Desk) -> Snapshot {
    Snapshot::of(&[desk.root.clone(), desk.class(), desk.path("temporary")], &NOT_THE_COURSE)
}

fn left_in_jobs(desk: &Desk) -> usize {
    fs::read_dir(&desk.jobs).into_iter().flatten().count()
}

/// How many files there are below the results of a run.
fn results(desk: &Desk, name: &str) -> usize {
    fn count(folder: &std::path::Path) -> usize {
        let entries = fs::read_dir(folder).into_iter().flatten().flatten();
        entries.map(|entry| if entry.path().is_dir() { count(&entry.path()) } else { 1 }).sum()
    }
    count(&desk.path(name))
}
