//! Which pages the book has, and which are announced but not written.

use std::fs;
use std::path::Path;

use pulldown_cmark::{Event, Parser, Tag, TagEnd};

use crate::{Place, Problem};

/// An entry of `SUMMARY.md`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// As the reader sees it in the table of contents.
    pub title: String,
    /// Relative to the source folder; `None` for a draft chapter.
    pub path: Option<String>,
}

/// Reads `SUMMARY.md`.
pub fn read(source: &Path) -> Result<Vec<Entry>, Problem> {
    let file = source.join("SUMMARY.md");
    let text = fs::read_to_string(&file)
        .map_err(|error| Problem::new(Place::file(&file), format!("cannot be read: {error}")))?;
    Ok(entries(&text))
}

fn entries(text: &str) -> Vec<Entry> {
    let mut entries = Vec::new();
    let mut open: Option<Entry> = None;
    for event in Parser::new(text) {
        match event {
            Event::Start(Tag::Link { dest_url, .. }) => {
                open = Some(Entry {
                    title: String::new(),
                    path: Some(dest_url.into_string()).filter(|path| !path.is_empty()),
                });
            }
            Event::Text(text) | Event::Code(text) => {
                if let Some(entry) = &mut open {
                    entry.title.push_str(&text);
                }
            }
            Event::End(TagEnd::Link) => entries.extend(open.take()),
            _ => {}
        }
    }
    entries
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chapters_and_draft_chapters_are_told_apart() {
        let entry = |title: &str, path: Option<&str>| Entry { title: title.into(), path: path.map(str::to_owned) };
        let text = "# Summary\n\n[Introduction](i.md)\n\n- [One, two](a.md)\n- [Three]()\n";
        let expected = [entry("Introduction", Some("i.md")), entry("One, two", Some("a.md")), entry("Three", None)];
        assert_eq!(entries(text), expected);
    }
}
