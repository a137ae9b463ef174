//! The launcher: puts a cell on itself and becomes the program in it.

use std::process::ExitCode;

fn main() -> ExitCode {
    jail::main(std::env::args_os().skip(1))
}
