//! `cargo xtask grade`: see [`class::command`].

fn main() -> std::process::ExitCode {
    class::command::main(&class::ours::Ours)
}
