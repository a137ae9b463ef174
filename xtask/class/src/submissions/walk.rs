//! Goes through the folder of a submission.

use std::ffi::{OsStr, OsString};

use super::gather::{ARCHIVES, Gatherer, ending, is_skipped, too_many};
use super::{Limits, Refusal, shown};
use crate::disk::{Folder, Kind, LINK, special};

/// Gathers from a folder and those in it.
///
/// # Errors
///
/// When it holds more than a submission may.
pub(crate) fn gather(folder: &Folder, gatherer: &mut Gatherer<'_>) -> Result<(), Refusal> {
    step(folder, &mut Vec::new(), gatherer)
}

/// The archive that is all a folder holds, as learning platforms hand out what was uploaded: a folder for everybody.
pub(crate) fn lone_archive(folder: &Folder, limits: &Limits) -> Option<OsString> {
    let names = folder.names(limits.entries).ok()??;
    let mut names = names.into_iter().filter(|name| !name.to_str().is_some_and(is_skipped));
    let name = names.next().filter(|name| name.to_str().is_some_and(|name| ending(name, &ARCHIVES).is_some()))?;
    (names.next().is_none() && folder.kind(&name).is_ok_and(|kind| kind == Kind::File)).then_some(name)
}

fn step(folder: &Folder, path: &mut Vec<String>, gatherer: &mut Gatherer<'_>) -> Result<(), Refusal> {
    let names = match folder.names(gatherer.room()) {
        Ok(Some(names)) => names,
        Ok(None) => return Err(too_many(gatherer.limits)),
        Err(error) if path.is_empty() => return Err(Refusal::new(format!("Its folder can't be read: {error}."))),
        Err(error) => {
            gatherer.note(format!("The folder {} can't be read: {error}.", shown(&path.join("/"))));
            return Ok(());
        }
    };
    for name in names {
        gatherer.count()?;
        let Some(text) = name.to_str() else {
            let shown =
                shown(&path.iter().cloned().chain([name.to_string_lossy().into_owned()]).collect::<Vec<_>>().join("/"));
            gatherer.note(format!("Its name is not UTF-8, so it is not looked at: {shown}"));
            continue;
        };
        if is_skipped(text) {
            continue;
        }
        path.push(text.to_owned());
        visit(folder, &name, path, gatherer)?;
        path.pop();
    }
    Ok(())
}

/// One entry, whose path ends in its name.
fn visit(folder: &Folder, name: &OsStr, path: &mut Vec<String>, gatherer: &mut Gatherer<'_>) -> Result<(), Refusal> {
    let shown = shown(&path.join("/"));
    let kind = match folder.kind(name) {
        Ok(kind) => kind,
        // Gone or locked; whether that matters, reading it tells.
        Err(_) => Kind::File,
    };
    if kind == Kind::Folder {
        if !gatherer.folder(path) {
            return Ok(());
        }
        return match folder.folder(name) {
            Ok(inner) => step(&inner, path, gatherer),
            Err(error) => {
                gatherer.note(format!("The folder {shown} can't be read: {error}."));
                Ok(())
            }
        };
    }
    if kind == Kind::Link {
        gatherer.note(format!("A link is not followed: {shown}"));
    }
    let Some(exercise) = gatherer.file(path) else { return Ok(()) };
    let content = match kind {
        Kind::File => folder.read(name, gatherer.limits.source_bytes),
        Kind::Special(what) => Err(special(what)),
        Kind::Link | Kind::Folder => Err(LINK.to_owned()),
    };
    gatherer.charge(content.as_ref().map_or(0, Vec::len))?;
    gatherer.keep(exercise, path, content);
    Ok(())
}
