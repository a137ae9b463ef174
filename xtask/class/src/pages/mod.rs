//! The report as pages for a browser: one for the class, one for each submission, and what is alike.
//!
//! Start at [`Site`]. Every page is complete in itself: no script, no font, nothing from the network. The folder can be
//! opened from a disk, mailed, or put on a server, and a page of a student can be handed out alone.
//!
//! The pages are written by templates that escape what they are given (maud), and text from submissions passes through
//! one door besides, which writes out the characters that nobody sees. The alternative, a page that loads the JSON and
//! draws itself, would need a script, could not be printed or mailed as it is, and would have to be trusted with
//! everybody's results.

mod class;
mod frame;
mod histogram;
mod names;
mod similar;
mod story;
mod student;
mod text;

use std::io;
use std::path::Path;

use xtask::files::write_atomically;

use self::names::Names;
use crate::model::{ClassReport, Graded};
use crate::similarity::Similarities;

/// Who reads the pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Audience {
    /// Sees everything, everybody's results and what is alike.
    Instructor,
    /// Sees the page of one submission, with no way to any other and nothing of the hidden seeds.
    Learner,
}

/// A page, not yet written anywhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// Where it belongs, from the folder of the report: `students/ada.html`. Only `a` to `z`, digits, `-`, `_`, `/`, `.`.
    pub path: String,
    /// The whole page.
    pub html: String,
}

/// What is alike in the class, and how to get at the sources.
#[derive(Clone, Copy)]
pub struct Alikeness<'a> {
    /// What was found.
    pub found: &'a Similarities,
    /// The source of a submission (its name) for an exercise (its id), if it is still at hand.
    pub source: &'a dyn Fn(&str, &str) -> Option<String>,
}

/// All pages of a report.
pub struct Site<'a> {
    report: &'a ClassReport,
    audience: Audience,
    alikeness: Option<Alikeness<'a>>,
    /// The names of the files of the submissions, in their order, without folder and extension.
    files: Vec<String>,
}

impl<'a> Site<'a> {
    /// The pages of a report, without those about what is alike.
    pub fn new(report: &'a ClassReport, audience: Audience) -> Self {
        let mut names = Names::default();
        let files = report.submissions.iter().map(|submission| names.give(&submission.name)).collect();
        Site { report, audience, alikeness: None, files }
    }

    /// The same with the pages about what is alike. A learner sees none of them.
    pub fn with_similar(self, alikeness: Alikeness<'a>) -> Self {
        let alikeness = Some(alikeness).filter(|_| self.audience == Audience::Instructor);
        Site { alikeness, ..self }
    }

    /// Where the page of a submission is, from the folder of the report.
    pub fn path_of(&self, submission: &str) -> Option<String> {
        let place = self.report.submissions.iter().position(|graded| graded.name == submission)?;
        Some(format!("students/{}.html", self.files[place]))
    }

    /// The pages, each made when it is asked for: those of a large class need not be in memory together.
    pub fn pages(&self) -> impl Iterator<Item = Page> {
        let is_instructor = self.audience == Audience::Instructor;
        let class = is_instructor.then(|| Page { path: "index.html".to_owned(), html: class::page(self) });
        let students = self
            .report
            .submissions
            .iter()
            .zip(&self.files)
            .map(|(graded, file)| Page { path: format!("students/{file}.html"), html: self.student(graded) });
        let similar = self.alikeness.into_iter().flat_map(|alikeness| similar::pages(self, alikeness));
        class.into_iter().chain(students).chain(similar)
    }

    /// The page of one submission.
    pub fn student(&self, graded: &Graded) -> String {
        match self.audience {
            Audience::Instructor => student::page(graded, self.title(), self.audience),
            Audience::Learner => student::page(&graded.for_learner(), self.title(), self.audience),
        }
    }

    /// Writes all pages into a folder, which is made if it is missing, and says how many there are. What else is in the
    /// folder stays there.
    ///
    /// # Errors
    ///
    /// Whatever the file system says. Each page is then there whole or as it was.
    pub fn write(&self, folder: &Path) -> io::Result<usize> {
        let mut pages = 0;
        for page in self.pages() {
            write_atomically(&folder.join(&page.path), page.html.as_bytes())?;
            pages += 1;
        }
        Ok(pages)
    }

    fn title(&self) -> &str {
        self.report.assignment.as_deref().unwrap_or("Faultlines")
    }
}
