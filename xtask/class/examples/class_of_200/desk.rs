//! Where everything lies that is measured, and the command that is measured.

use std::fs::{self, File};
use std::path::PathBuf;
use std::process::{Command, Stdio};

use class::kit::Kit;
use tempfile::TempDir;
use xtask::meter::Meter;
use xtask::{Context, Failure};

use crate::Args;

/// A folder with the class, the reports, and the results of every run.
pub struct Desk {
    folder: PathBuf,
    /// Removes the folder, unless it is kept.
    _temporary: Option<TempDir>,
    /// The checkout.
    pub root: PathBuf,
    /// The compiler that submissions are compiled with.
    pub rustc: PathBuf,
    /// Where the grader keeps what nobody needs afterwards.
    pub jobs: PathBuf,
    command: PathBuf,
    n_jobs: usize,
}

impl Desk {
    /// Builds the command and what it builds itself, so that no run that is measured has to.
    ///
    /// # Errors
    /// When they don't compile, or the folder can't be made.
    pub fn new(args: &Args) -> Result<Desk, Failure> {
        let (context, meter) = (Context::load()?.plain(), Meter::new());
        let build = ["build", "-p", "class", "--bin", "class"].map(str::to_owned);
        let output = xtask::compile::cargo(&context, &meter, "class", &build, &[])?;
        let command = output.program.clone().filter(|_| output.success);
        let command = command.ok_or_else(|| Failure::new(format!("class does not compile:\n\n{}", output.story())))?;
        let kit = Kit::build(&context, &meter)?;
        meter.clear();
        let cannot = |error: std::io::Error| Failure::new(format!("The folder for the class can't be made: {error}."));
        let (folder, temporary) = match &args.keep {
            Some(folder) => {
                fs::create_dir(folder).map_err(cannot)?;
                (folder.canonicalize().map_err(cannot)?, None)
            }
            None => {
                let temporary = tempfile::tempdir().map_err(cannot)?;
                (temporary.path().to_owned(), Some(temporary))
            }
        };
        for name in ["class", "temporary"] {
            fs::create_dir(folder.join(name)).map_err(cannot)?;
        }
        let jobs = context.scratch().join("jobs");
        let n_jobs = args.jobs();
        Ok(Desk { folder, _temporary: temporary, root: context.root, rustc: kit.rustc, jobs, command, n_jobs })
    }

    /// A file or folder on it.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// The submissions.
    pub fn class(&self) -> PathBuf {
        self.path("class")
    }

    /// Grades the class, or goes on, with results in the folder `name` and its report and last words beside it.
    ///
    /// # Errors
    /// When the report can't be written.
    pub fn grade(&self, name: &str) -> Result<Command, Failure> {
        let file = |extension: &str| {
            let path = self.path(&format!("{name}.{extension}"));
            File::create(&path).map_err(|error| Failure::new(format!("{}: {error}.", path.display())))
        };
        let mut command = Command::new(&self.command);
        command.current_dir(&self.root).arg(self.class()).args(["--json", "--resume"]);
        command.arg("--jobs").arg(self.n_jobs.to_string()).arg("--out").arg(self.path(name));
        command.env("TMPDIR", self.path("temporary"));
        command.stdin(Stdio::null()).stdout(file("json")?).stderr(file("said")?);
        Ok(command)
    }

    /// What a run has printed.
    ///
    /// # Errors
    /// When it can't be read.
    pub fn report(&self, name: &str) -> Result<String, Failure> {
        let path = self.path(&format!("{name}.json"));
        fs::read_to_string(&path).map_err(|error| Failure::new(format!("{}: {error}.", path.display())))
    }

    /// What a run has said, for a run that went wrong.
    pub fn said(&self, name: &str) -> String {
        fs::read_to_string(self.path(&format!("{name}.said"))).unwrap_or_default()
    }
}
