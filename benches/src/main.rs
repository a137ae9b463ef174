//! The simulator, measured side by side with its peers, in one run, on one thread.
//!
//! ```text
//! cd benches && cargo run --release              everything
//! cargo run --release -- deliveries              one part: deliveries or simulations
//! cargo run --release -- --rounds 9              more rounds
//! ```
//!
//! - [`work`]: what every contestant does, exactly, and the proof that it did.
//! - [`ours`], [`bare`], [`turmoil_peer`], [`madsim_peer`]: the contestants.
//! - [`contest`]: rounds in which they take turns, and the bounds that must hold.
//!
//! Start at [`work`].
//!
//! **Why ratios.** How much one machine does in a second says little about another. So the contestants take turns within
//! each round, what is judged is the ratio of a round, and the table shows the median, the lowest and the highest of them.
//! The absolute numbers beside them are for orientation. Where a bound is missed, the exit status is 1.
//!
//! **Why a workspace of its own.** The peers bring some 60 crates along. As a member of the course's workspace, this package
//! would put them into everybody's Cargo.lock, and take part in the choice of features of crates that the course shares with
//! them. It is not even built by `cargo test --workspace`. And madsim needs a compiler flag that would mark all of the
//! course's own crates for compilation with it; so it stands in `benches/.cargo/config.toml`, which cargo reads only when it
//! is started in that folder. The price is that this package must be checked, tested and formatted there as well.

#[cfg(not(madsim))]
compile_error!(
    "madsim is no simulator without the flag in benches/.cargo/config.toml. Cargo has not read it: start it inside \
     benches/ (`cd benches && cargo run --release`), and with no RUSTFLAGS in the environment, for that replaces the file."
);

mod bare;
mod contest;
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
    let options = Options::parse();
    let mut missed = 0;
    for part in options.parts() {
        match part {
            Part::Deliveries => {
                for contest in Contest::deliveries(&options) {
                    missed += contest.hold(options.rounds);
                }
            }
            Part::Simulations => {
                for contest in Contest::simulations(&options) {
                    missed += contest.hold(options.rounds);
                }
            }
        }
    }
    if missed > 0 {
        println!("{missed} bounds missed");
        return ExitCode::from(1);
    }
    ExitCode::SUCCESS
}
