//! Progress, on standard error.
//!
//! A spinner is for somebody who waits in front of a terminal. A log gets one plain line for each stage instead, and
//! standard output never gets any of it.

use std::io::{IsTerminal, stderr};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

/// Shows what is being waited for.
#[derive(Debug)]
pub struct Meter {
    bar: ProgressBar,
    terminal: bool,
}

impl Meter {
    /// On a terminal a spinner, elsewhere a line for each stage.
    pub fn new() -> Self {
        let terminal = stderr().is_terminal();
        let bar = if terminal { ProgressBar::new_spinner() } else { ProgressBar::hidden() };
        let style = ProgressStyle::with_template("{spinner} {msg}").expect("the template is well-formed");
        bar.set_style(style);
        Meter { bar, terminal }
    }

    /// A meter that shows nothing.
    pub fn silent() -> Self {
        Meter { bar: ProgressBar::hidden(), terminal: true }
    }

    /// A new stage begins.
    pub fn stage(&self, what: &str) {
        self.bar.enable_steady_tick(Duration::from_millis(120));
        self.bar.set_message(what.to_owned());
        if !self.terminal {
            eprintln!("{what}");
        }
    }

    /// Detail of the running stage, for a terminal only.
    pub fn detail(&self, what: impl Into<String>) {
        self.bar.set_message(what.into());
    }

    /// Says something that stays, on standard error.
    pub fn note(&self, text: &str) {
        self.bar.suspend(|| eprintln!("{text}"));
    }

    /// Takes the spinner away.
    pub fn clear(&self) {
        self.bar.finish_and_clear();
    }
}

impl Default for Meter {
    fn default() -> Self {
        Meter::new()
    }
}

impl Drop for Meter {
    fn drop(&mut self) {
        self.clear();
    }
}
