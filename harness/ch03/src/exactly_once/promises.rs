//! What is promised, and how each promise is judged from what was seen.
//!
//! Money is the witness. Every deposit adds to an account, so one that took effect twice leaves more there than was asked
//! for, and one that was answered and never took effect leaves less. No judge looks at a message.

use explore::{Breach, Evidence};
use harness::exercise::{Judge, Promise};
use harness::processes::evidence::{DUPLICATED, LOST, OVERTAKEN, RESTARTED};

use super::contract::MESSAGES_PER_REQUEST;
use super::schedules;
use super::world::evidence::{ANSWERED, CLIENT_BACK, LATE_REPEAT, SERVER_BACK, TWO_OPEN};
use super::world::{Branch, Oddity, Seen};

/// Every promise of the contract.
pub fn all() -> Vec<Promise<Branch>> {
    let promise = |name, draw, judge: Judge<Seen>, needs| Promise { name, schedules: 24, needs, draw, judge };
    vec![
        promise("every_request_is_answered", schedules::troubles, answered, &[ANSWERED, LOST, RESTARTED]),
        promise("a_repeated_message_takes_effect_once", schedules::repeats, not_twice, &[ANSWERED, DUPLICATED]),
        promise("equal_requests_are_two_deposits", schedules::equals, not_missing, &[ANSWERED]),
        promise("clients_do_not_disturb_each_other", schedules::several_clients, not_missing, &[ANSWERED]),
        promise("a_request_gets_its_own_receipt", schedules::pipelined, own_receipt, &[ANSWERED, TWO_OPEN, OVERTAKEN]),
        promise("a_request_is_answered_once", schedules::repeats, answered_once, &[ANSWERED, DUPLICATED]),
        promise("a_crash_of_the_server_repeats_nothing", schedules::server_crashes, not_twice, &[ANSWERED, SERVER_BACK]),
        promise("what_was_answered_survives_every_crash", schedules::server_crashes, not_missing, &[ANSWERED, SERVER_BACK]),
        promise("a_very_late_message_changes_nothing", schedules::very_late, not_twice, &[ANSWERED, LATE_REPEAT]),
        promise("a_restarted_client_asks_for_something_new", schedules::client_crashes, accounted_for, &[CLIENT_BACK]),
        Promise {
            name: "what_is_kept_stays_small",
            schedules: 6,
            needs: &[ANSWERED, CLIENT_BACK],
            draw: schedules::many,
            judge: small,
        },
        promise("calm_weather_costs_few_messages", schedules::calm, few_messages, &[ANSWERED]),
    ]
}

type Verdict = Result<(), Breach>;

fn unless(oddity: Option<&Oddity>) -> Verdict {
    match oddity {
        None => Ok(()),
        Some(oddity) => Err(Breach::new(&oddity.happened, &oddity.expected, &oddity.actual).at(oddity.event)),
    }
}

fn weigh_in(seen: &Seen, counts: &mut Evidence) {
    seen.evidence.iter().for_each(|(what, count)| counts.count_many(what, *count));
}

fn answered(seen: &Seen, counts: &mut Evidence) -> Verdict {
    weigh_in(seen, counts);
    unless(seen.overdue.as_ref())
}

fn not_twice(seen: &Seen, counts: &mut Evidence) -> Verdict {
    weigh_in(seen, counts);
    unless(seen.excess.as_ref())
}

fn not_missing(seen: &Seen, counts: &mut Evidence) -> Verdict {
    weigh_in(seen, counts);
    unless(seen.shortage.as_ref())
}

fn own_receipt(seen: &Seen, counts: &mut Evidence) -> Verdict {
    weigh_in(seen, counts);
    // Receipts of a ledger that is wrong itself are another promise's business.
    let ledger_is_right = seen.excess.is_none() && seen.shortage.is_none();
    unless(seen.clash.as_ref().filter(|_| ledger_is_right))
}

fn answered_once(seen: &Seen, counts: &mut Evidence) -> Verdict {
    weigh_in(seen, counts);
    unless(seen.stray.as_ref())
}

fn accounted_for(seen: &Seen, counts: &mut Evidence) -> Verdict {
    weigh_in(seen, counts);
    unless(seen.shortage.as_ref().or(seen.excess.as_ref()).or(seen.unexplained.as_ref()))
}

fn small(seen: &Seen, counts: &mut Evidence) -> Verdict {
    weigh_in(seen, counts);
    unless(seen.full.as_ref())
}

fn few_messages(seen: &Seen, counts: &mut Evidence) -> Verdict {
    weigh_in(seen, counts);
    let requests = seen.requests.len() as u64;
    let most = requests * MESSAGES_PER_REQUEST;
    if seen.sent <= most {
        return Ok(());
    }
    Err(Breach::new(
        format!("{} messages were sent for {requests} requests, and nothing had failed", seen.sent),
        format!("at most {MESSAGES_PER_REQUEST} for each request, so {most}; a message takes 1 to 10 ms, its answer too"),
        format!("{} messages within {} ms", seen.sent, seen.ended_ms),
    ))
}
