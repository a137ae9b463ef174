//! Says what is wrong when madsim's flag is missing, in place of a screenful of errors about things that madsim lacks then.

fn main() {
    if std::env::var_os("CARGO_CFG_MADSIM").is_none() {
        println!(
            "cargo::error=madsim is no simulator without the flag in benches/.cargo/config.toml, and cargo has not read \
             that file. Start cargo inside benches/ (`cd benches && cargo run --release`), and without RUSTFLAGS in the \
             environment: it replaces what the file says."
        );
    }
    println!("cargo::rerun-if-changed=build.rs");
}
