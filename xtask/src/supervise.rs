//! One exercise, graded in processes of its own that are watched from outside.
//!
//! Whatever a learner's code does to its process, every other check still gets its verdict: a process that hangs, dies
//! or floods its output costs the check it was at, and a new process goes on with the checks that are left. Standard
//! output and standard error share one pipe, because only the order within a pipe says which check a print belongs to.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Read};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

use report::frame::{Decoder, Frame, Line, NONCE_ENV};
use report::{CheckResult, CheckStatus};

use crate::cause::{self, End};
use crate::course::Budget;
use crate::interrupt::Guarded;
use crate::printed::Printed;

/// How long a program may take until its first check begins, in milliseconds, on top of a schedule's time: loading a
/// fresh executable is slow where a virus scanner reads it first.
const START_MS: u64 = 10_000;

/// A check that gives no sign of life and has printed more than this share (one in …) of its budget prints without end.
const FLOOD_SHARE: u64 = 64;

/// How long a program may take to leave, and its last words to arrive, in milliseconds.
const LEAVE_MS: u64 = 1_000;

/// What to run.
#[derive(Clone, Debug)]
pub struct Job {
    /// The grading program.
    pub program: PathBuf,
    /// The exercise, or the name of a guest.
    pub exercise: String,
    /// The checks wanted, in the order of the results. Never empty.
    pub checks: Vec<String>,
    /// Whether to run all checks the program knows, to find those that `checks` does not list.
    pub unlisted: bool,
    /// Further options for the program: `--seed N`, `--deep`.
    pub options: Vec<String>,
    /// What it may use up.
    pub budget: Budget,
}

/// What came of it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Outcome {
    /// One result for each check of the job, in its order.
    pub checks: Vec<CheckResult>,
    /// Names of checks that the program ran although they are not listed.
    pub unlisted: BTreeSet<String>,
    /// Things worth saying that change no verdict.
    pub notes: BTreeSet<String>,
    /// False if the program said that the branch order of `select!` is left to chance.
    pub seeded_select: bool,
    /// How many of its processes ended by themselves before they were through.
    pub died: usize,
    /// Why the program could not be started, if it couldn't.
    pub not_started: Option<String>,
}

/// Runs `job`; `tell` hears of every check that begins and of the schedules run so far.
pub fn run(job: &Job, tell: &dyn Fn(&str, u64)) -> Outcome {
    let mut state = State::new(job);
    while let Some(left) = state.left() {
        match Run::start(job, &left, state.deadline) {
            Ok(mut run) => {
                let end = run.watch(&mut state, tell);
                run.settle_prints(&mut state);
                state.ended(job, &left, end, run);
            }
            Err(error) => state.not_started(&left, &error),
        }
    }
    state.outcome(job)
}

/// What is known so far.
struct State {
    wanted: Vec<String>,
    results: BTreeMap<String, CheckResult>,
    unlisted: BTreeSet<String>,
    notes: BTreeSet<String>,
    seeded_select: bool,
    died: usize,
    not_started: Option<String>,
    hangs: u64,
    hangs_allowed: u64,
    deadline: Option<Instant>,
}

impl State {
    fn new(job: &Job) -> Self {
        // Counted in hangs, not on the clock: which checks are still run must not depend on how busy a machine is. The
        // last one that would fill the budget to the brim is left out, as starting programs takes time as well.
        let fit = job.budget.exercise_ms.div_ceil(job.budget.schedule_ms.max(1)).saturating_sub(1);
        State {
            wanted: job.checks.clone(),
            results: BTreeMap::new(),
            unlisted: BTreeSet::new(),
            notes: BTreeSet::new(),
            seeded_select: true,
            died: 0,
            not_started: None,
            hangs: 0,
            hangs_allowed: fit.max(1),
            deadline: None,
        }
    }

    /// The checks still to run, if there are any and there is time for them.
    fn left(&mut self) -> Option<Vec<String>> {
        let open = self.wanted.iter().filter(|name| !self.results.contains_key(*name));
        let left: Vec<String> = open.cloned().collect();
        let late = self.deadline.is_some_and(|deadline| Instant::now() >= deadline);
        if self.hangs >= self.hangs_allowed || late {
            for name in &left {
                self.record(CheckResult::new(name, CheckStatus::TimedOut, cause::NOT_RUN));
            }
            return None;
        }
        (!left.is_empty()).then_some(left)
    }

    /// Keeps the first result of a check that was asked for.
    fn record(&mut self, result: CheckResult) {
        if self.wanted.contains(&result.name) {
            self.results.entry(result.name.clone()).or_insert(result);
        } else {
            self.unlisted.insert(result.name);
        }
    }

    fn ended(&mut self, job: &Job, left: &[String], end: End, run: Run) {
        if end == End::Done {
            // Every process settles at least one check, or else the loop over processes would never end.
            for name in left {
                self.record(CheckResult::new(name, CheckStatus::Undecided, cause::UNKNOWN_CHECK));
            }
            return;
        }
        let current = run.current.as_ref().map(|current| current.name.clone());
        let running = current.filter(|name| left.contains(name) && !self.results.contains_key(name));
        let between = running.is_none();
        let next = left.iter().find(|name| !self.results.contains_key(*name)).cloned();
        let Some(name) = running.or(next) else { return };
        self.died += usize::from(matches!(end, End::Died(_)));
        if end == End::Hang {
            self.hangs += 1;
            let ahead = job.budget.exercise_ms.saturating_sub(job.budget.schedule_ms);
            self.deadline.get_or_insert(Instant::now() + Duration::from_millis(ahead));
        }
        let (status, message) = cause::explain(&end, &run.last_words, &job.budget, between);
        let mut result = CheckResult::new(name, status, message);
        if let Some(current) = run.current.filter(|current| !current.finished) {
            result.millis = millis(current.began);
            result.printed = current.printed.finish();
        }
        self.record(result);
    }

    fn not_started(&mut self, left: &[String], error: &io::Error) {
        self.not_started = Some(error.to_string());
        let message = format!(
            "The grading program could not be started: {error}. A full disk or a virus scanner may be the reason; run \
             the check again."
        );
        for name in left {
            self.record(CheckResult::new(name, CheckStatus::Undecided, &message));
        }
    }

    fn outcome(mut self, job: &Job) -> Outcome {
        let take = |name: &String| self.results.remove(name).expect("every check has a result when none is left");
        let checks = job.checks.iter().map(take).collect();
        Outcome {
            checks,
            unlisted: self.unlisted,
            notes: self.notes,
            seeded_select: self.seeded_select,
            died: self.died,
            not_started: self.not_started,
        }
    }
}

/// The check that a process is at.
struct Current {
    name: String,
    began: Instant,
    printed: Printed,
    /// Finished checks stay current until the next begins, so that what they print late is not taken for another's.
    finished: bool,
}

/// One process.
struct Run {
    child: Guarded,
    /// The child leaves when this closes.
    _stdin: Option<std::process::ChildStdin>,
    chunks: Receiver<Vec<u8>>,
    decoder: Decoder,
    prefix: Vec<u8>,
    /// The beginning of a line whose end has not come.
    partial: Vec<u8>,
    /// Bytes in whole lines printed during the current check.
    printed_bytes: u64,
    output_bytes: u64,
    schedule: Duration,
    /// When the next frame must have come.
    due: Instant,
    deadline: Option<Instant>,
    current: Option<Current>,
    done: bool,
    /// The last lines printed, for the cause of death.
    last_words: String,
}

impl Run {
    fn start(job: &Job, left: &[String], deadline: Option<Instant>) -> io::Result<Run> {
        let nonce = nonce();
        let (reader, writer) = io::pipe()?;
        let mut command = Command::new(&job.program);
        command.args(["--exercise", &job.exercise]);
        if !job.unlisted || left.len() < job.checks.len() {
            command.args(left.iter().flat_map(|name| ["--check", name]));
        }
        command.args(&job.options).args(["--memory-mib", &job.budget.memory_mib.to_string()]);
        command.env(NONCE_ENV, &nonce).env("RUST_BACKTRACE", "0");
        command.stdin(Stdio::piped()).stdout(writer.try_clone()?).stderr(writer);
        let child = Guarded::spawn_grader(&mut command)?;
        // Its copies of the pipe's writing end would keep the pipe open for ever.
        drop(command);
        let (sender, chunks) = sync_channel(16);
        thread::spawn(move || {
            let mut reader = reader;
            let mut buffer = [0; 16 * 1024];
            while let Ok(read @ 1..) = reader.read(&mut buffer) {
                if sender.send(buffer[..read].to_vec()).is_err() {
                    return;
                }
            }
        });
        let schedule = Duration::from_millis(job.budget.schedule_ms);
        Ok(Run {
            _stdin: child.stdin(),
            child,
            chunks,
            decoder: Decoder::new(&nonce),
            prefix: format!("\u{1e}{nonce} ").into_bytes(),
            partial: Vec::new(),
            printed_bytes: 0,
            output_bytes: job.budget.output_kib * 1024,
            schedule,
            due: Instant::now() + schedule + Duration::from_millis(START_MS),
            deadline,
            current: None,
            done: false,
            last_words: String::new(),
        })
    }

    /// Reads until the process is through, dead, or to be killed.
    fn watch(&mut self, state: &mut State, tell: &dyn Fn(&str, u64)) -> End {
        loop {
            let now = Instant::now();
            if self.done {
                self.leave(state, tell);
                return End::Done;
            }
            if now >= self.due {
                // A flood may be too slow to fill its budget before the time is up; which of the two comes first must
                // not depend on how busy the machine is.
                let end = if self.printed() > self.output_bytes / FLOOD_SHARE { End::Flood } else { End::Hang };
                return self.end_by_force(end);
            }
            if self.deadline.is_some_and(|deadline| now >= deadline) {
                return self.end_by_force(End::OutOfTime);
            }
            let until = self.deadline.map_or(self.due, |deadline| deadline.min(self.due));
            match self.chunks.recv_timeout(until.saturating_duration_since(now)) {
                Ok(chunk) => self.take_in(&chunk, state, tell),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return self.dead(state, tell),
            }
            if self.printed() > self.output_bytes {
                return self.end_by_force(End::Flood);
            }
        }
    }

    fn end_by_force(&mut self, end: End) -> End {
        self.child.kill();
        end
    }

    /// After the last frame: the program leaves by itself, or is made to.
    fn leave(&mut self, state: &mut State, tell: &dyn Fn(&str, u64)) {
        let patience = Instant::now() + Duration::from_millis(LEAVE_MS);
        while let Ok(chunk) = self.chunks.recv_timeout(patience.saturating_duration_since(Instant::now())) {
            self.take_in(&chunk, state, tell);
        }
        self.child.kill();
    }

    /// Its output is closed, which is usually because it has ended.
    fn dead(&mut self, state: &mut State, tell: &dyn Fn(&str, u64)) -> End {
        let rest = std::mem::take(&mut self.partial);
        self.line(&rest, state, tell);
        if self.done {
            return End::Done;
        }
        match self.child.wait(Duration::from_millis(LEAVE_MS)) {
            Ok(Some(status)) => End::Died(status),
            // Closed its output and goes on: nothing can be heard from it any more.
            Ok(None) | Err(_) => self.end_by_force(End::Mute),
        }
    }

    fn take_in(&mut self, chunk: &[u8], state: &mut State, tell: &dyn Fn(&str, u64)) {
        for piece in chunk.split_inclusive(|byte| *byte == b'\n') {
            self.partial.extend_from_slice(piece);
            if piece.ends_with(b"\n") {
                let mut line = std::mem::take(&mut self.partial);
                line.pop();
                self.line(&line, state, tell);
            }
        }
    }

    /// Bytes printed during the current check. An unfinished line counts, unless it is the beginning of a frame.
    fn printed(&self) -> u64 {
        let partial = if self.partial.starts_with(&self.prefix) { 0 } else { self.partial.len() as u64 };
        self.printed_bytes + partial
    }

    fn line(&mut self, line: &[u8], state: &mut State, tell: &dyn Fn(&str, u64)) {
        let text = String::from_utf8_lossy(line);
        for line in self.decoder.line(text.strip_suffix('\r').unwrap_or(&text)) {
            match line {
                Line::Frame(frame) => self.frame(frame, state, tell),
                Line::Printed(text) => self.print(&text),
            }
        }
    }

    fn print(&mut self, text: &str) {
        self.printed_bytes += text.len() as u64 + 1;
        cause::remember(&mut self.last_words, text);
        if let Some(current) = &mut self.current {
            current.printed.line(text);
        }
    }

    fn frame(&mut self, frame: Frame, state: &mut State, tell: &dyn Fn(&str, u64)) {
        self.due = Instant::now() + self.schedule;
        match frame {
            Frame::Hello { seeded_select } => {
                state.seeded_select &= seeded_select;
                self.due += Duration::from_millis(START_MS);
            }
            Frame::Started { check, .. } => {
                tell(&check, 0);
                self.settle_prints(state);
                self.printed_bytes = 0;
                self.last_words.clear();
                let began = Instant::now();
                self.current = Some(Current { name: check, began, printed: Printed::default(), finished: false });
            }
            Frame::Progress { schedules } => {
                let name = self.current.as_ref().map_or("", |current| &current.name);
                tell(name, schedules);
            }
            Frame::Story => {
                if let Some(current) = &mut self.current {
                    current.printed = Printed::default();
                }
            }
            Frame::Note(note) => drop(state.notes.insert(note)),
            Frame::Finished(result) => {
                if let Some(current) = self.current.as_mut().filter(|current| current.name == result.name) {
                    current.finished = true;
                }
                state.record(*result);
            }
            Frame::Done => {
                self.settle_prints(state);
                self.done = true;
            }
        }
    }

    /// Hands what a finished check printed to its result.
    fn settle_prints(&mut self, state: &mut State) {
        if let Some(current) = self.current.as_ref().filter(|current| current.finished)
            && let Some(result) = state.results.get_mut(&current.name)
            && result.printed.is_empty()
        {
            result.printed = current.printed.finish();
        }
    }
}

fn millis(since: Instant) -> u64 {
    u64::try_from(since.elapsed().as_millis()).unwrap_or(u64::MAX)
}

/// Not a secret: it only has to differ from what a learner prints by accident, or by looking at an older run.
fn nonce() -> String {
    use std::hash::{BuildHasher, RandomState};
    format!("{:016x}", RandomState::new().hash_one(std::process::id()))
}
