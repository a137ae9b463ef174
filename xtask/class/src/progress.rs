//! How far a run is, on standard error.
//!
//! In front of a terminal a bar with the time that is left; in a log a line for every twentieth of the class, because a
//! build server that hears nothing for ten minutes takes a job for dead, and nobody reads six thousand lines.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{IsTerminal, Write, stderr};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use xtask::interrupt;

use crate::run::{Unit, Watch};

/// How many lines a log gets, about.
const LINES: usize = 20;

/// What Ctrl-C leaves on the terminal: a bar to take away and words to say.
static AT_THE_END: OnceLock<(ProgressBar, String)> = OnceLock::new();

/// Shows how far a run is.
#[derive(Debug)]
pub struct Progress {
    bar: ProgressBar,
    terminal: bool,
    state: Mutex<State>,
    submissions: usize,
}

#[derive(Debug)]
struct State {
    /// How many units of a submission are open.
    open: BTreeMap<String, usize>,
    /// What the workers are at.
    at: BTreeSet<(String, String)>,
    done: usize,
}

impl Progress {
    /// For these units, of a class (or a share of one) of so many submissions.
    pub fn new(units: &[Unit<'_>], submissions: usize) -> Self {
        let terminal = stderr().is_terminal() && !units.is_empty();
        let mut open = BTreeMap::new();
        for unit in units {
            *open.entry(unit.submission.name.clone()).or_insert(0) += 1;
        }
        let done = submissions - open.len();
        let bar = if terminal { ProgressBar::new(units.len() as u64) } else { ProgressBar::hidden() };
        let template = "{spinner} [{bar:30}] {prefix}, {eta} left  {wide_msg}";
        bar.set_style(
            ProgressStyle::with_template(template).expect("the template is well-formed").progress_chars("##-"),
        );
        bar.enable_steady_tick(Duration::from_millis(120));
        let state = Mutex::new(State { open, at: BTreeSet::new(), done });
        let progress = Progress { bar, terminal, state, submissions };
        progress.bar.set_prefix(progress.told(done));
        progress
    }

    /// What Ctrl-C says last. Only the first call in a process counts.
    pub fn before_exit(&self, words: String) {
        if AT_THE_END.set((self.bar.clone(), words)).is_ok() {
            interrupt::before_exit(|| {
                if let Some((bar, words)) = AT_THE_END.get() {
                    bar.finish_and_clear();
                    let _ = writeln!(std::io::stderr(), "{words}");
                }
            });
        }
    }

    /// Takes the bar away.
    pub fn clear(&self) {
        self.bar.finish_and_clear();
    }

    fn told(&self, done: usize) -> String {
        format!("{done} of {} graded", submissions(self.submissions))
    }

    fn show(&self, state: &State) {
        let at = state.at.iter().map(|(submission, exercise)| format!("{submission}: {exercise}"));
        self.bar.set_message(at.collect::<Vec<_>>().join("  "));
    }
}

/// `1 submission`, `2 submissions`.
pub fn submissions(count: usize) -> String {
    if count == 1 { "1 submission".to_owned() } else { format!("{count} submissions") }
}

impl Watch for Progress {
    fn begins(&self, unit: Unit<'_>) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.at.insert((unit.submission.name.clone(), unit.answer.exercise.clone()));
        self.show(&state);
    }

    fn ended(&self, unit: Unit<'_>) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.at.remove(&(unit.submission.name.clone(), unit.answer.exercise.clone()));
        self.bar.inc(1);
        let open = state.open.get_mut(&unit.submission.name).expect("the unit is one of those announced");
        *open -= 1;
        if *open == 0 {
            state.done += 1;
            self.bar.set_prefix(self.told(state.done));
            let (now, before) = (state.done * LINES / self.submissions, (state.done - 1) * LINES / self.submissions);
            if !self.terminal && now > before {
                eprintln!("{}", self.told(state.done));
            }
        }
        self.show(&state);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.clear();
    }
}
