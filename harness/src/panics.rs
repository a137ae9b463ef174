//! Panics of the code under test, also those that nobody looks at.
//!
//! A panic inside a spawned task ends in a `JoinError` that can be dropped unseen. The hook sees every one of them, so a
//! check asks here instead of trusting what comes back.

use std::cell::Cell;
use std::panic::{self, AssertUnwindSafe, PanicHookInfo};
use std::sync::{Mutex, Once, PoisonError};

use explore::{Evidence, Outcome, Trial};
use serde::{Deserialize, Serialize};
use sim::Trace;

use crate::remote::Gone;

/// A panic: what it said and where.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Panic {
    /// Its message.
    pub message: String,
    /// `file:line:column`.
    pub place: String,
}

impl Panic {
    /// Whether it comes from a `todo!()` or an `unimplemented!()`.
    pub fn is_todo(&self) -> bool {
        self.message.starts_with("not yet implemented") || self.message.starts_with("not implemented")
    }

    /// Cuts both to so many bytes.
    pub fn shorten(&mut self, bytes: usize) {
        for text in [&mut self.message, &mut self.place] {
            let end = (0..=bytes.min(text.len())).rev().find(|end| text.is_char_boundary(*end));
            text.truncate(end.unwrap_or(0));
        }
    }

    /// The message and the place, for people.
    pub fn told(&self) -> String {
        format!("`{}` at {}", self.message, self.place)
    }
}

static SEEN: Mutex<Vec<Panic>> = Mutex::new(Vec::new());
static TURN: Mutex<()> = Mutex::new(());
static HOOK: Once = Once::new();

thread_local! {
    static WATCHED: Cell<bool> = const { Cell::new(false) };
}

/// Runs `work`; gives what it returned, or nothing if it panicked, and every panic in between, also of other threads.
///
/// Panics of other threads can't be told apart by whom they belong to, so one caller at a time is served in a process.
pub fn watch<T>(work: impl FnOnce() -> T) -> (Option<T>, Vec<Panic>) {
    HOOK.call_once(|| {
        let before = panic::take_hook();
        panic::set_hook(Box::new(move |info| record(info, &*before)));
    });
    let outer = WATCHED.replace(true);
    let _turn = (!outer).then(|| TURN.lock().unwrap_or_else(PoisonError::into_inner));
    drain();
    let result = panic::catch_unwind(AssertUnwindSafe(work));
    WATCHED.set(outer);
    let panics = drain();
    match result {
        Ok(result) => (Some(result), panics),
        // That is not the learner's panic: it ends the whole check.
        Err(payload) if payload.is::<Gone>() => panic::resume_unwind(payload),
        Err(_) => (None, panics),
    }
}

/// Takes note of a panic of the learner's code in another process.
pub fn record_elsewhere(panic: Panic) {
    SEEN.lock().unwrap_or_else(PoisonError::into_inner).push(panic);
}

/// Watches the run of a property: a panic becomes its outcome.
pub fn trial(work: &mut dyn FnMut() -> Trial) -> Trial {
    let (trial, panics) = watch(work);
    let outcome = match panics.first() {
        None => return trial.expect("what did not panic has returned"),
        Some(panic) if panic.is_todo() => Outcome::NotImplemented(panic.told()),
        Some(panic) => Outcome::Panicked(panic.told()),
    };
    Trial { outcome, evidence: Evidence::default(), trace: Trace::default(), cost: 0 }
}

fn drain() -> Vec<Panic> {
    std::mem::take(&mut *SEEN.lock().unwrap_or_else(PoisonError::into_inner))
}

fn record(info: &PanicHookInfo<'_>, before: &dyn Fn(&PanicHookInfo<'_>)) {
    let place = info.location().map_or_else(|| "an unknown place".to_owned(), ToString::to_string);
    let message = message(info).unwrap_or("a panic without a message").to_owned();
    let panic = Panic { message, place };
    SEEN.lock().unwrap_or_else(PoisonError::into_inner).push(panic);
    // Unwatched threads are the test runner's own, which nobody else would report.
    if !WATCHED.get() && std::thread::current().name() != Some("tokio-rt-worker") {
        before(info);
    }
}

/// The standard library's own, `payload_as_str`, is newer than the oldest supported compiler.
fn message<'a>(info: &'a PanicHookInfo<'_>) -> Option<&'a str> {
    let payload = info.payload();
    payload.downcast_ref::<&str>().copied().or_else(|| payload.downcast_ref::<String>().map(String::as_str))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_told_with_its_message_and_place() {
        let (result, panics) = watch(|| panic!("no {}", "luck"));
        assert_eq!(result, None::<()>);
        assert_eq!(panics.len(), 1);
        assert_eq!(panics[0].message, "no luck");
        assert!(panics[0].place.contains("panics.rs:"), "{}", panics[0].place);
        assert!(!panics[0].is_todo());
    }

    #[test]
    fn a_todo_is_recognised() {
        let (_, panics) = watch(|| todo!("the retry"));
        assert!(panics[0].is_todo());
    }
}
