//! The `main` of every chapter's test target.
//!
//! Started by `cargo test` it shows the checks as ordinary tests. Started by `cargo xtask`, which sets a nonce in the
//! environment, it reports frames instead; its standard input is then a rope that the watcher holds: when it is let go,
//! whatever the learner's code is doing, the process ends. Started with `--figure ID` it draws what that exercise
//! measures (`cargo test -q -p ch01-exercises -- --figure scale_out`).

use std::io::{Read, Write};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::process::ExitCode;
use std::str::FromStr;
use std::time::{Duration, Instant};

use explore::{Options, Step, Token};
use libtest_mimic::{Arguments, Failed, Trial};
use report::frame::{Frame, NONCE_ENV};
use report::{CheckResult, CheckStatus};

use crate::exercise::{Ask, Check, Exercise};
use crate::remote::{self, Gone};
use crate::stories::Stories;
use crate::tell::Told;
use crate::{memory, stage};

/// The stack of the thread that runs the checks; an endless recursion ends at the same depth everywhere.
pub const STACK_BYTES: usize = 8 * 1024 * 1024;

/// How often a check that takes long says that it is alive.
const ALIVE_EVERY: Duration = Duration::from_millis(50);

/// After so many checks that hang in a worker the others are not run any more.
const MOST_HANGS: u32 = 3;

const GIVEN_UP: &str = "not run: the checks before it took all the time there is, because your code hangs in them";

/// An exercise under the name by which it is asked for.
pub type Named = (&'static str, Exercise);

/// Grades what the command line asks for.
pub fn main(exercises: Vec<Named>) -> ExitCode {
    match std::env::var(NONCE_ENV) {
        Ok(nonce) => with_frames(exercises, nonce, std::env::args().skip(1)),
        Err(_) => match figure_asked_for() {
            Some(name) => draw(&exercises, &name),
            None => as_tests(exercises),
        },
    }
}

fn figure_asked_for() -> Option<String> {
    let mut args = std::env::args().skip_while(|arg| arg != "--figure");
    args.next().map(|_| args.next().unwrap_or_default())
}

/// Columns and rows of a figure in the terminal.
const FIGURE_SIZE: (usize, usize) = (100, 24);

fn draw(exercises: &[Named], name: &str) -> ExitCode {
    let figures: Vec<_> =
        exercises.iter().filter_map(|(name, exercise)| Some((*name, exercise.figure.as_ref()?))).collect();
    let drawn = match figures.iter().find(|(id, _)| *id == name) {
        Some((_, figure)) => figure(),
        None => {
            let names: Vec<_> = figures.iter().map(|(name, _)| *name).collect();
            Err(format!("`{name}` has no figure; these have one: {}", names.join(", ")))
        }
    };
    match drawn {
        Ok(chart) => {
            let (width, height) = FIGURE_SIZE;
            println!("{}\n{}", chart.terminal(width, height).to_plain(), chart.description);
            ExitCode::SUCCESS
        }
        Err(why) => {
            eprintln!("no figure: {why}");
            ExitCode::FAILURE
        }
    }
}

fn as_tests(exercises: Vec<Named>) -> ExitCode {
    let mut arguments = Arguments::from_args();
    // Checks watch the whole process (panics, memory), so they take turns.
    arguments.test_threads = Some(1);
    if !stage::SEEDED_SELECT {
        eprintln!("note: {UNSEEDED}");
    }
    let mut trials = Vec::new();
    for (name, mut exercise) in exercises {
        let checks = std::mem::take(&mut exercise.checks);
        let exercise = std::sync::Arc::new(exercise);
        for check in checks {
            let exercise = exercise.clone();
            let title = format!("{name}::{}", check.name);
            trials.push(Trial::test(title, move || as_test(&exercise, &check)));
        }
    }
    libtest_mimic::run(&arguments, trials).exit_code()
}

const UNSEEDED: &str = "RUSTFLAGS in the environment replaced the flags of .cargo/config.toml, so the branch order of \
    tokio's select! is left to chance here. Add `--cfg tokio_unstable` to it, or unset it.";

fn as_test(exercise: &Exercise, check: &Check) -> Result<(), Failed> {
    let result = check.run(exercise, &Ask::Examine(Options::default()), &mut |_| {});
    if result.holds() { Ok(()) } else { Err(told(&result).into()) }
}

fn told(result: &CheckResult) -> String {
    let mut told = format!("{}: {}\n", result.status.as_str(), result.message);
    if let Some(story) = &result.counterexample {
        told += &format!("\nexpected: {}\nactual:   {}\n", story.expected, story.actual);
        if !story.schedule.is_empty() {
            told += &format!("\nWhat it takes:\n  {}\n", story.schedule.join("\n").replace('\n', "\n  "));
        }
        let drawn = story.intervals.iter().chain([&story.diagram]);
        drawn.for_each(|drawing| told += &format!("\n{}\n", drawing.to_plain()));
    }
    if let Some(token) = &result.replay {
        told += &format!("\nagain: cargo xtask replay {token}\n");
    }
    told
}

#[derive(Default)]
struct Request {
    exercises: Vec<String>,
    checks: Vec<String>,
    options: Options,
    replay: Option<Token>,
    stories: Option<Stories>,
}

impl Request {
    /// Only `cargo xtask` writes these, so a mistake here is a bug of ours.
    fn from_args(mut args: impl Iterator<Item = String>) -> Self {
        let mut request = Request::default();
        while let Some(flag) = args.next() {
            if flag == "--deep" {
                request.options.deep = true;
                continue;
            }
            let value = args.next().unwrap_or_else(|| panic!("{flag} has a value"));
            match flag.as_str() {
                "--exercise" => request.exercises.push(value),
                "--check" => request.checks.push(value),
                "--seed" => request.options.seed = value.parse().expect("--seed is a number"),
                "--memory-mib" => memory::limit_mib(value.parse().expect("--memory-mib is a number")),
                "--stories" => request.stories = Some(Stories::new(value)),
                "--replay" => request.replay = Some(Token::from_str(&value).expect("xtask looked at the token")),
                _ => panic!("{flag} is not a flag of the grader"),
            }
        }
        request
    }

    fn wants(&self, name: &str, check: &Check) -> bool {
        match &self.replay {
            Some(token) => token.exercise == name && token.check == check.name,
            None => {
                let asked = |list: &[String], name: &str| list.is_empty() || list.iter().any(|asked| asked == name);
                asked(&self.exercises, name) && asked(&self.checks, check.name)
            }
        }
    }

    fn ask(&self) -> Ask {
        self.replay.clone().map_or(Ask::Examine(self.options), Ask::Replay)
    }
}

struct Reporter {
    nonce: String,
}

impl Reporter {
    fn send(&self, frame: &Frame) {
        let mut out = std::io::stdout().lock();
        // A watcher that has gone away is noticed by `end_with_watcher`.
        let _ = out.write_all(frame.encode(&self.nonce).as_bytes()).and_then(|()| out.flush());
    }

    /// What a worker has printed. It can't know the nonce, so none of it is taken for a frame.
    fn pass_on(&self, printed: &[u8]) {
        let _ = std::io::stdout().lock().write_all(printed);
    }
}

/// Grades what these arguments ask for and reports frames with this nonce.
pub fn with_frames(exercises: Vec<Named>, nonce: String, args: impl Iterator<Item = String>) -> ExitCode {
    end_with_watcher();
    let request = Request::from_args(args);
    let reporter = Reporter { nonce };
    reporter.send(&Frame::Hello { seeded_select: stage::SEEDED_SELECT });
    let grade = move || {
        let mut hangs = 0;
        for (name, exercise) in &exercises {
            for check in exercise.checks.iter().filter(|check| request.wants(name, check)) {
                hangs += u32::from(one(&reporter, name, exercise, check, &request, hangs >= MOST_HANGS));
            }
        }
        reporter.send(&Frame::Done);
    };
    let thread = std::thread::Builder::new().name("checks".to_owned()).stack_size(STACK_BYTES).spawn(grade);
    match thread.expect("a process can start one thread").join() {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}

/// Grades a check and reports it; says whether it hung.
#[expect(clippy::disallowed_methods, reason = "how long a check takes is real time, and no verdict depends on it")]
fn one(reporter: &Reporter, name: &str, exercise: &Exercise, check: &Check, request: &Request, given_up: bool) -> bool {
    reporter.send(&Frame::Started { exercise: name.to_owned(), check: check.name.to_owned() });
    let began = Instant::now();
    let mut last = began;
    let mut schedules = 0;
    let mut at = |step| {
        match step {
            Step::Story => {
                remote::hear(true);
                return reporter.send(&Frame::Story);
            }
            Step::Schedule(so_many) => schedules = so_many,
            Step::Aside => {}
        }
        if last.elapsed() > ALIVE_EVERY {
            last = Instant::now();
            reporter.send(&Frame::Progress { schedules });
        }
    };
    remote::begin();
    let told = if given_up {
        Told { result: CheckResult::new(check.name, CheckStatus::TimedOut, GIVEN_UP), note: None }
    } else {
        until_gone(check, || check.run_and_keep(exercise, &request.ask(), request.stories.as_ref(), &mut at))
    };
    remote::hear(false);
    reporter.pass_on(&remote::heard());
    if let Some(note) = told.note {
        reporter.send(&Frame::Note(note));
    }
    let result = told.result;
    debug_assert!(result.status == CheckStatus::Holds || !result.message.is_empty(), "a failure always says why");
    let millis = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
    let hung = result.status == CheckStatus::TimedOut;
    reporter.send(&Frame::Finished(Box::new(CheckResult { millis, ..result })));
    hung
}

/// The result of a check, or why there is none: the process that its code ran in is gone.
fn until_gone(check: &Check, run: impl FnOnce() -> Told) -> Told {
    match catch_unwind(AssertUnwindSafe(run)) {
        Ok(told) => told,
        Err(payload) => match payload.downcast::<Gone>() {
            Ok(gone) => Told { result: CheckResult::new(check.name, gone.status, gone.message), note: None },
            Err(payload) => resume_unwind(payload),
        },
    }
}

#[expect(clippy::disallowed_methods, reason = "this thread takes no part in a check, it only ends the process")]
fn end_with_watcher() {
    std::thread::spawn(|| {
        let mut stdin = std::io::stdin().lock();
        let mut byte = [0];
        while matches!(stdin.read(&mut byte), Ok(1..)) {}
        std::process::exit(0);
    });
}
