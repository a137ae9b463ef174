//! Every link, anchor, include and picture of the book leads somewhere.
//!
//! Pages elsewhere are not fetched: a verdict that depends on somebody else's server would differ from day to day.

use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};

use crate::page::{Page, Reference};
use crate::{Place, Problem, course, include, page, summary};

/// The pages of a book by their path relative to the source folder, with `/` between its parts.
type Pages = BTreeMap<String, Page>;

/// Checks the book whose `book.toml` is in `root`; `course.toml`, if there is one, is looked for beside that folder.
///
/// The problems come sorted by place. Their absence means that a reader can follow whatever the book offers.
pub fn check(root: &Path) -> Vec<Problem> {
    let mut problems = Vec::new();
    if let Err(problem) = check_into(root, &mut problems) {
        problems.push(problem);
    }
    problems.sort();
    problems.dedup();
    problems
}

fn check_into(root: &Path, problems: &mut Vec<Problem>) -> Result<(), Problem> {
    let source = root.join("src");
    let entries = summary::read(&source)?;
    let mut pages = Pages::new();
    for path in entries.iter().filter_map(|entry| entry.path.as_ref()) {
        let lines = include::expand(&source.join(path), problems);
        let mut page = page::read(&lines);
        problems.append(&mut page.problems);
        pages.insert(path.clone(), page);
    }
    for (path, page) in &pages {
        for reference in &page.references {
            if let Err(message) = resolve(reference, path, &source, &pages) {
                problems.push(Problem::new(reference.place.clone(), message));
            }
        }
    }
    if let Some(course) = course::read(&beside(root).join("course.toml"))? {
        let summary = source.join("SUMMARY.md");
        problems.append(&mut course::compare_titles(&course, &entries, &summary));
        for (path, page) in &pages {
            problems.append(&mut course::compare_exercises(&course, path, page, &source.join(path)));
        }
    }
    if pages.is_empty() {
        let summary = Place::file(&source.join("SUMMARY.md"));
        problems.push(Problem::new(summary, "names no page"));
    }
    Ok(())
}

fn beside(root: &Path) -> PathBuf {
    root.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new(".")).to_path_buf()
}

/// Finds what `reference`, on the page at `path`, leads to.
fn resolve(reference: &Reference, path: &str, source: &Path, pages: &Pages) -> Result<(), String> {
    let target = reference.target.as_str();
    if target.is_empty() {
        return Err("leads nowhere: the link is empty".into());
    }
    if is_elsewhere(target) {
        return if reference.is_image {
            Err(format!("shows `{target}` from another site; keep a copy in the book, which is read off line too"))
        } else {
            Ok(())
        };
    }
    let (file, anchor) = match target.split_once('#') {
        Some((file, anchor)) => (file, Some(anchor)),
        None => (target, None),
    };
    let file = if file.is_empty() {
        path.to_owned()
    } else {
        normalised(path, file).ok_or_else(|| format!("`{target}` leads out of the book"))?
    };
    match pages.get(&file) {
        Some(page) => anchor.map_or(Ok(()), |anchor| find_anchor(anchor, page, &file)),
        None => find_file(&file, target, source),
    }
}

fn is_elsewhere(target: &str) -> bool {
    ["https://", "http://", "mailto:"].iter().any(|scheme| target.starts_with(scheme))
}

fn find_anchor(anchor: &str, page: &Page, file: &str) -> Result<(), String> {
    if page.anchors.contains(anchor) {
        return Ok(());
    }
    let near = page.anchors.iter().find(|id| id.starts_with(anchor) || anchor.starts_with(id.as_str()));
    let hint = near.map_or(String::new(), |id| format!("; there is `#{id}`"));
    Err(format!("`{file}` has no heading or element with the id `{anchor}`{hint}"))
}

fn find_file(file: &str, target: &str, source: &Path) -> Result<(), String> {
    if file.ends_with(".html") {
        return Err(format!("`{target}` names the built page; link to its `.md`"));
    }
    if !source.join(file).is_file() {
        return Err(format!("`{target}` does not exist: no file `{file}` in the book's source"));
    }
    if file.ends_with(".md") {
        return Err(format!("`{target}` is no page of its own; SUMMARY.md does not list it"));
    }
    Ok(())
}

/// `target`, relative to the page at `path`, as a path from the source folder; `None` if it leads out of it.
fn normalised(path: &str, target: &str) -> Option<String> {
    let folder = Path::new(path).parent().unwrap_or(Path::new(""));
    let mut parts: Vec<String> = Vec::new();
    for component in folder.join(target).components() {
        match component {
            Component::Normal(part) => parts.push(part.to_str()?.to_owned()),
            Component::CurDir => {}
            Component::ParentDir => drop(parts.pop()?),
            Component::RootDir | Component::Prefix(_) => return None,
        }
    }
    Some(parts.join("/"))
}
