//! Where reports go: standard output, files, folders.

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use xtask::check::print;
use xtask::course::Course;
use xtask::files::write_atomically;
use xtask::{Context, Failure, stubs, wrap};

use crate::assignment::Visibility;
use crate::cli::Outputs;
use crate::formats::autograder::{self, File};
use crate::formats::classroom50::{self, Place};
use crate::formats::github::{self, Token};
use crate::formats::{csv, gradescope, json, junit, plain, table};
use crate::model::{ClassReport, Graded};
use crate::pages::{Alikeness, Audience, Site};
use crate::similarity::{self, Exercise, Options, Similarities};
use crate::work::{Source, Whole};
use crate::workshop::Published;

/// The most columns a table takes.
const COLUMNS: usize = 200;

/// Prints and writes what was asked for. Files first: what is printed last is what somebody sees.
pub(super) fn publish(
    context: &Context,
    published: Published<'_>,
    visibility: Visibility,
    outputs: &Outputs,
) -> Result<(), Failure> {
    let report = published.report;
    let similar = outputs.similar.then(|| similar(context, published.class));
    if let Some(path) = &outputs.csv {
        write(path, &csv::write(report))?;
    }
    if let Some(path) = &outputs.junit {
        write(path, &junit::write(report))?;
    }
    // Whoever asks for one of these has one submission. If that could not be graded, there is nothing to tell of it.
    let one = report.submissions.first();
    if let (Some(path), Some(graded)) = (&outputs.gradescope, one) {
        write(path, &gradescope::write(graded, visibility))?;
    }
    if let (Some(path), Some(graded)) = (&outputs.classroom50, one) {
        write(path, &classroom50(graded)?)?;
    }
    if let Some(folder) = &outputs.html {
        html(folder, published, similar.as_ref())?;
    }
    if let Some(folder) = &outputs.handout {
        handout(folder, report)?;
    }
    if outputs.json {
        print(&json::write(report));
    } else if outputs.github {
        one.map_or(Ok(()), |graded| print_for_github(context, graded))?;
    } else {
        print(&table::write(report, context.paint, wrap::terminal_columns(COLUMNS)));
    }
    if let Some(similar) = &similar {
        tell_similar(similar, outputs);
    }
    Ok(())
}

fn write(path: &Path, text: &str) -> Result<(), Failure> {
    write_atomically(path, text.as_bytes()).map_err(|error| cannot_write(path, &error))
}

fn cannot_write(path: &Path, error: &io::Error) -> Failure {
    Failure::new(format!(
        "{} can't be written: {error}.\n\nThe results are kept: `cargo xtask grade merge RESULTS` makes reports of them without \
         grading again.",
        path.display()
    ))
}

fn classroom50(graded: &Graded) -> Result<String, Failure> {
    let place = Place::from_environment(|name| env::var(name).ok());
    let place = place.map_err(|missing| Failure::new(missing.to_string()))?;
    let now = SystemTime::now();
    Ok(classroom50::write(graded, &place, now, now))
}

/// Annotations and the log on standard output, the summary in the file that the runner names.
fn print_for_github(context: &Context, graded: &Graded) -> Result<(), Failure> {
    let token = Token::random().map_err(|error| Failure::new(error.to_string()))?;
    let workspace = env::var_os("GITHUB_WORKSPACE").map_or_else(|| context.root.clone(), PathBuf::from);
    print(&github::log(graded, |exercise| file_in(&workspace, &context.course, exercise), &token));
    if let Some(path) = env::var_os("GITHUB_STEP_SUMMARY").filter(|path| !path.is_empty()) {
        let path = Path::new(&path);
        let there = fs::read(path).unwrap_or_default();
        let summary = github::summary(graded, github::SUMMARY_BYTES.saturating_sub(there.len()));
        let append = fs::File::options().append(true).create(true).open(path);
        let appended = append.and_then(|mut file| io::Write::write_all(&mut file, summary.as_bytes()));
        appended.map_err(|error| cannot_write(path, &error))?;
    }
    Ok(())
}

/// Where the file of an exercise is in a repository, if the repository is one of this course. GitHub shows an annotation beside
/// the code only if the path is right.
fn file_in(workspace: &Path, course: &Course, exercise: &str) -> Option<String> {
    let (chapter, _) = course.exercise(exercise)?;
    let path = format!("exercises/{}/src/{exercise}.rs", chapter.dir);
    workspace.join(&path).is_file().then_some(path)
}

fn html(folder: &Path, published: Published<'_>, similar: Option<&Similarities>) -> Result<(), Failure> {
    let texts: BTreeMap<(&str, &str), &str> = texts(published.class).collect();
    let source = |name: &str, exercise: &str| texts.get(&(name, exercise)).map(|text| (*text).to_owned());
    let mut site = Site::new(published.report, Audience::Instructor);
    if let Some(found) = similar {
        site = site.with_similar(Alikeness { found, source: &source });
    }
    site.write(folder).map(drop).map_err(|error| cannot_write(folder, &error))
}

/// Pages for students. A folder that has had pages for the instructor may still hold some: those of submissions that are not in
/// this report.
fn handout(folder: &Path, report: &ClassReport) -> Result<(), Failure> {
    if folder.join("index.html").exists() {
        return Err(Failure::new(format!(
            "{} holds pages that are not for students.\n\nGive --handout a folder of its own. The results are kept: `cargo xtask \
             grade merge RESULTS --handout DIR` writes pages from them.",
            folder.display()
        )));
    }
    Site::new(report, Audience::Learner).write(folder).map(drop).map_err(|error| cannot_write(folder, &error))
}

/// Submission, exercise and text of everything that has a text.
fn texts(class: &[Whole]) -> impl Iterator<Item = ((&str, &str), &str)> {
    class.iter().flat_map(|whole| &whole.parts).filter_map(|part| match &part.source {
        Source::Text(text) => Some(((part.submission.as_str(), part.exercise.as_str()), text.as_str())),
        Source::Missing | Source::Refused(_) => None,
    })
}

/// What is alike, the stubs aside that everybody was given.
fn similar(context: &Context, class: &[Whole]) -> Similarities {
    let mut exercises = Vec::new();
    for chapter in &context.course.chapters {
        for exercise in &chapter.exercises {
            let solution = context.root.join("solutions").join(&chapter.dir).join(format!("src/{}.rs", exercise.id));
            let stub = fs::read_to_string(solution).ok().and_then(|text| stubs::cut(&text).ok());
            let sources = texts(class).filter(|((_, id), _)| *id == exercise.id).map(|((name, _), text)| (name, text));
            exercises.push((exercise.id.as_str(), stub, sources.collect::<Vec<_>>()));
        }
    }
    let exercises: Vec<Exercise<'_>> = exercises
        .iter()
        .map(|(id, stub, sources)| Exercise {
            id,
            given: stub.as_deref().into_iter().collect(),
            sources: sources.clone(),
        })
        .collect();
    similarity::compare(&exercises, &Options::default())
}

/// The pairs, for a person. Beside JSON they go where they don't disturb it.
fn tell_similar(similar: &Similarities, outputs: &Outputs) {
    let text = similar_told(similar, outputs.html.as_deref());
    if outputs.json {
        eprint!("{text}");
    } else {
        print(&text);
    }
}

/// The most alike pairs, a line each, and where the others are.
fn similar_told(similar: &Similarities, pages: Option<&Path>) -> String {
    /// So many are listed on a terminal, where more would push the table away.
    const LISTED: usize = 20;
    if similar.pairs.is_empty() {
        return "\nNo two submissions are alike.\n".to_owned();
    }
    let mut text = "\nAlike, for whatever reason:\n\n".to_owned();
    for pair in similar.pairs.iter().take(LISTED) {
        let exercises = pair.exercises.iter().map(|alike| format!("{} {:.0} %", alike.exercise, alike.share() * 100.0));
        let exercises: Vec<String> = exercises.collect();
        text.push_str(&format!(
            "{} and {}: {}\n",
            plain::line(&pair.one),
            plain::line(&pair.other),
            exercises.join(", ")
        ));
    }
    if let more @ 1.. = similar.pairs.len().saturating_sub(LISTED) + similar.more {
        text.push_str(&format!("and {more} more, none of them more alike than these\n"));
    }
    match pages {
        Some(folder) => text.push_str(&format!("\nSide by side: {}\n", folder.join("similar/index.html").display())),
        None => text.push_str("\n--html DIR shows them side by side.\n"),
    }
    text
}

/// Writes a folder that was not there, or was empty, and the same as a zip beside it.
pub(super) fn folder(folder: &Path, files: &[File]) -> Result<(), Failure> {
    if fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_some()) {
        return Err(Failure::new(format!(
            "{} is not empty.\n\nName a folder that does not exist yet.",
            folder.display()
        )));
    }
    let cannot_write = |path: &Path, error: &io::Error| {
        Failure::new(format!("{} can't be written: {error}.\n\nName another folder.", path.display()))
    };
    for file in files {
        let path = folder.join(&file.path);
        write_atomically(&path, &file.contents).map_err(|error| cannot_write(&path, &error))?;
        #[cfg(unix)]
        if file.executable {
            let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
            fs::set_permissions(&path, mode).map_err(|error| cannot_write(&path, &error))?;
        }
    }
    let zip = folder.with_extension("zip");
    write_atomically(&zip, &autograder::zip(files)).map_err(|error| cannot_write(&zip, &error))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::fixture;
    use crate::similarity::{Alike, Pair, Share};
    use crate::tests::Scratch;

    #[test]
    fn what_is_handed_out_has_no_page_of_the_class() {
        let (scratch, report) = (Scratch::new("handout"), fixture::class());
        handout(&scratch.0, &report).expect("the folder is writable");
        let names = |folder: &Path| fs::read_dir(folder).expect("it is there").count();
        assert_eq!((names(&scratch.0), names(&scratch.0.join("students"))), (1, report.submissions.len()));
    }

    #[test]
    fn an_annotation_names_the_file_as_it_lies_in_the_repository() {
        let (scratch, course) = (Scratch::new("workspace"), crate::tests::course());
        assert_eq!(file_in(&scratch.0, &course, "third"), None);
        scratch.write("exercises/ch02-two/src/third.rs", "");
        assert_eq!(file_in(&scratch.0, &course, "third").as_deref(), Some("exercises/ch02-two/src/third.rs"));
        assert_eq!(file_in(&scratch.0, &course, "fourth"), None);
    }

    #[test]
    fn of_many_similar_pairs_a_terminal_gets_the_first_and_the_way_to_the_others() {
        let share = Share { fingerprints: 9, share: 1.0 };
        let (exercise, regions) = ("raft".to_owned(), Vec::new());
        let alike = Alike { exercise, shared: 9, one: share, other: share, longest_run: 40, regions };
        let pair = |place| Pair { one: format!("a{place}"), other: "b".to_owned(), exercises: vec![alike.clone()] };
        let found = |count: usize| Similarities { pairs: (0..count).map(pair).collect(), ..Similarities::default() };
        let told = similar_told(&found(23), Some(Path::new("p")));
        assert!(told.contains("a19 and b: raft 100 %\nand 3 more, none") && !told.contains("a20"), "{told}");
        assert!(told.ends_with("Side by side: p/similar/index.html\n"), "{told}");
        assert!(!similar_told(&found(20), None).contains(" more, "));
        assert_eq!(similar_told(&found(0), None), "\nNo two submissions are alike.\n");
    }

    #[test]
    fn pages_to_hand_out_are_not_laid_among_those_for_the_instructor() {
        let (scratch, report) = (Scratch::new("handout-mixed"), fixture::class());
        Site::new(&report, Audience::Instructor).write(&scratch.0).expect("the folder is writable");
        let told = handout(&scratch.0, &report).expect_err("it holds hidden results").to_string();
        assert!(told.contains("not for students") && told.contains("folder of its own"), "{told}");
    }
}
