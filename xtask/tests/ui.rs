//! The commands round the check, on the built binary and a small course of their own.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

/// The small course, and a chapter that is not written yet.
const COURSE: &str = concat!(
    include_str!("small_course.toml"),
    r#"
[[chapter]]
id = "ch02"
title = "Two"
dir = "ch02-two"
"#
);

const SOLUTION: &str = "\
pub fn answer() -> u32 {
    // learner: begin
    6 * 7
    // learner: | todo!()
    // learner: end
}
";
const STUB: &str = "pub fn answer() -> u32 {\n    todo!()\n}\n";
const MINE: &str = "pub fn answer() -> u32 {\n    42\n}\n";

/// A checkout of the small course, removed at the end.
struct Checkout(PathBuf);

impl Checkout {
    fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let root = std::env::temp_dir().join(format!("faultlines-ui-{}-{number}", std::process::id()));
        let checkout = Checkout(root);
        checkout.write("course.toml", COURSE);
        for id in ["first", "second"] {
            checkout.write(&format!("solutions/ch01-one/src/{id}.rs"), SOLUTION);
            checkout.write(&format!("exercises/ch01-one/src/{id}.rs"), STUB);
        }
        checkout
    }

    fn path(&self, path: &str) -> PathBuf {
        self.0.join(path)
    }

    fn write(&self, path: &str, text: impl AsRef<[u8]>) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().expect("it is below the root")).expect("the temporary folder can be written");
        fs::write(path, text).expect("the temporary folder can be written");
    }

    fn first(&self) -> PathBuf {
        self.path("exercises/ch01-one/src/first.rs")
    }

    /// As if `check` had found that `first` passes.
    fn passed(&self) {
        let source = xtask::progress::fingerprint(&self.path("exercises/ch01-one/src"), "first");
        let last = format!(
            r#"{{"status":"passed","points":{{"earned":3,"possible":3}},"checked_at_s":1,"source":"{source}"}}"#
        );
        let exercises = format!(r#"{{"first":{{"last":{last},"hints":0}}}}"#);
        let json = format!(r#"{{"schema":"{}","exercises":{exercises}}}"#, xtask::progress::SCHEMA);
        self.write(".faultlines/progress.json", json);
    }

    fn run(&self, args: &[&str]) -> Ran {
        let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
        command
            .args(args)
            .current_dir(&self.0)
            .stdin(Stdio::null())
            .env_remove("NO_COLOR")
            .env_remove("CLICOLOR_FORCE");
        let Output { status, stdout, stderr } = command.output().expect("the binary was built for this test");
        let text = |bytes| String::from_utf8(bytes).expect("the command writes UTF-8");
        Ran { status: status.code(), out: text(stdout), err: text(stderr) }
    }

    fn kept(&self) -> Vec<PathBuf> {
        let Ok(entries) = fs::read_dir(self.path(".faultlines/kept")) else { return Vec::new() };
        entries.map(|entry| entry.expect("the folder can be read").path()).collect()
    }
}

impl Drop for Checkout {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

struct Ran {
    status: Option<i32>,
    out: String,
    err: String,
}

impl Ran {
    #[track_caller]
    fn is(&self, status: i32) -> &Self {
        assert_eq!(self.status, Some(status), "out: {}\nerr: {}", self.out, self.err);
        self
    }

    #[track_caller]
    fn says(&self, text: &str) -> &Self {
        assert!(self.out.contains(text), "`{text}` is not in: {}\nerr: {}", self.out, self.err);
        self
    }

    #[track_caller]
    fn warns(&self, text: &str) -> &Self {
        assert!(self.err.contains(text), "`{text}` is not in: {}\nout: {}", self.err, self.out);
        self
    }
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).expect("the file is there")
}

#[test]
fn list_shows_states_points_and_the_bar_without_colour_in_a_pipe() {
    let checkout = Checkout::new();
    checkout.passed();
    let ran = checkout.run(&["list"]);
    ran.is(0).says("passed").says("3/3").says("not started").says("not written").says("[--] 0 of 2 chapters");
    assert!(!ran.out.contains('\u{1b}'), "{:?}", ran.out);
    assert!(ran.out.lines().all(|line| line.chars().count() <= 80), "{}", ran.out);
}

#[test]
fn list_marks_what_was_edited_since_its_check() {
    let checkout = Checkout::new();
    checkout.passed();
    checkout.write("exercises/ch01-one/src/first.rs", MINE);
    checkout.run(&["list"]).is(0).says("changed since");
}

#[test]
fn list_filters_by_state_and_knows_no_others() {
    let checkout = Checkout::new();
    checkout.passed();
    let ran = checkout.run(&["list", "--state", "not_started"]);
    ran.is(0).says("second");
    assert!(!ran.out.contains("first"), "{}", ran.out);
    checkout.run(&["list", "--state", "failed"]).is(0).says("Nothing is failed.");
    checkout.run(&["list", "--state", "done"]).is(2).warns("not_written");
}

#[test]
fn a_hint_is_one_more_each_time_across_runs() {
    let checkout = Checkout::new();
    checkout.run(&["hint", "first"]).is(0).says("hint 1 of 3").says("a nudge");
    checkout.run(&["hint", "first"]).is(0).says("hint 2 of 3").says("a push");
    checkout.run(&["hint", "second"]).is(0).says("hint 1 of 3");
    checkout.run(&["hint", "first"]).is(0).says("hint 3 of 3");
    checkout.run(&["hint", "first"]).is(0).says("a nudge").says("nearly the answer").says("solution first");
}

#[test]
fn a_hint_without_a_name_is_for_the_first_that_does_not_pass() {
    let checkout = Checkout::new();
    checkout.run(&["hint"]).is(0).says("first: hint 1 of 3");
    checkout.passed();
    checkout.run(&["hint"]).is(0).says("second: hint 1 of 3");
    checkout.run(&["hint", "frist"]).is(2).warns("Did you mean first?");
}

#[test]
fn reset_keeps_the_file_and_says_how_to_get_it_back() {
    let checkout = Checkout::new();
    checkout.write("exercises/ch01-one/src/first.rs", MINE);
    checkout.write("exercises/ch01-one/src/first/part.rs", "// mine too");
    let ran = checkout.run(&["reset", "first"]);
    ran.is(0).says("What you had is kept in .faultlines/kept/first-20").says("exercises/ch01-one/src/first/part.rs");
    assert_eq!(read(&checkout.first()), STUB);
    let [kept] = &checkout.kept()[..] else { panic!("one file is kept: {:?}", checkout.kept()) };
    assert_eq!(read(kept), MINE);
    assert!(checkout.path("exercises/ch01-one/src/first/part.rs").exists());
}

#[test]
fn two_resets_in_one_second_keep_two_files() {
    let checkout = Checkout::new();
    for text in ["one", "two", "three"] {
        checkout.write("exercises/ch01-one/src/first.rs", text);
        checkout.run(&["reset", "first"]).is(0);
    }
    let mut texts: Vec<String> = checkout.kept().iter().map(|path| read(path)).collect();
    texts.sort();
    assert_eq!(texts, ["one", "three", "two"]);
}

#[test]
fn reset_of_a_stub_or_of_nothing_keeps_nothing() {
    let checkout = Checkout::new();
    checkout.run(&["reset", "first"]).is(0).says("is the stub already");
    fs::remove_file(checkout.first()).expect("it was written");
    checkout.run(&["reset", "first"]).is(0).says("was missing");
    assert_eq!(read(&checkout.first()), STUB);
    assert!(checkout.kept().is_empty());
}

#[test]
fn reset_keeps_even_what_is_not_text() {
    let checkout = Checkout::new();
    checkout.write("exercises/ch01-one/src/first.rs", b"\xff\xfe");
    checkout.run(&["reset", "first"]).is(0);
    assert_eq!(fs::read(&checkout.kept()[0]).expect("it is kept"), b"\xff\xfe");
}

#[test]
fn the_solution_waits_for_a_pass_or_to_be_asked_twice() {
    let checkout = Checkout::new();
    checkout.write("exercises/ch01-one/src/first.rs", MINE);
    checkout.run(&["solution", "first"]).is(1).says("does not pass yet");
    checkout.run(&["solution", "first", "--anyway"]).is(0).says("+     6 * 7").says("-     42");
    checkout.passed();
    let ran = checkout.run(&["solution", "first"]);
    ran.is(0).says("+     6 * 7");
    assert!(!ran.out.contains("learner:"), "{}", ran.out);
    checkout.write("exercises/ch01-one/src/first.rs", STUB);
    checkout.run(&["solution", "first"]).is(1).says("you have changed it since");
}

#[test]
fn a_lesson_is_rendered_whole_or_for_one_exercise() {
    let checkout = Checkout::new();
    let code = "```rust\n{{#include ../../solutions/ch01-one/src/first.rs:1}}\n```";
    let page = format!("# One\n\nIntro.\n\n## The first {{#first}}\n\n{code}\n\n## Later\n\nRest.\n");
    checkout.write("lessons/src/ch01.md", page);
    checkout.run(&["lesson", "ch01"]).is(0).says("Intro.").says("    pub fn answer()").says("Rest.");
    for name in ["first", "ch01#first"] {
        let ran = checkout.run(&["lesson", name]);
        ran.is(0).says("pub fn answer()").says("cargo xtask lesson ch01");
        assert!(!ran.out.contains("Rest.") && !ran.out.contains('\u{1b}'), "{}", ran.out);
    }
    checkout.run(&["lesson", "ch02"]).is(0).says("no lesson yet");
    checkout.run(&["lesson", "ch09"]).is(2);
}

#[test]
fn stubs_are_compared_and_written_and_what_was_there_is_kept() {
    let checkout = Checkout::new();
    checkout.run(&["stubs", "--check"]).is(0);
    checkout.write("exercises/ch01-one/src/second.rs", MINE);
    checkout.run(&["stubs", "--check"]).is(1).says("exercises/ch01-one/src/second.rs is not the cut");
    assert_eq!(read(&checkout.path("exercises/ch01-one/src/second.rs")), MINE, "--check changes nothing");
    checkout.run(&["stubs"]).is(0).says("first.rs is up to date").says("second.rs is cut anew");
    assert_eq!(read(&checkout.kept()[0]), MINE);
    checkout.run(&["stubs", "--check"]).is(0);
    checkout.write("solutions/ch01-one/src/first.rs", "// learner: begin\n");
    checkout.run(&["stubs", "--check"]).is(2).warns("solutions/ch01-one/src/first.rs: line 1");
}

#[test]
fn a_damaged_progress_file_is_put_aside_and_nothing_stops() {
    let checkout = Checkout::new();
    checkout.write(".faultlines/progress.json", "{");
    checkout.run(&["list"]).is(0).says("not started").warns("is damaged");
    let again = checkout.run(&["list"]);
    assert!(again.is(0).err.is_empty(), "{}", again.err);
}

#[test]
fn a_folder_that_cannot_be_written_costs_the_memory_and_not_the_hint() {
    let checkout = Checkout::new();
    checkout.write(".faultlines", "a file where the folder should be");
    checkout.run(&["hint", "first"]).is(0).says("a nudge").warns("progress is not kept");
}

#[test]
fn watch_without_a_terminal_points_to_check() {
    let checkout = Checkout::new();
    checkout.run(&["watch"]).is(2).warns("needs a terminal").warns("cargo xtask check");
}

#[cfg(unix)]
#[test]
fn a_run_that_is_not_wanted_any_more_loses_its_grading_programs_and_keeps_cargo() {
    use std::time::Duration;
    use xtask::interrupt::{self, Guarded};

    let mut sleep = Command::new("sleep");
    sleep.arg("60");
    let grader = Guarded::spawn_grader(&mut sleep).expect("sleep is everywhere");
    let cargo = Guarded::spawn(&mut sleep).expect("sleep is everywhere");
    interrupt::stop_graders();
    let ended = grader.wait(Duration::from_secs(30)).expect("it is our child");
    assert!(ended.is_some_and(|status| !status.success()), "it was killed");
    assert!(cargo.ended().expect("it is our child").is_none());
    Guarded::spawn_grader(&mut sleep).expect_err("none may start");
    interrupt::let_graders_start();
    Guarded::spawn_grader(&mut sleep).expect("now it may");
}
