//! `course.toml` and the book name the same chapters and exercises.
//!
//! `course.toml` is the only place for titles and ids; the book repeats them, and so it is checked against it.

use std::path::Path;
use std::{fs, io};

use serde::Deserialize;

use crate::page::Page;
use crate::summary::Entry;
use crate::{Place, Problem};

/// What the book needs of `course.toml`; the command reads all of it and is strict about the rest.
#[derive(Clone, Debug, Deserialize)]
pub struct Course {
    /// In the order in which they are taught.
    #[serde(rename = "chapter")]
    pub chapters: Vec<Chapter>,
}

/// A chapter.
#[derive(Clone, Debug, Deserialize)]
pub struct Chapter {
    /// `ch01`, and so its page is `ch01.md`.
    pub id: String,
    /// As in the table of contents.
    pub title: String,
    /// Its exercises, none as long as they are not written.
    #[serde(rename = "exercise", default)]
    pub exercises: Vec<Exercise>,
}

/// An exercise, which has a section with this id on its chapter's page.
#[derive(Clone, Debug, Deserialize)]
pub struct Exercise {
    /// `flaky_rpc`, for example.
    pub id: String,
}

/// Reads `course.toml`; `None` where there is none.
pub fn read(file: &Path) -> Result<Option<Course>, Problem> {
    let text = match fs::read_to_string(file) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(Problem::new(Place::file(file), format!("cannot be read: {error}"))),
    };
    toml::from_str(&text)
        .map(Some)
        .map_err(|error| Problem::new(Place::file(file), format!("is not a course: {error}")))
}

/// Every chapter of the course is in the table of contents, in order, with its title.
pub fn compare_titles(course: &Course, entries: &[Entry], summary: &Path) -> Vec<Problem> {
    let in_course: Vec<&str> = course.chapters.iter().map(|chapter| chapter.title.as_str()).collect();
    let in_book: Vec<&str> =
        entries.iter().map(|entry| entry.title.as_str()).filter(|title| *title != "Introduction").collect();
    if in_course == in_book {
        return Vec::new();
    }
    let message = format!("lists the chapters {in_book:?}, but course.toml has {in_course:?}");
    vec![Problem::new(Place::file(summary), message)]
}

/// Every exercise of the chapter with this page has its section.
pub fn compare_exercises(course: &Course, path: &str, page: &Page, file: &Path) -> Vec<Problem> {
    let id = path.trim_end_matches(".md");
    let chapter = course.chapters.iter().find(|chapter| chapter.id == id);
    let exercises = chapter.map_or(&[][..], |chapter| &chapter.exercises);
    exercises
        .iter()
        .filter(|exercise| !page.anchors.contains(&exercise.id))
        .map(|exercise| {
            let id = &exercise.id;
            Problem::new(
                Place::file(file),
                format!("has no section `{{#{id}}}` for the exercise `{id}` of course.toml"),
            )
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn course() -> Course {
        let text = "title = \"T\"\n[[chapter]]\nid = \"ch01\"\ntitle = \"One\"\n[[chapter.exercise]]\nid = \"a\"\n";
        toml::from_str(text).expect("a course")
    }

    fn entry(title: &str) -> Entry {
        Entry { title: title.into(), path: None }
    }

    #[test]
    fn a_title_that_differs_is_a_problem() {
        let file = Path::new("SUMMARY.md");
        assert_eq!(compare_titles(&course(), &[entry("Introduction"), entry("One")], file), []);
        assert_eq!(compare_titles(&course(), &[entry("Won")], file).len(), 1);
    }

    #[test]
    fn an_exercise_without_a_section_is_a_problem() {
        let file = Path::new("ch01.md");
        let mut page = Page::default();
        assert_eq!(compare_exercises(&course(), "ch01.md", &page, file).len(), 1);
        page.anchors.insert("a".into());
        assert_eq!(compare_exercises(&course(), "ch01.md", &page, file), []);
    }
}
