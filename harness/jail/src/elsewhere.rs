//! What is said where there is no jail.

use std::ffi::OsString;
use std::io;
use std::process::ExitCode;

/// What is missing here, and what to do.
const LACK: &str = "This system has no jail: it takes Linux on x86-64, 64-bit Arm or RISC-V. Grade on such a machine, in \
                    a virtual one or in a container, or go on without a jail if you trust every submission.";

/// Always fails here: nothing keeps a process of this system from starting others.
///
/// # Errors
/// Always, of the kind `Unsupported`.
pub fn no_more_processes() -> io::Result<()> {
    Err(io::Error::new(io::ErrorKind::Unsupported, LACK))
}

/// Nothing to prepare here.
pub fn prepare() {}

/// What the launcher does here: it says that it can't.
pub fn main(_arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    eprintln!("{LACK}");
    ExitCode::from(crate::NOT_STARTED as u8)
}
