//! The whole command with a workshop of fakes, as processes that are killed, interrupted and set against each other.
//!
//! The test program is its own program under test: started with [`AS_COMMAND`] in its environment it is `cargo xtask grade`
//! with fakes. So the command itself has no switch for tests, and its standard output is its own.

mod command;
mod divided;
mod refused;
#[cfg(unix)]
mod schedulers;
#[cfg(unix)]
mod stopped;
mod workshop;

use std::process::ExitCode;

use libtest_mimic::{Arguments, Trial};

/// In the environment of a test that is to be the command.
const AS_COMMAND: &str = "FAULTLINES_TEST_AS_COMMAND";

fn main() -> ExitCode {
    if std::env::var_os(AS_COMMAND).is_some() {
        return class::command::main(&workshop::Fakes);
    }
    let mut trials = divided::trials();
    trials.extend(refused::trials());
    #[cfg(unix)]
    trials.extend(stopped::trials().into_iter().chain(schedulers::trials()));
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}

/// A test that panics when it fails.
fn trial(name: &str, test: fn()) -> Trial {
    Trial::test(name, move || {
        test();
        Ok(())
    })
}
