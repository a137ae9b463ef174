//! What is promised, and how each promise is judged from what was seen.
//!
//! Several promises ask the same question, whether two clients take themselves for the holder at once, of schedules that
//! tempt in different ways: the name says which. Whatever else is wrong in a run is another promise's business.

use explore::{Breach, Evidence};
use harness::exercise::{Judge, Promise};
use harness::processes::evidence::{CLOCK, CUT_OFF, DUPLICATED, HELD_UP, OVERTAKEN, RESTARTED};

use super::schedules;
use super::seen::evidence::*;
use super::seen::{Seen, Wrong};
use super::world::Site;

/// Every promise of the contract.
pub fn all() -> Vec<Promise<Site>> {
    let promise = |name, draw, judge: Judge<Seen>, needs| Promise { name, schedules: 40, needs, draw, judge };
    vec![
        promise(
            "two_clients_never_hold_the_lock_at_once",
            schedules::storms,
            one_holder,
            &[PASSED_ON, CUT_OFF, HELD_UP],
        ),
        promise("a_slow_answer_lengthens_no_lease", schedules::slow_answers, one_holder, &[PASSED_ON, OVERTAKEN]),
        promise("a_drifting_clock_lengthens_no_lease", schedules::drifts, one_holder, &[PASSED_ON]),
        promise("a_jumping_clock_lengthens_no_lease", schedules::jumps, one_holder, &[PASSED_ON, CLOCK]),
        promise("a_restart_of_the_service_frees_no_lock", schedules::restarts, one_holder, &[PASSED_ON, SERVICE_BACK]),
        promise("tokens_only_grow", schedules::many_acquisitions, tokens_grow, &[PASSED_ON, RESTARTED]),
        promise("a_living_holder_keeps_the_lock", schedules::long_holds, kept, &[KEPT]),
        promise(
            "a_late_message_takes_the_lock_from_nobody",
            schedules::late_messages,
            undisturbed,
            &[PASSED_ON, DUPLICATED],
        ),
        promise(
            "the_lock_is_free_again_when_its_holder_dies",
            schedules::deaths,
            free_again,
            &[PASSED_ON, HOLDER_DIED],
        ),
        promise("a_released_lock_is_handed_over", schedules::calm, handed_over, &[PASSED_ON, RELEASED]),
        promise("clients_know_when_the_lock_is_lost", schedules::cuts, true_answers, &[ACQUIRED, HELD_UP]),
        promise("no_write_begins_when_the_lease_is_over", schedules::pauses, nothing_unheld, &[WRITTEN, TOO_LATE]),
        promise("a_holder_can_write", schedules::writes, written, &[WRITTEN]),
        promise("writes_of_two_holders_never_interleave", schedules::late_writes, in_order, &[WRITTEN, PASSED_ON]),
        promise("the_storage_takes_newer_tokens_and_refuses_older_ones", schedules::tokens, fence, &[TAKEN, REFUSED]),
        promise("an_equal_token_of_another_holder_is_refused", schedules::equal_tokens, equal, &[TAKEN, REFUSED]),
    ]
}

type Verdict = Result<(), Breach>;

/// The first of these that is wrong.
fn unless(seen: &Seen, counts: &mut Evidence, wrongs: &[Wrong]) -> Verdict {
    seen.evidence.iter().for_each(|(what, count)| counts.count_many(what, *count));
    wrongs.iter().find_map(|wrong| seen.wrongs.get(wrong)).map_or(Ok(()), |breach| Err(breach.clone()))
}

fn one_holder(seen: &Seen, counts: &mut Evidence) -> Verdict {
    unless(seen, counts, &[Wrong::TwoHolders])
}

fn tokens_grow(seen: &Seen, counts: &mut Evidence) -> Verdict {
    unless(seen, counts, &[Wrong::Token])
}

fn kept(seen: &Seen, counts: &mut Evidence) -> Verdict {
    unless(seen, counts, &[Wrong::Lapse])
}

fn undisturbed(seen: &Seen, counts: &mut Evidence) -> Verdict {
    unless(seen, counts, &[Wrong::TwoHolders, Wrong::Lapse])
}

fn free_again(seen: &Seen, counts: &mut Evidence) -> Verdict {
    unless(seen, counts, &[Wrong::Idle])
}

fn handed_over(seen: &Seen, counts: &mut Evidence) -> Verdict {
    unless(seen, counts, &[Wrong::Handover])
}

fn true_answers(seen: &Seen, counts: &mut Evidence) -> Verdict {
    unless(seen, counts, &[Wrong::Untrue, Wrong::Unanswered])
}

fn nothing_unheld(seen: &Seen, counts: &mut Evidence) -> Verdict {
    unless(seen, counts, &[Wrong::Unheld, Wrong::Unanswered])
}

fn written(seen: &Seen, counts: &mut Evidence) -> Verdict {
    unless(seen, counts, &[Wrong::NotWritten])
}

fn in_order(seen: &Seen, counts: &mut Evidence) -> Verdict {
    unless(seen, counts, &[Wrong::Interleaved])
}

fn fence(seen: &Seen, counts: &mut Evidence) -> Verdict {
    unless(seen, counts, &[Wrong::Fence])
}

fn equal(seen: &Seen, counts: &mut Evidence) -> Verdict {
    unless(seen, counts, &[Wrong::EqualToken])
}
