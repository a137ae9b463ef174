//! `cargo xtask grade`: see [`class::command`].

use std::process::ExitCode;

use class::shop::Shop;
use xtask::Context;

fn main() -> ExitCode {
    match Context::load() {
        Ok(context) => class::command::main(&Shop::new(context)),
        Err(failure) => {
            eprintln!("{failure}");
            ExitCode::from(2)
        }
    }
}
