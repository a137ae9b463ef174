//! Long histories, hard ones, and the bounds.

use super::*;

/// `count` operations of `clients` clients on a register, each answered rightly.
fn long(count: u64, clients: u64) -> Recorded<Register<u64>> {
    let mut history = History::new();
    let mut under_way: Vec<Option<(OperationId, RegisterOutput<u64>)>> = vec![None; clients as usize];
    let (mut value, mut draw) = (None, 1_u64);
    for moment in 0.. {
        draw = draw.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let client = (draw >> 33) % clients;
        match under_way[client as usize].take() {
            Some((id, output)) => history.complete(moment, id, output),
            None if history.len() as u64 == count => break,
            None if draw >> 40 & 1 == 0 => {
                let id = history.invoke(moment, Client(client), RegisterInput::Read);
                under_way[client as usize] = Some((id, RegisterOutput::Value(value)));
            }
            None => {
                let written = draw >> 50;
                let id = history.invoke(moment, Client(client), RegisterInput::Write(written));
                under_way[client as usize] = Some((id, RegisterOutput::Written));
                value = Some(written);
            }
        }
    }
    history
}

/// The steps that a search of the whole history takes.
fn steps<M: Model>(model: &M, history: &Recorded<M>) -> u64 {
    split(model, history)
        .iter()
        .map(|key| {
            let mut search = Search::new(model, history, key, history.moments());
            assert_eq!(search.run(u64::MAX, usize::MAX), Progress::Found);
            search.steps()
        })
        .sum()
}

#[test]
fn steps_grow_with_the_length_of_a_history_and_not_faster() {
    let (short, long) = (long(1_000, 5), long(10_000, 5));
    let (short, long) = (steps(&Register::default(), &short), steps(&Register::default(), &long));
    assert!(long < 12 * short, "{short} steps for 1,000 operations and {long} for 10,000");
}

/// Enqueues that overlap, then dequeues: which order was right shows only long after it was chosen.
fn delayed(rounds: u64) -> Recorded<Queue<u64>> {
    let mut history = History::new();
    for round in 0..rounds {
        let ids: Vec<_> =
            (0..5).map(|c| history.invoke(round, Client(c), QueueInput::Enqueue(5 * round + c))).collect();
        ids.into_iter().for_each(|id| history.complete(round, id, QueueOutput::Enqueued));
    }
    for value in (0..rounds).flat_map(|round| (0..5).rev().map(move |value| 5 * round + value)) {
        let id = history.invoke(rounds, Client(0), QueueInput::Dequeue);
        history.complete(rounds, id, QueueOutput::Dequeued(Some(value)));
    }
    history
}

#[test]
fn an_order_that_shows_late_is_not_looked_for_by_trying_all() {
    let steps = steps(&Queue::default(), &delayed(40));
    assert!(steps < 500_000, "{steps} steps");
}

/// Swaps that all overlap and all succeed: there and back again from 0, any number of times in any order, and one from a
/// value that never is there. Nothing but trying all orders tells that it has no place.
fn hard(loops: u8) -> Recorded<Keyed<u8, Register<u8>>> {
    let mut history = History::new();
    let swap = |from, to| (0, RegisterInput::Cas { from, to });
    let write = history.invoke(0, Client(0), (0, RegisterInput::Write(0)));
    history.complete(0, write, RegisterOutput::Written);
    let inputs = (1..=loops).flat_map(|other| [swap(0, other), swap(other, 0)]).chain([swap(100, 101)]);
    let calls: Vec<_> = inputs.enumerate().map(|(client, input)| (client as u64, input)).collect();
    let ids: Vec<_> = calls.into_iter().map(|(client, input)| history.invoke(0, Client(client), input)).collect();
    ids.into_iter().for_each(|id| history.complete(0, id, RegisterOutput::Swapped(true)));
    history
}

#[test]
fn a_small_hard_history_is_refused() {
    assert!(matches!(
        check(&Keyed::new(Register::default()), &hard(8), Limits::default()),
        Verdict::NotLinearizable(_)
    ));
}

#[test]
fn a_search_that_runs_out_of_steps_is_undecided() {
    let limits = Limits { steps: 50_000, ..Limits::default() };
    let verdict = check(&Keyed::new(Register::default()), &hard(30), limits);
    let Verdict::Undecided { steps } = verdict else { panic!("{verdict:?}") };
    assert!((50_000..60_000).contains(&steps), "{steps} steps");
}

#[test]
fn a_search_that_runs_out_of_memory_is_undecided() {
    let limits = Limits { steps: u64::MAX, memory_bytes: 2 << 20 };
    let verdict = check(&Keyed::new(Register::default()), &hard(30), limits);
    let Verdict::Undecided { steps } = verdict else { panic!("{verdict:?}") };
    assert!(steps < 1_000_000, "{steps} steps");
}

#[test]
fn a_hard_key_does_not_hide_the_violation_in_another() {
    let mut history = hard(30);
    let read = history.invoke(4, Client(1), (1, RegisterInput::Read));
    history.complete(5, read, RegisterOutput::Value(Some(1)));
    let limits = Limits { steps: 100_000, ..Limits::default() };
    let verdict = check(&Keyed::new(Register::default()), &history, limits);
    let Verdict::NotLinearizable(why) = verdict else { panic!("{verdict:?}") };
    assert_eq!(why.in_words(), "c1's `1: read → 1` fits nowhere: nothing that was called before explains it");
    assert!(!why.shortest, "the hard key may have been broken before");
}

#[test]
fn a_stale_read_is_found_among_many_writes_that_nobody_heard_of_again() {
    let mut history = History::new();
    for round in 0..60 {
        let one = history.invoke(round, Client(1), RegisterInput::Write(3 * round));
        let other = history.invoke(round, Client(2), RegisterInput::Write(3 * round + 1));
        history.invoke(round, Client(100 + round), RegisterInput::Write(3 * round + 2));
        let read = history.invoke(round, Client(3), RegisterInput::Read);
        history.complete(round, one, RegisterOutput::Written);
        // Every fourth time, what nobody heard of again is what is read.
        let seen = 3 * round + if round.is_multiple_of(4) { 2 } else { 1 };
        history.complete(round, read, RegisterOutput::Value(Some(seen)));
        history.complete(round, other, RegisterOutput::Written);
    }
    let read = history.invoke(60, Client(3), RegisterInput::Read);
    history.complete(60, read, RegisterOutput::Value(Some(1)));
    let limits = Limits { steps: 100_000, ..Limits::default() };
    let verdict = check(&Register::default(), &history, limits);
    let Verdict::NotLinearizable(why) = verdict else { panic!("{verdict:?}") };
    assert_eq!((why.culprit().label.as_str(), why.shortest), ("read → 1", true));
}
