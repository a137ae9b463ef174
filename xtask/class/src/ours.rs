//! The workshop of the command itself: the course's submissions, its bench, its reports.
//!
//! Every step reads what it needs from the checkout and the command line and keeps nothing, so that joining results on another
//! machine is the same code as reporting a run that has just ended.

use std::fs;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::thread;

use jail::Jailer;
use report::{ChapterResult, ExerciseResult, ExerciseStatus};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use xtask::course::Course;
use xtask::meter::Meter;
use xtask::{Context, Failure};

use crate::assignment::{Assignment, Hidden as HiddenSeeds, Set, Visibility};
use crate::bench::Bench;
use crate::cli::{AutograderArgs, GradeArgs, Outputs};
use crate::compile;
use crate::digest::Digest;
use crate::formats::autograder::{self, Settings};
use crate::kit::Kit;
use crate::marks::{marks, totals};
use crate::model::{ClassReport, Graded, Hidden, Trust};
use crate::submissions::{self, Limits};
use crate::work::{Answer, Source, Submission, Whole};
use crate::workshop::{Class, Listed, Published, Ready, Workshop};

mod publish;

/// The course in this checkout.
#[derive(Clone, Copy, Debug)]
pub struct Ours;

/// What must be known of an assignment to make a report of verdicts.
#[derive(Serialize, Deserialize)]
struct Plan {
    title: Option<String>,
    exercises: Vec<Worth>,
    /// How many hidden seeds there are; which ones, only the assignment says.
    hidden: usize,
    visibility: Visibility,
}

#[derive(Serialize, Deserialize)]
struct Worth {
    id: String,
    points: f64,
}

impl Workshop for Ours {
    fn list(&self, args: &GradeArgs) -> Result<Class, Failure> {
        let course = Context::load()?.course;
        let assignment = assignment(args, &course)?;
        let listing = if args.one {
            submissions::one(&args.submissions)?
        } else {
            submissions::entries(&args.submissions, &course)?
        };
        let exercises: Vec<String> = assignment.exercises.iter().map(|set| set.id.clone()).collect();
        let mut seeds = Digest::new("faultlines hidden seeds 1");
        assignment.hidden.seeds.iter().for_each(|seed| seeds.add(&seed.to_le_bytes()));
        let plan = serde_json::to_value(Plan::of(&assignment)).expect("a plan has only string keys");
        let known = Rc::new((course, assignment));
        let listed = |entry: submissions::Entry| {
            let known = Rc::clone(&known);
            Listed { name: entry.name.clone(), read: Box::new(move || read(&entry, &known.0, &known.1)) }
        };
        Ok(Class {
            name: name_of(args.assignment.as_ref().unwrap_or(&args.submissions)),
            submissions: listing.entries.into_iter().map(listed).collect(),
            exercises,
            plan,
            assignment: seeds.finish(),
            notes: listing.notes,
        })
    }

    fn prepare(&self, args: &GradeArgs, _class: &Class) -> Result<Ready, Failure> {
        // Compilers' messages stand in reports, not on a terminal.
        let context = Context::load()?.plain();
        let assignment = assignment(args, &context.course)?;
        let kit = kit(&context)?;
        let jailed = match Jailer::new(kit.jailer.clone()).probe() {
            Ok(()) => true,
            Err(lack) if args.allow_unsandboxed => {
                eprintln!("note: submissions are graded without a jail, and can do whatever you can. {lack}");
                false
            }
            Err(lack) => return Err(no_jail(&lack)),
        };
        if jailed {
            not_exposed([Some(&context.root), Some(&args.submissions), args.assignment.as_ref()])?;
        }
        let course = fingerprint(&context)?;
        let workers = args.jobs.or_else(|| thread::available_parallelism().ok()).unwrap_or(NonZeroUsize::MIN);
        let bench = Bench::new(context, kit, jailed, args.seed, &assignment.hidden.seeds, workers.get())?;
        Ok(Ready { grader: Box::new(bench), course, jailed })
    }

    fn try_out(&self, allow_unsandboxed: bool) -> Result<(), Failure> {
        let kit = kit(&Context::load()?.plain())?;
        match Jailer::new(kit.jailer).probe() {
            Ok(()) => eprintln!("Everything is built, and this machine can jail submissions."),
            Err(lack) if allow_unsandboxed => eprintln!("Everything is built. {lack}"),
            Err(lack) => return Err(no_jail(&lack)),
        }
        Ok(())
    }

    fn report(&self, plan: &Value, class: &[Whole]) -> Result<ClassReport, Failure> {
        let course = Context::load()?.course;
        let plan = Plan::read(plan)?;
        let assignment = plan.assignment(&course)?;
        let graded = class.iter().map(|whole| graded(whole, &course, &assignment)).collect();
        Ok(ClassReport::new(plan.title, graded))
    }

    fn publish(&self, published: Published<'_>, outputs: &Outputs) -> Result<(), Failure> {
        publish::publish(&Context::load()?, published, Plan::read(published.plan)?.visibility, outputs)
    }

    fn autograder(&self, args: &AutograderArgs) -> Result<(), Failure> {
        let context = Context::load()?;
        let text = match &args.assignment {
            Some(path) => {
                Assignment::load(path, &context.course)?;
                let text = fs::read_to_string(path);
                Some(text.map_err(|error| Failure::new(format!("{} can't be read: {error}.", path.display())))?)
            }
            None => None,
        };
        let rustc = std::process::Command::new("rustc").arg("--version").output();
        let rustc = rustc.map_err(|error| Failure::new(format!("rustc can't be started: {error}.")))?;
        let toolchain = autograder::toolchain(&String::from_utf8_lossy(&rustc.stdout))?;
        let settings = Settings { toolchain, assignment: text, allow_unsandboxed: args.allow_unsandboxed };
        let files = autograder::folder(&settings, autograder::course(&context.root)?)?;
        publish::folder(&args.folder, &files)?;
        eprintln!(
            "{} is what Gradescope takes as an autograder; {} is the same as a zip, to be uploaded.",
            args.folder.display(),
            args.folder.with_extension("zip").display()
        );
        Ok(())
    }
}

/// What grades, built.
fn kit(context: &Context) -> Result<Kit, Failure> {
    if !cfg!(unix) {
        return Err(Failure::new(
            "A class can't be graded on this system: every process of a submission is a fork of another.\n\nGrade on Linux, \
             where submissions are jailed too; the Windows Subsystem for Linux, a virtual machine or a container will do.",
        ));
    }
    let meter = Meter::new();
    let kit = Kit::build(context, &meter)?;
    meter.clear();
    Ok(kit)
}

/// What a jailed compiler may read must not be where solutions, submissions or hidden seeds are.
fn not_exposed(paths: [Option<&PathBuf>; 3]) -> Result<(), Failure> {
    match paths.into_iter().flatten().find(|path| compile::is_exposed(path)) {
        None => Ok(()),
        Some(path) => Err(Failure::new(format!(
            "{} lies in a folder that every compiler may read, such as /usr, so a submission could have it read and shown.\n\n\
             Move the course, the submissions and the assignment elsewhere, such as your home folder.",
            path.display()
        ))),
    }
}

fn no_jail(lack: &jail::Lack) -> Failure {
    Failure::new(format!(
        "Submissions can't be jailed here, so they are not graded: {lack}\n\n--allow-unsandboxed grades them all the same. \
         They can then do whatever you can, and every result says so."
    ))
}

impl Plan {
    fn of(assignment: &Assignment) -> Plan {
        let worth = |set: &Set| Worth { id: set.id.clone(), points: set.points };
        Plan {
            title: assignment.title.clone(),
            exercises: assignment.exercises.iter().map(worth).collect(),
            hidden: assignment.hidden.seeds.len(),
            visibility: assignment.hidden.visibility,
        }
    }

    fn read(plan: &Value) -> Result<Plan, Failure> {
        Plan::deserialize(plan).map_err(|error| {
            Failure::new(format!(
                "These results were written by another version of the course ({error}).\n\nGrade again."
            ))
        })
    }

    /// The assignment, with numbers in the place of its hidden seeds: who works out points only asks how many there are.
    fn assignment(&self, course: &Course) -> Result<Assignment, Failure> {
        let set = |worth: &Worth| {
            let (_, exercise) = xtask::lookup::exercise(course, &worth.id)?;
            let (possible, checks) = (exercise.points(), exercise.checks.clone());
            Ok(Set { id: worth.id.clone(), points: worth.points, possible, checks })
        };
        let exercises = self.exercises.iter().map(set).collect::<Result<_, Failure>>()?;
        let hidden = HiddenSeeds { seeds: (0..self.hidden as u64).collect(), visibility: self.visibility };
        Ok(Assignment { title: self.title.clone(), exercises, hidden })
    }
}

fn assignment(args: &GradeArgs, course: &Course) -> Result<Assignment, Failure> {
    match &args.assignment {
        Some(file) => Assignment::load(file, course),
        None => Ok(Assignment::whole_course(course)),
    }
}

fn read(entry: &submissions::Entry, course: &Course, assignment: &Assignment) -> Submission {
    let mut found = entry.read(course, assignment, &Limits::default());
    let answer = |set: &Set| {
        let source = match found.sources.remove(&set.id) {
            None => Source::Missing,
            Some(Ok(source)) => Source::Text(source.text),
            Some(Err(refusal)) => Source::Refused(refusal.reason),
        };
        Answer { exercise: set.id.clone(), source }
    };
    let answers = assignment.exercises.iter().map(answer).collect();
    Submission { name: found.name, answers, notes: found.notes }
}

/// The name of a file or folder without its extension, fit to name a folder of results.
fn name_of(path: &Path) -> String {
    let real = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let stem = if real.is_dir() { real.file_name() } else { real.file_stem() };
    stem.map_or_else(|| "class".to_owned(), |stem| stem.to_string_lossy().into_owned())
}

/// A submission's results, chapter by chapter, and what they are worth.
fn graded(whole: &Whole, course: &Course, assignment: &Assignment) -> Graded {
    let usual = chapters(whole, course, 0);
    let hidden = 1..=assignment.hidden.seeds.len();
    let hidden: Vec<Hidden> =
        hidden.map(|number| Hidden { number, chapters: chapters(whole, course, number) }).collect();
    let marks = marks(assignment, &usual, &hidden);
    let (score, max_score) = totals(&marks);
    Graded {
        name: whole.name.clone(),
        score,
        max_score,
        trust: whole.parts.iter().map(|part| part.verdict.trust).max().unwrap_or(Trust::Isolated),
        chapters: usual,
        marks,
        hidden,
        notes: whole.notes.clone(),
    }
}

/// The results with the seed of that number, 0 for the usual one; of the chapters of which something was set.
fn chapters(whole: &Whole, course: &Course, seed: usize) -> Vec<ChapterResult> {
    let mut chapters = Vec::new();
    for chapter in &course.chapters {
        let its = |id: &str| whole.parts.iter().find(|part| part.exercise == id)?.verdict.results.get(seed).cloned();
        let exercises: Vec<ExerciseResult> =
            chapter.exercises.iter().filter_map(|exercise| its(&exercise.id)).collect();
        if exercises.is_empty() {
            continue;
        }
        let all_set = exercises.len() == chapter.exercises.len();
        let passed = all_set && exercises.iter().all(|exercise| exercise.status == ExerciseStatus::Passed);
        chapters.push(ChapterResult { id: chapter.id.clone(), title: chapter.title.clone(), passed, exercises });
    }
    chapters
}

/// Changes with everything that judges: the harness, what it is built with, the course. The same on every machine that has
/// the same checkout and compiler, which programs built on two machines need not be.
fn fingerprint(context: &Context) -> Result<String, Failure> {
    let mut digest = Digest::new("faultlines course 1");
    let mut paths: Vec<PathBuf> = Vec::new();
    for name in ["harness", "xtask", "Cargo.toml", "Cargo.lock", "course.toml", ".cargo/config.toml"] {
        collect(&context.root.join(name), &mut paths);
    }
    paths.sort();
    for path in &paths {
        let text = fs::read(path).map_err(|error| {
            Failure::new(format!("{} is part of the course and can't be read: {error}.", path.display()))
        })?;
        digest.add(xtask::checkout::relative(&context.root, path).as_bytes());
        digest.add(&text);
    }
    let rustc = std::process::Command::new("rustc").arg("--version").current_dir(&context.root).output();
    digest.add(&rustc.map_err(|error| Failure::new(format!("rustc can't be started: {error}.")))?.stdout);
    Ok(digest.finish())
}

/// The files in `path`, but none that an editor or a build keeps beside them.
fn collect(path: &Path, found: &mut Vec<PathBuf>) {
    if path.is_file() {
        return found.push(path.to_owned());
    }
    for entry in fs::read_dir(path).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let (path, name) = (entry.path(), name.to_string_lossy());
        let is_source = ["rs", "toml", "lock"].iter().any(|end| path.extension().is_some_and(|its| its == *end));
        if !name.starts_with('.') && name != "target" && (is_source || path.is_dir()) {
            collect(&path, found);
        }
    }
}

#[cfg(test)]
mod tests;
