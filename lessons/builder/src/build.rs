//! mdBook itself, with its warnings caught.
//!
//! mdBook builds a book with a broken include and only logs that it did. Here the log is the answer: whatever is said
//! at the level of a warning or above is a problem.

use std::fmt::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use mdbook_driver::MDBook;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Metadata, Subscriber};

use crate::{Place, Problem};

/// Builds the book in `root` into the folder that its `book.toml` names (`book`, unless it says otherwise) or into
/// `into`. The problems are everything that mdBook warned of, and its error if it gave up.
pub fn build(root: &Path, into: Option<PathBuf>) -> Vec<Problem> {
    let log = Log::default();
    let result = tracing::subscriber::with_default(log.clone(), || {
        let mut book = MDBook::load(root)?;
        if let Some(folder) = into {
            book.config.build.build_dir = folder;
        }
        book.build()
    });
    let mut messages = log.taken();
    if let Err(error) = result {
        messages.push(format!("{error:#}"));
    }
    let place = Place::file(&root.join("book.toml"));
    let problem = |message| Problem::new(place.clone(), format!("mdBook: {message}"));
    messages.into_iter().map(problem).collect()
}

/// A subscriber that keeps warnings and errors, and nothing else.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<String>>>);

impl Log {
    fn taken(&self) -> Vec<String> {
        let mut messages = self.0.lock().expect("nobody panics while holding the log");
        std::mem::take(&mut messages)
    }
}

impl Subscriber for Log {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        *metadata.level() <= Level::WARN
    }

    fn event(&self, event: &Event<'_>) {
        let mut text = Text(String::new());
        event.record(&mut text);
        self.0.lock().expect("nobody panics while holding the log").push(text.0);
    }

    // Spans say where a message comes from; the messages of mdBook say so themselves.
    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }
    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

/// The message of an event, without its other fields.
struct Text(String);

impl Visit for Text {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        if field.name() == "message" {
            write!(self.0, "{value:?}").expect("a string takes whatever is written to it");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn warnings_and_errors_are_kept_and_the_rest_is_not() {
        let log = Log::default();
        tracing::subscriber::with_default(log.clone(), || {
            tracing::info!("all is well");
            tracing::warn!("the page {} is odd", "x.md");
            tracing::error!("it fails");
        });
        assert_eq!(log.taken(), ["the page x.md is odd", "it fails"]);
    }

    #[test]
    fn a_folder_without_a_book_is_a_problem() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        assert!(!build(folder.path(), None).is_empty());
    }

    #[test]
    fn what_mdbook_only_warns_of_is_a_problem() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let write = |path: &str, text: &str| std::fs::write(folder.path().join(path), text).expect("a file");
        std::fs::create_dir(folder.path().join("src")).expect("a folder");
        write("book.toml", "[book]\ntitle = \"T\"\n");
        write("src/SUMMARY.md", "- [A](a.md)\n");
        write("src/a.md", "# A\n");
        assert_eq!(build(folder.path(), None), []);
        write("src/a.md", "# A\n\n{{#include gone.md}}\n");
        let problems = build(folder.path(), None);
        assert!(problems.iter().any(|problem| problem.message.contains("gone.md")), "{problems:?}");
    }
}
