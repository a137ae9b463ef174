//! Did it look like one register?
//!
//! Contract: `ch05::linearizability`. Lesson: `cargo xtask lesson linearizability`.

// learner: begin
use std::collections::BTreeSet;
// learner: end

use ch05::linearizability::{Checker, Operation, OutOfSteps, Steps, Verdict};
// learner: begin
use ch05::linearizability::{Action, Outcome};
// learner: end

/// Judges histories of one register.
pub struct Judge;

impl Checker for Judge {
    fn new() -> Self {
        Judge
    }

    fn check(&self, history: Vec<Operation>, steps: &mut Steps) -> Result<Verdict, OutOfSteps> {
        // learner: begin
        // learner: | let _ = (history, steps);
        // learner: | todo!("is there an order that explains it?")
        let mut sweep = Sweep::new(&history, steps);
        for (_, event) in events(&history) {
            match event {
                Event::Call(place) => drop(sweep.open.insert(place)),
                Event::Return(place) => sweep.close(place)?,
            }
        }
        Ok(match sweep.states.first() {
            Some((_, last)) => Verdict::Linearizable(sweep.order(*last)),
            None => Verdict::NotLinearizable,
        })
        // learner: end
    }
}

// learner: begin
/// At the same time, calls come before returns: then they overlap.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Event {
    Call(usize),
    Return(usize),
}

/// All calls and returns, in the order of time.
fn events(history: &[Operation]) -> Vec<(u64, Event)> {
    let mut events = Vec::new();
    for (place, operation) in history.iter().enumerate() {
        events.push((operation.called, Event::Call(place)));
        if let Some(returned) = operation.returned {
            events.push((returned.at, Event::Return(place)));
        }
    }
    events.sort_unstable();
    events
}

/// What the register may be at this moment: which of the open operations have taken effect, and what is in it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
struct State {
    done: BTreeSet<usize>,
    value: Option<u32>,
}

/// One more operation took effect, after those before. Shared by all orders that begin alike.
struct Link {
    place: usize,
    before: Option<usize>,
}

/// Goes through a history in the order of time and knows all states that the register may be in. That is enough: whatever
/// led to the same state has the same future.
struct Sweep<'a> {
    history: &'a [Operation],
    steps: &'a mut Steps,
    /// Operations under way.
    open: BTreeSet<usize>,
    /// Each with the last link of an order that leads there.
    states: Vec<(State, Option<usize>)>,
    links: Vec<Link>,
}

impl<'a> Sweep<'a> {
    fn new(history: &'a [Operation], steps: &'a mut Steps) -> Self {
        let states = vec![(State { done: BTreeSet::new(), value: None }, None)];
        Sweep { history, steps, open: BTreeSet::new(), states, links: Vec::new() }
    }

    /// An operation returns. It has taken effect by now, and others may have done so before it. Nobody has to take effect
    /// any earlier than at the return of somebody, so this is the only time at which anything is tried.
    fn close(&mut self, place: usize) -> Result<(), OutOfSteps> {
        let mut todo = std::mem::take(&mut self.states);
        let mut seen = BTreeSet::new();
        while let Some((mut state, last)) = todo.pop() {
            if !seen.insert(state.clone()) {
                continue;
            }
            if state.done.remove(&place) {
                self.states.push((state, last));
                continue;
            }
            for next in self.open.difference(&state.done) {
                self.steps.take()?;
                let Some(value) = apply(state.value, &self.history[*next]) else { continue };
                let mut done = state.done.clone();
                done.insert(*next);
                self.links.push(Link { place: *next, before: last });
                todo.push((State { done, value }, Some(self.links.len() - 1)));
            }
        }
        self.open.remove(&place);
        Ok(())
    }

    /// The order whose last link this is.
    fn order(&self, last: Option<usize>) -> Vec<usize> {
        let links = std::iter::successors(last, |link| self.links[*link].before);
        let mut order: Vec<usize> = links.map(|link| self.links[link].place).collect();
        order.reverse();
        order
    }
}

/// What is in the register after the operation, if it could return what it did with `value` in it.
fn apply(value: Option<u32>, operation: &Operation) -> Option<Option<u32>> {
    let outcome = operation.returned.map(|returned| returned.outcome);
    match operation.action {
        Action::Read => outcome.is_none_or(|outcome| outcome == Outcome::Value(value)).then_some(value),
        Action::Write(written) => Some(Some(written)),
        Action::Cas { from, to } => {
            let swaps = value == Some(from);
            let possible = outcome.is_none_or(|outcome| outcome == Outcome::Swapped(swaps));
            possible.then_some(if swaps { Some(to) } else { value })
        }
    }
}
// learner: end
