//! Fakes: a submission is a folder of files, and what is in a file says what becomes of grading it.

use std::env;
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use class::cli::{AutograderArgs, GradeArgs, Outputs};
use class::digest::Digest;
use class::model::{ClassReport, Graded, Trust};
use class::work::{Answer, Grader, Source, Submission, Trouble, Verdict, Whole};
use class::workshop::{Class, Listed, Published, Ready, Workshop};
use report::{ChapterResult, CheckResult, CheckStatus, ExerciseResult, ExerciseStatus, Points};
use serde_json::{Value, json};
use xtask::Failure;
use xtask::interrupt::Guarded;

/// The exercises that count.
pub const EXERCISES: [&str; 3] = ["first", "second", "third"];

/// Names the course's version.
pub const COURSE: &str = "FAULTLINES_TEST_COURSE";

/// Names a file to which a line is written for whatever is graded.
pub const LOG: &str = "FAULTLINES_TEST_LOG";

/// How long grading takes at most, in milliseconds.
pub const SLOW_MS: &str = "FAULTLINES_TEST_SLOW_MS";

/// Everything that the command needs, without a compiler.
pub struct Fakes;

impl Workshop for Fakes {
    fn list(&self, args: &GradeArgs) -> Result<Class, Failure> {
        let folders = fs::read_dir(&args.submissions).expect("the tests' folder can be read").flatten();
        let submissions = folders.map(|entry| listed(entry.path())).collect();
        let set = args.assignment.as_ref().map(|file| fs::read_to_string(file).expect("the tests' file can be read"));
        Ok(Class {
            name: "homework".to_owned(),
            submissions,
            exercises: EXERCISES.map(str::to_owned).to_vec(),
            plan: json!({"title": "Homework"}),
            assignment: set.unwrap_or_default(),
            notes: Vec::new(),
        })
    }

    fn prepare(&self, args: &GradeArgs, _class: &Class) -> Result<Ready, Failure> {
        let course = env::var(COURSE).unwrap_or_default();
        Ok(Ready { grader: Box::new(Fake), course, jailed: !args.allow_unsandboxed })
    }

    fn try_out(&self, allow_unsandboxed: bool) -> Result<(), Failure> {
        println!("tried out, {allow_unsandboxed}");
        Ok(())
    }

    fn report(&self, plan: &Value, class: &[Whole]) -> Result<ClassReport, Failure> {
        let title = plan["title"].as_str().map(str::to_owned);
        Ok(ClassReport::new(title, class.iter().map(graded).collect()))
    }

    fn publish(&self, published: Published<'_>, outputs: &Outputs) -> Result<(), Failure> {
        let names = published.report.submissions.iter().map(|one| format!("{},{}\n", one.name, one.score));
        let table: String = names.collect();
        if outputs.json {
            println!("{}", serde_json::to_string(published.report).expect("a report has only string keys"));
        } else {
            print!("{table}");
        }
        if let Some(file) = &outputs.csv {
            fs::write(file, table).expect("the tests' folder is writable");
        }
        if outputs.similar {
            let parts = published.class.iter().flat_map(|whole| &whole.parts);
            parts.for_each(|part| println!("{} {} {:?}", part.submission, part.exercise, part.source));
        }
        Ok(())
    }

    fn autograder(&self, args: &AutograderArgs) -> Result<(), Failure> {
        println!("autograder in {}", args.folder.display());
        Ok(())
    }
}

fn listed(folder: PathBuf) -> Listed {
    let name = folder.file_name().expect("it is in a folder").to_string_lossy().into_owned();
    Listed { name: name.clone(), read: Box::new(move || read(&folder, &name)) }
}

fn read(folder: &Path, name: &str) -> Submission {
    let answer = |exercise: &&str| {
        let text = fs::read_to_string(folder.join(format!("{exercise}.rs")));
        let source = text.map_or(Source::Missing, Source::Text);
        Answer { exercise: (*exercise).to_owned(), source }
    };
    let notes = vec![format!("read from a folder called {name}")];
    Submission { name: name.to_owned(), answers: EXERCISES.iter().map(answer).collect(), notes }
}

fn graded(whole: &Whole) -> Graded {
    let results = whole.parts.iter().flat_map(|part| part.verdict.results.clone());
    let chapter =
        ChapterResult { id: "ch01".to_owned(), title: "One".to_owned(), passed: false, exercises: results.collect() };
    let earned: u32 = chapter.exercises.iter().map(|exercise| exercise.points.earned).sum();
    Graded {
        name: whole.name.clone(),
        score: f64::from(earned),
        max_score: 30.0,
        trust: whole.parts.iter().map(|part| part.verdict.trust).max().unwrap_or(Trust::Isolated),
        chapters: vec![chapter],
        marks: Vec::new(),
        hidden: Vec::new(),
        notes: whole.notes.clone(),
    }
}

struct Fake;

impl Grader for Fake {
    fn grade(&self, submission: &str, exercise: &str, source: &Source) -> Result<Verdict, Trouble> {
        log(&format!("{submission} {exercise}"));
        let Source::Text(text) = source else { return Ok(verdict(exercise, 0)) };
        let chance = number(&format!("{submission} {exercise} {text}"));
        let slow_ms: u64 = env::var(SLOW_MS).map_or(0, |text| text.parse().expect("tests give a number"));
        thread::sleep(Duration::from_micros(chance % (slow_ms * 1000 + 1)));
        match text.split_whitespace().collect::<Vec<_>>()[..] {
            ["trouble", "while", file] if fs::exists(file).expect("the tests' folder can be read") => {
                Err(Trouble::Here("the judge is not at home".to_owned()))
            }
            ["trouble", ..] => Ok(verdict(exercise, 10)),
            ["hang", "without", pids] if !Path::new(pids).exists() => Ok(hang(exercise, pids)),
            // Most are right; those that are not are kept a moment later than they come.
            _ if !chance.is_multiple_of(4) => Ok(verdict(exercise, 10)),
            _ => Ok(verdict(exercise, u32::try_from(chance % 11).expect("it is small"))),
        }
    }
}

/// Starts a program with a descendant, and takes the program's end for a failure, as a real grader does.
fn hang(exercise: &str, pids: &str) -> Verdict {
    let script = format!("sleep 100 & echo $$ $! > {pids}.new; mv {pids}.new {pids}; wait");
    let mut command = Command::new("/bin/sh");
    command.args(["-c", &script]).stdin(Stdio::null());
    let child = Guarded::spawn_grader(&mut command).expect("there is a shell");
    child.wait(Duration::from_secs(100)).expect("it is our child");
    // Dropping it would wait for whoever is ending all children; not every grader is kept from hurrying on by that.
    std::mem::forget(child);
    verdict(exercise, 0)
}

fn verdict(exercise: &str, earned: u32) -> Verdict {
    let passed = earned == 10;
    let check = if passed { CheckStatus::Holds } else { CheckStatus::Violated };
    let result = ExerciseResult {
        id: exercise.to_owned(),
        title: exercise.to_uppercase(),
        status: if passed { ExerciseStatus::Passed } else { ExerciseStatus::Failed },
        points: Points { earned, possible: 10 },
        checks: vec![CheckResult::new("a_promise", check, format!("{earned} of 10"))],
        compiler: String::new(),
        notes: Vec::new(),
    };
    Verdict { trust: Trust::Isolated, results: vec![result] }
}

/// The same for the same text, on every machine.
fn number(text: &str) -> u64 {
    let mut digest = Digest::new("test");
    digest.add(text.as_bytes());
    u64::from_str_radix(&digest.finish()[..12], 16).expect("a fingerprint is hexadecimal")
}

fn log(line: &str) {
    if let Some(path) = env::var_os(LOG) {
        let mut file = File::options().append(true).create(true).open(path).expect("the tests' folder is writable");
        file.write_all(format!("{line}\n").as_bytes()).expect("the tests' folder is writable");
    }
}
