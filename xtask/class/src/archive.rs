//! Archives, read in memory: nothing is ever unpacked to the disk, so nothing in them can land anywhere.
//!
//! What an archive says about itself is a claim of whoever made it. Sizes are counted while reading, names are only compared
//! with those that are looked for, and where two programs could disagree about what is in an archive, it is refused.

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::submissions::gather::Gatherer;
use crate::submissions::{Refusal, shown};

mod tarred;
mod zipped;

/// Gathers from an archive, whatever its name says it is.
///
/// # Errors
///
/// When it is damaged, encrypted or ambiguous, holds more than a submission may, or is no archive that is read.
pub(crate) fn gather(bytes: &[u8], gatherer: &mut Gatherer<'_>) -> Result<(), Refusal> {
    // These are parsers of other people, on bytes that somebody may have made to break them.
    let gathered = catch_unwind(AssertUnwindSafe(|| match Format::of(bytes) {
        Format::Zip => zipped::gather(bytes, gatherer),
        Format::Gzip => tarred::gather(flate2::read::MultiGzDecoder::new(bytes), gatherer),
        Format::Tar => tarred::gather(bytes, gatherer),
        Format::Other(what) => Err(other(what)),
    }));
    gathered.unwrap_or_else(|_| Err(damaged("reading it failed in an unexpected way")))
}

/// What a file is by its first bytes.
#[derive(Debug, PartialEq, Eq)]
enum Format {
    Zip,
    Gzip,
    Tar,
    Other(&'static str),
}

impl Format {
    fn of(bytes: &[u8]) -> Format {
        const OTHERS: [(&[u8], &str); 6] = [
            (b"Rar!", "a RAR archive"),
            (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive"),
            (b"\xfd7zXZ\0", "packed with xz"),
            (b"BZh", "packed with bzip2"),
            (b"\x28\xb5\x2f\xfd", "packed with zstd"),
            (b"%PDF", "a PDF"),
        ];
        // A tar begins with a name, which might look like anything; its mark, where it has one, stands further in.
        if bytes.get(257..262) == Some(b"ustar") {
            return Format::Tar;
        }
        if bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(b"PK\x05\x06") {
            return Format::Zip;
        }
        if bytes.starts_with(b"\x1f\x8b") {
            return Format::Gzip;
        }
        OTHERS.iter().find(|(start, _)| bytes.starts_with(start)).map_or(Format::Tar, |(_, what)| Format::Other(what))
    }
}

/// An archive that is not read.
pub(crate) fn other(what: &str) -> Refusal {
    Refusal::new(format!(
        "It is {what}. Folders, .zip, .tar, .tar.gz and .tgz are read: ask for one of these, or unpack it yourself."
    ))
}

/// An archive that can't be read to its end.
fn damaged(how: &str) -> Refusal {
    // The libraries quote what they stumble over.
    let how = shown(how);
    Refusal::new(format!("The archive can't be read, as if it were damaged or cut off: {how}. Ask for it again."))
}

/// The parts of a path in an archive, or what is wrong with it.
fn parts(name: &str) -> Result<Vec<String>, &'static str> {
    if name.contains('\\') {
        return Err(
            "has backslashes in its path, which programs read in different ways. Pack it with another program.",
        );
    }
    let drive = name.as_bytes().get(1) == Some(&b':') && name.as_bytes()[0].is_ascii_alphabetic();
    if name.starts_with('/') || drive {
        return Err("has an absolute path. Pack it with paths relative to a folder.");
    }
    if name.split('/').any(|part| part == "..") {
        return Err("has a path that leads out of the archive. Pack it without `..` in paths.");
    }
    if name.contains('\0') {
        return Err("has a NUL in its path. Pack it with another program.");
    }
    Ok(name.split('/').filter(|part| !part.is_empty() && *part != ".").map(str::to_owned).collect())
}

/// What was found at a path of an archive: where it may be the source of an exercise, the exercise and the path's parts.
fn visit(name: &str, gatherer: &mut Gatherer<'_>) -> Option<(String, Vec<String>)> {
    match parts(name) {
        Ok(parts) if name.ends_with('/') => {
            gatherer.folder(&parts);
            None
        }
        Ok(parts) => gatherer.file(&parts).map(|exercise| (exercise, parts)),
        Err(reason) => {
            let last = name.rsplit(['/', '\\']).next().unwrap_or(name);
            match gatherer.wanted.exercise(last).map(str::to_owned) {
                Some(exercise) => gatherer.keep(exercise, &[name.to_owned()], Err(reason.to_owned())),
                None => gatherer.note(format!("Not looked at in the archive: {} {reason}", shown(name))),
            }
            None
        }
    }
}

#[cfg(test)]
pub(crate) mod tests;
