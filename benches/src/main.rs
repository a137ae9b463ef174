//! The simulator and the linearizability checker, measured; the simulator side by side with its peers, in one run, each on
//! one thread.
//!
//! ```text
//! cd benches && cargo run --release              everything
//! cargo run --release -- deliveries              one part: deliveries, simulations, histories
//! cargo run --release -- --rounds 9              more rounds
//! ```
//!
//! - [`work`]: what every contestant does, exactly, and the proof that it did.
//! - [`ours`], [`bare`], [`turmoil_peer`], [`madsim_peer`]: the contestants.
//! - [`contest`]: rounds in which they take turns, and the bounds that must hold.
//! - [`histories`]: the time of the checker on histories of real systems.
//!
//! Start at [`work`].
//!
//! **Why ratios.** How much one machine does in a second says little about another. So the contestants take turns within
//! each round, what is judged is the ratio of a round, and the table shows the median, the lowest and the highest of them.
//! The absolute numbers beside them are for orientation. All times are those of the thread on its processor, so that other
//! work of the machine disturbs them less. Where a bound is missed, the exit status is 1.
//!
//! **Why a workspace of its own.** The peers bring some fifty crates along that the course does not need. As a member of the
//! course's workspace, this package would put them into everybody's Cargo.lock, have editors and `cargo fetch` download
//! them, and have `cargo test --workspace` compile them. And madsim needs a compiler flag; in the course's own
//! configuration it would have learners compile everything anew. So the flag stands in `benches/.cargo/config.toml`, which
//! cargo reads only when it is started in that folder. The price is that this package is checked, tested and formatted
//! there as well.

mod bare;
mod contest;
mod histories;
mod madsim_peer;
mod options;
mod ours;
mod samples;
mod turmoil_peer;
mod work;

use std::process::ExitCode;

use clap::Parser;

use crate::contest::Contest;
use crate::options::{Options, Part};

fn main() -> ExitCode {
    match measure(&Options::parse()) {
        Ok(0) => ExitCode::SUCCESS,
        Ok(missed) => {
            println!("{missed} missed");
            ExitCode::from(1)
        }
        Err(message) => {
            eprintln!("error: {message}");
            ExitCode::from(2)
        }
    }
}

/// Measures all that is asked for. How many bounds are missed.
fn measure(options: &Options) -> Result<usize, String> {
    let mut missed = 0;
    for part in options.parts() {
        missed += match part {
            Part::Deliveries => hold(Contest::deliveries(options), options.rounds),
            Part::Simulations => hold(Contest::simulations(options), options.rounds),
            Part::Histories => match std::env::var_os(histories::VARIABLE) {
                Some(folder) => histories::measure(folder.as_ref(), options.rounds)?,
                None => {
                    println!("Histories: skipped, {} names no folder", histories::VARIABLE);
                    0
                }
            },
        };
    }
    Ok(missed)
}

fn hold(contests: Vec<Contest>, rounds: u32) -> usize {
    contests.iter().map(|contest| contest.hold(rounds)).sum()
}
