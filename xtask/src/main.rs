//! The tool without anything beside it, as its own tests start it. See [`xtask::run`].

fn main() -> std::process::ExitCode {
    xtask::run::main()
}
