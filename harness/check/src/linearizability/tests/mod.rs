//! The search against brute force, and against histories whose verdict is known.

pub(crate) mod known;
mod limits;

use proptest::prelude::*;

use super::*;
use crate::history::Client;
use crate::model::*;

pub(crate) type Recorded<M> = History<<M as Model>::Input, <M as Model>::Output>;

/// Every order of every choice of operations, tried one after another: too slow for anything, and too simple to be
/// wrong. Keys are not taken apart, so that this is judged as well.
fn brute_force<M: Model>(model: &M, history: &Recorded<M>, end: usize) -> bool {
    let keys: Vec<M::Key> =
        split(model, history).iter().map(|key| model.key(&history.operation(key[0]).input)).collect();
    let operations: Vec<OperationId> = (0..history.len())
        .map(OperationId)
        .filter(|id| history.operation(*id).invoked.place < end)
        .filter(|id| !matches!(history.operation(*id).outcome, Outcome::Failed))
        .collect();
    let states = vec![model.init(); keys.len()];
    try_all(model, history, end, &keys, &states, &operations)
}

fn try_all<M: Model>(
    model: &M,
    history: &Recorded<M>,
    end: usize,
    keys: &[M::Key],
    states: &[M::State],
    left: &[OperationId],
) -> bool {
    let returned = |id: OperationId| history.operation(id).returned().filter(|at| at.place < end);
    if left.iter().all(|id| returned(*id).is_none()) {
        return true;
    }
    left.iter().enumerate().any(|(place, &id)| {
        let operation = history.operation(id);
        let overtaken = left.iter().any(|other| returned(*other).is_some_and(|at| at < operation.invoked));
        let key = keys.iter().position(|key| *key == model.key(&operation.input)).unwrap();
        let output = operation.output().filter(|_| returned(id).is_some());
        let next = model.step(&states[key], &operation.input, output);
        !overtaken
            && next.is_some_and(|next| {
                let mut states = states.to_vec();
                states[key] = next;
                let mut rest = left.to_vec();
                rest.remove(place);
                try_all(model, history, end, keys, &states, &rest)
            })
    })
}

/// An operation of a random history: when it is called and how long it takes, seen from the instant at which it takes
/// effect, and how it ends.
type Planned<I> = (I, i64, i64, u8);

/// A history out of a plan: one operation after another takes effect, and each is seen in an interval round that
/// instant, or beside it. The latter makes histories that are wrong, but not by much.
fn recorded<M: Model>(
    model: &M,
    answer: fn(&M::State, &M::Input) -> M::Output,
    plan: &[Planned<M::Input>],
) -> Recorded<M>
where
    M::Input: Clone,
{
    let mut states: BTreeMap<M::Key, M::State> = BTreeMap::new();
    let mut moments = Vec::new();
    for (number, (input, before, duration, fate)) in plan.iter().enumerate() {
        let state = states.entry(model.key(input)).or_insert_with(|| model.init());
        let output = answer(state, input);
        let has_effect = *fate != 0;
        if has_effect {
            *state = model.step(state, input, Some(&output)).expect("the answer is right");
        }
        let called = 1000 + 4 * number as i64 + before;
        moments.push((called, number, None));
        if *fate > 1 {
            moments.push((called + duration, number, Some(output)));
        }
    }
    moments.sort_by_key(|(at, number, _)| (*at, *number));
    let mut history = History::new();
    let mut ids = BTreeMap::new();
    for (at, number, output) in moments {
        let (at_us, client) = (at as u64, Client(number as u64));
        match output {
            None => drop(ids.insert(number, history.invoke(at_us, client, plan[number].0.clone()))),
            Some(output) => history.complete(at_us, ids[&number], output),
        }
    }
    history
}

/// The places in `order` are in real time, every answer is right, and no operation that returned is missing.
fn assert_order<M: Model>(model: &M, history: &Recorded<M>, key: &[OperationId], order: &[OperationId], end: usize) {
    let returned = |id: OperationId| history.operation(id).returned().filter(|at| at.place < end);
    let mut state = model.init();
    for (place, &id) in order.iter().enumerate() {
        let operation = history.operation(id);
        assert!(operation.invoked.place < end && !order[..place].contains(&id));
        for later in &order[place + 1..] {
            assert!(returned(*later).is_none_or(|at| at > operation.invoked), "{order:?} against real time");
        }
        let output = operation.output().filter(|_| returned(id).is_some());
        state = model.step(&state, &operation.input, output).expect("the answer is right");
    }
    for id in key {
        assert!(returned(*id).is_none() || order.contains(id), "{id:?} is missing in {order:?}");
    }
}

/// Whatever the verdict on `history` says is so. Gives back whether it is linearizable.
fn assert_verdict<M: Model>(model: &M, history: &Recorded<M>) -> bool
where
    M::Input: std::fmt::Debug,
    M::Output: std::fmt::Debug,
{
    let truth = brute_force(model, history, history.moments());
    let keys = split(model, history);
    match check(model, history, Limits::default()) {
        Verdict::Linearizable(order) => {
            assert!(truth, "there is no order, yet one was found: {order:?}");
            for (key, order) in keys.iter().zip(&order.keys) {
                assert_order(model, history, key, order, history.moments());
            }
        }
        Verdict::NotLinearizable(why) => {
            assert!(!truth, "there is an order, yet none was found: {why:?}");
            let end = why.culprit().returned.expect("a culprit returned").place;
            assert!(!brute_force(model, history, end + 1), "the prefix has an order: {why:?}");
            assert!(brute_force(model, history, end), "a shorter prefix has none: {why:?}");
            assert!(why.shortest);
            let shown: Vec<OperationId> = why.operations.iter().map(|operation| operation.id).collect();
            let order: Vec<OperationId> = why.order.iter().map(|place| shown[*place]).collect();
            let culprit_key = model.key(&history.operation(why.culprit().id).input);
            assert!(shown.iter().all(|id| model.key(&history.operation(*id).input) == culprit_key));
            assert_order(model, history, &shown, &order, end);
        }
        Verdict::Undecided { steps } => panic!("undecided after {steps} steps"),
    }
    truth
}

/// Thousands of small histories, right and wrong ones, and some long ones that are right.
fn is_judged_rightly<M: Model>(
    model: M,
    inputs: impl Strategy<Value = M::Input> + Clone,
    answer: fn(&M::State, &M::Input) -> M::Output,
) where
    M::Input: std::fmt::Debug + Clone,
    M::Output: std::fmt::Debug,
{
    agrees_with_brute_force(&model, inputs.clone(), answer);
    long_ones_are_accepted(&model, inputs, answer);
}

fn long_ones_are_accepted<M: Model>(
    model: &M,
    inputs: impl Strategy<Value = M::Input>,
    answer: fn(&M::State, &M::Input) -> M::Output,
) where
    M::Input: std::fmt::Debug + Clone,
{
    let moments = (-20..=0_i64, 1..20_i64).prop_map(|(before, after)| (before, after - before));
    let operation =
        (inputs, moments, 0..20_u8).prop_map(|(input, (before, duration), fate)| (input, before, duration, fate));
    let plans = prop::collection::vec(operation, 100..200);
    let run = runner(50).run(&plans, |plan| {
        let history = recorded(model, answer, &plan);
        let order = match check(model, &history, Limits::default()) {
            Verdict::Linearizable(order) => order,
            Verdict::NotLinearizable(why) => panic!("an order was missed: {}", why.in_words()),
            Verdict::Undecided { steps } => panic!("no order was found in {steps} steps"),
        };
        for (key, order) in split(model, &history).iter().zip(&order.keys) {
            assert_order(model, &history, key, order, history.moments());
        }
        Ok(())
    });
    run.unwrap_or_else(|failure| panic!("{failure}"));
}

fn runner(cases: u32) -> proptest::test_runner::TestRunner {
    proptest::test_runner::TestRunner::new(ProptestConfig::with_cases(cases))
}

fn agrees_with_brute_force<M: Model>(
    model: &M,
    inputs: impl Strategy<Value = M::Input>,
    answer: fn(&M::State, &M::Input) -> M::Output,
) where
    M::Input: std::fmt::Debug + Clone,
    M::Output: std::fmt::Debug,
{
    const CASES: u32 = 3_000;
    let plans = prop::collection::vec((inputs, -24..12_i64, 1..16_i64, 0..10_u8), 3..8);
    let linearizable = std::cell::Cell::new(0);
    let run = runner(CASES).run(&plans, |plan| {
        let history = recorded(model, answer, &plan);
        linearizable.set(linearizable.get() + u32::from(assert_verdict(model, &history)));
        Ok(())
    });
    run.unwrap_or_else(|failure| panic!("{failure}"));
    let share = linearizable.get() * 100 / CASES;
    assert!((20..95).contains(&share), "{share} % of the histories are linearizable: one verdict is hardly tested");
}

#[test]
fn register_histories_are_judged_rightly() {
    use RegisterInput::{Cas, Read, Write};
    let inputs = prop_oneof![
        3 => Just(Read),
        2 => (0..3_u8).prop_map(Write),
        2 => (0..3_u8, 0..3_u8).prop_map(|(from, to)| Cas { from, to }),
    ];
    is_judged_rightly(Register::default(), inputs, |state, input| match input {
        Read => RegisterOutput::Value(*state),
        Write(_) => RegisterOutput::Written,
        Cas { from, .. } => RegisterOutput::Swapped(*state == Some(*from)),
    });
}

#[test]
fn histories_of_many_registers_are_judged_rightly() {
    use RegisterInput::{Read, Write};
    let input = prop_oneof![Just(Read), (0..9_u8).prop_map(Write)];
    is_judged_rightly(Keyed::new(Register::default()), (0..2_u8, input), |state, (_, input)| match input {
        Write(_) => RegisterOutput::Written,
        _ => RegisterOutput::Value(*state),
    });
}

#[test]
fn map_histories_are_judged_rightly() {
    let key = || (0..2_u8).prop_map(|key| key.to_string());
    let value = || prop::sample::select(vec!["", "a", "b", "ab"]).prop_map(str::to_owned);
    let inputs = prop_oneof![
        3 => key().prop_map(|key| MapInput::Get { key }),
        1 => (key(), value()).prop_map(|(key, value)| MapInput::Put { key, value }),
        3 => (key(), value()).prop_map(|(key, value)| MapInput::Append { key, value }),
    ];
    is_judged_rightly(Map, inputs, |state, input| match input {
        MapInput::Get { .. } => MapOutput::Value(state.clone()),
        _ => MapOutput::Done,
    });
}

#[test]
fn list_histories_are_judged_rightly() {
    let inputs = prop_oneof![Just(ListInput::Read), (0..4_u8).prop_map(ListInput::Append)];
    is_judged_rightly(List::default(), inputs, |state, input| match input {
        ListInput::Read => ListOutput::Values(state.clone()),
        ListInput::Append(_) => ListOutput::Appended,
    });
}

#[test]
fn queue_histories_are_judged_rightly() {
    let inputs = |values: u8| prop_oneof![Just(QueueInput::Dequeue), (0..values).prop_map(QueueInput::Enqueue)];
    let answer = |state: &Vec<u8>, input: &QueueInput<u8>| match input {
        QueueInput::Dequeue => QueueOutput::Dequeued(state.first().copied()),
        QueueInput::Enqueue(_) => QueueOutput::Enqueued,
    };
    agrees_with_brute_force(&Queue::default(), inputs(3), answer);
    // With many equal values and unknown outcomes, a long history of a queue can be truly hard.
    long_ones_are_accepted(&Queue::default(), inputs(250), answer);
}

#[test]
fn lock_histories_are_judged_rightly() {
    let inputs = prop_oneof![
        (0..3_u8).prop_map(|holder| LockInput::Acquire { holder }),
        (0..3_u8).prop_map(|holder| LockInput::Release { holder }),
    ];
    is_judged_rightly(Lock::default(), inputs, |state, input| match input {
        LockInput::Acquire { .. } if state.holder.is_some() => LockOutput::Refused,
        LockInput::Acquire { .. } => {
            LockOutput::Acquired { token: Some(state.last_token.map_or(0, |token| token + 1)) }
        }
        LockInput::Release { holder } if state.holder == Some(*holder) => LockOutput::Released,
        LockInput::Release { .. } => LockOutput::NotHeld,
    });
}
