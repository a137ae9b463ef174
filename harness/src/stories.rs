//! Keeps the story of a failing check as files: a page for a browser, and the run in the formats of other tools.
//!
//! Only where somebody asked for it, by naming a folder: tests and proofs tell their stories to nobody. A file is written
//! beside its place and then moved there, so a page that is open in a browser is the old one or the new one, never half of
//! one. A folder that can't be written costs the files and nothing else.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use render::export;
use render::page::{self, Story};

/// What a story's files end in, and what they are.
const EXPORTS: [(&str, &str); 3] =
    [("jsonl", "JSON lines"), ("shiviz.log", "for ShiViz"), ("trace.json", "for Perfetto and chrome://tracing")];

/// A folder for stories.
#[derive(Clone, Debug)]
pub struct Stories {
    folder: PathBuf,
}

impl Stories {
    /// In this folder, which is made when it is needed.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Stories { folder: folder.into() }
    }

    /// Writes the files of a check's story; gives the path of the page.
    ///
    /// # Errors
    ///
    /// A sentence that says what could not be written and why.
    pub fn keep(&self, check: &str, story: &Story) -> Result<PathBuf, String> {
        let folder = self.folder.join(story.exercise);
        let path = |ending: &str| folder.join(format!("{check}.{ending}"));
        let page = path("html");
        let has_run = !story.trace.events.is_empty();
        let exports: Vec<(&str, String)> =
            EXPORTS.iter().filter(|_| has_run).map(|(ending, what)| (*what, format!("{check}.{ending}"))).collect();
        let mut files = vec![(page.clone(), page::page(&Story { exports: &exports, ..*story }))];
        if has_run {
            files.push((path("jsonl"), export::json_lines(story.trace)));
            files.push((path("shiviz.log"), export::shiviz(story.trace)));
            files.push((path("trace.json"), export::chrome_trace(story.trace)));
        }
        let written =
            fs::create_dir_all(&folder).and_then(|()| files.iter().try_for_each(|(path, text)| write(path, text)));
        written.map(|()| page).map_err(|error| {
            format!("The page of this story could not be kept: {} can't be written ({error}).", folder.display())
        })
    }
}

/// Writes a file whole or not at all.
fn write(path: &Path, text: &str) -> io::Result<()> {
    let name = path.file_name().map(|name| name.to_string_lossy()).unwrap_or_default();
    let beside = path.with_file_name(format!(".{name}.{}.new", std::process::id()));
    let written = fs::write(&beside, text).and_then(|()| fs::rename(&beside, path));
    if written.is_err() {
        let _ = fs::remove_file(&beside);
    }
    written
}

#[cfg(test)]
mod tests {
    use sim::{Lane, Tone, Trace};

    use super::*;

    fn told(trace: &Trace) -> Story<'_> {
        Story {
            exercise: "flaky_rpc",
            promise: "A lost request is retried",
            verdict: "broken",
            happened: "the call failed",
            expected: "",
            actual: "",
            schedule: &[],
            entries_before: 0,
            replay: "cargo xtask replay x",
            lesson: "cargo xtask lesson ch01#flaky_rpc",
            intervals: None,
            exports: &[],
            trace,
            focus: None,
        }
    }

    struct Scratch(PathBuf);

    impl Scratch {
        fn new(name: &str) -> Self {
            let path = std::env::temp_dir().join(format!("faultlines-stories-{}-{name}", std::process::id()));
            let _ = fs::remove_dir_all(&path);
            fs::create_dir_all(&path).expect("the temporary folder can be written");
            Scratch(path)
        }

        /// The files in a folder of it.
        fn names(&self, folder: &str) -> Vec<String> {
            let entries = fs::read_dir(self.0.join(folder)).expect("it is there").flatten();
            let mut names: Vec<String> = entries.map(|e| e.file_name().to_string_lossy().into_owned()).collect();
            names.sort();
            names
        }
    }

    impl Drop for Scratch {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    #[test]
    fn a_story_is_a_page_and_the_run_in_three_formats() {
        let scratch = Scratch::new("kept");
        let mut trace = Trace::new(["client"]);
        trace.note(0, Lane(0), Tone::Bad, "gives up");
        let page = Stories::new(&scratch.0).keep("a_check", &told(&trace)).expect("the folder can be written");
        assert_eq!(page, scratch.0.join("flaky_rpc/a_check.html"));
        let expected = ["a_check.html", "a_check.jsonl", "a_check.shiviz.log", "a_check.trace.json"];
        assert_eq!(scratch.names("flaky_rpc"), expected);
        let html = fs::read_to_string(page).expect("it was written");
        for name in &expected[1..] {
            assert!(html.contains(&format!("href=\"{name}\"")), "{name}");
        }
    }

    #[test]
    fn where_there_was_no_run_there_is_a_page_alone() {
        let scratch = Scratch::new("no-run");
        Stories::new(&scratch.0).keep("a_law", &told(&Trace::default())).expect("the folder can be written");
        assert_eq!(scratch.names("flaky_rpc"), ["a_law.html"]);
    }

    #[test]
    fn a_folder_that_cannot_be_made_is_told_in_a_sentence() {
        let scratch = Scratch::new("refused");
        fs::write(scratch.0.join("taken"), "").expect("the temporary folder can be written");
        let refused = Stories::new(scratch.0.join("taken")).keep("a_check", &told(&Trace::default()));
        let message = refused.expect_err("a file is no folder");
        assert!(message.starts_with("The page of this story could not be kept: "), "{message}");
        assert_eq!(scratch.names(""), ["taken"]);
    }
}
