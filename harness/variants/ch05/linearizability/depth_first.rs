//! Wing and Gong's search with Lowe's memory: one operation after another is placed, and taken back when it leads nowhere. What
//! was placed, as bits, together with the value, is never looked at twice.

use std::collections::BTreeSet;

use ch05::linearizability::{Action, Checker, Operation, OutOfSteps, Outcome, Steps, Verdict};

pub struct Judge;

impl Checker for Judge {
    fn new() -> Self {
        Judge
    }

    fn check(&self, history: Vec<Operation>, steps: &mut Steps) -> Result<Verdict, OutOfSteps> {
        let bits = vec![0; history.len().div_ceil(64)];
        let mut search = Search { history: &history, placed: bits, order: Vec::new(), values: vec![None], seen: BTreeSet::new() };
        Ok(if search.run(steps)? { Verdict::Linearizable(search.order) } else { Verdict::NotLinearizable })
    }
}

struct Search<'a> {
    history: &'a [Operation],
    placed: Vec<u64>,
    order: Vec<usize>,
    values: Vec<Option<u32>>,
    seen: BTreeSet<(Vec<u64>, Option<u32>)>,
}

impl Search<'_> {
    fn run(&mut self, steps: &mut Steps) -> Result<bool, OutOfSteps> {
        // For every operation placed, those that were not tried instead of it yet.
        let mut open: Vec<Vec<usize>> = vec![self.candidates()];
        loop {
            if self.complete() {
                return Ok(true);
            }
            let Some(candidates) = open.last_mut() else { return Ok(false) };
            let Some(next) = candidates.pop() else {
                open.pop();
                if let Some(place) = self.order.pop() {
                    self.placed[place / 64] ^= 1 << (place % 64);
                    self.values.pop();
                }
                continue;
            };
            steps.take()?;
            let Some(value) = after(*self.values.last().unwrap(), &self.history[next]) else { continue };
            self.placed[next / 64] ^= 1 << (next % 64);
            if self.seen.insert((self.placed.clone(), value)) {
                self.order.push(next);
                self.values.push(value);
                open.push(self.candidates());
            } else {
                self.placed[next / 64] ^= 1 << (next % 64);
            }
        }
    }

    fn is_placed(&self, place: usize) -> bool {
        self.placed[place / 64] >> (place % 64) & 1 == 1
    }

    fn complete(&self) -> bool {
        (0..self.history.len()).all(|place| self.is_placed(place) || self.history[place].returned.is_none())
    }

    /// Whoever was called before any other that is left has returned; the last one first.
    fn candidates(&self) -> Vec<usize> {
        let mut candidates = Vec::new();
        let mut first_return = u64::MAX;
        for (place, operation) in self.history.iter().enumerate() {
            if operation.called > first_return {
                break;
            }
            if !self.is_placed(place) {
                candidates.push(place);
                first_return = first_return.min(operation.returned.map_or(u64::MAX, |returned| returned.at));
            }
        }
        candidates.retain(|place| self.history[*place].called <= first_return);
        candidates.reverse();
        candidates
    }
}

fn after(value: Option<u32>, operation: &Operation) -> Option<Option<u32>> {
    match (operation.action, operation.returned.map(|returned| returned.outcome)) {
        (Action::Read, Some(Outcome::Value(seen))) if seen != value => None,
        (Action::Read, _) => Some(value),
        (Action::Write(written), _) => Some(Some(written)),
        (Action::Cas { from, .. }, Some(Outcome::Swapped(true))) if value != Some(from) => None,
        (Action::Cas { from, .. }, Some(Outcome::Swapped(false))) if value == Some(from) => None,
        (Action::Cas { from, to }, _) => Some(if value == Some(from) { Some(to) } else { value }),
    }
}
