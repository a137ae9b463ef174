//! Zip.
//!
//! The directory at the end says what is in a zip; the headers before each file say it again, and may lie. Only the
//! directory is believed here.

use std::io::{Cursor, Read};

use zip::read::ZipFileEntry;
use zip::{CompressionMethod, ZipArchive};

use super::{damaged, visit};
use crate::disk::{LINK, special, too_large};
use crate::submissions::gather::{Gatherer, too_many};
use crate::submissions::{Refusal, shown};

/// With what each entry of the directory begins.
const ENTRY: &[u8] = b"PK\x01\x02";

pub(super) fn gather(bytes: &[u8], gatherer: &mut Gatherer<'_>) -> Result<(), Refusal> {
    // The whole directory is parsed at once, so it has to be bounded before.
    if bytes.windows(ENTRY.len()).filter(|window| *window == ENTRY).count() > gatherer.limits.entries {
        return Err(too_many(gatherer.limits));
    }
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(|error| damaged(&error.to_string()))?;
    if archive.has_duplicate_names() {
        return Err(Refusal::new(
            "The archive holds two files of the same path, and programs disagree about which counts. Pack it anew.",
        ));
    }
    for index in 0..archive.len() {
        gatherer.count()?;
        entry(&mut archive, index, gatherer)?;
    }
    Ok(())
}

fn entry(archive: &mut ZipArchive<Cursor<&[u8]>>, index: usize, gatherer: &mut Gatherer<'_>) -> Result<(), Refusal> {
    let data = archive.by_index_data(index).map_err(|error| damaged(&error.to_string()))?;
    // What is not UTF-8 is taken for the letters of the first PCs, in which old programs write names.
    let name = data.name().map_err(|error| damaged(&error.to_string()))?.into_owned();
    let unfit = unfit(&data, gatherer.limits.source_bytes);
    if is_link(data.unix_mode()) {
        gatherer.note(format!("A link is not followed: {}", shown(&name)));
    }
    let Some((exercise, path)) = visit(&name, gatherer) else { return Ok(()) };
    let content = match unfit {
        Some(reason) => Err(reason),
        None => {
            let (unpacked, content) = read(archive, index, gatherer.limits.source_bytes);
            gatherer.charge(unpacked)?;
            content
        }
    };
    gatherer.keep(exercise, &path, content);
    Ok(())
}

/// Why an entry is not read, by what the directory says about it.
fn unfit(data: &ZipFileEntry<'_>, most: u64) -> Option<String> {
    let readable = matches!(data.compression(), CompressionMethod::Stored | CompressionMethod::Deflated);
    match data.unix_mode().map(|mode| mode & 0o170_000) {
        _ if is_link(data.unix_mode()) => Some(LINK.to_owned()),
        Some(0o040_000) => Some(special("a folder")),
        // Many programs leave the kind out.
        Some(kind) if kind != 0 && kind != 0o100_000 => Some(special("a device, a pipe or a socket")),
        _ if data.encrypted() => Some("is encrypted. Pack it without a password.".to_owned()),
        _ if !readable => {
            Some("is packed in a way that is not read here. Pack it with an ordinary zip program.".to_owned())
        }
        _ => (data.size() > most).then(|| too_large(data.size(), most)),
    }
}

fn is_link(mode: Option<u32>) -> bool {
    mode.is_some_and(|mode| mode & 0o170_000 == 0o120_000)
}

/// How much had to be unpacked, and what is in it or why that is not read.
fn read(archive: &mut ZipArchive<Cursor<&[u8]>>, index: usize, most: u64) -> (usize, Result<Vec<u8>, String>) {
    let file = match archive.by_index(index) {
        Ok(file) => file,
        Err(error) => return (0, Err(unpacked_badly(&error.to_string()))),
    };
    let mut content = Vec::new();
    let read = file.take(most + 1).read_to_end(&mut content);
    let unpacked = content.len();
    // What it says of its size is a claim, which the library checks too.
    if unpacked as u64 > most {
        return (unpacked, Err(format!("is too large: at most {most} bytes are read.")));
    }
    (unpacked, read.map(|_| content).map_err(|error| unpacked_badly(&error.to_string())))
}

fn unpacked_badly(how: &str) -> String {
    format!("can't be unpacked: {}.", shown(how))
}
