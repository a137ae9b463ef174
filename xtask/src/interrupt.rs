//! Ctrl-C, and the children it must not leave behind.
//!
//! A terminal sends Ctrl-C to every process of its group, but a supervisor or an editor may signal this process alone.
//! So every child is registered here and ended from here. Should even this process be killed outright, a grading
//! program still notices: its standard input closes, and it leaves.

use std::io;
use std::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command, ExitStatus, exit};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// The exit status of a program that Ctrl-C ended, as shells report it: 128 + SIGINT.
const INTERRUPTED: i32 = 130;

static CHILDREN: Mutex<Vec<Arc<Mutex<Child>>>> = Mutex::new(Vec::new());

/// From now on Ctrl-C ends all children, then this process.
///
/// # Panics
/// If it is called twice.
pub fn install() {
    ctrlc::set_handler(|| {
        // Never given back: no child may be started between the last kill and the exit.
        let children = lock(&CHILDREN);
        for child in children.iter() {
            // One that has ended already can't be killed, and need not be.
            let _ = lock(child).kill();
        }
        exit(INTERRUPTED);
    })
    .expect("the handler is installed once, at the start");
}

/// A child process that ends with this value, or on Ctrl-C, whichever comes first.
#[derive(Debug)]
pub struct Guarded(Arc<Mutex<Child>>);

impl Guarded {
    /// Starts `command`.
    pub fn spawn(command: &mut Command) -> io::Result<Guarded> {
        let mut children = lock(&CHILDREN);
        let child = Arc::new(Mutex::new(command.spawn()?));
        children.push(Arc::clone(&child));
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
        // The only error is that it has ended already.
        let _ = child.kill();
        let _ = child.wait();
    }
}

impl Drop for Guarded {
    fn drop(&mut self) {
        self.kill();
        lock(&CHILDREN).retain(|child| !Arc::ptr_eq(child, &self.0));
    }
}

/// A panic elsewhere must not keep a child from being killed.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
