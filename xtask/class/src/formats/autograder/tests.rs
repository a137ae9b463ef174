//! The scripts run in a folder of their own, with programs in front of the real ones that write down how they were called.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Output;

use serde_json::Value;
use tempfile::TempDir;

use super::*;

fn settings() -> Settings {
    Settings { toolchain: "1.88.0".to_owned(), assignment: None, allow_unsandboxed: false }
}

fn small_course() -> Vec<File> {
    vec![File::new("Cargo.toml", "[workspace]\n"), File::new("exercises/ch01/src/flaky_rpc.rs", "// learner: todo\n")]
}

/// What `cargo` does when it is asked to grade.
#[derive(Clone, Copy)]
enum Grading {
    Leaves(&'static str, i32),
    LeavesNothing,
    IsMissing,
}

/// Gradescope's `/autograder`, somewhere else.
struct Image(TempDir);

impl Image {
    fn new(settings: &Settings, grading: Grading) -> Image {
        let image = Image(TempDir::new().expect("a temporary folder"));
        for file in folder(settings, small_course()).expect("the settings are right") {
            image.write(&format!("autograder/source/{}", file.path), &file.contents, file.executable);
        }
        fs::create_dir_all(image.path("autograder/submission")).expect("a folder");
        for program in ["apt-get", "rustup"] {
            image.program(program, "");
        }
        image.program("curl", "echo 'echo \"rustup-init $*\" >>\"$CALLS\"'");
        if let Grading::LeavesNothing = grading {
            image.program("cargo", "exit 0");
        }
        if let Grading::Leaves(text, status) = grading {
            // The file to write is named after `--gradescope`.
            let leave = format!(
                "if [ \"$2\" = grade ]; then while [ $# -gt 0 ]; do if [ \"$1\" = --gradescope ]; then printf '%s' '{text}' \
                 >\"$2\"; fi; shift; done; exit {status}; fi"
            );
            image.program("cargo", &leave);
        }
        image
    }

    fn path(&self, path: &str) -> PathBuf {
        self.0.path().join(path)
    }

    fn write(&self, path: &str, contents: &[u8], executable: bool) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().expect("it is in a folder")).expect("a folder");
        fs::write(&path, contents).expect("a file");
        let mode = if executable { 0o755 } else { 0o644 };
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).expect("it is ours");
    }

    fn program(&self, name: &str, does: &str) {
        let text = format!("#!/bin/sh\necho \"{name} $*\" >>\"$CALLS\"\n{does}\n");
        self.write(&format!("bin/{name}"), text.as_bytes(), true);
    }

    fn run(&self, script: &str) -> Output {
        let mut command = Command::new("bash");
        command.arg(self.path("autograder/source").join(script)).env_clear();
        command.env("PATH", format!("{}:/usr/bin:/bin", self.path("bin").display()));
        command.env("AUTOGRADER_ROOT", self.path("autograder")).env("CALLS", self.path("calls"));
        command.env("CARGO_HOME", self.path("cargo")).env("RUSTUP_HOME", self.path("rustup"));
        command.output().expect("there is bash")
    }

    /// What was called, with this folder left out.
    fn calls(&self) -> Vec<String> {
        let text = fs::read_to_string(self.path("calls")).unwrap_or_default();
        let here = self.0.path().display().to_string();
        text.lines().map(|line| line.replace(&here, "")).collect()
    }

    fn results(&self) -> Value {
        let text = fs::read_to_string(self.path("autograder/results/results.json")).expect("there are results");
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"))
    }
}

const GRADED: &str = "{\n  \"tests\": [\n    {\n      \"score\": 3\n    }\n  ]\n}\n";

#[test]
fn a_submission_is_graded_and_its_results_are_left() {
    let image = Image::new(&settings(), Grading::Leaves(GRADED, 0));
    assert!(image.run("run_autograder").status.success());
    assert_eq!(image.results()["tests"][0]["score"], 3);
    let expected = "cargo xtask grade --one /autograder/submission --gradescope /autograder/results/graded.json";
    assert_eq!(image.calls(), [expected]);
    assert!(!image.path("autograder/results/failed").exists());
}

#[test]
fn what_gradescope_is_written_ends_as_the_script_expects() {
    let text = crate::formats::gradescope::write(&crate::formats::fixture::class().submissions[4], Default::default());
    let alone: Vec<usize> = text.lines().enumerate().filter(|(_, line)| *line == "}").map(|(at, _)| at).collect();
    assert_eq!(alone, [text.lines().count() - 1]);
}

#[test]
fn the_assignment_and_the_missing_jail_are_passed_on() {
    let settings = Settings { assignment: Some("title = \"x\"\n".to_owned()), allow_unsandboxed: true, ..settings() };
    let image = Image::new(&settings, Grading::Leaves(GRADED, 0));
    image.run("run_autograder");
    let call = &image.calls()[0];
    assert!(call.ends_with("--assignment /autograder/source/assignment.toml --allow-unsandboxed"), "{call}");
}

#[test]
fn whatever_goes_wrong_there_are_results_that_can_be_read() {
    let ways = [
        ("cargo is missing", Grading::IsMissing),
        ("grading leaves nothing", Grading::LeavesNothing),
        ("grading leaves an empty file", Grading::Leaves("", 0)),
        ("something could not be graded", Grading::Leaves(GRADED, 1)),
        ("grading ends half-way", Grading::Leaves("{\n  \"tests\": [\n    {\n      \"score\": 3\n    }\n", 0)),
        ("the question was wrong", Grading::Leaves(GRADED, 2)),
        ("the build fails", Grading::Leaves(GRADED, 101)),
    ];
    for (what, grading) in ways {
        let image = Image::new(&settings(), grading);
        let output = image.run("run_autograder");
        assert!(output.status.success(), "{what}");
        assert_eq!(image.results()["score"], 0, "{what}");
        assert!(image.results()["output"].as_str().expect("text").contains("fault of the autograder"), "{what}");
        assert!(!output.stderr.is_empty(), "{what}: the instructor is told nothing");
    }
}

#[test]
fn without_its_folder_there_are_still_results() {
    let image = Image::new(&settings(), Grading::Leaves(GRADED, 0));
    fs::rename(image.path("autograder/source/settings.sh"), image.path("elsewhere")).expect("it was there");
    assert!(image.run("run_autograder").status.success());
    assert_eq!(image.results()["score"], 0);
}

#[test]
fn results_of_an_earlier_run_are_not_taken_for_those_of_this_one() {
    let image = Image::new(&settings(), Grading::LeavesNothing);
    image.write("autograder/results/graded.json", GRADED.as_bytes(), false);
    image.run("run_autograder");
    assert_eq!(image.results()["score"], 0);
}

#[test]
fn the_image_gets_rust_and_the_compiled_course_and_is_tried_out() {
    let image = Image::new(&settings(), Grading::Leaves(GRADED, 0));
    let output = image.run("setup.sh");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let calls = image.calls();
    let rust = "rustup-init -y --no-modify-path --profile minimal --default-toolchain 1.88.0";
    let mut at = calls.iter().position(|call| call == rust).unwrap_or_else(|| panic!("{calls:#?}"));
    for expected in ["cargo build --locked --package xtask --package class", "cargo xtask grade --one "] {
        at = calls.iter().skip(at).position(|call| call.starts_with(expected)).unwrap_or_else(|| panic!("{calls:#?}"))
            + at;
    }
    assert!(!image.path("autograder/results").exists(), "the trial leaves nothing in the image's own folder");
}

#[test]
fn an_image_that_can_not_grade_is_not_made() {
    let image = Image::new(&settings(), Grading::Leaves("", 2));
    let output = image.run("setup.sh");
    assert!(!output.status.success());
    assert!(String::from_utf8_lossy(&output.stderr).contains("this image can't grade anything"));
}

#[test]
fn only_released_versions_of_rust_can_be_asked_for() {
    assert_eq!(toolchain("rustc 1.95.0 (59807616e 2026-04-14)\n").expect("it is released"), "1.95.0");
    assert!(toolchain("rustc 1.97.0-nightly (abc 2026-04-14)").is_err());
    assert!(toolchain("").is_err());
    for version in ["1.88.0; rm -rf /", "stable", "1", "1.88.0.1", "1..2", "$(x).1"] {
        let settings = Settings { toolchain: version.to_owned(), ..settings() };
        assert!(folder(&settings, Vec::new()).is_err(), "{version}");
    }
    assert!(folder(&Settings { toolchain: "1.88".to_owned(), ..settings() }, Vec::new()).is_ok());
}

#[test]
fn the_zip_holds_the_folder_at_its_root_with_programs_as_programs() {
    let files = folder(&settings(), small_course()).expect("the settings are right");
    let bytes = zip(&files);
    assert_eq!(bytes, zip(&files), "the same files give the same bytes");
    let mut archive = ZipArchive::new(Cursor::new(bytes)).expect("it is a zip");
    assert_eq!(archive.len(), files.len());
    for file in &files {
        let mut entry = archive.by_name(&file.path).expect("it is in there");
        assert_eq!(entry.unix_mode().map(|mode| mode & 0o777), Some(if file.executable { 0o755 } else { 0o644 }));
        let mut contents = Vec::new();
        entry.read_to_end(&mut contents).expect("it can be read");
        assert_eq!(contents, file.contents);
    }
    let programs: Vec<&str> = files.iter().filter(|file| file.executable).map(|file| file.path.as_str()).collect();
    assert_eq!(programs, ["setup.sh", "run_autograder"]);
}

fn checkout() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}

#[test]
fn the_copy_of_the_course_is_a_workspace_without_answers() {
    let files = course(checkout()).expect("this is a checkout");
    let copy = TempDir::new().expect("a temporary folder");
    for file in &files {
        let path = copy.path().join(&file.path);
        fs::create_dir_all(path.parent().expect("it is in a folder")).expect("a folder");
        fs::write(path, &file.contents).expect("a file");
        if let Some(file_of_solutions) = file.path.strip_prefix("solutions/") {
            let kept = file_of_solutions.ends_with("/Cargo.toml") || file_of_solutions.contains("/tests/");
            assert!(kept || file.contents == NO_SOLUTIONS.as_bytes(), "{}", file.path);
        }
        assert!(!file.path.contains("/variants/") && !file.path.contains("/mutants/"), "{}", file.path);
    }
    for needed in [
        "Cargo.lock",
        "course.toml",
        ".cargo/config.toml",
        "exercises/ch01-what-is-a-distributed-system/src/flaky_rpc.rs",
    ] {
        assert!(files.iter().any(|file| file.path == needed), "{needed} is missing");
    }
    let packages = cargo(copy.path(), &["metadata", "--no-deps", "--offline", "--locked", "--format-version", "1"]);
    let packages: Value = serde_json::from_slice(&packages.stdout).expect("it is JSON");
    let packages = packages["packages"].as_array().expect("a list").iter().map(|package| package["name"].as_str());
    let packages: Vec<&str> = packages.flatten().collect();
    assert!(["xtask", "class", "ch01-solutions", "guest"].iter().all(|name| packages.contains(name)), "{packages:?}");
    // Asked for a program that isn't there, cargo reads every manifest and the lock file before it says so.
    let build =
        cargo(copy.path(), &["build", "--offline", "--locked", "--package", "class", "--bin", "no-such-program"]);
    let says = String::from_utf8_lossy(&build.stderr);
    assert!(says.contains("no bin target named `no-such-program`"), "{says}");
}

fn cargo(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO")).args(arguments).current_dir(folder).output().expect("cargo runs this test")
}

#[test]
fn outside_of_a_checkout_the_course_can_not_be_copied_and_it_says_why() {
    let elsewhere = TempDir::new().expect("a temporary folder");
    let failure = course(elsewhere.path()).expect_err("it is no checkout").to_string();
    assert!(failure.contains("not a git repository") && failure.contains("has to be a git checkout"), "{failure}");
}

#[test]
fn shellcheck_has_nothing_to_say_where_it_is_installed() {
    let image = Image::new(&settings(), Grading::IsMissing);
    let scripts = ["setup.sh", "run_autograder"].map(|name| image.path("autograder/source").join(name));
    match Command::new("shellcheck").args(scripts).output() {
        Ok(output) => assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout)),
        Err(error) => eprintln!("shellcheck can't be started, so the scripts were not checked: {error}"),
    }
}
