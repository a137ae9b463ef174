//! What `cargo xtask` starts. See the manifest for why this is a package of its own.

fn main() -> std::process::ExitCode {
    xtask::run::main()
}
