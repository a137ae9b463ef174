//! From the command line to an exit status.

use std::process::ExitCode;

use clap::Parser;

use crate::cli::{Cli, Command};
use crate::{Context, Exit, Failure};
use crate::{check, ci, class, hint, interrupt, lesson, list, prove, replay, reset, solution, stubs, watch};

/// The whole of `cargo xtask`.
pub fn main() -> ExitCode {
    interrupt::install();
    run(Cli::parse()).unwrap_or_else(|failure| {
        eprintln!("{failure}");
        Exit::BadQuestion.into()
    })
}

fn run(cli: Cli) -> Result<ExitCode, Failure> {
    let context = Context::load()?;
    let exit = match cli.command {
        Command::Check(args) => check::run(&context, &args),
        Command::Ci(args) => ci::run(&context, &args),
        // The program that grades a class has exit statuses of its own.
        Command::Grade(args) => return class::run(&context, &args),
        Command::Prove(args) => prove::run(&context, &args),
        Command::Replay(args) => replay::run(&context, &args),
        Command::List(args) => list::run(&context, &args),
        Command::Hint(args) => hint::run(&context, &args),
        Command::Lesson(args) => lesson::run(&context, &args),
        Command::Reset(args) => reset::run(&context, &args),
        Command::Solution(args) => solution::run(&context, &args),
        Command::Watch(args) => watch::run(&context, &args),
        Command::Stubs(args) => stubs::run(&context, &args),
    };
    exit.map(ExitCode::from)
}
