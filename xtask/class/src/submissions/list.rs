//! What in a folder is a submission.
//!
//! A folder is a class, every folder and archive in it a submission, unless it looks like the work of one learner: then it
//! is graded as one, so that learners can see for their own folder what an instructor would.

use std::ffi::{OsStr, OsString};
use std::path::Path;

use xtask::Failure;
use xtask::course::Course;

use super::gather::{ARCHIVES, OTHER_ARCHIVES, Wanted, ending, is_home, is_skipped};
use super::{Entry, Place, Refusal, names, shown};
use crate::archive;
use crate::disk::{Folder, Kind, LINK};

/// How many names of a folder are looked at when it is only asked what it looks like.
const GLANCE: usize = 10_000;

/// How many names a note tells.
const TOLD: usize = 8;

/// The submissions that were found.
#[derive(Clone, Debug)]
pub struct Listing {
    /// In the order of their names.
    pub entries: Vec<Entry>,
    /// What is there and no submission, and how the folder was understood where that may surprise; for the instructor.
    pub notes: Vec<String>,
}

/// Lists the submissions in `path`, without reading them.
///
/// - An archive is one submission.
/// - A folder is one submission if a file of an exercise is directly in it or in its `src`, or the folder of a chapter is
///   directly in it or in its `exercises`.
/// - In any other folder, every folder and every archive is a submission, named after it without the archive's ending.
///   Links and archives of other kinds are submissions that will be refused. Names that begin with a dot are passed over.
///
/// # Errors
///
/// When there is no such folder or archive, or no submission in it.
pub fn entries(path: &Path, course: &Course) -> Result<Listing, Failure> {
    let told = path.display();
    // The user's own path may lead over links; from there on none is followed.
    let real = path.canonicalize().map_err(|error| unreadable(path, &error.to_string()))?;
    if !real.is_dir() {
        return archive_itself(path, &real);
    }
    let folder = Folder::open(&real).map_err(|error| unreadable(path, &error.to_string()))?;
    let names = folder.names(usize::MAX).map_err(|error| unreadable(path, &error.to_string()))?.unwrap_or_default();
    if let Some(sign) = sign_of_one(&folder, &names, &Wanted::all(course)) {
        let name = real.file_name().map_or_else(|| "submission".into(), |name| name.to_string_lossy());
        let note = format!("{told} is graded as one submission, because {sign} is in it.");
        return Ok(Listing { entries: vec![entry(&name, Place::Itself(real.clone()))], notes: vec![note] });
    }
    let listing = class(&real, &folder, &names);
    if listing.entries.is_empty() {
        let seen = listing.notes.iter().map(|note| format!("{note}\n\n")).collect::<String>();
        return Err(Failure::new(format!(
            "There is no submission in {told}.\n\n{seen}\
             Name a folder that holds a folder or an archive ({}) for every student, or the folder of one learner with \
             files such as {}.",
            ARCHIVES.join(", "),
            course
                .chapters
                .iter()
                .flat_map(|chapter| &chapter.exercises)
                .next()
                .map_or_else(String::new, |e| format!("{}.rs", e.id))
        )));
    }
    Ok(listing)
}

/// The submission that `path` is, whatever is in it: a folder or an archive.
///
/// # Errors
///
/// When there is no such folder or archive.
pub fn one(path: &Path) -> Result<Listing, Failure> {
    let real = path.canonicalize().map_err(|error| unreadable(path, &error.to_string()))?;
    if !real.is_dir() {
        return archive_itself(path, &real);
    }
    let name = real.file_name().map_or_else(|| "submission".into(), |name| name.to_string_lossy());
    Ok(Listing { entries: vec![entry(&name, Place::Itself(real.clone()))], notes: Vec::new() })
}

fn unreadable(path: &Path, error: &str) -> Failure {
    let told = path.display();
    Failure::new(format!("{told} can't be read: {error}.\n\nName the folder that holds the submissions."))
}

fn entry(name: &str, place: Place) -> Entry {
    let name = names::unique(&[(name.to_owned(), name.to_owned())]).remove(0).0;
    Entry { name, place, notes: Vec::new() }
}

/// The path of the user is a file.
fn archive_itself(path: &Path, real: &Path) -> Result<Listing, Failure> {
    let told = path.display();
    let not_one = || {
        Failure::new(format!(
            "{told} is neither a folder nor an archive that is read ({}).\n\nName the folder that holds the submissions.",
            ARCHIVES.join(", ")
        ))
    };
    let (Some(home), Some(name)) = (real.parent(), real.file_name()) else { return Err(not_one()) };
    let text = name.to_string_lossy();
    let end = ending(&text, &ARCHIVES).ok_or_else(not_one)?;
    let stem = text[..text.len() - end.len()].to_owned();
    let place = Place::Archive(home.to_path_buf(), name.to_owned());
    Ok(Listing { entries: vec![entry(&stem, place)], notes: Vec::new() })
}

/// What shows that a folder is the work of one learner.
fn sign_of_one(folder: &Folder, names: &[OsString], wanted: &Wanted) -> Option<String> {
    let of_kind = |folder: &Folder, name: &str, kind| folder.kind(OsStr::new(name)).is_ok_and(|found| found == kind);
    let source = |folder: &Folder, name: &str| wanted.exercise(name).is_some() && of_kind(folder, name, Kind::File);
    let chapter = |folder: &Folder, name: &str| wanted.is_chapter(name) && of_kind(folder, name, Kind::Folder);
    let texts = || names.iter().filter_map(|name| name.to_str());
    if let Some(sign) = texts().find(|name| source(folder, name) || chapter(folder, name)) {
        return Some(shown(sign));
    }
    for name in texts() {
        let src = name.eq_ignore_ascii_case("src");
        if !src && !is_home(name) {
            continue;
        }
        let Ok(inside) = folder.folder(OsStr::new(name)) else { continue };
        let Ok(Some(names)) = inside.names(GLANCE) else { continue };
        let is_sign = |name: &&str| if src { source(&inside, name) } else { chapter(&inside, name) };
        if let Some(sign) = names.iter().filter_map(|name| name.to_str()).find(is_sign) {
            return Some(format!("{}/{}", shown(name), shown(sign)));
        }
    }
    None
}

/// Every folder and every archive is a submission.
fn class(real: &Path, folder: &Folder, names: &[OsString]) -> Listing {
    let mut places = Vec::new();
    let mut others = Vec::new();
    for name in names {
        let text = name.to_string_lossy();
        if text.starts_with('.') {
            continue;
        }
        let kind = folder.kind(name);
        let place = match (&kind, is_skipped(&text)) {
            (Ok(kind), false) => place(real, name, *kind),
            _ => None,
        };
        match place {
            Some(place) => places.push((wish(&text, kind.as_ref().is_ok_and(|kind| *kind != Kind::Folder)), place)),
            None => others.push(shown(&text)),
        }
    }
    let wishes: Vec<(String, String)> = places.iter().map(|(wish, _)| wish.clone()).collect();
    let named = names::unique(&wishes).into_iter().zip(places);
    let mut entries: Vec<Entry> =
        named.map(|((name, note), (_, place))| Entry { name, place, notes: note.into_iter().collect() }).collect();
    entries.sort_by(|one, other| one.name.cmp(&other.name));
    Listing { entries, notes: ignored(&others).into_iter().collect() }
}

/// How a submission would best be called, and what it is called in full.
fn wish(name: &str, may_be_archive: bool) -> (String, String) {
    let end = ending(name, &ARCHIVES).or_else(|| ending(name, &OTHER_ARCHIVES)).filter(|_| may_be_archive);
    (name[..name.len() - end.map_or(0, str::len)].to_owned(), name.to_owned())
}

fn place(home: &Path, name: &OsStr, kind: Kind) -> Option<Place> {
    let text = name.to_string_lossy();
    let is_archive = ending(&text, &ARCHIVES).is_some();
    match kind {
        Kind::Folder => Some(Place::Folder(home.to_path_buf(), name.to_owned())),
        Kind::Link => Some(Place::Refused(Refusal::new(format!("It {LINK}")))),
        Kind::File | Kind::Special(_) if is_archive => Some(Place::Archive(home.to_path_buf(), name.to_owned())),
        Kind::File => {
            let end = ending(&text, &OTHER_ARCHIVES)?;
            Some(Place::Refused(archive::other(&format!("an archive of another kind ({end})"))))
        }
        Kind::Special(_) => None,
    }
}

fn ignored(others: &[String]) -> Option<String> {
    if others.is_empty() {
        return None;
    }
    let mut told: Vec<&str> = others.iter().take(TOLD).map(String::as_str).collect();
    let more = format!("{} more", others.len().saturating_sub(TOLD));
    if others.len() > TOLD {
        told.push(&more);
    }
    Some(format!("Not graded, because they are neither folders nor archives of submissions: {}.", told.join(", ")))
}
