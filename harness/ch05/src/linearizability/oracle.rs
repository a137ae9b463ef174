//! What a history is in truth, and whether an order explains it.

use check::linearizability::{Limits, Verdict, check};
use check::model::{Register, RegisterInput, RegisterOutput};
use check::{Client, History as Recorded};

use super::contract::{Action, Operation, Outcome};

/// What is known of a history.
pub enum Truth {
    /// It is linearizable, by this order among others.
    Linearizable(Vec<usize>),
    /// It is not, and this is where it stops being so, in words.
    Not(String),
}

/// Judges a history with the checker that also judges the registers of this course.
pub fn truth(history: &[Operation]) -> Truth {
    let (recorded, places) = recorded(history);
    match check(&Register::default(), &recorded, Limits::default()) {
        Verdict::Linearizable(found) => {
            let order = found.keys.into_iter().flatten().map(|id| places[id.0]).collect();
            Truth::Linearizable(order)
        }
        Verdict::NotLinearizable(why) => Truth::Not(why.in_words()),
        Verdict::Undecided { steps } => unreachable!("histories are made so that they can be judged: {steps} steps"),
    }
}

/// The history as the checker wants it, and the place of each of its operations in ours. At the same time calls come before
/// returns: then they overlap.
fn recorded(history: &[Operation]) -> (Recorded<RegisterInput<u32>, RegisterOutput<u32>>, Vec<usize>) {
    let mut moments: Vec<(u64, bool, usize)> = Vec::new();
    for (place, operation) in history.iter().enumerate() {
        moments.push((operation.called, false, place));
        moments.extend(operation.returned.map(|returned| (returned.at, true, place)));
    }
    moments.sort_unstable();
    let mut recorded = Recorded::new();
    let mut ids = vec![None; history.len()];
    let mut places = Vec::new();
    for (at, returns, place) in moments {
        let Operation { client, action, returned, .. } = history[place];
        match (returns, returned) {
            (true, Some(returned)) => {
                let output = match returned.outcome {
                    Outcome::Value(value) => RegisterOutput::Value(value),
                    Outcome::Written => RegisterOutput::Written,
                    Outcome::Swapped(swapped) => RegisterOutput::Swapped(swapped),
                };
                recorded.complete(at, ids[place].expect("it was called before"), output);
            }
            _ => {
                let input = match action {
                    Action::Read => RegisterInput::Read,
                    Action::Write(value) => RegisterInput::Write(value),
                    Action::Cas { from, to } => RegisterInput::Cas { from, to },
                };
                ids[place] = Some(recorded.invoke(at, Client(u64::from(client)), input));
                places.push(place);
            }
        }
    }
    (recorded, places)
}

/// What is wrong with an order, if it does not explain the history.
pub fn flaw(history: &[Operation], order: &[usize]) -> Option<String> {
    let mut placed = vec![false; history.len()];
    let mut value = None;
    // The latest call of all that were placed so far, and whose it is.
    let mut latest: Option<(u64, usize)> = None;
    for place in order {
        let Some(operation) = history.get(*place) else {
            return Some(format!("it names operation {place}, and the history has {}", history.len()));
        };
        if std::mem::replace(&mut placed[*place], true) {
            return Some(format!("`{operation}` is in it twice"));
        }
        if let (Some((called, other)), Some(returned)) = (latest, operation.returned)
            && returned.at < called
        {
            return Some(format!(
                "`{operation}` had returned before `{}` was called, and stands behind it",
                history[other]
            ));
        }
        latest = latest.max(Some((operation.called, *place)));
        match after(value, operation) {
            Some(next) => value = next,
            None => {
                let held = value.map_or_else(|| "nil".to_owned(), |value: u32| value.to_string());
                return Some(format!("`{operation}` takes place when the register holds {held}"));
            }
        }
    }
    let missing = history.iter().zip(placed).find(|(operation, placed)| operation.returned.is_some() && !placed);
    missing.map(|(operation, _)| format!("`{operation}` returned and is not in it"))
}

/// What the register holds after an operation, if it could return what it did.
fn after(value: Option<u32>, operation: &Operation) -> Option<Option<u32>> {
    let outcome = operation.returned.map(|returned| returned.outcome);
    let (next, truth) = match operation.action {
        Action::Read => (value, Outcome::Value(value)),
        Action::Write(written) => (Some(written), Outcome::Written),
        Action::Cas { from, to } if value == Some(from) => (Some(to), Outcome::Swapped(true)),
        Action::Cas { .. } => (value, Outcome::Swapped(false)),
    };
    outcome.is_none_or(|outcome| outcome == truth).then_some(next)
}

#[cfg(test)]
mod tests {
    use explore::property::value;
    use sim::Choice;

    use super::super::contract::Verdict as Given;
    use super::super::histories::{History, Kind, Known, drawn, long};
    use super::*;

    /// Every order of every choice of pending operations, one after another.
    fn brute_force(history: &[Operation], order: &mut Vec<usize>) -> Given {
        if flaw(history, order).is_none() {
            return Given::Linearizable(order.clone());
        }
        for place in 0..history.len() {
            if !order.contains(&place) {
                order.push(place);
                let found = brute_force(history, order);
                order.pop();
                if found != Given::NotLinearizable {
                    return found;
                }
            }
        }
        Given::NotLinearizable
    }

    #[test]
    fn small_histories_are_what_trying_every_order_says() {
        let mut linearizable = 0;
        for index in 0..400 {
            let touch = index % 2 == 0;
            let kind = Kind { operations: (1, 5), cas: true, pending: 20, touch, ..Kind::PLAIN };
            let History(history) = value(&drawn(kind), Choice::new(index));
            let expected = brute_force(&history, &mut Vec::new());
            match truth(&history) {
                Truth::Linearizable(order) => {
                    assert_eq!(flaw(&history, &order), None, "{}", History(history));
                    assert_ne!(expected, Given::NotLinearizable);
                    linearizable += 1;
                }
                Truth::Not(why) => assert_eq!(expected, Given::NotLinearizable, "{why}: {}", History(history)),
            }
        }
        assert!((100..350).contains(&linearizable), "{linearizable} of 400");
    }

    #[test]
    fn a_long_history_is_what_it_was_made_to_be() {
        for (seed, wrong) in [(1, true), (2, false), (3, true), (4, false)] {
            let long = long(seed, 6, 3, 1, wrong);
            match truth(&long.history.0) {
                Truth::Linearizable(_) => assert_eq!(long.known, Known::Right),
                Truth::Not(why) => {
                    let Known::Wrong(place) = long.known else { panic!("{why}") };
                    let read = long.history.0[place];
                    assert!(why.contains(&format!("`{read}` fits nowhere")), "{why}, not {read}");
                }
            }
        }
    }
}
