//! Folders that somebody else filled, read without being led astray.
//!
//! Between a look at a name and opening it, whoever can write there may put something else in its place. So a name is
//! opened first, without following a link and without waiting for the other end of a pipe, and what was opened is asked
//! what it is. Folders are opened one inside the other for the same reason: a path is resolved anew every time, a handle
//! is not.
//!
//! A hard link counts as the file it is: copying tools and file systems make them to save room, and who can make one to a
//! file has had access to it.

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Read};

#[cfg(any(not(unix), test))]
#[cfg_attr(unix, allow(dead_code, reason = "on Unix only tests use it"))]
mod portable;
#[cfg(unix)]
mod unix;

#[cfg(not(unix))]
pub(crate) use portable::Folder;
#[cfg(unix)]
pub(crate) use unix::Folder;

/// What a name in a folder stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    File,
    Folder,
    Link,
    /// A device, a pipe, a socket: named.
    Special(&'static str),
}

/// Why something is not read, as the rest of a sentence that begins with its name.
pub(crate) const LINK: &str = "is a link, and links are not followed. Hand in the file itself.";

/// The same for what is neither a file nor a link.
pub(crate) fn special(what: &str) -> String {
    format!("is {what}, not a file. Hand in a file.")
}

/// The same for what is too large.
pub(crate) fn too_large(bytes: u64, most: u64) -> String {
    format!("is too large: {bytes} bytes, and at most {most} are read.")
}

fn unreadable(error: &io::Error) -> String {
    format!("can't be read: {error}.")
}

/// Reads a file whose size was `bytes` a moment ago.
fn read_open(file: File, bytes: u64, most: u64) -> Result<Vec<u8>, String> {
    if bytes > most {
        return Err(too_large(bytes, most));
    }
    let mut content = Vec::new();
    file.take(most + 1).read_to_end(&mut content).map_err(|error| unreadable(&error))?;
    if content.len() as u64 > most { Err(too_large(content.len() as u64, most)) } else { Ok(content) }
}

/// Names in the order of their bytes; none if there are more than `most`.
fn sorted(names: impl Iterator<Item = io::Result<OsString>>, most: usize) -> io::Result<Option<Vec<OsString>>> {
    let mut kept = Vec::new();
    for name in names {
        if kept.len() == most {
            return Ok(None);
        }
        kept.push(name?);
    }
    kept.sort();
    Ok(Some(kept))
}

#[cfg(test)]
mod tests;
