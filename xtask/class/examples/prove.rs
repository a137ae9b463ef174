//! Is the verdict from outside the one from inside?
//!
//! ```text
//! cargo run -p class --example prove -- [--mutants N | --json] [--allow-unsandboxed] [EXERCISE…]
//! ```
//!
//! Grades specimens of `cargo xtask prove` as if they had been handed in, of each exercise the solution, the null implementation
//! and N mutants (one), and says which of them did not come out as they must. `--json` prints the proof of all of them, to be
//! compared with the one of `cargo xtask prove --seeds 1 --json`.

use std::process::ExitCode;

use class::bench::Bench;
use class::kit::Kit;
use class::prove;
use xtask::meter::Meter;
use xtask::{Context, Failure};

fn main() -> ExitCode {
    match run() {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(failure) => {
            eprintln!("{failure}");
            ExitCode::from(2)
        }
    }
}

fn run() -> Result<bool, Failure> {
    let (mut mutants, mut json, mut jailed, mut ids) = (1, false, true, Vec::new());
    let mut args = std::env::args().skip(1);
    while let Some(arg) = args.next() {
        match arg.as_str() {
            "--json" => json = true,
            "--allow-unsandboxed" => jailed = false,
            "--mutants" => {
                let number = args.next().and_then(|number| number.parse().ok());
                mutants = number.ok_or_else(|| Failure::new("--mutants wants a number"))?;
            }
            _ => ids.push(arg),
        }
    }
    let (context, meter) = (Context::load()?.plain(), Meter::new());
    let exercises = xtask::prove::wanted(&context, &ids)?;
    let kit = Kit::build(&context, &meter)?;
    let workers = std::thread::available_parallelism().map_or(1, usize::from);
    let bench = Bench::new(context.clone(), kit, jailed, Some(1), &[], workers)?;
    if json {
        let proof = prove::whole(&context, &bench, &exercises, &meter)?;
        println!("{}", serde_json::to_string(&proof).expect("a proof has only string keys"));
        return Ok(proof.exercises.iter().all(|exercise| exercise.problems.is_empty()));
    }
    let proven = prove::sample(&context, &bench, &exercises, mutants, &meter)?;
    meter.clear();
    proven.problems.iter().for_each(|problem| println!("{problem}\n"));
    println!("{} specimens graded from outside, {} problems", proven.specimens, proven.problems.len());
    Ok(proven.problems.is_empty())
}
