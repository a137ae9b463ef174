//! Texts longer than a screen.

use std::env;
use std::ffi::OsString;
use std::io::{self, IsTerminal, Write};
use std::process::{Command, Stdio};

/// Shows a text: through the reader's pager on a terminal, as it is otherwise.
pub fn show(text: &str) {
    let paged = io::stdout().is_terminal() && page_through(text).is_ok();
    if !paged {
        // The reader may close the pipe early (`| head`); that is no mistake.
        let _ = io::stdout().write_all(text.as_bytes());
    }
}

/// Feeds a text to `$PAGER`, or to `less` where there is one.
fn page_through(text: &str) -> io::Result<()> {
    let asked = env::var_os("PAGER").filter(|pager| !pager.is_empty());
    let pager = asked.unwrap_or_else(|| OsString::from("less"));
    let pager = pager.to_string_lossy().into_owned();
    let mut words = pager.split_whitespace();
    let program = words.next().ok_or_else(|| io::Error::other("PAGER is blank"))?;
    let mut child = Command::new(program)
        .args(words)
        // Colours through; leave at once what fits on a screen; leave the text there. Kept if the reader set their own.
        .env("LESS", env::var_os("LESS").unwrap_or_else(|| OsString::from("-RFX")))
        .args(program.ends_with("less").then_some("-R"))
        .stdin(Stdio::piped())
        .spawn()?;
    if let Some(mut pipe) = child.stdin.take() {
        // Quitting the pager closes its end.
        let _ = pipe.write_all(text.as_bytes());
    }
    child.wait().map(|_| ())
}
