//! Why a grading process ended before it was through, in words that help.
//!
//! An exit status alone tells a learner nothing. Together with the last words on standard error it usually tells what
//! their code did; where it does not, the message says what is known and no more. Nothing in these texts differs
//! between two runs of the same code.

use std::process::ExitStatus;

use report::CheckStatus;

use crate::course::Budget;

/// How a process ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// It did everything asked for.
    Done,
    /// It ended by itself, too early.
    Died(ExitStatus),
    /// Killed: no sign of life for as long as a schedule may take.
    Hang,
    /// Killed: the exercise has used up its time since something in it hung.
    OutOfTime,
    /// Killed: it printed too much, or did nothing but print.
    Flood,
    /// Killed: it closed its output and went on.
    Mute,
}

/// For checks that nobody got to.
pub const NOT_RUN: &str = "Not run: other checks of this exercise hang and used up the time it may take. Mend those \
     first, or name this check to run it alone.";

/// For the check at which the time of the whole exercise ran out.
const OUT_OF_TIME: &str = "Stopped half-way: other checks of this exercise hang and used up the time it may take. \
     Mend those first, or name this check to run it alone.";

/// For checks that the program does not know.
pub const UNKNOWN_CHECK: &str = "The grading program knows no check of this name, although course.toml lists it. That \
     is a fault of the course, not of your code: `git status` shows whether a file of it was changed.";

/// What the standard library says when a panic may not unwind.
const PANIC_IN_PANIC: [&str; 4] =
    ["panic in a destructor", "panicked while processing panic", "non-unwinding panic", "cannot unwind"];

/// How much of the last output is looked at for a cause, in bytes.
const LAST_WORDS_BYTES: usize = 2048;

/// Adds a line to the last words, which forget what was long ago.
pub fn remember(last_words: &mut String, line: &str) {
    let tail = (0..=line.len()).find(|at| line.len() - at <= LAST_WORDS_BYTES && line.is_char_boundary(*at));
    last_words.push_str(&line[tail.unwrap_or(line.len())..]);
    last_words.push('\n');
    let surplus = last_words.len().saturating_sub(LAST_WORDS_BYTES * 2);
    if surplus > 0 {
        let cut = (surplus..=last_words.len()).find(|at| last_words.is_char_boundary(*at));
        last_words.drain(..cut.unwrap_or(surplus));
    }
}

/// The verdict for the check that was running, and what to tell about it. `between` is true if none was: then it is the
/// next one that pays.
///
/// # Panics
/// For [`End::Done`], which needs no explanation.
pub fn explain(end: &End, last_words: &str, budget: &Budget, between: bool) -> (CheckStatus, String) {
    let (status, mut message) = match end {
        End::Done => unreachable!("a process that did everything leaves nothing to explain"),
        End::Hang => (CheckStatus::TimedOut, hang(budget)),
        End::OutOfTime => (CheckStatus::TimedOut, OUT_OF_TIME.to_owned()),
        End::Flood => (CheckStatus::Aborted, flood(budget)),
        End::Mute => (CheckStatus::Aborted, "The process closed its output and went on.".to_owned()),
        End::Died(status) => (CheckStatus::Aborted, died(*status, last_words, budget)),
    };
    if between {
        message.push_str(
            " It happened while no check was running: look for threads or detached work that outlive the call that \
             started them.",
        );
    }
    (status, message)
}

fn hang(budget: &Budget) -> String {
    format!(
        "Your code did not give control back for {} ms of real time, in a run that takes a few milliseconds. The \
         usual reasons: a loop that never awaits (or whose condition never changes), a blocking call such as \
         std::thread::sleep or a blocking channel's recv, or a std lock taken twice, where the second waits for the \
         first.",
        budget.schedule_ms
    )
}

fn flood(budget: &Budget) -> String {
    format!(
        "The process printed without end and was ended; a check may print {} KiB. Is there a println!, a dbg! or a \
         failing retry in an endless loop?",
        budget.output_kib
    )
}

fn died(status: ExitStatus, last_words: &str, budget: &Budget) -> String {
    if last_words.contains("has overflowed its stack") || is_windows_stack_overflow(status) {
        return "The stack overflowed and the process was aborted. The usual reason is a function that calls itself \
                without end; a very large array in a local variable is another."
            .to_owned();
    }
    if last_words.contains("memory allocation of") {
        return format!(
            "The code asked for more than the {} MiB a check may use, and the process was aborted. Look for a \
             collection that only grows, or a length that is trusted before it is checked.",
            budget.memory_mib
        );
    }
    if PANIC_IN_PANIC.iter().any(|sign| last_words.contains(sign)) {
        return "A panic came where none may pass, so the process was aborted. The usual reason is a Drop that panics \
                while another panic is on its way: mend the first of the two."
            .to_owned();
    }
    match (signal(status), status.code()) {
        (Some(number), _) => by_signal(number),
        (None, Some(code)) => format!(
            "The process left with exit status {code} in the middle of the check. Something called \
             std::process::exit; return an error instead."
        ),
        (None, None) => "The process ended in the middle of the check.".to_owned(),
    }
}

fn by_signal(number: i32) -> String {
    let (name, likely) = match number {
        4 => ("SIGILL", "an abort inside a library"),
        6 => ("SIGABRT", "a call of std::process::abort, or a panic where none may pass"),
        9 => ("SIGKILL", "the system running out of memory, or somebody ending the process by hand"),
        11 => ("SIGSEGV", "unsafe code, or a stack that overflowed"),
        15 => ("SIGTERM", "somebody ending the process by hand"),
        _ => return format!("Signal {number} ended the process in the middle of the check."),
    };
    format!("{name} ended the process in the middle of the check. The likely reason: {likely}.")
}

#[cfg(unix)]
fn signal(status: ExitStatus) -> Option<i32> {
    std::os::unix::process::ExitStatusExt::signal(&status)
}

/// Other systems know no signals; there an abort is an exit code.
#[cfg(not(unix))]
fn signal(_status: ExitStatus) -> Option<i32> {
    None
}

/// `STATUS_STACK_OVERFLOW`, which Windows reports as an exit code.
fn is_windows_stack_overflow(status: ExitStatus) -> bool {
    cfg!(windows) && status.code() == Some(0xC000_00FD_u32 as i32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn last_words_forget_the_beginning_and_keep_the_end() {
        let mut words = String::new();
        (0..10_000).for_each(|_| remember(&mut words, "äöü"));
        remember(&mut words, "memory allocation of 5 bytes failed");
        assert!(words.len() <= LAST_WORDS_BYTES * 2);
        assert!(words.ends_with("bytes failed\n"));
    }

    #[test]
    fn one_endless_line_is_remembered_by_its_end() {
        let mut words = String::new();
        remember(&mut words, &format!("{}end", "ä".repeat(100_000)));
        assert!(words.len() <= LAST_WORDS_BYTES + 1 && words.ends_with("end\n"));
    }
}
