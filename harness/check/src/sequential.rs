//! Whether a history looks as if all operations had happened one after another in some order that keeps each client's own
//! (Lamport 1979). Real time between clients does not count, so this is less than linearizability.
//!
//! Unlike linearizability it cannot be judged key by key, and deciding it is as hard. The search is a plain one over how
//! far every client has come; it is meant for histories of some dozens of operations.

use std::collections::{BTreeMap, HashSet};

use crate::history::{Client, History, OperationId, Outcome};
use crate::linearizability::Hashing;
use crate::model::Model;

/// What became of a check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// This order keeps the order of every client and makes every answer right.
    Consistent(Vec<OperationId>),
    /// There is none.
    Inconsistent,
    /// The limit came first.
    Undecided {
        /// Steps taken until then.
        steps: u64,
    },
}

/// How far every client has come, and the state of every key.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Position<S> {
    done: Vec<usize>,
    states: Vec<S>,
}

/// A position on the way, and where to go on from there.
struct Frame<S> {
    at: Position<S>,
    /// The operation that led here, if it took effect.
    by: Option<OperationId>,
    /// The client to try next, and whether to try that its operation has no effect.
    next: (usize, bool),
}

/// Judges a history in at most so many steps. A step is one operation tried in one state.
///
/// An operation with an unknown outcome takes effect in the order of its client or never.
pub fn check<M: Model>(model: &M, history: &History<M::Input, M::Output>, max_steps: u64) -> Verdict {
    let (clients, keys) = sort(model, history);
    let key_of = |id: OperationId| {
        keys.binary_search(&model.key(&history.operation(id).input)).expect("all keys were collected")
    };
    let start = Position { done: vec![0; clients.len()], states: vec![model.init(); keys.len()] };
    let mut seen: HashSet<Position<M::State>, Hashing> = HashSet::default();
    seen.insert(start.clone());
    let mut path = vec![Frame { at: start, by: None, next: (0, false) }];
    let mut steps = 0;
    while let Some(frame) = path.last_mut() {
        let (client, without) = frame.next;
        let Some(operations) = clients.get(client) else {
            // Nobody has anything left, or nobody's next operation leads on.
            if frame.at.done.iter().zip(&clients).all(|(done, operations)| *done == operations.len()) {
                return Verdict::Consistent(path.iter().filter_map(|frame| frame.by).collect());
            }
            path.pop();
            continue;
        };
        let Some(&id) = operations.get(frame.at.done[client]) else {
            frame.next = (client + 1, false);
            continue;
        };
        let operation = history.operation(id);
        let may_be_left_out = operation.output().is_none();
        frame.next = if may_be_left_out && !without { (client, true) } else { (client + 1, false) };
        if steps == max_steps {
            return Verdict::Undecided { steps };
        }
        steps += 1;
        let mut at = frame.at.clone();
        at.done[client] += 1;
        if !without {
            let key = key_of(id);
            let Some(state) = model.step(&at.states[key], &operation.input, operation.output()) else { continue };
            at.states[key] = state;
        }
        // What only observes may as well do so now: nothing else has to be tried here.
        if operation.output().is_some_and(|output| model.observes(&operation.input, output)) {
            frame.next = (clients.len(), false);
        }
        if seen.insert(at.clone()) {
            path.push(Frame { at, by: (!without).then_some(id), next: (0, false) });
        }
    }
    Verdict::Inconsistent
}

/// The operations of every client in its order, and all keys in theirs.
fn sort<M: Model>(model: &M, history: &History<M::Input, M::Output>) -> (Vec<Vec<OperationId>>, Vec<M::Key>) {
    let mut clients: BTreeMap<Client, Vec<OperationId>> = BTreeMap::new();
    let mut keys = Vec::new();
    for (place, operation) in history.operations().iter().enumerate() {
        if !matches!(operation.outcome, Outcome::Failed) {
            clients.entry(operation.client).or_default().push(OperationId(place));
            keys.push(model.key(&operation.input));
        }
    }
    keys.sort();
    keys.dedup();
    (clients.into_values().collect(), keys)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::linearizability::tests::known::drawn;
    use crate::linearizability::{self, Limits};
    use crate::model::{Keyed, Register, RegisterInput, RegisterOutput};

    const ENOUGH: u64 = 1_000_000;

    /// Whether the history is linearizable, and whether it is sequentially consistent.
    fn judge(rows: &[&str]) -> (bool, bool) {
        let (model, history) = (Register::default(), drawn(rows));
        let real_time = linearizability::check(&model, &history, Limits::default()).is_linearizable();
        (real_time, matches!(check(&model, &history, ENOUGH), Verdict::Consistent(_)))
    }

    #[test]
    fn what_is_right_in_real_time_is_right_without_it() {
        assert_eq!(judge(&["[w1]", "    [r1]"]), (true, true));
        assert_eq!(judge(&["[w1     ]", "  [r-]", "       [r1]"]), (true, true));
        assert_eq!(judge(&[]), (true, true));
    }

    #[test]
    fn a_stale_read_of_another_client_is_only_sequentially_consistent() {
        assert_eq!(judge(&["[w1]", "    [r-]"]), (false, true));
        assert_eq!(judge(&["[w1][w2]", "        [r1]", "            [r1]"]), (false, true));
    }

    #[test]
    fn a_client_that_goes_back_in_time_is_neither() {
        assert_eq!(judge(&["[w1]", "    [r1][r-]"]), (false, false));
        assert_eq!(judge(&["[w1][w2]", "        [r2][r1]"]), (false, false));
        assert_eq!(judge(&["[w1][r-]"]), (false, false));
    }

    #[test]
    fn two_clients_that_see_two_writes_in_different_orders_are_neither() {
        assert_eq!(judge(&["[w1    ]", " [w2   ]", "        [r1][r2]", "         [r2 ][r1]"]), (false, false));
    }

    #[test]
    fn an_unknown_write_takes_effect_in_the_order_of_its_client_or_never() {
        assert_eq!(judge(&["[w1", "  [r-]", "      [r1]"]), (true, true));
        assert_eq!(judge(&["[w1", "  [r1][r-]"]), (false, false));
    }

    #[test]
    fn keys_are_judged_together() {
        // Each key by itself is in order for some order of the clients, but not for the same one.
        let mut history = History::new();
        let mut done = |client, key: char, input, output| {
            let id = history.invoke(0, Client(client), (key, input));
            history.complete(0, id, output);
        };
        done(1, 'x', RegisterInput::Write(1), RegisterOutput::Written);
        done(1, 'y', RegisterInput::Read, RegisterOutput::Value(None));
        done(2, 'y', RegisterInput::Write(1), RegisterOutput::Written);
        done(2, 'x', RegisterInput::Read, RegisterOutput::Value(None));
        assert_eq!(check(&Keyed::new(Register::default()), &history, ENOUGH), Verdict::Inconsistent);
    }

    #[test]
    fn a_search_that_runs_out_of_steps_is_undecided() {
        let history = drawn(&["[w1][w2]", "        [r2][r1]"]);
        assert_eq!(check(&Register::default(), &history, 3), Verdict::Undecided { steps: 3 });
    }

    type Called = (u64, RegisterInput<u8>, Option<RegisterOutput<u8>>);

    /// Every interleaving, tried one after another.
    fn brute_force(left: &[Called], state: Option<u8>) -> bool {
        left.iter().all(|(_, _, output)| output.is_none())
            || left.iter().enumerate().any(|(place, (client, input, output))| {
                let first = left[..place].iter().all(|(other, ..)| other != client);
                let mut rest = left.to_vec();
                rest.remove(place);
                let next = Register::default().step(&state, input, output.as_ref());
                let skipped = output.is_none() && brute_force(&rest, state);
                first && (skipped || next.is_some_and(|next| brute_force(&rest, next)))
            })
    }

    fn called() -> impl Strategy<Value = Called> {
        let read = prop::option::of(prop::option::of(1..3_u8).prop_map(RegisterOutput::Value));
        let written = prop::option::weighted(0.8, Just(RegisterOutput::Written));
        prop_oneof![
            (0..3_u64, Just(RegisterInput::Read), read),
            (0..3_u64, (1..3_u8).prop_map(RegisterInput::Write), written),
        ]
    }

    #[test]
    fn histories_are_judged_as_brute_force_judges_them() {
        const CASES: u32 = 3_000;
        let consistent = std::cell::Cell::new(0);
        let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig::with_cases(CASES));
        let run = runner.run(&prop::collection::vec(called(), 3..8), |calls| {
            let mut history = History::new();
            for (client, input, output) in &calls {
                let id = history.invoke(0, Client(*client), input.clone());
                if let Some(output) = output {
                    history.complete(0, id, output.clone());
                }
            }
            let truth = brute_force(&calls, None);
            consistent.set(consistent.get() + u32::from(truth));
            let verdict = check(&Register::default(), &history, ENOUGH);
            prop_assert_eq!(matches!(verdict, Verdict::Consistent(_)), truth, "{:?}", verdict);
            Ok(())
        });
        run.unwrap_or_else(|failure| panic!("{failure}"));
        let share = consistent.get() * 100 / CASES;
        assert!((15..85).contains(&share), "{share} % are consistent: one verdict is hardly tested");
    }
}
