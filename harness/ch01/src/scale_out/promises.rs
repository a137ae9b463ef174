//! What is promised, and how each promise is judged from what was seen.

use explore::{Breach, Evidence};
use harness::exercise::{Judge, Promise};

use super::books::extra_allowed;
use super::contract::{JobError, Tally, Task};
use super::schedules;
use super::world::{Entry, Outcome, Seen, Yard, evidence};

/// tokio rounds every wait up to whole milliseconds.
const GRAIN_MS: u64 = 1;

/// The most that a healthy job may take, in percent of the ideal time.
const HEALTHY_PERCENT: u64 = 125;

/// The most that a job with one slow worker may take, in percent of the ideal time without that worker.
const SLOW_PERCENT: u64 = 115;

/// By how much the memory in use may grow from the first half of a job to the second.
const GROWTH_BYTES: usize = 8 * 1024;

const DONE: &str = "every task of a job has its result";
const USED_AGAIN: &str = "a worker is back long before the job is over";
const WITHOUT_WORKERS: &str = "no worker brings anything for a long time";
const DROPPED: &str = "the caller goes away while tasks are executed";
const POISONED: &str = "a task has failed on enough workers to be to blame";

type Verdict = Result<(), Breach>;

/// Every promise of the contract.
pub fn all() -> Vec<Promise<Yard>> {
    let promise = |name, schedules, draw, judge: Judge<Seen>, needs| Promise { name, schedules, needs, draw, judge };
    vec![
        promise("an_empty_job_is_done_at_once", 4, schedules::nothing, empty_job, &[evidence::DRY]),
        promise("a_small_job_takes_as_long_as_one_task", 20, schedules::small, small_job, &[DONE]),
        promise("throughput_grows_with_the_workers", 6, schedules::healthy, throughput, &[DONE]),
        promise("tasks_of_a_dead_worker_are_done_again", 20, schedules::deaths, done_again, &[evidence::DIED_BUSY]),
        promise("every_task_is_counted_exactly_once", 30, schedules::trouble, counted_once, &[evidence::TWICE]),
        promise("one_slow_worker_does_not_set_the_pace", 20, schedules::one_slow, pace, &[evidence::SLOW_USED]),
        promise("extra_executions_stay_a_small_share", 8, schedules::many_slow, few_extra, &[evidence::EXTRA]),
        promise("a_dead_worker_is_not_fed_for_ever", 6, schedules::long_death, not_fed, &[evidence::FED_IN_VAIN]),
        promise("a_worker_that_comes_back_is_used_again", 6, schedules::come_back, used_again, &[USED_AGAIN]),
        promise(
            "a_task_that_fails_on_one_worker_is_tried_on_another",
            20,
            schedules::broken,
            succeeds,
            &[evidence::FAILED],
        ),
        promise("a_poisoned_task_is_named", 20, schedules::poison, poison_named, &[POISONED]),
        promise("a_job_without_workers_ends_when_patience_does", 12, schedules::blackout, patience, &[WITHOUT_WORKERS]),
        promise("open_tasks_stay_within_their_bound", 12, schedules::crowd, few_open, &[DONE]),
        promise("memory_does_not_grow_with_the_job", 1, schedules::huge, memory_bounded, &[DONE]),
        promise("a_dropped_job_stops_its_work", 12, schedules::departure, stops, &[DROPPED]),
    ]
}

fn done(seen: &Seen, counts: &mut Evidence) {
    if seen.books.done == seen.tasks {
        counts.count(DONE);
    }
}

/// What has become of the job, in words.
fn ended(seen: &Seen) -> String {
    let when = format!("at {} ms, with {} of {} tasks done", seen.ended_ms, seen.books.done, seen.tasks);
    match &seen.outcome {
        Outcome::Returned(Ok(tally)) => format!("{tally:?} {when}"),
        Outcome::Returned(Err(error)) => format!("Err({error:?}) {when}"),
        Outcome::Dropped => format!("its caller went away {when}"),
        Outcome::Never => format!("no result yet {when}"),
    }
}

fn sum(seen: &Seen) -> Tally {
    let mut sum = Tally::default();
    seen.tallies.iter().for_each(|tally| sum.add(*tally));
    sum
}

fn counted_once(seen: &Seen, _: &mut Evidence) -> Verdict {
    let Outcome::Returned(Ok(actual)) = seen.outcome else { return Ok(()) };
    let expected = sum(seen);
    if actual == expected {
        return Ok(());
    }
    if actual.chunks > expected.chunks && !seen.books.repeated.is_empty() {
        let tasks: Vec<String> = seen.books.repeated.iter().map(|repeated| repeated.task.to_string()).collect();
        let happened = format!(
            "{} chunks were counted, of {}; a second result came of task {}",
            actual.chunks,
            expected.chunks,
            tasks.join(", ")
        );
        return Err(
            Breach::new(happened, format!("{expected:?}"), format!("{actual:?}")).at(seen.books.repeated[0].event)
        );
    }
    let missing = seen.tallies.iter().position(|tally| {
        let mut whole = actual;
        whole.add(*tally);
        whole == expected
    });
    let happened = match missing {
        Some(task) => {
            let mine = seen.books.executions.iter().filter(|execution| execution.task == task as u64);
            let given = mine.map(|execution| format!("to worker {} at {} ms", execution.worker, execution.at_ms));
            let given: Vec<String> = given.collect();
            format!("task {task} was never counted; it was given {}", given.join(", then "))
        }
        None => format!("{} chunks were counted, of {}", actual.chunks, expected.chunks),
    };
    Err(Breach::new(happened, format!("{expected:?}"), format!("{actual:?}")))
}

fn empty_job(seen: &Seen, _: &mut Evidence) -> Verdict {
    let executions = seen.books.executions.len();
    if seen.outcome == Outcome::Returned(Ok(Tally::default())) && seen.ended_ms <= GRAIN_MS && executions == 0 {
        return Ok(());
    }
    Err(Breach::new(
        "a job without tasks was not over at once",
        format!("Ok({:?}) at 0 ms, and nothing sent to a worker", Tally::default()),
        format!("{}; {executions} executions", ended(seen)),
    ))
}

/// How a job failed, in a sentence.
fn failure(seen: &Seen) -> String {
    match &seen.outcome {
        Outcome::Returned(Err(error)) => format!("the job failed with {error:?}, although healthy workers were left"),
        _ => "the job never came to an end, although healthy workers were left".to_owned(),
    }
}

/// Breaks the promise if the job has failed, or taken longer than it may.
fn within(seen: &Seen, limit_ms: u64, happened: impl FnOnce() -> String, why: &str) -> Verdict {
    let succeeded = matches!(seen.outcome, Outcome::Returned(Ok(_)));
    if succeeded && seen.ended_ms <= limit_ms + GRAIN_MS {
        return Ok(());
    }
    let happened = if succeeded { happened() } else { failure(seen) };
    Err(Breach::new(happened, format!("a result within {limit_ms} ms: {why}"), ended(seen)))
}

fn small_job(seen: &Seen, counts: &mut Evidence) -> Verdict {
    done(seen, counts);
    let limit_ms = seen.policy.usual_ms + 3 * seen.tasks;
    let happened = || format!("{} tasks, for {} workers, took {} ms", seen.tasks, seen.policy.workers, seen.ended_ms);
    within(seen, limit_ms, happened, "one task takes 130 ms at most, and all of them can be executed at the same time")
}

fn throughput(seen: &Seen, counts: &mut Evidence) -> Verdict {
    done(seen, counts);
    let workers = u64::from(seen.policy.workers);
    let ideal_ms = seen.work_ms / workers;
    let happened = || {
        let per_s = |ms: u64| seen.tasks * 1000 / ms.max(1);
        let (got, ideal) = (per_s(seen.ended_ms), per_s(ideal_ms));
        let busy = seen.work_ms / seen.ended_ms.max(1);
        format!(
            "{workers} workers did {got} tasks a second, {} % of the ideal {ideal}; on average {busy} of them were at work",
            ideal_ms * 100 / seen.ended_ms.max(1)
        )
    };
    let why = format!("1.25 times the {ideal_ms} ms that {} tasks take on {workers} workers at best", seen.tasks);
    within(seen, ideal_ms * HEALTHY_PERCENT / 100, happened, &why).map_err(|breach| Breach {
        actual: format!("{}\nsee it drawn: cargo test -q -p ch01-exercises -- --figure scale_out", breach.actual),
        ..breach
    })
}

fn pace(seen: &Seen, _: &mut Evidence) -> Verdict {
    let others = u64::from(seen.policy.workers) - 1;
    let ideal_ms = seen.work_ms / others;
    let limit_ms = ideal_ms * SLOW_PERCENT / 100 + 3 * seen.policy.usual_ms;
    let happened = || format!("the slow worker held up the job: it took {} ms", seen.ended_ms);
    let why = format!("1.15 times the {ideal_ms} ms that the {others} others need, and three times 130 ms");
    within(seen, limit_ms, happened, &why)
}

fn few_extra(seen: &Seen, _: &mut Evidence) -> Verdict {
    let allowed = extra_allowed(&seen.policy, seen.tasks);
    let Some(event) = seen.books.extra_at else { return Ok(()) };
    let (extra, percent) = (seen.books.extra, seen.policy.hedge_percent);
    Err(Breach::new(
        format!("{extra} executions of {} tasks were extra: the first one could still bring the result", seen.tasks),
        format!("at most {allowed}: one a worker, and {percent} for every 100 tasks"),
        format!("{extra} extra executions; {}", ended(seen)),
    )
    .at(event))
}

/// How many workers neither die nor fail what they get.
fn healthy(seen: &Seen) -> u64 {
    let faulty = seen.entries.iter().filter(|entry| matches!(entry, Entry::Dies { .. } | Entry::Broken { .. })).count();
    u64::from(seen.policy.workers) - faulty as u64
}

fn done_again(seen: &Seen, _: &mut Evidence) -> Verdict {
    let healthy = healthy(seen);
    let ideal_ms = seen.work_ms / healthy;
    let limit_ms = ideal_ms * HEALTHY_PERCENT / 100 + 5 * seen.policy.timeout_ms + 3 * seen.policy.usual_ms;
    let happened = || format!("the job took {} ms", seen.ended_ms);
    let why = format!(
        "1.25 times the {ideal_ms} ms that the {healthy} healthy workers need, and five time-outs and three times 130 ms \
         to notice and to mend what the dead had in hand"
    );
    within(seen, limit_ms, happened, &why)
}

fn not_fed(seen: &Seen, _: &mut Evidence) -> Verdict {
    let Some(overfed) = seen.books.overfed else { return Ok(()) };
    let (worker, given, took_ms) = (overfed.worker, overfed.given, overfed.to_ms - overfed.from_ms);
    let window = overfed.from_ms..=overfed.to_ms;
    let mine = seen.books.executions.iter().filter(|execution| execution.worker == worker && execution.in_vain);
    let times = mine.map(|execution| execution.at_ms).filter(|at_ms| window.contains(at_ms));
    let times: Vec<String> = times.take(12).map(|at_ms| at_ms.to_string()).collect();
    Err(Breach::new(
        format!("worker {worker}, which brings nothing, was given {given} tasks within {took_ms} ms"),
        format!("at most {}: three, and one more every {} ms", overfed.allowed, seen.policy.rest_ms),
        format!("{given} tasks, at {}{} ms", times.join(", "), if given > 12 { ", …" } else { "" }),
    )
    .at(overfed.event))
}

/// Executions that others must have been given before their number says how many are fair.
const MIN_SAMPLE: u64 = 10;

fn used_again(seen: &Seen, counts: &mut Evidence) -> Verdict {
    for entry in &seen.entries {
        let &Entry::Dies { worker, back_ms: Some(back_ms), .. } = entry else { continue };
        let from_ms = back_ms + seen.policy.timeout_ms + 2 * seen.policy.rest_ms;
        let later = seen.books.executions.iter().filter(|execution| execution.at_ms >= from_ms);
        let mine = later.clone().filter(|execution| execution.worker == worker).count() as u64;
        let all = later.count() as u64;
        let others = (all - mine) / (u64::from(seen.policy.workers) - 1);
        if others < MIN_SAMPLE {
            continue;
        }
        counts.count(USED_AGAIN);
        if mine * 2 < others {
            return Err(Breach::new(
                format!("worker {worker} was back at {back_ms} ms, and from {from_ms} ms on it was given {mine} tasks"),
                format!("about as many as the others, which were given {others} each"),
                format!("{mine} tasks; {}", ended(seen)),
            ));
        }
    }
    Ok(())
}

fn succeeds(seen: &Seen, _: &mut Evidence) -> Verdict {
    if matches!(seen.outcome, Outcome::Returned(Ok(_))) {
        return Ok(());
    }
    Err(Breach::new(
        failure(seen),
        format!("a result: no task failed on as many as {} workers", seen.policy.poison_after),
        ended(seen),
    ))
}

fn poison_named(seen: &Seen, counts: &mut Evidence) -> Verdict {
    let Some(poisoned) = &seen.books.poisoned else {
        return seen.entries.iter().try_for_each(|entry| match entry {
            Entry::Poison { task } if *task < seen.tasks => Err(too_few_tries(seen, *task)),
            _ => Ok(()),
        });
    };
    counts.count(POISONED);
    let task = Task { id: poisoned.task };
    let expected = Outcome::Returned(Err(JobError::Poisoned { task, reason: poisoned.reason.clone() }));
    let limit_ms = poisoned.at_ms + seen.policy.usual_ms;
    let more = seen
        .books
        .executions
        .iter()
        .filter(|execution| execution.task == task.id && execution.at_ms > poisoned.at_ms)
        .count();
    if seen.outcome == expected && seen.ended_ms <= limit_ms && more == 0 {
        return Ok(());
    }
    Err(Breach::new(
        format!(
            "task {} had failed on {} different workers at {} ms, and the job did not end with that",
            task.id, seen.policy.poison_after, poisoned.at_ms
        ),
        format!("{expected:?} until {limit_ms} ms, and nobody is given task {} any more", task.id),
        format!("{}; the task was given to {more} more workers", ended(seen)),
    ))
}

/// The job is over, or hangs, and a poisoned task has not been found out.
fn too_few_tries(seen: &Seen, task: u64) -> Breach {
    let tries = seen.books.executions.iter().filter(|execution| execution.task == task);
    let mut workers: Vec<u32> = tries.clone().map(|execution| execution.worker).collect();
    workers.sort_unstable();
    workers.dedup();
    Breach::new(
        format!(
            "task {task}, which fails on every worker, was tried {} times on {} different workers",
            tries.count(),
            workers.len()
        ),
        format!("an execution on {} different workers, then the error that names it", seen.policy.poison_after),
        ended(seen),
    )
}

/// Ends that are off by less are taken for right: time-outs and answers may be noticed a millisecond later.
const SLACK_MS: u64 = 2;

fn patience(seen: &Seen, counts: &mut Evidence) -> Verdict {
    if healthy(seen) > 0 || seen.tasks == 0 {
        return Ok(());
    }
    let since_ms = seen.books.last_result_ms;
    let due_ms = since_ms + seen.policy.give_up_ms;
    let latest_ms = due_ms + seen.policy.usual_ms;
    let comes_back = seen.entries.iter().any(|entry| matches!(entry, Entry::Dies { back_ms: Some(_), .. }));
    let expected = if comes_back {
        "a result: workers are back in time".to_owned()
    } else {
        format!("Err(NoWorkers) between {due_ms} ms and {latest_ms} ms: the last result came at {since_ms} ms")
    };
    let in_time = (due_ms.saturating_sub(SLACK_MS)..=latest_ms).contains(&seen.ended_ms);
    let kept = match &seen.outcome {
        // A result that can't be right is another promise's business, but it proves nothing here.
        Outcome::Returned(Ok(_)) if seen.books.done < seen.tasks => return Ok(()),
        Outcome::Returned(Ok(_)) => comes_back,
        Outcome::Returned(Err(JobError::NoWorkers)) => !comes_back && in_time,
        _ => false,
    };
    if kept {
        counts.count(WITHOUT_WORKERS);
        return Ok(());
    }
    let happened = match (&seen.outcome, comes_back) {
        (Outcome::Never, _) => "all workers died, and the job waited for ever",
        (_, true) => "all workers died and came back, and the job did not succeed",
        (_, false) => "all workers died, and the job did not end with that at the right time",
    };
    Err(Breach::new(happened, expected, ended(seen)))
}

fn few_open(seen: &Seen, counts: &mut Evidence) -> Verdict {
    done(seen, counts);
    let Some(event) = seen.books.most_open_at else { return Ok(()) };
    Err(Breach::new(
        format!("{} tasks were open at the same time", seen.books.most_open),
        format!("at most {}: a task is taken when there is room for it", seen.policy.max_open),
        format!("{} of {} tasks", seen.books.most_open, seen.tasks),
    )
    .at(event))
}

fn memory_bounded(seen: &Seen, counts: &mut Evidence) -> Verdict {
    done(seen, counts);
    let [first, second] = seen.books.peak_bytes;
    let growth = second.saturating_sub(first);
    if growth <= GROWTH_BYTES {
        return Ok(());
    }
    Err(Breach::new(
        format!(
            "in the second half of a job of {} tasks the memory in use grew by {growth} bytes, {} a task",
            seen.tasks,
            growth as u64 / (seen.tasks / 2)
        ),
        format!("at most {GROWTH_BYTES} bytes, however many tasks there are: keep nothing of a task that is done"),
        format!("{growth} bytes"),
    ))
}

fn stops(seen: &Seen, counts: &mut Evidence) -> Verdict {
    let Some(dropped_ms) = seen.dropped_ms else { return Ok(()) };
    if seen.books.unfinished {
        counts.count(DROPPED);
    }
    let Some(event) = seen.books.late_at else { return Ok(()) };
    Err(Breach::new(
        format!("the caller went away at {dropped_ms} ms, and the work went on"),
        "no task is taken and nothing is sent any more",
        format!("{} more calls to the source and the workers", seen.books.late_calls),
    )
    .at(event))
}
