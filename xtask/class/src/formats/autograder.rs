//! The folder that makes Gradescope grade: what an instructor uploads as a zip.
//!
//! ```text
//! setup.sh          once, when it is uploaded: installs Rust, compiles the course, grades the stubs to see that it works
//! run_autograder    for each submission: grades it and leaves results.json, whatever happens
//! settings.sh       what this folder was made for: the version of Rust, whether a jail may be missing
//! assignment.toml   which exercises count, if there is an assignment
//! course/           the course, without its answers
//! ```
//!
//! The course travels as it was committed, not as it lies in the instructor's working copy: that may hold answers of their
//! own, and what grades a class should be a version that can be named. Reference solutions, and what is nearly one (variants,
//! mutants), stay at home. A student's code can't read the folder anyway, but what isn't there can't leak.

use std::io::{Cursor, Read, Write};
use std::path::Path;
use std::process::Command;

use xtask::Failure;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipArchive, ZipWriter};

const SETUP: &str = include_str!("../../autograder/setup.sh");
const RUN: &str = include_str!("../../autograder/run_autograder");

/// What stands for the solutions of a chapter, whose package the workspace needs.
const NO_SOLUTIONS: &str =
    "//! The solutions of this chapter are not part of the autograder, which doesn't need them.\n";

/// A file of the folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// Where, from the folder, with `/`.
    pub path: String,
    /// What is in it.
    pub contents: Vec<u8>,
    /// Whether it is a program.
    pub executable: bool,
}

impl File {
    fn new(path: impl Into<String>, contents: impl Into<Vec<u8>>) -> Self {
        File { path: path.into(), contents: contents.into(), executable: false }
    }

    fn program(path: &str, contents: &str) -> Self {
        File { executable: true, ..File::new(path, contents) }
    }
}

/// What a folder is made for.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The version of Rust, as rustup knows it: `1.88.0`. See [`toolchain`].
    pub toolchain: String,
    /// The text of the assignment file, if there is one.
    pub assignment: Option<String>,
    /// Whether to grade even where the machine can't jail a submission.
    pub allow_unsandboxed: bool,
}

/// The files of the folder. `course` is what [`course`] gives.
///
/// # Errors
/// When the toolchain is no version of Rust.
pub fn folder(settings: &Settings, course: Vec<File>) -> Result<Vec<File>, Failure> {
    let mut files = vec![
        File::program("setup.sh", SETUP),
        File::program("run_autograder", RUN),
        File::new("settings.sh", settings_text(settings)?),
    ];
    files.extend(settings.assignment.as_ref().map(|text| File::new("assignment.toml", text.as_str())));
    files.extend(course.into_iter().map(|file| File { path: format!("course/{}", file.path), ..file }));
    Ok(files)
}

fn settings_text(settings: &Settings) -> Result<String, Failure> {
    let version = &settings.toolchain;
    let parts: Vec<&str> = version.split('.').collect();
    let is_number = |part: &&str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    if !(2..=3).contains(&parts.len()) || !parts.iter().all(is_number) {
        return Err(Failure::new(format!(
            "`{version}` is no version of Rust that can be installed by its number.\n\nName a released one, as `rustc \
             --version` does: 1.88.0."
        )));
    }
    let unsandboxed = if settings.allow_unsandboxed { "yes" } else { "no" };
    Ok(format!(
        "# Read by setup.sh and run_autograder.\nTOOLCHAIN={version}\nALLOW_UNSANDBOXED={unsandboxed}\n\
         export RUSTUP_HOME=\"${{RUSTUP_HOME:-/opt/rust/rustup}}\"\nexport CARGO_HOME=\"${{CARGO_HOME:-/opt/rust/cargo}}\"\n\
         export PATH=\"$CARGO_HOME/bin:$PATH\"\n"
    ))
}

/// The version in what `rustc --version` says, for [`Settings::toolchain`]: so students get the compiler their instructor
/// has.
///
/// # Errors
/// When it is not a released one, which can't be installed by its number.
pub fn toolchain(says: &str) -> Result<String, Failure> {
    let version = says.split_whitespace().nth(1).unwrap_or_default();
    if version.is_empty() || version.contains('-') {
        return Err(Failure::new(format!(
            "The compiler here calls itself `{}`, which can't be installed by its number.\n\nGrading on another machine \
             needs a released version of Rust: `rustup default stable`.",
            says.trim()
        )));
    }
    Ok(version.to_owned())
}

/// The folder as a zip, its files at the root, as Gradescope wants it. The same files give the same bytes.
pub fn zip(files: &[File]) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for file in files {
        let mode = if file.executable { 0o755 } else { 0o644 };
        let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
        writer.start_file(&file.path, options.unix_permissions(mode)).expect("paths are short and different");
        writer.write_all(&file.contents).expect("memory takes everything");
    }
    writer.finish().expect("memory takes everything").into_inner()
}

/// The course in the checkout `root` as it was last committed, without what answers it.
///
/// # Errors
/// When git can't say what was committed.
pub fn course(root: &Path) -> Result<Vec<File>, Failure> {
    let fail = |reason: &str| {
        Failure::new(format!(
            "The course can't be copied into the autograder: {}\n\nIt is copied as it was committed, so it has to be a git \
             checkout, and git has to be installed.",
            reason.trim()
        ))
    };
    let archive = Command::new("git").args(["archive", "--format=zip", "HEAD"]).current_dir(root).output();
    let archive = archive.map_err(|error| fail(&format!("git can't be started: {error}")))?;
    if !archive.status.success() {
        return Err(fail(&String::from_utf8_lossy(&archive.stderr)));
    }
    let mut archive = ZipArchive::new(Cursor::new(archive.stdout)).map_err(|error| fail(&error.to_string()))?;
    let mut files = Vec::new();
    for at in 0..archive.len() {
        let mut entry = archive.by_index(at).map_err(|error| fail(&error.to_string()))?;
        let path = entry.name().map_err(|error| fail(&error.to_string()))?.into_owned();
        if !entry.is_file() || !is_needed(&path) {
            continue;
        }
        let mut contents = Vec::new();
        entry.read_to_end(&mut contents).map_err(|error| fail(&format!("{path}: {error}")))?;
        let executable = entry.unix_mode().is_some_and(|mode| mode & 0o100 != 0);
        if let Some(package) = path.strip_prefix("solutions/").and_then(|path| path.strip_suffix("/Cargo.toml")) {
            files.push(File::new(format!("solutions/{package}/src/lib.rs"), NO_SOLUTIONS));
        }
        files.push(File { path, contents, executable });
    }
    Ok(files)
}

/// Whether a file of the course takes part in grading. Of a package that doesn't, the manifest stays and what it names:
/// without it, the workspace would be another one, with another Cargo.lock.
fn is_needed(path: &str) -> bool {
    const NOT_NEEDED: [&str; 5] = ["harness/variants/", "harness/mutants/", "lessons/src/", "benches/", ".ci/"];
    match path.strip_prefix("solutions/") {
        Some(path) => path.ends_with("/Cargo.toml") || path.contains("/tests/"),
        None => !NOT_NEEDED.iter().any(|folder| path.starts_with(folder)),
    }
}

#[cfg(all(test, unix))]
mod tests;
