//! The launcher: step by step into the cell, then into the program.

use std::convert::Infallible;
use std::ffi::{CString, OsStr, OsString};
use std::fs;
use std::io::{self, ErrorKind};
use std::os::fd::RawFd;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::Path;
use std::process::ExitCode;

use rustix::fs::Mode;
use rustix::process::{self, Resource, Rlimit, Signal};
use rustix::thread::{CapabilitySet, CapabilitySets, set_capabilities};

use super::{files, filter};
use crate::arguments::{self, Order};
use crate::{Cell, Conduct, Limits};

/// Stack of the main thread, in bytes: what systems usually give. Without a limit, memory would be laid out
/// differently.
const STACK_BYTES: u64 = 8 << 20;

/// What the launcher does with its arguments: it becomes the program, or says on standard error why not.
pub fn main(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let done = match arguments::read(arguments) {
        Ok(Order::Probe) => probe(),
        Ok(Order::Start { cell, parent, program }) => match start(&cell, parent, program) {
            Err(trouble) => Err(trouble),
        },
        Err(trouble) => Err(format!("{trouble}. The launcher is started by the grader, not by hand.")),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(trouble) => {
            eprintln!("jail: {trouble}");
            ExitCode::from(crate::NOT_STARTED as u8)
        }
    }
}

fn start(cell: &Cell, parent: u32, program: Vec<OsString>) -> Result<Infallible, String> {
    let text = |text: OsString| {
        CString::new(text.into_vec()).map_err(|error| format!("an argument has a zero byte in it: {error}"))
    };
    let arguments = program.into_iter().map(text).collect::<Result<Vec<_>, _>>()?;
    let environment = std::env::vars_os().map(|(name, value)| {
        let mut entry = name;
        entry.push("=");
        entry.push(value);
        text(entry)
    });
    let environment = environment.collect::<Result<Vec<_>, _>>()?;
    let path = arguments.first().expect("an order names a program").clone();
    let shown = OsStr::from_bytes(path.as_bytes());

    close_inherited()?;
    leave_family(parent)?;
    limit(&cell.limits)?;
    files::confine(cell, Some(Path::new(shown)))?;
    filter::confine(cell.conduct, &path)?;
    let Err(error) = nix::unistd::execve(&path, &arguments, &environment);
    let advice = match error {
        nix::errno::Errno::ENOENT | nix::errno::Errno::EACCES => {
            " Is it a program, and is the loader that it names among what the cell executes?"
        }
        nix::errno::Errno::ENOMEM => " Does the cell have enough memory for it?",
        _ => "",
    };
    Err(format!("can't start {}: {}.{advice}", shown.display(), error.desc()))
}

/// Closes whatever the caller's caller left open: no descriptor but 0, 1 and 2 gets into the cell.
fn close_inherited() -> Result<(), String> {
    let trouble = |error: io::Error| format!("can't tell which files are open: {error}. Is /proc mounted?");
    let names = fs::read_dir("/proc/self/fd").map_err(trouble)?.map(|entry| entry.map(|entry| entry.file_name()));
    let names = names.collect::<io::Result<Vec<_>>>().map_err(trouble)?;
    let descriptors = names.iter().filter_map(|name| name.to_str()?.parse::<RawFd>().ok());
    for descriptor in descriptors.filter(|&descriptor| descriptor > 2) {
        // The one that listed them is among them, and closed already.
        let _ = nix::unistd::close(descriptor);
    }
    Ok(())
}

/// A session of its own, no privileges, and an end when the parent ends.
fn leave_family(parent: u32) -> Result<(), String> {
    process::umask(Mode::RWXG | Mode::RWXO);
    if let Err(error) = process::setsid() {
        return Err(format!(
            "can't leave the session: {error}. Start the launcher without a process group of its own."
        ));
    }
    // If the machine runs out of memory, this is to go first. Where it can't be said, the limits still hold.
    let _ = fs::write("/proc/self/oom_score_adj", "1000");
    let none = CapabilitySet::empty();
    let none = CapabilitySets { effective: none, permitted: none, inheritable: none };
    set_capabilities(None, none).map_err(|error| format!("can't give up the privileges of root: {error}"))?;
    process::set_parent_process_death_signal(Some(Signal::KILL))
        .map_err(|error| format!("can't be told when the grader ends: {error}"))?;
    // If it ended before that, somebody else is the parent now, and there would be no such signal.
    match process::getppid() {
        Some(pid) if pid.as_raw_nonzero().get().unsigned_abs() == parent => Ok(()),
        _ => Err("whoever started the launcher has ended meanwhile".to_owned()),
    }
}

fn limit(limits: &Limits) -> Result<(), String> {
    let both = |value: u64| (value, value);
    let wanted = [
        ("processor time", Resource::Cpu, (limits.cpu_s, limits.cpu_s.saturating_add(1))),
        ("memory", Resource::As, both(limits.memory_bytes)),
        ("file length", Resource::Fsize, both(limits.file_bytes)),
        ("open files", Resource::Nofile, both(limits.open_files)),
        ("stack", Resource::Stack, both(STACK_BYTES)),
        ("core dumps", Resource::Core, both(0)),
        ("locked memory", Resource::Memlock, both(0)),
        ("queued bytes", Resource::Msgqueue, both(0)),
    ];
    for (name, resource, (soft, hard)) in wanted {
        // A limit can only be lowered: one that is lower already stays.
        let most = process::getrlimit(resource).maximum.unwrap_or(u64::MAX);
        let limit = Rlimit { current: Some(soft.min(most)), maximum: Some(hard.min(most)) };
        process::setrlimit(resource, limit).map_err(|error| format!("can't limit {name} to {soft}: {error}"))?;
    }
    Ok(())
}

/// Goes into an empty cell and looks whether it holds.
fn probe() -> Result<(), String> {
    let limits = Limits { cpu_s: 1, memory_bytes: 1 << 30, file_bytes: 0, open_files: 16 };
    let cell = Cell { reads: Vec::new(), executes: Vec::new(), writes: Vec::new(), limits, conduct: Conduct::Worker };
    limit(&cell.limits)?;
    files::confine(&cell, None)?;
    filter::confine(cell.conduct, c"")?;
    match fs::read_dir("/") {
        Err(error) if error.kind() == ErrorKind::PermissionDenied => {}
        _ => return Err("This kernel accepts landlock's rules and doesn't keep them: `/` could be listed.".to_owned()),
    }
    match std::os::unix::net::UnixDatagram::unbound() {
        Err(error) if error.raw_os_error() == Some(libc::ENOSYS) => Ok(()),
        _ => Err("This kernel accepts a filter for system calls and doesn't keep it: a socket was made.".to_owned()),
    }
}
