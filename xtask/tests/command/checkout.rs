//! A copy of the checkout to break.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::{Mutex, MutexGuard, PoisonError};

use report::{ExerciseResult, Summary};

/// The exercise that the tests write.
pub const FLAKY_RPC: &str = "exercises/ch01-what-is-a-distributed-system/src/flaky_rpc.rs";

/// Its reference solution.
pub const SOLUTION: &str = "solutions/ch01-what-is-a-distributed-system/src/flaky_rpc.rs";

/// Not part of the course.
const LEFT_OUT: [&str; 4] = [".git", "target", ".faultlines", "node_modules"];

static ALONE: Mutex<()> = Mutex::new(());

/// The copy, as it was, and nobody else's while this lives.
pub struct Checkout {
    /// Its root.
    pub root: PathBuf,
    _alone: MutexGuard<'static, ()>,
}

/// What a command did.
pub struct Ran {
    /// Its exit status.
    pub status: Option<i32>,
    /// Its standard output.
    pub stdout: String,
    /// Its standard error.
    pub stderr: String,
}

impl Checkout {
    /// As it is in the repository.
    pub fn fresh() -> Checkout {
        let alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
        let root = temporary("checkout");
        let original = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("xtask is a folder of the course");
        mirror(original, &root);
        let checkout = Checkout { root, _alone: alone };
        checkout.cut_stubs();
        checkout
    }

    /// The exercises as a newcomer finds them, whatever has been solved in the original.
    fn cut_stubs(&self) {
        let ran = self.run(&["stubs"]);
        assert_eq!(ran.status, Some(0), "{}", ran.stderr);
        fs::remove_dir_all(self.root.join(".faultlines")).ok();
    }

    /// With this in `flaky_rpc.rs`.
    pub fn with(source: &str) -> Checkout {
        let checkout = Checkout::fresh();
        checkout.write(FLAKY_RPC, source);
        checkout
    }

    /// Overwrites a file.
    pub fn write(&self, path: &str, text: impl AsRef<[u8]>) {
        fs::write(self.root.join(path), text).expect("the copy is writable");
    }

    /// The text of a file.
    pub fn read(&self, path: &str) -> String {
        fs::read_to_string(self.root.join(path)).expect("the file is in the copy")
    }

    /// `cargo xtask …`, not started yet.
    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
        command.args(args).current_dir(&self.root).env("CARGO_TARGET_DIR", temporary("target"));
        for name in ["NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "RUSTFLAGS", "CARGO_ENCODED_RUSTFLAGS"] {
            command.env_remove(name);
        }
        command
    }

    /// Runs `cargo xtask …` to its end.
    pub fn run(&self, args: &[&str]) -> Ran {
        Ran::from(self.command(args).output().expect("the command is there"))
    }

    /// The result of `flaky_rpc`, through `--json`.
    pub fn grade(&self) -> ExerciseResult {
        let ran = self.run(&["check", "flaky_rpc", "--json"]);
        let mut summary = ran.json();
        assert_eq!(ran.status == Some(0), summary.chapters[0].exercises[0].status == report::ExerciseStatus::Passed);
        summary.chapters.remove(0).exercises.remove(0)
    }
}

impl Ran {
    /// Standard output as one JSON object.
    pub fn json(&self) -> Summary {
        let parsed = serde_json::from_str(&self.stdout);
        parsed.unwrap_or_else(|error| panic!("not one JSON object: {error}\n{}\n{}", self.stdout, self.stderr))
    }

    /// Fails unless the exit status is this.
    #[track_caller]
    pub fn exits(self, status: i32) -> Ran {
        assert_eq!(self.status, Some(status), "stdout:\n{}\nstderr:\n{}", self.stdout, self.stderr);
        self
    }
}

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        Ran {
            status: output.status.code(),
            stdout: String::from_utf8(output.stdout).expect("what the command prints is UTF-8"),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}

/// A folder for tests, in the build folder.
pub fn temporary(name: &str) -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("command").join(name)
}

/// Makes `copy` equal to `original`. Files that are equal are left alone, because cargo goes by their dates.
fn mirror(original: &Path, copy: &Path) {
    if fs::metadata(copy).is_ok_and(|found| !found.is_dir()) {
        fs::remove_file(copy).expect("our own file");
    }
    fs::create_dir_all(copy).expect("the folder for tests is writable");
    let names = |folder: &Path| -> BTreeSet<_> {
        let entries = fs::read_dir(folder).expect("a folder of the checkout").flatten();
        entries.map(|entry| entry.file_name()).filter(|name| !LEFT_OUT.iter().any(|out| name == out)).collect()
    };
    let (wanted, found) = (names(original), names(copy));
    fs::remove_dir_all(copy.join(".faultlines")).or_else(|_| fs::remove_file(copy.join(".faultlines"))).ok();
    for name in found.difference(&wanted) {
        let path = copy.join(name);
        fs::remove_dir_all(&path).or_else(|_| fs::remove_file(&path)).expect("our own file");
    }
    for name in wanted {
        let (from, to) = (original.join(&name), copy.join(&name));
        if from.is_dir() {
            mirror(&from, &to);
        } else if fs::read(&from).ok() != fs::read(&to).ok() {
            fs::remove_dir_all(&to).ok();
            fs::copy(&from, &to).expect("the copy is writable");
        }
    }
}
