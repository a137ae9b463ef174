//! What a mathematician would write: the empty rest has an order; any other has one if some operation may come first and the
//! rest has one then. A table of what was found to have none makes it fast. Pending operations are only tried for a reader or a
//! swap that needs their value, and reads come at once where they fit.

use std::collections::HashSet;
use std::hash::{BuildHasherDefault, DefaultHasher};

use ch05::linearizability::{Action, Checker, Operation, OutOfSteps, Outcome, Steps, Verdict};

pub struct Judge;

impl Checker for Judge {
    fn new() -> Self {
        Judge
    }

    fn check(&self, history: Vec<Operation>, steps: &mut Steps) -> Result<Verdict, OutOfSteps> {
        let left = (0..history.len()).collect();
        let mut order = Vec::new();
        let mut hopeless = HashSet::default();
        let found = explained(&history, left, None, &mut order, &mut hopeless, steps)?;
        Ok(if found { Verdict::Linearizable(order) } else { Verdict::NotLinearizable })
    }
}

/// The operations that are left, from the first one on, and the value; the first few say it all, for the rest is untouched.
type Table = HashSet<(Vec<usize>, Option<u32>), BuildHasherDefault<DefaultHasher>>;

fn explained(
    history: &[Operation],
    left: Vec<usize>,
    value: Option<u32>,
    order: &mut Vec<usize>,
    hopeless: &mut Table,
    steps: &mut Steps,
) -> Result<bool, OutOfSteps> {
    let returns = |place: &usize| history[*place].returned.map(|returned| returned.at);
    let Some(first_return) = left.iter().filter_map(returns).min() else { return Ok(true) };
    let under_way = left.iter().take_while(|place| history[**place].called <= first_return).count();
    // What is left begins with these; everything from the last of them on is left as well.
    let key = (left[..=under_way.min(left.len() - 1)].to_vec(), value);
    if hopeless.contains(&key) {
        return Ok(false);
    }
    for number in 0..under_way {
        let place = left[number];
        steps.take()?;
        let Some(next) = apply(&history[place], value) else { continue };
        let mut rest = left.clone();
        rest.remove(number);
        order.push(place);
        if explained(history, rest, next, order, hopeless, steps)? {
            return Ok(true);
        }
        order.pop();
        // Where a read that has returned fits, it may as well take place: it changes nothing.
        if history[place].action == Action::Read && history[place].returned.is_some() {
            break;
        }
    }
    hopeless.insert(key);
    Ok(false)
}

fn apply(operation: &Operation, value: Option<u32>) -> Option<Option<u32>> {
    let (next, outcome) = match operation.action {
        Action::Read => (value, Outcome::Value(value)),
        Action::Write(written) => (Some(written), Outcome::Written),
        Action::Cas { from, to } if value == Some(from) => (Some(to), Outcome::Swapped(true)),
        Action::Cas { .. } => (value, Outcome::Swapped(false)),
    };
    operation.returned.is_none_or(|returned| returned.outcome == outcome).then_some(next)
}
