//! The checker on histories of real systems: how long each takes.
//!
//! The histories are not part of this repository; the variable `FAULTLINES_HISTORIES` names the folder. In it are logs of
//! Jepsen's etcd test in `etcd/`, maps of strings in `kv/`, and `verdicts.txt` with a line a file: its path and
//! `linearizable` or `not`. The judging alone is timed, not the reading. A verdict that differs from the one written down
//! counts as a bound that is missed: an answer that is quick and wrong is worth nothing.

use std::path::Path;

use check::linearizability::{self, Limits, Verdict};
use check::model::{Map, MapInput, MapOutput, Register, RegisterInput, RegisterOutput};
use check::{History, format};
use cpu_time::ThreadTime;

use crate::contest::table;
use crate::samples::Samples;

/// The variable that names the folder.
pub const VARIABLE: &str = "FAULTLINES_HISTORIES";

/// Judges every history of the folder so many times and prints a table. How many verdicts are wrong.
///
/// # Errors
///
/// If a file can't be read, in words.
pub fn measure(folder: &Path, rounds: u32) -> Result<usize, String> {
    println!("The linearizability checker, milliseconds for each of the histories in {}", folder.display());
    let mut table = table(["", "operations", "verdict", "ms", "lowest – highest", ""]);
    let (mut wrong, mut all_ms) = (0, 0.0);
    for (file, expected) in verdicts(folder)? {
        let subject = Subject::read(&folder.join(&file)).map_err(|error| format!("{file}: {error}"))?;
        let mut times_ms = Samples::default();
        let mut verdict = "";
        for _ in 0..rounds {
            let start = ThreadTime::now();
            verdict = subject.judge();
            times_ms.push(start.elapsed().as_secs_f64() * 1_000.0);
        }
        let right = verdict == expected;
        wrong += usize::from(!right);
        all_ms += times_ms.median();
        let mut row = vec![file, subject.operations().to_string(), verdict.to_owned()];
        row.extend(times_ms.show(|ms| format!("{ms:.2}")));
        row.push(if right { String::new() } else { format!("WRONG: {expected}") });
        table.add_row(row);
    }
    println!("{table}\n{all_ms:.1} ms for all, by medians\n");
    Ok(wrong)
}

/// The files, and what is known of them.
fn verdicts(folder: &Path) -> Result<Vec<(String, String)>, String> {
    let text = text(&folder.join("verdicts.txt"))?;
    let parse = |line: &str| {
        let (file, verdict) = line.trim().rsplit_once(char::is_whitespace)?;
        Some((file.trim_end().to_owned(), verdict.to_owned()))
    };
    let lines = text.lines().filter(|line| !line.trim().is_empty());
    lines.map(|line| parse(line).ok_or(format!("verdicts.txt: `{line}` should be a path and a verdict"))).collect()
}

fn text(file: &Path) -> Result<String, String> {
    std::fs::read_to_string(file).map_err(|error| {
        format!("{} can't be read: {error}. Does {VARIABLE} name the folder with the histories?", file.display())
    })
}

/// A history that was read.
enum Subject {
    Register(History<RegisterInput<i64>, RegisterOutput<i64>>),
    Map(History<MapInput, MapOutput>),
}

impl Subject {
    fn read(file: &Path) -> Result<Self, String> {
        let text = text(file)?;
        let read = match file.extension().and_then(|extension| extension.to_str()) {
            Some("log") => format::register(&text).map(Subject::Register),
            Some("txt") => format::map(&text).map(Subject::Map),
            _ => return Err("its name should end in .log for a register or in .txt for a map".to_owned()),
        };
        read.map_err(|error| error.to_string())
    }

    fn operations(&self) -> usize {
        match self {
            Subject::Register(history) => history.operations().len(),
            Subject::Map(history) => history.operations().len(),
        }
    }

    fn judge(&self) -> &'static str {
        let verdict = match self {
            Subject::Register(history) => linearizability::check(&Register::default(), history, Limits::default()),
            Subject::Map(history) => linearizability::check(&Map, history, Limits::default()),
        };
        match verdict {
            Verdict::Linearizable(_) => "linearizable",
            Verdict::NotLinearizable(_) => "not",
            Verdict::Undecided { .. } => "undecided",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOG: &str = "\
INFO  jepsen.util - 0 :invoke :write 1
INFO  jepsen.util - 0 :ok :write 1
INFO  jepsen.util - 1 :invoke :read nil
INFO  jepsen.util - 1 :ok :read nil
";

    fn measured(verdicts: &str) -> Result<usize, String> {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("stale.log"), LOG).unwrap();
        std::fs::write(folder.path().join("verdicts.txt"), verdicts).unwrap();
        measure(folder.path(), 1)
    }

    #[test]
    fn a_verdict_is_compared_with_the_one_written_down() {
        assert_eq!(measured("stale.log not\n"), Ok(0));
        assert_eq!(measured("stale.log linearizable\n"), Ok(1));
    }

    #[test]
    fn a_file_that_is_no_history_is_named() {
        let error = measured("verdicts.txt not\n").unwrap_err();
        assert!(error.starts_with("verdicts.txt: line 1: "), "{error}");
    }

    #[test]
    fn a_folder_without_histories_is_an_error_that_says_what_to_set() {
        let error = measure(Path::new("no/such/folder"), 1).unwrap_err();
        assert!(error.contains("verdicts.txt") && error.contains(VARIABLE), "{error}");
    }
}
