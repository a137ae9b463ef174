//! Tar, packed with gzip or not.
//!
//! A tar has no directory: it is read from its beginning to its end, and counted on the way.

use std::cell::Cell;
use std::io::{self, Read};

use tar::{Archive, Entry, EntryType};

use super::{damaged, visit};
use crate::disk::{LINK, special, too_large};
use crate::submissions::gather::{Gatherer, too_much};
use crate::submissions::{Refusal, shown};

pub(super) fn gather(stream: impl Read, gatherer: &mut Gatherer<'_>) -> Result<(), Refusal> {
    let exceeded = Cell::new(false);
    let mut archive = Archive::new(Bounded { stream, left: gatherer.limits.unpacked_bytes, exceeded: &exceeded });
    let limits = gatherer.limits;
    let failed = |error: io::Error| if exceeded.get() { too_much(limits) } else { damaged(&error.to_string()) };
    let mut any = false;
    for found in archive.entries().map_err(failed)? {
        let found = found.map_err(failed)?;
        any = true;
        gatherer.count()?;
        if let Some(broken) = entry(found, gatherer)? {
            return Err(failed(broken));
        }
    }
    if !any {
        return Err(damaged("there is nothing in it, or it is not an archive at all"));
    }
    // The checksum of gzip stands behind the end of the tar.
    io::copy(&mut archive.into_inner(), &mut io::sink()).map_err(failed)?;
    Ok(())
}

/// Takes a look at an entry. Gives the error if the archive breaks off in it.
fn entry(mut entry: Entry<'_, impl Read>, gatherer: &mut Gatherer<'_>) -> Result<Option<io::Error>, Refusal> {
    let kind = entry.header().entry_type();
    if kind.is_pax_global_extensions() {
        return Ok(None);
    }
    let Ok(name) = String::from_utf8(entry.path_bytes().into_owned()) else {
        let lossy = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
        gatherer.note(format!("Its name is not UTF-8, so it is not looked at: {}", shown(&lossy)));
        return Ok(None);
    };
    let name = if kind.is_dir() && !name.ends_with('/') { format!("{name}/") } else { name };
    if is_link(kind) {
        gatherer.note(format!("A link is not followed: {}", shown(&name)));
    }
    let Some((exercise, path)) = visit(&name, gatherer) else { return Ok(None) };
    let content = match unfit(kind, &mut entry, gatherer.limits.source_bytes) {
        Ok(Some(reason)) => Err(reason),
        Ok(None) => match read(entry) {
            Ok(content) => Ok(content),
            Err(error) => return Ok(Some(error)),
        },
        Err(error) => return Ok(Some(error)),
    };
    gatherer.keep(exercise, &path, content);
    Ok(None)
}

/// Why an entry is not read, by what it says about itself.
fn unfit(kind: EntryType, entry: &mut Entry<'_, impl Read>, most: u64) -> io::Result<Option<String>> {
    if is_link(kind) {
        return Ok(Some(LINK.to_owned()));
    }
    if kind.is_gnu_sparse() || is_pax_sparse(entry)? {
        return Ok(Some(special("a sparse file")));
    }
    if !kind.is_file() {
        return Ok(Some(special("a device, a pipe or something else")));
    }
    Ok((entry.size() > most).then(|| too_large(entry.size(), most)))
}

/// A hard link in a tar is a path, which may lead anywhere.
fn is_link(kind: EntryType) -> bool {
    kind.is_symlink() || kind.is_hard_link()
}

/// GNU tar has another way to write sparse files, in which their holes stand at the beginning of the content.
fn is_pax_sparse(entry: &mut Entry<'_, impl Read>) -> io::Result<bool> {
    let Some(extensions) = entry.pax_extensions()? else { return Ok(false) };
    for extension in extensions {
        if extension?.key_bytes().starts_with(b"GNU.sparse") {
            return Ok(true);
        }
    }
    Ok(false)
}

fn read(mut entry: Entry<'_, impl Read>) -> io::Result<Vec<u8>> {
    let mut content = Vec::new();
    entry.read_to_end(&mut content)?;
    if content.len() as u64 == entry.size() { Ok(content) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
}

/// A stream that may not give more than so many bytes.
struct Bounded<'a, R> {
    stream: R,
    left: u64,
    exceeded: &'a Cell<bool>,
}

impl<R: Read> Read for Bounded<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        // One byte more than may be is asked for, to tell an end from a cut.
        let room = usize::try_from(self.left.saturating_add(1)).unwrap_or(usize::MAX).min(buffer.len());
        let got = self.stream.read(&mut buffer[..room])?;
        match self.left.checked_sub(got as u64) {
            Some(left) => self.left = left,
            None => {
                self.exceeded.set(true);
                return Err(io::Error::other("too much"));
            }
        }
        Ok(got)
    }
}
