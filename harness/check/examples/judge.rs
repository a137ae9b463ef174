//! Judges histories of your own.
//!
//! ```text
//! cargo run --release -p check --example judge -- --model register|kv FILE…
//! ```
//!
//! prints a line a file, `FILE linearizable|not|undecided MILLIS`, and nothing else. The formats are those of
//! [`check::format`]: `register` reads logs of Jepsen's etcd test, `kv` maps of strings. Ends with 0 if it could
//! read and judge every file, whatever the verdicts, and with 2 otherwise.

use std::path::Path;
use std::process::ExitCode;
use std::time::Instant;

use check::format::{self, FormatError};
use check::linearizability::{self, Limits, Verdict};
use check::model::{Map, Register};

const USAGE: &str = "\
usage: judge --model register|kv FILE…

Says of each history whether it is linearizable: `FILE linearizable|not|undecided MILLIS`.

  --model register   the files are logs of Jepsen's etcd test: one register, initially nil
  --model kv         the files have a map of EDN a line: get, put and append of strings under keys

Ends with 0 if every file could be read and judged, whatever the verdicts, and with 2 otherwise.";

/// Which object the histories are about.
#[derive(Clone, Copy)]
enum Object {
    Register,
    Map,
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if arguments.iter().any(|argument| argument == "--help" || argument == "-h") {
        println!("{USAGE}");
        return ExitCode::SUCCESS;
    }
    let (object, files) = match parse(&arguments) {
        Ok(parsed) => parsed,
        Err(message) => {
            eprintln!("error: {message}\n\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    let mut all_judged = true;
    for file in files {
        match judge(object, Path::new(&file)) {
            Ok((verdict, millis)) => println!("{file} {verdict} {millis}"),
            Err(message) => {
                eprintln!("error: {file}: {message}");
                all_judged = false;
            }
        }
    }
    if all_judged { ExitCode::SUCCESS } else { ExitCode::from(2) }
}

/// What was asked for.
fn parse(arguments: &[String]) -> Result<(Object, Vec<String>), String> {
    let mut object = None;
    let mut files = Vec::new();
    let mut rest = arguments.iter();
    while let Some(argument) = rest.next() {
        let model = match argument.strip_prefix("--model") {
            Some("") => Some(rest.next().map_or("", String::as_str)),
            Some(value) => value.strip_prefix('='),
            None => None,
        };
        match model {
            Some("register") => object = Some(Object::Register),
            Some("kv") => object = Some(Object::Map),
            Some(other) => return Err(format!("there is no model `{other}`; it is register or kv")),
            None if argument.starts_with('-') => return Err(format!("there is no option `{argument}`")),
            None => files.push(argument.clone()),
        }
    }
    let object = object.ok_or("which object are the histories about? Say --model register or --model kv")?;
    if files.is_empty() {
        return Err("there is nothing to judge: name at least one file".to_owned());
    }
    Ok((object, files))
}

/// The verdict on a file, and the milliseconds that it took to find.
#[expect(clippy::disallowed_methods, reason = "the time is shown and decides nothing")]
fn judge(object: Object, file: &Path) -> Result<(&'static str, u128), String> {
    let text = std::fs::read_to_string(file).map_err(|error| format!("can't be read: {error}"))?;
    let in_file = |error: FormatError| error.to_string();
    let start = Instant::now();
    let verdict = match object {
        Object::Register => {
            let history = format::register(&text).map_err(in_file)?;
            linearizability::check(&Register::default(), &history, Limits::default())
        }
        Object::Map => linearizability::check(&Map, &format::map(&text).map_err(in_file)?, Limits::default()),
    };
    let said = match verdict {
        Verdict::Linearizable(_) => "linearizable",
        Verdict::NotLinearizable(_) => "not",
        Verdict::Undecided { .. } => "undecided",
    };
    Ok((said, start.elapsed().as_millis()))
}
