//! Ctrl-C, and the children it must not leave behind.
//!
//! A terminal sends Ctrl-C to every process of its group, but a supervisor or an editor may signal this process alone.
//! So every child is registered here and ended from here. Should even this process be killed outright, a grading
//! program still notices: its standard input closes, and it leaves.
//!
//! On Unix every child leads a process group of its own, so that what it started itself (rustc below cargo, a program
//! below a learner's code) ends with it. Elsewhere only the child is ended; what it started is left to the system.

use std::io;
use std::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command, ExitStatus, exit};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// The exit status of a program that Ctrl-C ended, as shells report it: 128 + SIGINT.
const INTERRUPTED: i32 = 130;

static CHILDREN: Mutex<Vec<Known>> = Mutex::new(Vec::new());

/// Whether grading programs may start. Changed and read only by who holds [`CHILDREN`].
static GRADERS_STOPPED: AtomicBool = AtomicBool::new(false);

static HAS_COME: AtomicBool = AtomicBool::new(false);

static BEFORE_EXIT: Mutex<Option<fn()>> = Mutex::new(None);

/// A child, and whether it is a grading program.
struct Known {
    child: Arc<Mutex<Child>>,
    grader: bool,
}

/// From now on Ctrl-C ends all children, then this process.
///
/// # Panics
/// If it is called twice.
pub fn install() {
    ctrlc::set_handler(|| {
        // First of all, so that whoever sees a child die of this can tell.
        HAS_COME.store(true, Ordering::SeqCst);
        // Never given back: no child may be started between the last kill and the exit.
        let children = lock(&CHILDREN);
        end(children.iter());
        if let Some(last) = *lock(&BEFORE_EXIT) {
            // Whoever it wants to tell something may be gone. This process still has to go.
            let _ = std::panic::catch_unwind(last);
        }
        exit(INTERRUPTED);
    })
    .expect("the handler is installed once, at the start");
}

/// Whether Ctrl-C has come, so that how a child ended says nothing about the child.
pub fn has_come() -> bool {
    HAS_COME.load(Ordering::SeqCst)
}

/// What else to do before Ctrl-C ends this process: a terminal to give back.
pub fn before_exit(last: fn()) {
    *lock(&BEFORE_EXIT) = Some(last);
}

/// Ends the grading programs and lets none start until [`let_graders_start`]: their results are not wanted any more.
///
/// Cargo goes on. Killed, it would leave a rustc behind that writes into the folder of the next one.
pub fn stop_graders() {
    let children = lock(&CHILDREN);
    GRADERS_STOPPED.store(true, Ordering::SeqCst);
    end(children.iter().filter(|known| known.grader));
}

/// Grading programs may start again.
pub fn let_graders_start() {
    let _children = lock(&CHILDREN);
    GRADERS_STOPPED.store(false, Ordering::SeqCst);
}

/// Ends all children, because this process is about to leave.
pub fn end_children() {
    end(lock(&CHILDREN).iter());
}

fn end<'k>(children: impl Iterator<Item = &'k Known>) {
    for known in children {
        end_one(&mut lock(&known.child));
    }
}

/// A child process that ends with this value, or on Ctrl-C, whichever comes first.
#[derive(Debug)]
pub struct Guarded(Arc<Mutex<Child>>);

impl Guarded {
    /// Starts `command`.
    ///
    /// # Errors
    /// If the system can't.
    pub fn spawn(command: &mut Command) -> io::Result<Guarded> {
        Guarded::start(command, false)
    }

    /// Starts a grading program.
    ///
    /// # Errors
    /// If the system can't, or after [`stop_graders`].
    pub fn spawn_grader(command: &mut Command) -> io::Result<Guarded> {
        Guarded::start(command, true)
    }

    fn start(command: &mut Command, grader: bool) -> io::Result<Guarded> {
        lead_a_group(command);
        let mut children = lock(&CHILDREN);
        if grader && GRADERS_STOPPED.load(Ordering::SeqCst) {
            return Err(io::Error::new(io::ErrorKind::Interrupted, "its result is not wanted any more"));
        }
        let child = Arc::new(Mutex::new(command.spawn()?));
        children.push(Known { child: Arc::clone(&child), grader });
        Ok(Guarded(child))
    }

    /// The writing end of its standard input, once, if that is a pipe.
    pub fn stdin(&self) -> Option<ChildStdin> {
        lock(&self.0).stdin.take()
    }

    /// The reading end of its standard output, once, if that is a pipe.
    pub fn stdout(&self) -> Option<ChildStdout> {
        lock(&self.0).stdout.take()
    }

    /// The reading end of its standard error, once, if that is a pipe.
    pub fn stderr(&self) -> Option<ChildStderr> {
        lock(&self.0).stderr.take()
    }

    /// Its exit status, if it has ended.
    pub fn ended(&self) -> io::Result<Option<ExitStatus>> {
        lock(&self.0).try_wait()
    }

    /// Waits for its end, at most `patience`.
    pub fn wait(&self, patience: Duration) -> io::Result<Option<ExitStatus>> {
        let until = Instant::now() + patience;
        let mut pause = Duration::from_micros(200);
        loop {
            // The lock is free between two looks, so that Ctrl-C can still kill the child.
            if let Some(status) = self.ended()? {
                return Ok(Some(status));
            }
            if Instant::now() >= until {
                return Ok(None);
            }
            thread::sleep(pause);
            pause = (pause * 2).min(Duration::from_millis(20));
        }
    }

    /// Ends it.
    pub fn kill(&self) {
        let mut child = lock(&self.0);
        end_one(&mut child);
        // It is dead, or was before; waiting only takes it off the system's list.
        let _ = child.wait();
    }
}

impl Drop for Guarded {
    fn drop(&mut self) {
        self.kill();
        lock(&CHILDREN).retain(|known| !Arc::ptr_eq(&known.child, &self.0));
    }
}

#[cfg(unix)]
fn lead_a_group(command: &mut Command) {
    std::os::unix::process::CommandExt::process_group(command, 0);
}

#[cfg(not(unix))]
fn lead_a_group(_command: &mut Command) {}

/// Ends a child and, where there are process groups, what it started. Once its status was asked for and told, its
/// number may belong to somebody else, so then nothing is done.
fn end_one(child: &mut Child) {
    if let Ok(None) = child.try_wait() {
        #[cfg(unix)]
        if let Ok(group) = i32::try_from(child.id()) {
            use nix::sys::signal::{Signal, killpg};
            // The only error is that it has ended in this very moment.
            let _ = killpg(nix::unistd::Pid::from_raw(group), Signal::SIGKILL);
        }
        let _ = child.kill();
    }
}

/// A panic elsewhere must not keep a child from being killed.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
