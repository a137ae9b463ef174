//! What can be asked for.

use clap::{Parser, ValueEnum};

/// Measures the simulator, side by side with its peers, and the linearizability checker. Exit status 1 if a bound is missed.
#[derive(Debug, Parser)]
#[command(name = "benches")]
pub struct Options {
    /// What to measure [default: everything]
    #[arg(value_enum)]
    parts: Vec<Part>,
    /// How often every contestant has its turn
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..))]
    pub rounds: u32,
    /// How long the simulation of `deliveries` is
    #[arg(long, default_value_t = 1_000_000, value_parser = clap::value_parser!(u64).range(1_000..))]
    pub deliveries: u64,
    /// For how many milliseconds a contestant makes one simulation after another, each time it has its turn
    #[arg(long, default_value_t = 500, value_parser = clap::value_parser!(u64).range(1..))]
    pub simulate_ms: u64,
}

/// A part of the whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Part {
    /// Messages delivered per second, in one long simulation
    Deliveries,
    /// Simulations of 1,000 deliveries per second, set-up included
    Simulations,
    /// The checker's time on each history in the folder that FAULTLINES_HISTORIES names
    Histories,
}

impl Options {
    /// The parts asked for, in the order in which they were.
    pub fn parts(&self) -> Vec<Part> {
        if self.parts.is_empty() { Part::value_variants().to_vec() } else { self.parts.clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_is_measured_unless_something_is_asked_for() {
        let parts = |line: &[&str]| Options::try_parse_from(line).map(|options| options.parts());
        assert_eq!(parts(&["benches"]).unwrap().len(), 3);
        assert_eq!(parts(&["benches", "simulations"]).unwrap(), [Part::Simulations]);
        assert!(parts(&["benches", "everything"]).is_err());
    }

    #[test]
    fn a_contest_without_rounds_is_refused() {
        assert!(Options::try_parse_from(["benches", "--rounds", "0"]).is_err());
    }
}
