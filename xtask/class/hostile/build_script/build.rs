//! Run by cargo before anything else is compiled, if cargo is let near this folder.

fn main() {
    for folder in [".", "..", "/tmp", &std::env::var("HOME").unwrap_or_default()] {
        let _ = std::fs::write(format!("{folder}/hostile-trace"), "a build script was here");
    }
}
