//! A checker in a process of its own, one for each history.
//!
//! The steps are there with it, as the harness's own object: the checker can take them and nothing else, and how many it has
//! taken comes back with what it says.

use harness::remote::{hire, refuse};
use harness::serve::{self, Service};
use serde::{Deserialize, Serialize};

use super::Said;
use super::contract::{Checker, Operation, Steps};

/// How long an answer may be, in bytes. An order of the longest history takes one in fifty of that.
const MOST_BYTES: usize = 1 << 16;

/// A history to judge.
#[derive(Debug, Serialize, Deserialize)]
struct Order {
    history: Vec<Operation>,
    most_steps: u64,
}

/// The judge's end.
pub fn ask(history: Vec<Operation>, most_steps: u64) -> Said {
    let said: Said = hire().ask_for(&Order { history, most_steps }, MOST_BYTES);
    if said.taken > most_steps {
        refuse("more steps than there were");
    }
    said
}

/// The worker's end, which is the same in the process of the judge.
pub fn answer<C: Checker>(history: Vec<Operation>, most_steps: u64) -> Said {
    let mut steps = Steps::up_to(most_steps);
    let verdict = C::new().check(history, &mut steps);
    Said { verdict: verdict.ok(), taken: steps.taken() }
}

/// Serves one type of checker.
pub struct Served(pub super::Ask);

impl Service for Served {
    fn serve(&mut self, order: &[u8]) -> Vec<u8> {
        let Order { history, most_steps } = serve::order(order);
        serve::answer(&(self.0)(history, most_steps))
    }
}
