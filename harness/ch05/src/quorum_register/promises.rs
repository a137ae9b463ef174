//! What is promised, and how each promise is judged from what was seen.
//!
//! Most promises are judged by the same question, whether the history is linearizable. They differ in the schedules that
//! put it, so that the name of the one that is broken says where to look.

use check::linearizability::{Counterexample, Limits, Verdict as Found, check};
use check::model::{Register, RegisterInput, RegisterOutput};
use check::{Client, History};
use explore::{Breach, Evidence};
use harness::exercise::{Judge, Promise};
use harness::processes::evidence;
use render::explain::{ms_of_us, plural, thousands};
use render::intervals::{Size, intervals};

use super::contract::{MESSAGES_PER_REQUEST, MESSAGES_PER_S, MESSAGES_PER_WAITING_S, Operation, Outcome, PROMPT_MS};
use super::schedules;
use super::world::{Asked, Replicas, Seen};

const READ: &str = "a read is answered";
const WRITTEN: &str = "a write is answered";
const OVERLAPPING: &str = "two answered operations overlap";
const IN_VAIN: &str = "a request has to wait for a majority";

/// Whoever has to wait for so long waits for a majority, in microseconds.
const LONG_US: u64 = 100_000;
const OWED: &str = "a node that can work with a majority has to answer";

type Verdict = Result<(), Breach>;

/// Every promise of the contract.
pub fn all() -> Vec<Promise<Replicas>> {
    let promise = |name, draw, judge: Judge<Seen>, needs| Promise { name, schedules: 30, needs, draw, judge };
    vec![
        promise(
            "a_read_returns_what_was_written_last",
            schedules::one_after_another,
            linearizable,
            &[READ, WRITTEN, evidence::DELIVERED],
        ),
        promise(
            "writes_at_the_same_time_are_told_apart",
            schedules::at_the_same_time,
            linearizable,
            &[READ, WRITTEN, OVERLAPPING],
        ),
        promise(
            "a_write_comes_after_all_that_were_over",
            schedules::behind,
            linearizable,
            &[READ, WRITTEN, evidence::CUT_OFF],
        ),
        promise(
            "what_one_reader_saw_no_later_reader_unsees",
            schedules::half_written,
            linearizable,
            &[READ, WRITTEN, evidence::CUT_OFF],
        ),
        promise("an_older_write_never_wins", schedules::overtaken, linearizable, &[READ, WRITTEN, evidence::CUT_OFF]),
        promise(
            "less_than_a_majority_decides_nothing",
            schedules::two_sides,
            linearizable,
            &[READ, WRITTEN, evidence::CUT_OFF, IN_VAIN],
        ),
        promise(
            "a_replica_counts_once",
            schedules::echoes,
            linearizable,
            &[READ, WRITTEN, evidence::CUT_OFF, evidence::DUPLICATED],
        ),
        promise(
            "an_answer_counts_for_its_own_question_only",
            schedules::late_answers,
            linearizable,
            &[READ, WRITTEN, evidence::CUT_OFF, evidence::RESTARTED],
        ),
        promise(
            "what_was_acknowledged_survives_crashes",
            schedules::crashes,
            linearizable,
            &[READ, WRITTEN, evidence::RESTARTED],
        ),
        promise(
            "a_write_takes_effect_once",
            schedules::interrupted,
            linearizable,
            &[READ, WRITTEN, evidence::RESTARTED, evidence::CUT_OFF],
        ),
        Promise {
            schedules: 200,
            ..promise(
                "every_history_is_linearizable",
                schedules::anything,
                linearizable,
                &[
                    READ,
                    WRITTEN,
                    OVERLAPPING,
                    evidence::LOST,
                    evidence::DUPLICATED,
                    evidence::CUT_OFF,
                    evidence::RESTARTED,
                ],
            )
        },
        promise(
            "a_request_is_answered_once",
            schedules::crowds,
            answered_once,
            &[READ, WRITTEN, evidence::DUPLICATED, evidence::LOST],
        ),
        Promise {
            schedules: 40,
            ..promise(
                "a_majority_is_enough",
                schedules::missing,
                prompt,
                &[OWED, evidence::CUT_OFF, evidence::AT_THE_DEAD],
            )
        },
        Promise {
            schedules: 12,
            ..promise("the_number_of_messages_stays_small", schedules::costs, cheap, &[READ, WRITTEN])
        },
    ]
}

type Register32 = History<RegisterInput<u32>, RegisterOutput<u32>>;

/// What the clients saw, for the checker. The operations keep their places.
fn history(seen: &Seen) -> Register32 {
    let mut moments: Vec<(usize, usize, bool)> = Vec::new();
    for (number, (place, asked)) in seen.asked.iter().enumerate() {
        moments.push((*place, number, true));
        moments.extend(asked.answered.map(|answered| (answered.place, number, false)));
    }
    moments.sort_unstable();
    let mut history = History::new();
    let mut ids = Vec::new();
    for (_, number, called) in moments {
        let asked = &seen.asked[number].1;
        if called {
            let input = match asked.request.operation {
                Operation::Read => RegisterInput::Read,
                Operation::Write(value) => RegisterInput::Write(value),
            };
            ids.push(history.invoke(asked.at_us, Client(u64::from(asked.request.id.client)), input));
        } else if let Some(answered) = asked.answered {
            let output = match answered.outcome {
                Outcome::Value(value) => RegisterOutput::Value(value),
                Outcome::Written => RegisterOutput::Written,
            };
            history.complete(answered.at_us, ids[number], output);
        }
    }
    history
}

/// There is an order of the operations in which each takes its place between its request and its answer, and every read
/// returns what was written last (Herlihy and Wing 1990).
fn linearizable(seen: &Seen, evidence: &mut Evidence) -> Verdict {
    count(seen, evidence);
    match check(&Register::default(), &history(seen), Limits::default()) {
        Found::Linearizable(_) => Ok(()),
        Found::NotLinearizable(why) => Err(no_order(seen, &why)),
        Found::Undecided { steps } => unreachable!("a history of a few dozen operations took {steps} steps"),
    }
}

fn count(seen: &Seen, evidence: &mut Evidence) {
    let mut last_place = 0;
    for (place, asked) in &seen.asked {
        let long = asked.answered.is_none_or(|answered| answered.at_us - asked.at_us > LONG_US);
        evidence.count_many(IN_VAIN, u64::from(long && !asked.down));
        let Some(answered) = asked.answered else { continue };
        evidence.count(if asked.request.operation == Operation::Read { READ } else { WRITTEN });
        evidence.count_many(OVERLAPPING, u64::from(*place < last_place));
        last_place = last_place.max(answered.place);
    }
}

fn no_order(seen: &Seen, why: &Counterexample) -> Breach {
    let culprit = why.culprit();
    let Asked { node, answered, .. } = &seen.asked[culprit.id.0].1;
    let answered = answered.expect("a culprit has returned");
    let happened = format!(
        "at {} ms {node} answered {}'s `{}`, and no order of the operations explains that",
        ms_of_us(answered.at_us),
        culprit.client,
        culprit.label
    );
    let expected =
        "an order: each operation somewhere between its request and its answer, each read after the write it saw";
    let breach = Breach::new(happened, expected, why.in_words()).at(answered.event);
    breach.with_intervals(intervals(why, Size::default()))
}

/// Every answer is to a request that its node was asked, of its kind, and the first.
fn answered_once(seen: &Seen, evidence: &mut Evidence) -> Verdict {
    count(seen, evidence);
    let Some(stray) = seen.strays.first() else { return Ok(()) };
    let breach = Breach::new(
        format!("{} answered {} with `{}`, but {}", stray.node, stray.answer.id, stray.answer.outcome, stray.why),
        "one answer to each request, from the node that was asked, of the request's kind",
        format!("`{}` for {}: {}", stray.answer.outcome, stray.answer.id, stray.why),
    );
    Err(breach.at(stray.event))
}

/// Who can work with a majority answers in time.
fn prompt(seen: &Seen, evidence: &mut Evidence) -> Verdict {
    let able_us = seen.able_ms.expect("the schedules of this promise say it") * 1_000;
    for (_, asked) in &seen.asked {
        let due_us = asked.at_us.max(able_us) + PROMPT_MS * 1_000;
        if due_us > seen.end_ms * 1_000 || asked.down {
            continue;
        }
        evidence.count(OWED);
        let Some(overdue) = asked.overdue else { continue };
        let asked_for =
            format!("{} was asked `{}` at {} ms", asked.node, asked.request.operation, ms_of_us(asked.at_us));
        let since = match asked.at_us < able_us {
            true => format!(", and has reached a majority since {} ms", ms_of_us(able_us)),
            false => String::new(),
        };
        return Err(Breach::new(
            format!("{asked_for}{since}; at {} ms it had not answered", ms_of_us(due_us)),
            format!("an answer within {} ms of the moment from which on a majority is there", thousands(PROMPT_MS)),
            match asked.answered {
                Some(answered) => format!("`{}` at {} ms", answered.outcome, ms_of_us(answered.at_us)),
                None => "no answer".to_owned(),
            },
        )
        .at(overdue));
    }
    Ok(())
}

/// All messages together fit the budget.
fn cheap(seen: &Seen, evidence: &mut Evidence) -> Verdict {
    count(seen, evidence);
    let end_us = seen.end_ms * 1_000;
    let made: Vec<&Asked> = seen.asked.iter().map(|(_, asked)| asked).filter(|asked| !asked.down).collect();
    let waited_us: u64 = made.iter().map(|asked| waits_until_us(seen, asked, end_us) - asked.at_us).sum();
    let (nodes, requests) = (seen.nodes as u64, made.len() as u64);
    let most = (nodes - 1) * MESSAGES_PER_REQUEST * requests
        + (nodes - 1) * MESSAGES_PER_WAITING_S * waited_us / 1_000_000
        + nodes * (nodes - 1) * MESSAGES_PER_S * end_us / 1_000_000;
    if seen.sent <= most {
        return Ok(());
    }
    Err(Breach::new(
        format!(
            "{nodes} nodes sent {} for {}, which waited {} ms in all",
            plural(seen.sent, "message"),
            plural(requests, "request"),
            thousands(waited_us / 1_000)
        ),
        format!(
            "at most {}: {MESSAGES_PER_REQUEST} × {} for each request, {MESSAGES_PER_WAITING_S} × {} a second for each that \
             waits, {MESSAGES_PER_S} × {nodes} × {} a second besides",
            plural(most, "message"),
            nodes - 1,
            nodes - 1,
            nodes - 1
        ),
        plural(seen.sent, "message"),
    ))
}

/// When the node has answered, or forgotten in a crash.
fn waits_until_us(seen: &Seen, asked: &Asked, end_us: u64) -> u64 {
    let answered_us = asked.answered.map(|answered| answered.at_us);
    let crashed = |(node, at_us): &&(harness::NodeId, u64)| *node == asked.node && *at_us >= asked.at_us;
    let crashed_us = seen.crashes.iter().find(crashed).map(|(_, at_us)| *at_us);
    [answered_us, crashed_us, Some(end_us)].into_iter().flatten().min().expect("the run has an end")
}
