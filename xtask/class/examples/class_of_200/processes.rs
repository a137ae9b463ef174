//! The processes below this one, as /proc shows them.
//!
//! This process takes in orphans (`PR_SET_CHILD_SUBREAPER`), so whoever a killed run leaves behind is found below it,
//! however far it had moved away from its parents.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::process::{Child, ExitStatus};
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike;
use rustix::process::{WaitOptions, getpid, set_child_subreaper, wait};
use xtask::Failure;

/// How often a child is looked after, and every how many looks its descendants are counted.
const LOOK_EVERY: Duration = Duration::from_millis(20);
const LOOKS_PER_COUNT: u32 = 5;

/// A process.
#[derive(Clone, Debug)]
pub struct Process {
    /// Its number.
    pub pid: i32,
    /// The name of its program, of which the system keeps 15 bytes.
    pub name: String,
    parent: i32,
    /// It has ended, and nobody has asked how.
    is_over: bool,
}

/// What a run took.
pub struct Took {
    /// How it ended.
    pub status: ExitStatus,
    /// Time on the clock.
    pub wall: Duration,
    /// Processor time of it and of all that it had waited for.
    pub cpu: Duration,
    /// The largest memory that a process had, in bytes, and which.
    pub largest: (u64, String),
    /// The largest memory that all had together, in bytes. What they share counts for each.
    pub together: u64,
    /// The most processes there were at a time.
    pub most: usize,
}

/// Takes in orphans from now on.
///
/// # Errors
/// When the system does not allow it.
pub fn take_in_orphans() -> Result<(), Failure> {
    set_child_subreaper(Some(getpid())).map_err(|error| Failure::new(format!("Orphans can't be taken in: {error}.")))
}

/// Waits for a child, and looks at all below it meanwhile.
///
/// # Errors
/// When it can't be waited for.
pub fn watch(mut child: Child) -> Result<Took, Failure> {
    let (began, cpu) = (Instant::now(), cpu());
    let (mut largest, mut together, mut most) = ((0, String::new()), 0, 0);
    for look in 0_u32.. {
        let ended = child.try_wait().map_err(|error| Failure::new(format!("A run can't be waited for: {error}.")))?;
        if let Some(status) = ended {
            let wall = began.elapsed();
            bury();
            return Ok(Took { status, wall, cpu: self::cpu().saturating_sub(cpu), largest, together, most });
        }
        if look % LOOKS_PER_COUNT == 0 {
            let below = below();
            let mut sum = 0;
            for process in &below {
                let (now, peak) = memory(process.pid);
                sum += now;
                if peak > largest.0 {
                    largest = (peak, process.name.clone());
                }
            }
            together = together.max(sum);
            most = most.max(below.len());
        }
        thread::sleep(LOOK_EVERY);
    }
    unreachable!("a run ends before 2^32 looks")
}

/// Reaps orphans that have ended. Only while no child is being waited for.
pub fn bury() {
    while let Ok(Some(_)) = wait(WaitOptions::NOHANG) {}
}

/// All processes below this one that have not ended.
pub fn below() -> Vec<Process> {
    let all: Vec<Process> =
        fs::read_dir("/proc").into_iter().flatten().flatten().filter_map(|entry| read(&entry)).collect();
    let mut children: BTreeMap<i32, Vec<&Process>> = BTreeMap::new();
    all.iter().for_each(|process| children.entry(process.parent).or_default().push(process));
    let (mut found, mut seen) = (Vec::new(), BTreeSet::new());
    let mut next = vec![getpid().as_raw_nonzero().get()];
    while let Some(parent) = next.pop() {
        for process in children.get(&parent).into_iter().flatten().filter(|process| seen.insert(process.pid)) {
            next.push(process.pid);
            found.push((*process).clone());
        }
    }
    found.retain(|process| !process.is_over);
    found
}

fn read(entry: &fs::DirEntry) -> Option<Process> {
    let pid = entry.file_name().to_str()?.parse().ok()?;
    let stat = fs::read(entry.path().join("stat")).ok()?;
    let stat = String::from_utf8_lossy(&stat);
    // A name may have blanks and brackets in it; the last bracket is the end of it.
    let (start, rest) = stat.rsplit_once(')')?;
    let (_, name) = start.split_once('(')?;
    let mut fields = rest.split_whitespace();
    let (state, parent) = (fields.next()?, fields.next()?.parse().ok()?);
    Some(Process { pid, name: name.to_owned(), parent, is_over: matches!(state, "Z" | "X") })
}

/// What a process has in memory now and what it had at most, in bytes.
fn memory(pid: i32) -> (u64, u64) {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let field = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name));
        let kib: Option<u64> = line.and_then(|line| line.trim_end_matches(" kB").trim().parse().ok());
        kib.unwrap_or(0) << 10
    };
    (field("VmRSS:"), field("VmHWM:"))
}

/// Processor time of all children that were waited for.
fn cpu() -> Duration {
    let Ok(usage) = getrusage(UsageWho::RUSAGE_CHILDREN) else { return Duration::ZERO };
    let micros = usage.user_time().num_microseconds() + usage.system_time().num_microseconds();
    Duration::from_micros(u64::try_from(micros).unwrap_or(0))
}
