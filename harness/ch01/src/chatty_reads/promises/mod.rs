//! What is promised, and how each promise is judged from what was seen.
//!
//! A judge looks at callers and at the wire, never into the cache. That an answer is kept shows in a read that returns at
//! once; that it is not, in a call to the store.

mod batching;
mod caching;
mod writing;

use explore::Breach;
use harness::exercise::{Judge, Promise};

use super::contract::{Key, StoreError, Value};
use super::remote::CallSeen;
use super::schedules;
use super::world::{Callers, ReadOutcome, ReadSeen, Seen, evidence, shown};

/// tokio rounds every wait up to whole milliseconds.
const GRAIN_MS: u64 = 1;

type Verdict = Result<(), Breach>;

/// Every promise of the contract.
pub fn all() -> Vec<Promise<Callers>> {
    let promise = |name, draw, judge: Judge<Seen>, needs| Promise { name, schedules: 30, needs, draw, judge };
    vec![
        promise(
            "reads_that_begin_together_share_round_trips",
            schedules::together,
            batching::share_round_trips,
            &[batching::TOGETHER],
        ),
        promise(
            "no_read_is_held_back_longer_than_the_window",
            schedules::trickle,
            batching::window_holds,
            &[batching::LEFT_EARLY],
        ),
        promise("a_full_batch_leaves_at_once", schedules::full, batching::full_leaves, &[batching::FILLED]),
        promise(
            "identical_reads_in_flight_travel_once",
            schedules::identical,
            batching::travel_once,
            &[batching::JOINED],
        ),
        promise(
            "a_caller_that_gives_up_takes_nothing_from_the_others",
            schedules::given_up,
            batching::others_served,
            &[evidence::GAVE_UP, evidence::ANSWERED],
        ),
        promise("one_bad_key_fails_alone", schedules::bad_key, batching::fails_alone, &[batching::MIXED]),
        promise("a_failed_fetch_is_not_cached", schedules::failures, caching::failure_forgotten, &[caching::RECOVERED]),
        promise("a_cached_answer_costs_nothing", schedules::repeated, caching::served_at_once, &[caching::SERVED]),
        promise("cached_answers_expire", schedules::changing, caching::values_expire, &[caching::OUTLIVED]),
        promise(
            "that_a_key_is_missing_is_cached_and_expires",
            schedules::missing,
            caching::absence_expires,
            &[caching::ABSENT_SERVED, caching::ABSENT_OUTLIVED],
        ),
        promise(
            "the_cache_stays_within_its_bound",
            schedules::bursts,
            caching::bounded,
            &[caching::OVERFULL, evidence::ANSWERED],
        ),
        promise(
            "what_is_read_often_stays_in_the_cache",
            schedules::working_set,
            caching::useful_stays,
            &[caching::STAYED],
        ),
        promise(
            "a_write_is_never_followed_by_an_older_read",
            schedules::writes,
            writing::sent_and_seen,
            &[writing::READ_AFTER],
        ),
        promise(
            "a_fetch_that_a_write_overtook_is_not_served",
            schedules::races,
            writing::nothing_older,
            &[writing::READ_AFTER, writing::OVERTAKEN],
        ),
        promise(
            "a_failed_write_is_not_followed_by_an_older_read",
            schedules::failed_writes,
            writing::told_and_seen,
            &[writing::READ_AFTER_FAILURE],
        ),
    ]
}

/// What the store answered about a key, by the time at which it came back.
type Answered = (u64, Result<Option<Value>, StoreError>);

impl Seen {
    /// Calls that fetch this key, in the order in which they were sent.
    fn fetches(&self, key: Key) -> impl Iterator<Item = &CallSeen> {
        self.calls.iter().filter(move |call| call.fetches(key))
    }

    /// Answers about this key, in the order in which they came back.
    fn answers(&self, key: Key) -> Vec<Answered> {
        let mut answers: Vec<Answered> = self.fetches(key).filter_map(|call| call.answer(key)).collect();
        answers.sort_by_key(|(at_ms, _)| *at_ms);
        answers
    }

    /// Whether some read never returned. Where that is not what is asked for, it leaves nothing to judge.
    fn hangs(&self) -> bool {
        self.reads.iter().any(|read| read.outcome == ReadOutcome::Never)
    }

    /// Whether it returned a value, and the store had sent one by then.
    fn has_answered(&self, read: &ReadSeen) -> bool {
        let by_then = |(at_ms, answer): &Answered| *at_ms <= read.ended_ms && answer.is_ok();
        read.value().is_some() && self.answers(read.key).iter().any(by_then)
    }

    /// When the call that serves a read that missed the cache left: the first for its key from then on.
    fn sent_ms(&self, read: &ReadSeen) -> Option<u64> {
        self.fetches(read.key).map(|call| call.sent_ms).find(|sent_ms| *sent_ms >= read.began_ms)
    }
}

impl ReadSeen {
    /// The value it returned, if it did.
    fn value(&self) -> Option<&Option<Value>> {
        match &self.outcome {
            ReadOutcome::Returned(Ok(value)) => Some(value),
            _ => None,
        }
    }

    /// Whether it returned at once, as only the cache makes it possible.
    fn at_once(&self) -> bool {
        self.value().is_some() && self.ended_ms <= self.began_ms + GRAIN_MS
    }

    /// For people: `the read of key 3 at 40 ms`.
    fn name(&self) -> String {
        format!("the read of key {} at {} ms", self.key, self.began_ms)
    }

    /// For people: what came of it.
    fn told(&self) -> String {
        match &self.outcome {
            ReadOutcome::Returned(Ok(value)) => format!("{} at {} ms", shown(value), self.ended_ms),
            ReadOutcome::Returned(Err(error)) => format!("{error:?} at {} ms", self.ended_ms),
            ReadOutcome::GivenUp => format!("given up at {} ms", self.ended_ms),
            ReadOutcome::Never => format!("nothing by {} ms", self.ended_ms),
        }
    }
}

/// A read that waits although the answer to its key came back after it began.
fn no_answer_withheld(seen: &Seen) -> Verdict {
    for read in seen.reads.iter().filter(|read| read.outcome == ReadOutcome::Never) {
        let came =
            seen.answers(read.key).into_iter().find(|(at_ms, _)| (read.began_ms + 1..read.ended_ms).contains(at_ms));
        if let Some((at_ms, answer)) = came {
            let answer = answer.map_or_else(|error| format!("{error:?}"), |value| shown(&value));
            let breach = Breach::new(
                format!("{} never returned, although its answer came back at {at_ms} ms", read.name()),
                format!("{answer} at {at_ms} ms"),
                read.told(),
            );
            return Err(breach.at(read.event));
        }
    }
    Ok(())
}
