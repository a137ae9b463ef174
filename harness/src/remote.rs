//! The judge's end: learner's code that runs in processes of its own.
//!
//! A judge keeps nothing of the learner's in its own process. Where an exercise would make an object of the learner's, it
//! [hires](hire) a worker instead, a fresh process in a jail, and talks to it in frames over a socket: an order out, an answer
//! back, one at a time. Whatever the worker does instead of answering (panic, exit, lie, say too much) ends the run with
//! a verdict that earns nothing.
//!
//! Frames to a worker are a length and bytes. Frames from it are a length, a kind and bytes; how long they may be is bounded before
//! anything is read. Lengths are 32 bits, little endian.

use std::io::{self, Read, Write};
use std::panic::resume_unwind;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::Instant;

use report::CheckStatus;
use serde::Serialize;
use serde::de::DeserializeOwned;
use sim::plain;
use sim::remote::Agency;

use crate::panics::{self, Panic};

/// How long an answer may be, in bytes.
pub const MAX_ANSWER_BYTES: usize = 16 << 20;

/// How many panics one answer may tell of.
const MAX_PANICS: usize = 16;

/// How many bytes of a panic's message and place are kept.
const MAX_PANIC_BYTES: usize = 4096;

/// What stands before the bytes of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Kind {
    /// The answer.
    Answer = 0,
    /// The panics that there are instead.
    Panicked = 1,
}

/// The end of a socket.
pub trait Channel: Read + Write + Send {}

impl<C: Read + Write + Send> Channel for C {}

/// Starts workers, and knows how they end.
pub trait Employer: Send {
    /// A fresh worker. An error is a fault of the judge's, not of the learner's. What it prints is kept if `heard`.
    fn hire(&mut self, heard: bool) -> io::Result<Box<dyn Channel>>;

    /// What workers have printed that were hired to be heard, since this was last asked.
    fn heard(&mut self) -> Vec<u8>;

    /// What to say of the worker that was hired last, and does not answer any more: it is gone, or `late`. Nothing is left of
    /// it afterwards.
    fn autopsy(&mut self, late: bool) -> Gone;
}

static EMPLOYER: OnceLock<Mutex<Box<dyn Employer>>> = OnceLock::new();
static HEARD: AtomicBool = AtomicBool::new(false);

/// Has workers started by `employer`, from now on.
pub fn employ(employer: Box<dyn Employer>) {
    assert!(EMPLOYER.set(Mutex::new(employer)).is_ok(), "a judge has one employer");
}

/// Whether the learner's code is elsewhere.
pub fn is_employed() -> bool {
    EMPLOYER.get().is_some()
}

fn employer<T>(ask: impl FnOnce(&mut dyn Employer) -> T) -> T {
    let employer = EMPLOYER.get().expect("a judge employs somebody before it grades");
    ask(&mut **employer.lock().unwrap_or_else(PoisonError::into_inner))
}

/// Whether what workers print is of interest, from now on. Of the many runs of a check only the one that is told is.
pub fn hear(heard: bool) {
    HEARD.store(heard, Ordering::Relaxed);
}

/// What workers have printed that was of interest, since this was last asked. Nothing where nobody works elsewhere.
pub fn heard() -> Vec<u8> {
    if is_employed() { employer(|employer| employer.heard()) } else { Vec::new() }
}

/// Why there is no verdict from the promise itself: the worker is gone. It unwinds from wherever a worker was needed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gone {
    /// What that makes of the check.
    pub status: CheckStatus,
    /// In words for the learner.
    pub message: String,
}

impl Gone {
    /// Ends the run.
    pub fn unwind(self) -> ! {
        resume_unwind(Box::new(self))
    }
}

/// What unwinds for a panic in a worker, which has been [recorded](panics::record_elsewhere).
pub struct PanickedElsewhere;

/// A worker.
pub struct Line {
    channel: Box<dyn Channel>,
}

/// Starts a worker.
pub fn hire() -> Line {
    match employer(|employer| employer.hire(HEARD.load(Ordering::Relaxed))) {
        Ok(channel) => Line { channel },
        Err(error) => panic!("no worker could be started: {error}"),
    }
}

/// Where the nodes of a simulated world come from.
pub const AGENCY: Agency = Agency { hire: || Box::new(hire()), refuse };

/// Ends the run of a worker that has sent what no honest one sends.
pub fn refuse(why: &str) -> ! {
    Gone {
        status: CheckStatus::Aborted,
        message: format!("your code wrote to the socket that only the grader may write to: {why}"),
    }
    .unwind()
}

fn too_long(bytes: usize, most_bytes: usize) -> ! {
    Gone {
        status: CheckStatus::Aborted,
        message: format!("your code answered with {bytes} bytes; {most_bytes} are the most"),
    }
    .unwind()
}

impl Line {
    /// Sends an order and reads its answer.
    pub fn ask<A: Serialize, R: DeserializeOwned>(&mut self, order: &A) -> R {
        self.ask_for(order, MAX_ANSWER_BYTES)
    }

    /// The same where no honest answer has more than `most_bytes`. A value may take some thirty times the memory of its bytes,
    /// so a bound on these is one on that.
    pub fn ask_for<A: Serialize, R: DeserializeOwned>(&mut self, order: &A, most_bytes: usize) -> R {
        let answer = sim::remote::Line::call(self, &plain::save(order));
        if answer.len() > most_bytes {
            too_long(answer.len(), most_bytes)
        }
        plain::load(&answer).unwrap_or_else(|| refuse("an answer that is none"))
    }

    fn exchange(&mut self, order: &[u8]) -> io::Result<(u8, Vec<u8>)> {
        let mut frame = Vec::with_capacity(order.len() + 4);
        frame.extend(u32::try_from(order.len()).map_err(io::Error::other)?.to_le_bytes());
        frame.extend(order);
        self.channel.write_all(&frame)?;
        let mut head = [0; 5];
        self.channel.read_exact(&mut head)?;
        let [a, b, c, d, kind] = head;
        let length = u32::from_le_bytes([a, b, c, d]) as usize;
        if length > MAX_ANSWER_BYTES {
            too_long(length, MAX_ANSWER_BYTES)
        }
        // Grows with what arrives, not with what is announced.
        let mut bytes = Vec::new();
        (&mut self.channel).take(length as u64).read_to_end(&mut bytes)?;
        if bytes.len() < length {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        Ok((kind, bytes))
    }
}

impl sim::remote::Line for Line {
    fn call(&mut self, order: &[u8]) -> Vec<u8> {
        match patiently(|| self.exchange(order)) {
            Ok((kind, bytes)) if kind == Kind::Answer as u8 => bytes,
            Ok((kind, bytes)) if kind == Kind::Panicked as u8 => panicked(&bytes),
            Ok(_) => refuse("a frame of no kind"),
            Err(error) => {
                let late = matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut);
                employer(|employer| employer.autopsy(late)).unwind()
            }
        }
    }
}

/// How long a check waits for workers in all, in milliseconds of real time. It ends what never ends by itself, and decides
/// nothing else: right code takes a hundredth of it.
const PATIENCE_MS: u64 = 60_000;

static WAITED_US: AtomicU64 = AtomicU64::new(0);

/// A check begins, with all the patience there is.
pub fn begin() {
    WAITED_US.store(0, Ordering::Relaxed);
}

#[expect(clippy::disallowed_methods, reason = "how long a worker takes is real time")]
fn patiently<T>(wait: impl FnOnce() -> T) -> T {
    let began = Instant::now();
    let result = wait();
    let us = u64::try_from(began.elapsed().as_micros()).unwrap_or(u64::MAX);
    if WAITED_US.fetch_add(us, Ordering::Relaxed) > PATIENCE_MS * 1000 {
        employer(|employer| employer.autopsy(true)).unwind()
    }
    result
}

fn panicked(bytes: &[u8]) -> ! {
    let Some(panics) = plain::load::<Vec<Panic>>(bytes).filter(|panics| !panics.is_empty()) else {
        refuse("a panic that is none")
    };
    for mut panic in panics.into_iter().take(MAX_PANICS) {
        panic.shorten(MAX_PANIC_BYTES);
        panics::record_elsewhere(panic);
    }
    resume_unwind(Box::new(PanickedElsewhere))
}
