//! What is written down while a schedule is played.
//!
//! The bounds that one event can break (extra executions, tasks given in vain) are watched as it happens, so that the
//! diagram can point at the event.

use sim::EventId;

use super::contract::Policy;

/// What was written down while a schedule was played.
#[derive(Clone, Default)]
pub struct Books {
    /// Whether tasks were executed when the job ended or its caller went away.
    pub unfinished: bool,
    /// Calls to the source and the workers after the job had ended or its caller had gone away.
    pub late_calls: u64,
    /// The first of them.
    pub late_at: Option<EventId>,
    /// Tasks taken from the source.
    pub taken: u64,
    /// When the last task was taken.
    pub last_taken_ms: u64,
    /// Tasks whose result has come.
    pub done: u64,
    /// The most tasks that were open at a time.
    pub most_open: u64,
    /// When there were most of them.
    pub most_open_at: Option<EventId>,
    /// Executions that were extra.
    pub extra: u64,
    /// The first of them beyond what is allowed.
    pub extra_at: Option<EventId>,
    /// Executions, unless only numbers are recorded.
    pub executions: Vec<Execution>,
    /// The first time a dead or broken worker got more than it may.
    pub overfed: Option<Overfed>,
    /// Results of tasks that had one already, unless only numbers are recorded.
    pub repeated: Vec<Repeated>,
    /// When a result came last; the start of the job before there is any.
    pub last_result_ms: u64,
    /// The first task that failed on so many workers that it is to blame.
    pub poisoned: Option<Poisoned>,
    /// The most bytes that were in use at any moment of the first and of the second half of the tasks.
    pub peak_bytes: [usize; 2],
}

/// One execution, when it was sent.
#[derive(Clone, Copy, Debug)]
pub struct Execution {
    pub worker: u32,
    pub task: u64,
    pub at_ms: u64,
    /// The worker was dead or broken.
    pub in_vain: bool,
}

/// A result that came when the task had one already.
#[derive(Clone, Copy, Debug)]
pub struct Repeated {
    pub task: u64,
    pub event: EventId,
}

/// A dead or broken worker that got more than it may.
#[derive(Clone, Copy, Debug)]
pub struct Overfed {
    pub worker: u32,
    pub given: u64,
    pub allowed: u64,
    pub from_ms: u64,
    pub to_ms: u64,
    pub event: EventId,
}

/// A task that failed on as many workers as it takes.
#[derive(Clone, Debug)]
pub struct Poisoned {
    pub task: u64,
    pub reason: String,
    pub at_ms: u64,
}

/// How many extra executions a job of so many tasks may have.
pub fn extra_allowed(policy: &Policy, tasks: u64) -> u64 {
    u64::from(policy.workers) + tasks * u64::from(policy.hedge_percent) / 100
}

/// Tasks that a worker may be given in vain at once.
const IN_VAIN_AT_ONCE: u64 = 3;

/// The worst time up to the latest execution during which a worker was given more in vain than it may be.
pub fn overfed(executions: &[Execution], worker: u32, policy: &Policy) -> Option<Overfed> {
    let mine = executions.iter().rev().filter(|execution| execution.worker == worker && execution.in_vain);
    let to_ms = mine.clone().next()?.at_ms;
    let windows = mine.zip(1..).map(|(execution, given)| {
        let allowed = IN_VAIN_AT_ONCE + (to_ms - execution.at_ms) / policy.rest_ms;
        Overfed { worker, given, allowed, from_ms: execution.at_ms, to_ms, event: EventId(0) }
    });
    windows.filter(|window| window.given > window.allowed).max_by_key(|window| window.given - window.allowed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scale_out::schedules::policy;

    fn in_vain(times_ms: &[u64]) -> Vec<Execution> {
        times_ms.iter().map(|at_ms| Execution { worker: 1, task: 0, at_ms: *at_ms, in_vain: true }).collect()
    }

    #[test]
    fn three_tasks_at_once_and_one_more_after_each_rest_are_allowed() {
        let rest_ms = policy(2).rest_ms;
        assert!(overfed(&in_vain(&[0, 0, 0, rest_ms, 2 * rest_ms]), 1, &policy(2)).is_none());
    }

    #[test]
    fn a_fourth_task_before_the_rest_is_over_is_one_too_many() {
        let rest_ms = policy(2).rest_ms;
        let found = overfed(&in_vain(&[0, 10, 20, rest_ms - 1]), 1, &policy(2)).expect("one too many");
        assert_eq!((found.given, found.allowed, found.from_ms, found.to_ms), (4, 3, 0, rest_ms - 1));
    }

    #[test]
    fn tasks_of_other_workers_and_tasks_that_are_not_in_vain_do_not_count() {
        let mut executions = in_vain(&[0, 1, 2, 3, 4]);
        executions[0].worker = 0;
        executions[1].in_vain = false;
        assert!(overfed(&executions, 1, &policy(2)).is_none());
    }

    #[test]
    fn extra_executions_are_one_a_worker_and_five_in_a_hundred() {
        assert_eq!([0, 19, 20, 200].map(|tasks| extra_allowed(&policy(8), tasks)), [8, 8, 9, 18]);
    }
}
