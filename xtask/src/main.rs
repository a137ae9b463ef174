//! `cargo xtask`: see [`xtask::run`].

fn main() -> std::process::ExitCode {
    xtask::run::main()
}
