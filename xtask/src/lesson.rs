//! `lesson`: a chapter's page in the terminal.
//!
//! The page is the source of the book, not a second copy: what the book includes is included here, and what only a
//! browser can show is told in words. Somebody who asks for an exercise gets its section and not the whole chapter.

use std::io::ErrorKind;
use std::path::PathBuf;

use crate::checkout::relative;
use crate::cli::LessonArgs;
use crate::course::{Chapter, Course};
use crate::{Context, Exit, Failure};
use crate::{lookup, pager, wrap};

pub mod include;
pub mod inline;
pub mod render;
pub mod table;

/// Long lines of prose are hard to follow however wide the terminal is.
const MOST_COLUMNS: usize = 100;

/// The `lesson` command.
///
/// # Errors
///
/// When there is no such chapter or exercise, or its page can't be read.
pub fn run(context: &Context, args: &LessonArgs) -> Result<Exit, Failure> {
    let (chapter, section) = wanted(&context.course, &args.chapter)?;
    let path = page_path(context, chapter);
    let name = relative(&context.root, &path);
    let markdown = match include::page(&path) {
        Ok(markdown) => markdown,
        Err(error) if error.kind() == ErrorKind::NotFound && chapter.exercises.is_empty() => {
            println!("{}, {}, has no lesson yet.", chapter.id, chapter.title);
            return Ok(Exit::Ok);
        }
        Err(error) => {
            return Err(Failure::new(format!(
                "The lesson {name} can't be read: {error}.\n\n`git checkout {name}` brings it back."
            )));
        }
    };
    let page = render::render(&markdown, wrap::terminal_columns(MOST_COLUMNS));
    let colour = context.paint.is_colour();
    let lines = match section {
        None => render::ansi(&page.lines, colour),
        Some(section) => match page.section(section) {
            Some(lines) => {
                let whole = format!("The whole chapter: cargo xtask lesson {}", chapter.id);
                format!("{}\n{}\n", render::ansi(lines, colour).trim_end(), context.paint.dim(&format!("\n{whole}")))
            }
            None => {
                eprintln!("{} has no section on {section}; this is the whole chapter.", chapter.id);
                render::ansi(&page.lines, colour)
            }
        },
    };
    pager::show(&lines);
    Ok(Exit::Ok)
}

/// The chapter that is meant by `ch01`, `flaky_rpc` or `ch01#flaky_rpc`, and the section in it.
fn wanted<'a>(course: &'a Course, asked: &'a str) -> Result<(&'a Chapter, Option<&'a str>), Failure> {
    let (id, section) = asked.split_once('#').map_or((asked, None), |(id, section)| (id, Some(section)));
    if let Some(chapter) = course.chapter(id) {
        return Ok((chapter, section));
    }
    lookup::exercise(course, id).map(|(chapter, exercise)| (chapter, Some(exercise.id.as_str())))
}

fn page_path(context: &Context, chapter: &Chapter) -> PathBuf {
    context.root.join("lessons").join("src").join(format!("{}.md", chapter.id))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::progress::tests::course;

    #[test]
    fn a_chapter_an_exercise_or_a_place_in_a_chapter_can_be_asked_for() {
        let course = course();
        let asked = |text| wanted(&course, text).map(|(chapter, section)| (chapter.id.as_str(), section)).unwrap();
        assert_eq!(asked("ch02"), ("ch02", None));
        assert_eq!(asked("second"), ("ch01", Some("second")));
        assert_eq!(asked("ch01#second"), ("ch01", Some("second")));
        assert!(wanted(&course, "ch11").is_err());
    }
}
