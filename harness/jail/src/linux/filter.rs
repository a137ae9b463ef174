//! System calls, with seccomp.

use std::collections::BTreeMap;
use std::ffi::CStr;
use std::io;
use std::sync::OnceLock;

use rustix::process::{Signal, set_parent_process_death_signal};
use seccompiler::BpfProgram;

use super::calls::{self, Must};
use super::tree;
use crate::Conduct;

/// What stands for the number of the process in a filter that is made before the process is. Linux has no such number:
/// they end at 2^22.
const PID: u32 = 0x7FFF_5AFE;

/// From here on this thread, and all that comes of it, can make only the calls of this conduct, and start `program`.
pub(super) fn confine(conduct: Conduct, program: &CStr) -> Result<(), String> {
    let filter = allow_only(conduct, std::process::id(), program);
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
/// For a freshly forked process that is about to run code which nobody trusts. It holds for the calling thread and
/// those that it starts from then on, so it must be called while there is no other. What it gives up counts only on top
/// of [`Conduct::Worker`]: on its own, without the launcher, it is no jail.
///
/// # Errors
/// If the kernel refuses. The process isn't locked in then, and should end.
pub fn no_more_processes() -> io::Result<()> {
    let mut filter = GIVEN_UP.get_or_init(Template::new).clone();
    set_parent_process_death_signal(Some(Signal::KILL))?;
    seccompiler::apply_filter(filter.of(std::process::id())).map_err(io::Error::other)
}

/// Makes what [`no_more_processes`] installs, so that whoever forks has it already. Worth it before many forks.
pub fn prepare() {
    GIVEN_UP.get_or_init(Template::new);
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
        let filter = tree::filter(&given_up(), MISSING, libc::SECCOMP_RET_ALLOW);
        let gaps: Vec<usize> = (0..filter.len()).filter(|&at| filter[at].k == PID).collect();
        let [gap] = gaps[..] else { panic!("a filter names the process once, not {} times", gaps.len()) };
        Template { filter, gap }
    }

    fn of(&mut self, pid: u32) -> &BpfProgram {
        self.filter[self.gap].k = pid;
        &self.filter
    }
}

/// Calls by number, each with the ways in which it may be made.
type Calls = BTreeMap<u32, Vec<Vec<Must>>>;

/// The answer to a call that doesn't exist.
const MISSING: u32 = libc::SECCOMP_RET_ERRNO | libc::ENOSYS as u32;

/// The first stage: what is listed, and nothing else.
fn allow_only(conduct: Conduct, pid: u32, program: &CStr) -> BpfProgram {
    tree::filter(&first_stage(conduct, pid, program), libc::SECCOMP_RET_ALLOW, MISSING)
}

fn first_stage(conduct: Conduct, pid: u32, program: &CStr) -> Calls {
    let allowed = calls::allowed(conduct, pid, program);
    allowed.into_iter().map(|(call, ways)| (number(call), ways)).collect()
}

fn number(call: libc::c_long) -> u32 {
    u32::try_from(call).expect("calls have small numbers")
}

/// What `no_more_processes` takes away.
fn given_up() -> Calls {
    let calls = calls::GIVEN_UP.iter().chain(calls::GIVEN_UP_OLDER);
    let mut given_up: Calls = calls.map(|&call| (number(call), Vec::new())).collect();
    let one_way = [
        (libc::SYS_clone, Must::Have(0, libc::CLONE_THREAD as u32, 0)),
        (libc::SYS_tgkill, Must::NotBe(0, PID)),
        (libc::SYS_prctl, Must::Be(0, libc::PR_SET_PDEATHSIG as u32)),
        // These would leave a mark on what other processes have open too.
        (libc::SYS_fcntl, Must::Be(1, libc::F_SETFL as u32)),
        (libc::SYS_ioctl, Must::Be(1, libc::FIONBIO as u32)),
    ];
    given_up.extend(one_way.map(|(call, must)| (number(call), vec![vec![must]])));
    given_up
}

#[cfg(test)]
mod tests;
