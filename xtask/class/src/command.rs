//! From the command line to an exit status.
//!
//! Standard output belongs to the report; everything that is said about the run goes to standard error.

use std::collections::BTreeSet;
use std::fs;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::thread;

use clap::Parser;
use xtask::{Failure, checkout, interrupt};

use crate::cli::{Cli, Command, GradeArgs, MergeArgs, Outputs};
use crate::formats::plain;
use crate::merge::{Merged, merge};
use crate::partition::Partition;
use crate::progress::{Progress, submissions};
use crate::run::{self, Finished, Unit};
use crate::store::{self, Claim, Entry, Header, Identity, Kept};
use crate::work::{Source, Submission};
use crate::workshop::{Class, Published, Ready, Workshop};

/// How a command ends, as its exit status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Everything is graded, whatever the scores.
    Graded = 0,
    /// Something could not be graded, which says nothing about the submission.
    NotGraded = 1,
    /// The question was wrong.
    BadQuestion = 2,
}

/// The whole of `cargo xtask grade`.
pub fn main(workshop: &dyn Workshop) -> ExitCode {
    interrupt::install();
    let exit = run(Cli::parse(), workshop).unwrap_or_else(|failure| {
        eprintln!("{failure}");
        Exit::BadQuestion
    });
    ExitCode::from(exit as u8)
}

fn run(cli: Cli, workshop: &dyn Workshop) -> Result<Exit, Failure> {
    match (cli.command, cli.grade) {
        (Some(Command::Merge(args)), _) => join(&args, workshop),
        (Some(Command::Autograder(args)), _) => workshop.autograder(&args).map(|()| Exit::Graded),
        (Some(Command::Prepare(args)), _) => workshop.try_out(args.allow_unsandboxed).map(|()| Exit::Graded),
        (None, Some(args)) => grade(&args, &cli.outputs, workshop),
        (None, None) => Err(Failure::new("Whose submissions? `cargo xtask grade --help` shows what can be asked.")),
    }
}

/// Grades a class, or a share of it.
///
/// # Errors
/// If the question was wrong: what was handed in or set can't be read, the folder for results can't be used.
pub fn grade(args: &GradeArgs, outputs: &Outputs, workshop: &dyn Workshop) -> Result<Exit, Failure> {
    exists(&args.submissions)?;
    warn_about_jobs(args.jobs);
    let mut class = workshop.list(args)?;
    tell(&class.notes);
    can_be_reported(class.submissions.len(), outputs)?;
    let names = in_order(&mut class)?;
    let folder = match &args.out {
        Some(folder) => folder.clone(),
        None => folder_for(&class.name, args.partition)?,
    };
    // Before anything is built: whoever forgot --resume should not have to wait to be told.
    let claim = Claim::take(&folder, args.resume)?;
    let ready = workshop.prepare(args, &class)?;
    let share = share_of(&class, args.partition);
    tell(&refusals(&share));
    let (store, kept) = claim.begin(header(args, &class, &ready, names, &share), &share)?;
    say_what_was_kept(args, &folder, &kept, share.len() * class.exercises.len());
    let units = units(&share, &kept.verdicts);
    let progress = Progress::new(&units, share.len());
    progress.before_exit(how_to_resume(&folder));
    let jobs = args.jobs.or_else(|| thread::available_parallelism().ok()).unwrap_or(NonZeroUsize::MIN);
    let finished = run::run(&units, jobs, &*ready.grader, &store, &progress);
    if interrupt::has_come() {
        // Whoever ends the children ends this process as well; there is nothing to report until then.
        loop {
            thread::park();
        }
    }
    progress.clear();
    let results = match store.finish() {
        Ok(results) => results,
        Err(error) => {
            eprintln!("\nThe results can't be put together: {error}.\n\n{}", how_to_resume(&folder));
            return Ok(Exit::NotGraded);
        }
    };
    tell_troubles(&finished);
    let merged = merge(vec![(folder.clone(), results)])?;
    // Of a part of the class, a share alone says nothing about the shares that are graded elsewhere.
    let merged = Merged { missing_shares: Vec::new(), ..merged };
    publish(workshop, &merged, outputs)?;
    eprintln!("\n{}", where_everything_is(&folder, outputs));
    if !merged.ungraded.is_empty() {
        eprintln!("\n{}", how_to_resume(&folder));
    }
    Ok(exit_of(&merged))
}

/// Joins results.
fn join(args: &MergeArgs, workshop: &dyn Workshop) -> Result<Exit, Failure> {
    let load = |path: &PathBuf| store::load(path).map(|results| (path.clone(), results));
    let merged = merge(args.results.iter().map(load).collect::<Result<_, _>>()?)?;
    can_be_reported(merged.class.len(), &args.outputs)?;
    publish(workshop, &merged, &args.outputs)?;
    if !merged.missing_shares.is_empty() {
        eprintln!(
            "\nThis is not the whole class: share {} was not given. Grade it with --partition and merge all shares again.",
            merged.missing_shares.join(", ")
        );
    }
    Ok(exit_of(&merged))
}

/// Makes the report and everything from it; tells what is not in it.
fn publish(workshop: &dyn Workshop, merged: &Merged, outputs: &Outputs) -> Result<(), Failure> {
    tell(&merged.notes);
    let report = workshop.report(&merged.plan, &merged.class)?;
    workshop.publish(Published { plan: &merged.plan, class: &merged.class, report: &report }, outputs)?;
    if !merged.ungraded.is_empty() {
        eprintln!(
            "\n{} not graded to the end, and not in the report: {}",
            submissions(merged.ungraded.len()),
            merged.ungraded.join(", ")
        );
    }
    Ok(())
}

fn exit_of(merged: &Merged) -> Exit {
    if merged.ungraded.is_empty() && merged.missing_shares.is_empty() { Exit::Graded } else { Exit::NotGraded }
}

/// Some reports are about one submission, and some must not lie together. Hours of grading are not the way to find that out.
fn can_be_reported(submissions: usize, outputs: &Outputs) -> Result<(), Failure> {
    if outputs.html.is_some() && outputs.html == outputs.handout {
        return Err(Failure::new(
            "--html and --handout name the same folder.\n\nYour pages hold what hidden seeds found; give those for students a \
             folder of their own.",
        ));
    }
    match outputs.of_one().filter(|_| submissions != 1) {
        None => Ok(()),
        Some(option) => Err(Failure::new(format!(
            "{option} reports on a single submission, and here are {submissions}.\n\nGrade one at a time: `cargo xtask grade \
             --one FOLDER {option} …`.",
        ))),
    }
}

/// Puts the class in the order of names, which everything else goes by, and gives the names.
fn in_order(class: &mut Class) -> Result<Vec<String>, Failure> {
    class.submissions.sort_by(|one, other| one.name.cmp(&other.name));
    if let Some(pair) = class.submissions.windows(2).find(|pair| pair[0].name == pair[1].name) {
        return Err(Failure::new(format!(
            "Two submissions are called `{}`: a folder and an archive, perhaps.\n\nRename or remove one of them.",
            pair[0].name
        )));
    }
    Ok(class.submissions.iter().map(|submission| submission.name.clone()).collect())
}

fn share_of(class: &Class, partition: Option<Partition>) -> Vec<Submission> {
    let mine = |place: usize| partition.is_none_or(|partition| partition.takes(place));
    class.submissions.iter().enumerate().filter(|(place, _)| mine(*place)).map(|(_, listed)| (listed.read)()).collect()
}

fn header(args: &GradeArgs, class: &Class, ready: &Ready, names: Vec<String>, share: &[Submission]) -> Header {
    let entry = |one: &Submission| Entry { name: one.name.clone(), notes: one.notes.clone() };
    Header {
        schema: store::SCHEMA.to_owned(),
        identity: Identity {
            course: ready.course.clone(),
            assignment: class.assignment.clone(),
            seed: args.seed,
            jailed: ready.jailed,
        },
        plan: class.plan.clone(),
        exercises: class.exercises.clone(),
        partition: args.partition,
        class: names,
        submissions: share.iter().map(entry).collect(),
    }
}

/// What is still to grade.
fn units<'s>(share: &'s [Submission], kept: &BTreeSet<(String, String)>) -> Vec<Unit<'s>> {
    let all =
        share.iter().flat_map(|submission| submission.answers.iter().map(move |answer| Unit { submission, answer }));
    all.filter(|unit| !kept.contains(&(unit.submission.name.clone(), unit.answer.exercise.clone()))).collect()
}

/// Where results are kept if nobody says where: with the course, not with the submissions, where nothing is to change.
fn folder_for(name: &str, partition: Option<Partition>) -> Result<PathBuf, Failure> {
    let share = partition.map(|share| format!("-{}-of-{}", share.share(), share.of())).unwrap_or_default();
    Ok(checkout::root()?.join(".faultlines").join("grade").join(format!("{name}{share}")))
}

fn tell(notes: &[String]) {
    notes.iter().for_each(|note| eprintln!("note: {note}"));
}

/// What was refused, and why. It costs points, and not all of it need be a student's doing: a folder may not be readable for
/// who grades.
fn refusals(share: &[Submission]) -> Vec<String> {
    /// So many are told one by one.
    const NAMED: usize = 10;
    let of = |submission: &Submission| {
        let refused = submission.answers.iter().filter_map(|answer| match &answer.source {
            Source::Refused(why) => Some(why.clone()),
            Source::Missing | Source::Text(_) => None,
        });
        let reasons: BTreeSet<String> = refused.collect();
        let name = plain::line(&submission.name);
        reasons.into_iter().map(move |why| format!("{name}: refused, which earns nothing: {}", plain::line(&why)))
    };
    let mut notes: Vec<String> = share.iter().flat_map(of).collect();
    if let more @ 1.. = notes.len().saturating_sub(NAMED) {
        notes.truncate(NAMED);
        notes.push(format!("{more} more are refused; the reports say which and why."));
    }
    notes
}

fn tell_troubles(finished: &Finished) {
    /// So many are named one by one.
    const NAMED: usize = 10;
    if let Some(why) = &finished.given_up {
        eprintln!("\nGrading was given up: {why}.");
    }
    for (submission, exercise, why) in finished.troubles.iter().take(NAMED) {
        eprintln!("\n`{exercise}` of {submission} could not be graded, which is not the submission's fault: {why}.");
    }
    if let more @ 1.. = finished.troubles.len().saturating_sub(NAMED) {
        eprintln!("\nSo it is with {more} more.");
    }
}

fn say_what_was_kept(args: &GradeArgs, folder: &Path, kept: &Kept, of: usize) {
    tell(&kept.notes);
    if args.resume {
        let changed = match kept.outdated {
            0 => String::new(),
            count => format!("; {count} more were of files that have changed since"),
        };
        let there = kept.verdicts.len();
        eprintln!("Resuming {}: {there} of {of} results are there already{changed}.", folder.display());
    }
}

/// More jobs than cores make each of them slower, and the clock that ends a hang runs on.
fn warn_about_jobs(jobs: Option<NonZeroUsize>) {
    let cores = thread::available_parallelism().map_or(1, usize::from);
    if let Some(jobs) = jobs.filter(|jobs| jobs.get() > cores) {
        eprintln!(
            "note: {jobs} jobs on {cores} cores: a slow but right submission may be taken for one that hangs. --jobs {cores} \
             is as fast."
        );
    }
}

/// A folder that is not there may be a command that was mistyped.
fn exists(folder: &Path) -> Result<(), Failure> {
    if folder.exists() {
        return Ok(());
    }
    let last = |path: &Path| path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
    let (name, typed) = (last(folder), folder.display());
    // Who typed a path didn't mean a command.
    let is_bare = folder.as_os_str() == name.as_str();
    let commands = ["merge", "autograder", "prepare"].into_iter().filter(|_| is_bare);
    let commands = commands.map(|command| (command.to_owned(), format!("the command `{command}`")));
    let above = folder.parent().filter(|above| !above.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let neighbours = fs::read_dir(above).into_iter().flatten().flatten().filter(|entry| entry.path().is_dir());
    let neighbours = neighbours.map(|entry| {
        let path = folder.with_file_name(entry.file_name());
        (last(&path), format!("`{}`", path.display()))
    });
    let candidates: BTreeSet<(String, String)> = commands.chain(neighbours).collect();
    let likeness = |candidate: &str| strsim::jaro_winkler(&name, candidate);
    let close = candidates
        .iter()
        .map(|(candidate, told)| (likeness(candidate), told))
        .filter(|(likeness, _)| *likeness >= 0.85);
    let next = match close.max_by(|one, other| one.0.total_cmp(&other.0)) {
        Some((_, told)) => format!("Did you mean {told}?"),
        None => "SUBMISSIONS is the folder in which every submission is a folder or an archive.".to_owned(),
    };
    Err(Failure::new(format!("There is no folder {typed}.\n\n{next}")))
}

/// Where results and pages are; and how to come by other reports, for which nobody should grade again.
fn where_everything_is(folder: &Path, outputs: &Outputs) -> String {
    let mut lines = vec![format!("Results: {}", folder.display())];
    if let Some(pages) = &outputs.html {
        lines.push(format!("Pages for you: {}", pages.join("index.html").display()));
    }
    if let Some(pages) = &outputs.handout {
        lines.push(format!("Pages to hand out: {}", pages.join("students").display()));
    }
    if outputs.html.is_none() {
        let folder = quoted(&folder.to_string_lossy());
        lines.push(format!("Other reports, without grading again: cargo xtask grade merge {folder} --html DIR"));
    }
    lines.join("\n")
}

/// What to type to go on.
fn how_to_resume(folder: &Path) -> String {
    let args: Vec<String> = std::env::args_os().skip(1).map(|arg| quoted(&arg.to_string_lossy())).collect();
    let again = args.iter().any(|arg| arg == "--resume");
    let resume = if again { "" } else { "--resume " };
    format!(
        "What is graded so far is kept in {}. To go on:\n\n    cargo xtask grade {resume}{}",
        folder.display(),
        args.join(" ")
    )
}

/// As a shell takes it for one word.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "-_./=:,+@%".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', "'\\''"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fakes::{EXERCISES, submission};
    use crate::workshop::Listed;

    fn listed(name: &str) -> Listed {
        let (name, submission) = (name.to_owned(), submission(name));
        Listed { name, read: Box::new(move || submission.clone()) }
    }

    fn class(names: &[&str]) -> Class {
        Class {
            name: "homework".to_owned(),
            submissions: names.iter().map(|name| listed(name)).collect(),
            exercises: EXERCISES.map(str::to_owned).to_vec(),
            plan: serde_json::Value::Null,
            assignment: String::new(),
            notes: Vec::new(),
        }
    }

    #[test]
    fn a_class_is_put_in_the_order_of_names() {
        let mut class = class(&["bob", "ada", "Zoë"]);
        assert_eq!(in_order(&mut class).expect("they have different names"), ["Zoë", "ada", "bob"]);
        assert_eq!(class.submissions[0].name, "Zoë");
    }

    #[test]
    fn two_submissions_of_one_name_are_refused() {
        let told = in_order(&mut class(&["ada", "bob", "ada"])).expect_err("who is who?").to_string();
        assert!(told.starts_with("Two submissions are called `ada`"), "{told}");
    }

    #[test]
    fn only_the_share_that_is_graded_is_read() {
        let mut class = class(&["a", "b", "c", "d"]);
        for listed in class.submissions.iter_mut().filter(|listed| "bd".contains(&listed.name)) {
            listed.read = Box::new(|| panic!("it is another share's"));
        }
        let share = share_of(&class, Some("1/2".parse().expect("it is a share")));
        assert_eq!(share.iter().map(|one| one.name.as_str()).collect::<Vec<_>>(), ["a", "c"]);
    }

    #[test]
    fn a_refusal_is_told_once_for_a_submission_and_not_for_ever() {
        let mut ada = submission("ada\n");
        for answer in &mut ada.answers {
            answer.source = Source::Refused("Its folder can't be read.".to_owned());
        }
        let told = "ada : refused, which earns nothing: Its folder can't be read.";
        assert_eq!(refusals(&[submission("bob"), ada.clone()]), [told]);
        let many = refusals(&vec![ada; 12]);
        assert_eq!((many.len(), many[10].as_str()), (11, "2 more are refused; the reports say which and why."));
    }

    #[test]
    fn the_last_lines_say_where_the_pages_are_or_how_to_get_some() {
        let told = |outputs: Outputs| where_everything_is(Path::new("a b"), &outputs);
        let next = "Other reports, without grading again: cargo xtask grade merge 'a b' --html DIR";
        assert_eq!(told(Outputs::default()), format!("Results: a b\n{next}"));
        let both = Outputs { html: Some("p".into()), handout: Some("h".into()), ..Outputs::default() };
        assert_eq!(told(both), "Results: a b\nPages for you: p/index.html\nPages to hand out: h/students");
    }

    #[test]
    fn a_word_is_quoted_as_a_shell_needs_it() {
        assert_eq!(quoted("--out=a/b.c"), "--out=a/b.c");
        assert_eq!(quoted("a b"), "'a b'");
        assert_eq!(quoted("it's"), r"'it'\''s'");
        assert_eq!(quoted(""), "''");
    }
}
