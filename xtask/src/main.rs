//! `cargo xtask`: see [`xtask`].

use std::process::ExitCode;

use clap::Parser;
use xtask::cli::Cli;
use xtask::{Context, Exit, Failure};

fn main() -> ExitCode {
    let exit = run(Cli::parse()).unwrap_or_else(|failure| {
        eprintln!("{failure}");
        Exit::BadQuestion
    });
    ExitCode::from(exit as u8)
}

fn run(cli: Cli) -> Result<Exit, Failure> {
    let context = Context::load()?;
    match cli.command {
        other => Err(Failure::new(format!("{}: {other:?} is not part of this build.", context.course.title))),
    }
}
