//! A class in a folder of its own, and the command to grade it with.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

use crate::AS_COMMAND;
use crate::workshop::{EXERCISES, LOG};

/// A class, removed at the end.
pub struct Desk(PathBuf);

impl Desk {
    /// With so many submissions, of which the one or other file is missing.
    pub fn new(submissions: usize) -> Desk {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let root = std::env::temp_dir().join(format!("faultlines-runner-{}-{number}", std::process::id()));
        let _ = fs::remove_dir_all(&root);
        fs::create_dir_all(&root).expect("the temporary folder is writable");
        let desk = Desk(root);
        for student in 0..submissions {
            // Names that are not in order when they are written, and not all harmless.
            let name = format!("{} Müller {student}", ["zoe", "Ada", "bob"][student % 3]);
            for (place, exercise) in EXERCISES.iter().enumerate() {
                if (student + place) % 7 != 0 {
                    desk.write(&format!("class/{name}/{exercise}.rs"), &format!("fn {exercise}() {{ {student} }}"));
                }
            }
        }
        desk
    }

    pub fn path(&self, inside: &str) -> PathBuf {
        self.0.join(inside)
    }

    pub fn write(&self, inside: &str, text: &str) {
        let path = self.path(inside);
        fs::create_dir_all(path.parent().expect("it is in a folder")).expect("the temporary folder is writable");
        fs::write(path, text).expect("the temporary folder is writable");
    }

    /// `cargo xtask grade LINE`, from the desk's folder.
    pub fn command(&self, line: &str) -> Command {
        let mut command = Command::new(std::env::current_exe().expect("the test knows itself"));
        command.args(line.split_whitespace()).current_dir(&self.0).stdin(Stdio::null());
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        command.env(AS_COMMAND, "").env(LOG, self.path("log")).env("NO_COLOR", "1");
        command
    }

    pub fn run(&self, line: &str) -> Ran {
        Ran::new(self.command(line).output().expect("the test can start itself"))
    }

    /// What was graded since the last call, a line each.
    pub fn graded(&self) -> Vec<String> {
        let log = fs::read_to_string(self.path("log")).unwrap_or_default();
        let _ = fs::remove_file(self.path("log"));
        log.lines().map(str::to_owned).collect()
    }

    /// How many verdicts are in a folder of results.
    pub fn verdicts(&self, out: &str) -> usize {
        fn files(folder: &Path) -> usize {
            let entries = fs::read_dir(folder).into_iter().flatten().flatten();
            entries
                .map(|entry| match entry.path() {
                    path if path.is_dir() => files(&path),
                    path => usize::from(path.extension().is_some_and(|extension| extension == "json")),
                })
                .sum()
        }
        files(&self.path(out).join("parts"))
    }
}

impl Drop for Desk {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// How a command ended and what it said.
#[derive(Debug, PartialEq, Eq)]
pub struct Ran {
    pub status: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Ran {
    pub fn new(output: Output) -> Ran {
        let text = |bytes| String::from_utf8(bytes).expect("the command prints text");
        Ran { status: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) }
    }

    /// Standard output of a command that did all it was asked for.
    pub fn whole(self) -> String {
        assert_eq!(self.status, Some(0), "{}", self.stderr);
        self.stdout
    }
}
