//! System calls, with seccomp.

use std::collections::BTreeMap;
use std::ffi::CStr;
use std::io;
use std::sync::OnceLock;

use libc::c_long;
use rustix::process::{Signal, set_parent_process_death_signal};
use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter, SeccompRule,
};

use super::calls::{self, Allowed, Must};
use crate::Conduct;

/// What stands for the number of the process in a filter that is made before the process is. Linux has no such number:
/// they end at 2^22.
const PID: u32 = 0x7FFF_5AFE;

/// From here on this thread, and all that comes of it, can make only the calls of this conduct, and start `program`.
pub(super) fn confine(conduct: Conduct, program: &CStr) -> Result<(), String> {
    let allowed = calls::allowed(conduct, std::process::id(), program);
    let filter = allow_only(allowed).map_err(|error| format!("there is no filter for this processor: {error}"))?;
    seccompiler::apply_filter(&filter).map_err(|error| {
        format!(
            "This kernel lets nobody install a filter for system calls (seccomp): {error}. It may be built without, or a \
             container forbids it."
        )
    })
}

/// Locks the calling process in for good: no new process or program, no path opened or looked up, no signal but to
/// itself, no descriptor sent or received, and death when the thread that forked it ends. Threads may still be started.
///
/// For a freshly forked process that is about to run code which nobody trusts. It holds for the calling thread and those
/// that it starts from then on, so it must be called while there is no other. What it gives up counts only on top of
/// [`Conduct::Worker`]: on its own, without the launcher, it is no jail.
///
/// # Errors
/// If the kernel refuses. The process isn't locked in then, and should end.
pub fn no_more_processes() -> io::Result<()> {
    let mut filter = GIVEN_UP.get_or_init(Template::new).clone();
    set_parent_process_death_signal(Some(Signal::KILL))?;
    seccompiler::apply_filter(filter.of(std::process::id())).map_err(io::Error::other)
}

/// Made once in a process; who forks has it already.
static GIVEN_UP: OnceLock<Template> = OnceLock::new();

/// A filter with one gap, for the number of the process.
#[derive(Clone)]
struct Template {
    filter: BpfProgram,
    gap: usize,
}

impl Template {
    fn new() -> Self {
        let filter = refuse(given_up()).expect("the launcher has made a filter for this processor");
        let gaps: Vec<usize> = (0..filter.len()).filter(|&at| filter[at].k == PID).collect();
        let [gap] = gaps[..] else { panic!("a filter names the process once, not {} times", gaps.len()) };
        Template { filter, gap }
    }

    fn of(&mut self, pid: u32) -> &BpfProgram {
        self.filter[self.gap].k = pid;
        &self.filter
    }
}

/// What is taken away by `no_more_processes`.
fn given_up() -> BTreeMap<c_long, Vec<SeccompRule>> {
    let calls = calls::GIVEN_UP.iter().chain(calls::GIVEN_UP_OLDER);
    let mut rules: BTreeMap<c_long, Vec<SeccompRule>> = calls.map(|&call| (call, Vec::new())).collect();
    let with = |must: Must| vec![rule(&[must])];
    let thread = libc::CLONE_THREAD as u32;
    rules.insert(libc::SYS_clone, with(Must::Have(0, thread, 0)));
    rules.insert(libc::SYS_tgkill, with(Must::NotBe(0, PID)));
    rules.insert(libc::SYS_prctl, with(Must::Be(0, libc::PR_SET_PDEATHSIG as u32)));
    // These would leave a mark on what other processes have open too.
    rules.insert(libc::SYS_fcntl, with(Must::Be(1, libc::F_SETFL as u32)));
    rules.insert(libc::SYS_ioctl, with(Must::Be(1, libc::FIONBIO as u32)));
    rules
}

type Made = Result<BpfProgram, seccompiler::BackendError>;

/// Allows these calls; others don't exist.
fn allow_only(allowed: Vec<Allowed>) -> Made {
    let mut rules: BTreeMap<c_long, Vec<SeccompRule>> = BTreeMap::new();
    for (call, ways) in allowed {
        let ways = ways.iter().map(|way| rule(way)).collect();
        let before = rules.insert(call, ways);
        debug_assert!(before.is_none(), "system call {call} is listed twice");
    }
    make(rules, SeccompAction::Errno(libc::ENOSYS as u32), SeccompAction::Allow)
}

/// Lets these calls not exist, allows others.
fn refuse(refused: BTreeMap<c_long, Vec<SeccompRule>>) -> Made {
    make(refused, SeccompAction::Allow, SeccompAction::Errno(libc::ENOSYS as u32))
}

fn make(rules: BTreeMap<c_long, Vec<SeccompRule>>, mismatch: SeccompAction, hit: SeccompAction) -> Made {
    SeccompFilter::new(rules, mismatch, hit, std::env::consts::ARCH.try_into()?)?.try_into()
}

/// The call is meant if all of these hold.
fn rule(way: &[Must]) -> SeccompRule {
    use SeccompCmpArgLen::{Dword, Qword};
    let conditions = way.iter().map(|must| match *must {
        Must::Be(argument, value) => SeccompCondition::new(argument, Dword, SeccompCmpOp::Eq, value.into()),
        Must::NotBe(argument, value) => SeccompCondition::new(argument, Dword, SeccompCmpOp::Ne, value.into()),
        Must::Point(argument, value) => SeccompCondition::new(argument, Qword, SeccompCmpOp::Eq, value),
        Must::Have(argument, mask, value) => {
            SeccompCondition::new(argument, Dword, SeccompCmpOp::MaskedEq(mask.into()), value.into())
        }
    });
    let conditions = conditions.collect::<Result<_, _>>().expect("arguments are numbered from 0 to 5");
    SeccompRule::new(conditions).expect("a way names at least one argument")
}

#[cfg(test)]
mod tests;
