//! What is promised, and how each promise is judged from what was seen.
//!
//! Money is the witness. Every deposit adds to an account, so one that took effect twice leaves more there than was asked
//! for, and one that was answered and never took effect leaves less. No judge looks at a message.

use std::collections::BTreeSet;

use explore::{Breach, Evidence};
use harness::exercise::{Judge, Promise};
use harness::processes::evidence::{DUPLICATED, LOST, OVERTAKEN, RESTARTED};

use super::contract::{MESSAGES_PER_CLIENT, MESSAGES_PER_REQUEST};
use super::schedules;
use super::seen::evidence::{ANSWERED, CLIENT_BACK, LATE_REPEAT, SERVER_BACK, TWO_OPEN};
use super::seen::{Seen, Wrong};
use super::world::Branch;

/// Every promise of the contract.
pub fn all() -> Vec<Promise<Branch>> {
    let promise = |name, draw, judge: Judge<Seen>, needs| Promise { name, schedules: 24, needs, draw, judge };
    vec![
        promise("every_request_is_answered", schedules::troubles, answered, &[ANSWERED, LOST, RESTARTED]),
        promise("a_repeated_message_takes_effect_once", schedules::repeats, not_twice, &[ANSWERED, DUPLICATED]),
        promise("equal_requests_are_two_deposits", schedules::equals, all_made, &[ANSWERED]),
        promise("clients_do_not_disturb_each_other", schedules::several_clients, all_made_and_answered, &[ANSWERED]),
        promise("a_request_gets_its_own_receipt", schedules::pipelined, own_receipt, &[ANSWERED, TWO_OPEN, OVERTAKEN]),
        promise("a_request_is_answered_once", schedules::repeats_and_crashes, answered_once, &[ANSWERED, DUPLICATED]),
        promise(
            "a_crash_of_the_server_repeats_nothing",
            schedules::server_crashes,
            not_twice,
            &[ANSWERED, SERVER_BACK],
        ),
        promise(
            "what_was_answered_survives_every_crash",
            schedules::server_crashes,
            not_lost,
            &[ANSWERED, SERVER_BACK],
        ),
        promise("a_very_late_message_changes_nothing", schedules::very_late, not_twice, &[ANSWERED, LATE_REPEAT]),
        promise(
            "a_restarted_client_asks_for_something_new",
            schedules::client_crashes,
            accounted_for,
            &[ANSWERED, CLIENT_BACK],
        ),
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

fn unless(breach: Option<&Breach>) -> Verdict {
    breach.map_or(Ok(()), |breach| Err(breach.clone()))
}

fn weigh_in(seen: &Seen, counts: &mut Evidence) {
    seen.evidence.iter().for_each(|(what, count)| counts.count_many(what, *count));
}

fn answered(seen: &Seen, counts: &mut Evidence) -> Verdict {
    weigh_in(seen, counts);
    unless(seen.overdue.as_ref().or(seen.sluggish.as_ref()))
}

/// Whether what went wrong first with the ledger and its receipts is of this kind. Otherwise it is another promise's
/// business, and so is what followed from it.
fn first(seen: &Seen, wrong: Wrong) -> Option<&Breach> {
    seen.first.as_ref().filter(|(first, _)| *first == wrong).map(|(_, breach)| breach)
}

fn not_twice(seen: &Seen, counts: &mut Evidence) -> Verdict {
    weigh_in(seen, counts);
    unless(first(seen, Wrong::Excess))
}

fn not_lost(seen: &Seen, counts: &mut Evidence) -> Verdict {
    weigh_in(seen, counts);
    unless(first(seen, Wrong::Shortage))
}

fn own_receipt(seen: &Seen, counts: &mut Evidence) -> Verdict {
    weigh_in(seen, counts);
    // A deposit that was never made can't have a receipt of its own.
    unless(first(seen, Wrong::Clash).filter(|_| seen.missing.is_none()))
}

fn all_made(seen: &Seen, counts: &mut Evidence) -> Verdict {
    weigh_in(seen, counts);
    unless(seen.missing.as_ref())
}

fn all_made_and_answered(seen: &Seen, counts: &mut Evidence) -> Verdict {
    weigh_in(seen, counts);
    unless(seen.missing.as_ref().or(seen.overdue.as_ref()))
}

fn accounted_for(seen: &Seen, counts: &mut Evidence) -> Verdict {
    weigh_in(seen, counts);
    // A client that is never served again after a crash; but messages that got lost are another promise's business.
    let ignored = seen.overdue.as_ref().filter(|_| seen.network_holds);
    unless(seen.missing.as_ref().or(seen.unexplained.as_ref()).or(ignored))
}

fn answered_once(seen: &Seen, counts: &mut Evidence) -> Verdict {
    weigh_in(seen, counts);
    unless(seen.stray.as_ref())
}

fn small(seen: &Seen, counts: &mut Evidence) -> Verdict {
    weigh_in(seen, counts);
    unless(seen.full.as_ref())
}

fn few_messages(seen: &Seen, counts: &mut Evidence) -> Verdict {
    weigh_in(seen, counts);
    let requests = seen.requests.len() as u64;
    let clients = seen.requests.iter().map(|seen| seen.client).collect::<BTreeSet<_>>().len() as u64;
    let most = requests * MESSAGES_PER_REQUEST + clients * MESSAGES_PER_CLIENT;
    if seen.sent <= most {
        return Ok(());
    }
    Err(Breach::new(
        format!("{} messages were sent for {requests} requests, and nothing had failed", seen.sent),
        format!(
            "at most {MESSAGES_PER_REQUEST} for each request and {MESSAGES_PER_CLIENT} for each client, so {most}; a message \
             takes 1 to 10 ms, and so does its answer"
        ),
        format!("{} messages within {} ms", seen.sent, seen.ended_ms),
    ))
}
