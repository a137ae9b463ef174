//! Who puts programs into cells.

use std::fmt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::{Cell, arguments};

/// Knows the launcher, or that there is none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Jailer {
    launcher: Option<PathBuf>,
}

/// Why programs can't be jailed here, in words, and what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lack {
    message: String,
}

impl Lack {
    fn new(message: impl Into<String>) -> Self {
        Lack { message: message.into() }
    }
}

impl fmt::Display for Lack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Lack {}

impl Jailer {
    /// Jails with this launcher: the program `jail` that this crate builds.
    pub fn new(launcher: impl Into<PathBuf>) -> Self {
        Jailer { launcher: Some(launcher.into()) }
    }

    /// Jails nothing: programs run as they are, in a process group of their own and with an empty environment.
    pub fn unsandboxed() -> Self {
        Jailer { launcher: None }
    }

    /// Tries a jail out, and looks whether it holds.
    ///
    /// # Errors
    /// What this machine lacks.
    pub fn probe(&self) -> Result<(), Lack> {
        let Some(launcher) = &self.launcher else {
            return Err(Lack::new("Without a launcher nothing is jailed: programs can do whatever you can."));
        };
        let output = Command::new(launcher).arg(arguments::PROBE).stdin(Stdio::null()).output().map_err(|error| {
            Lack::new(format!("The launcher {} can't be started: {error}. Build it again.", launcher.display()))
        })?;
        if output.status.success() {
            return Ok(());
        }
        let told = String::from_utf8_lossy(&output.stderr);
        let told = told.trim().trim_start_matches("jail: ");
        Err(if told.is_empty() {
            Lack::new(format!("The launcher {} ended with {}.", launcher.display(), output.status))
        } else {
            Lack::new(told)
        })
    }

    /// A command that starts `program` in `cell`.
    ///
    /// The caller adds arguments, and sets the environment, which is empty, and the folder, which is the root. Standard
    /// input is empty; output and error go where the caller's go, unless [`run`](crate::run) collects them.
    ///
    /// In a jail, the program ends with the **thread** that started it. That is what the kernel watches, so don't start
    /// it from a thread that is gone before it. And the launcher makes a session, so leave
    /// `CommandExt::process_group` alone.
    pub fn command(&self, cell: &Cell, program: &Path) -> Command {
        let program = arguments::absolute(program);
        let mut command = match &self.launcher {
            Some(launcher) => {
                let mut command = Command::new(launcher);
                command.args(arguments::write(cell, std::process::id())).arg(program);
                command
            }
            None => alone(program),
        };
        command.env_clear().stdin(Stdio::null()).current_dir(if cfg!(windows) { "." } else { "/" });
        command
    }
}

/// Without a launcher there still has to be a group that can be ended as a whole.
#[cfg(unix)]
fn alone(program: PathBuf) -> Command {
    use std::os::unix::process::CommandExt;
    let mut command = Command::new(program);
    command.process_group(0);
    command
}

#[cfg(not(unix))]
fn alone(program: PathBuf) -> Command {
    Command::new(program)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_jails_nothing_says_so() {
        assert!(Jailer::unsandboxed().probe().unwrap_err().to_string().contains("nothing is jailed"));
    }

    #[test]
    fn a_launcher_that_is_not_there_is_named() {
        let lack = Jailer::new("/nowhere/jail").probe().unwrap_err().to_string();
        assert!(lack.contains("/nowhere/jail") && lack.contains("Build it"), "{lack}");
    }
}
