//! Contestants that take turns, and the bounds that must hold between them.

use std::time::Duration;

use comfy_table::{CellAlignment, Table};
use cpu_time::ThreadTime;

use crate::options::Options;
use crate::samples::{Samples, grouped, times};
use crate::work::{Style, Tally, Work};
use crate::{bare, madsim_peer, ours, turmoil_peer};

/// Somebody who can do the work.
struct Contestant {
    name: &'static str,
    run: fn(Work) -> Tally,
}

/// Ours comes first: the others are what it is compared with.
const CONTESTANTS: [Contestant; 4] = [
    Contestant { name: "ours", run: ours::run },
    Contestant { name: "bare event loop", run: bare::run },
    Contestant { name: "turmoil", run: turmoil_peer::run },
    Contestant { name: "madsim", run: madsim_peer::run },
];

/// One table: every contestant does the same, round after round.
pub struct Contest {
    title: String,
    style: Style,
    measure: Measure,
    /// How many times as fast as each contestant ours must be.
    bounds: [Option<f64>; CONTESTANTS.len()],
}

/// What is measured.
#[derive(Clone, Copy)]
enum Measure {
    /// Deliveries per second, in one simulation with so many of them.
    Deliveries(u64),
    /// Simulations of [`SHORT`] deliveries per second, set-up included, made for so long.
    Simulations(Duration),
}

/// The deliveries of a simulation when simulations are counted.
const SHORT: u64 = 1_000;

impl Contest {
    /// Messages delivered per second, for both styles of work.
    pub fn deliveries(options: &Options) -> Vec<Contest> {
        let what = format!("Deliveries per second, {} in one simulation", grouped(options.deliveries as f64));
        let bounds = [None, Some(1.0 / 3.0), Some(5.0), Some(5.0)];
        Contest::both(&what, Measure::Deliveries(options.deliveries), bounds)
    }

    /// Short simulations per second, for both styles of work.
    pub fn simulations(options: &Options) -> Vec<Contest> {
        let what = format!("Simulations of {} deliveries per second, set-up included", grouped(SHORT as f64));
        let bounds = [None, None, Some(5.0), Some(5.0)];
        Contest::both(&what, Measure::Simulations(Duration::from_millis(options.simulate_ms)), bounds)
    }

    fn both(what: &str, measure: Measure, bounds: [Option<f64>; CONTESTANTS.len()]) -> Vec<Contest> {
        [(Style::Told, "losses told to the sender"), (Style::Acknowledged, "with acknowledgements")]
            .map(|(style, how)| Contest { title: format!("{what}, {how}"), style, measure, bounds })
            .into()
    }

    /// Holds the contest and prints its table, of medians. How many bounds are missed.
    pub fn hold(&self, rounds: u32) -> usize {
        println!("{}", self.title);
        let mut rates: [Samples; CONTESTANTS.len()] = Default::default();
        for round in 0..rounds {
            for (contestant, rates) in CONTESTANTS.iter().zip(&mut rates) {
                rates.push(self.measure.rate(contestant, self.style, u64::from(round)));
            }
        }
        let mut table =
            table(["", "a second", "lowest – highest", "ours is so fast", "lowest – highest", "at least", ""]);
        let mut missed = 0;
        for ((contestant, rate), bound) in CONTESTANTS.iter().zip(&rates).zip(self.bounds) {
            let mut row = vec![contestant.name.to_owned()];
            row.extend(rate.show(grouped));
            if contestant.name != CONTESTANTS[0].name {
                row.extend(rates[0].over(rate).show(times));
            }
            if let Some(bound) = bound {
                let holds = rates[0].over(rate).median() >= bound;
                missed += usize::from(!holds);
                row.extend([times(bound), if holds { "holds" } else { "MISSED" }.to_owned()]);
            }
            table.add_row(row);
        }
        println!("{table}\n");
        missed
    }
}

impl Measure {
    fn rate(self, contestant: &Contestant, style: Style, round: u64) -> f64 {
        match self {
            Measure::Deliveries(deliveries) => {
                let work = Work { style, seed: round, deliveries };
                let start = ThreadTime::now();
                let tally = (contestant.run)(work);
                let took = start.elapsed();
                tally.prove(work, 1);
                tally.deliveries as f64 / took.as_secs_f64()
            }
            Measure::Simulations(time) => {
                let mut work = Work { style, seed: round << 32, deliveries: SHORT };
                let (mut tally, mut runs) = (Tally::default(), 0);
                let start = ThreadTime::now();
                while start.elapsed() < time {
                    tally += (contestant.run)(work);
                    runs += 1;
                    work.seed += 1;
                }
                let took = start.elapsed();
                tally.prove(work, runs);
                runs as f64 / took.as_secs_f64()
            }
        }
    }
}

/// An empty table whose columns after the first are numbers.
pub fn table<const COLUMNS: usize>(header: [&str; COLUMNS]) -> Table {
    let mut table = Table::new();
    table.load_style(comfy_table::presets::NOTHING).set_header(header);
    table.column_iter_mut().skip(1).for_each(|column| column.set_cell_alignment(CellAlignment::Right));
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bound_that_nobody_reaches_is_missed_and_one_that_everybody_does_is_not() {
        for measure in [Measure::Deliveries(2_000), Measure::Simulations(Duration::from_millis(5))] {
            let bounds = [None, Some(0.0), Some(f64::INFINITY), Some(f64::INFINITY)];
            let contest = Contest { title: "A short one".to_owned(), style: Style::Told, measure, bounds };
            assert_eq!(contest.hold(2), 2);
        }
    }
}
