//! The real [`Workshop`]: submissions from a folder, a bench with a jail, and all the reports.

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::SystemTime;

use jail::Jailer;
use report::{ChapterResult, ExerciseResult, ExerciseStatus};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use xtask::files::write_atomically;
use xtask::meter::Meter;
use xtask::{Context, Failure, stubs, wrap};

use crate::assignment::{Assignment, Set, Visibility};
use crate::bench::Bench;
use crate::cli::{AutograderArgs, GradeArgs, Outputs};
use crate::digest::Digest;
use crate::formats::{autograder, classroom50, csv, github, gradescope, json, junit, table};
use crate::kit::Kit;
use crate::marks::{marks, totals};
use crate::model::{ClassReport, Graded, Hidden, Trust};
use crate::pages::{Alikeness, Audience, Site};
use crate::similarity::{self, Exercise, Options, Similarities};
use crate::submissions::{self, Limits};
use crate::work::{Answer, Source, Submission, Whole};
use crate::workshop::{Class, Listed, Published, Ready, Workshop};

/// How wide a table is where nobody says how wide the terminal is.
const WIDTH: usize = 120;

/// The workshop of a checkout.
pub struct Shop {
    context: Context,
}

/// What an assignment sets, without the seeds.
#[derive(Debug, Serialize, Deserialize)]
struct Plan {
    title: Option<String>,
    exercises: Vec<(String, f64)>,
    seeds: usize,
    visibility: Visibility,
}

impl Shop {
    /// For the checkout that `context` has found.
    pub fn new(context: Context) -> Self {
        Shop { context }
    }

    fn assignment(&self, path: Option<&Path>) -> Result<Assignment, Failure> {
        let course = &self.context.course;
        path.map_or_else(|| Ok(Assignment::whole_course(course)), |path| Assignment::load(path, course))
    }

    /// The exercises of a plan, with what they are worth.
    fn sets(&self, plan: &Plan) -> Result<Vec<Set>, Failure> {
        let set = |(id, points): &(String, f64)| {
            let (_, exercise) = self.context.course.exercise(id).ok_or_else(|| {
                Failure::new(format!(
                    "These results are about `{id}`, which the course of this checkout doesn't have. They come from another \
                     version of it; make the report with that one."
                ))
            })?;
            Ok(Set::new(exercise, *points))
        };
        plan.exercises.iter().map(set).collect()
    }

    /// What decides about a verdict besides the submission and the assignment, as a fingerprint that is the same on every
    /// machine: the harness, the course, the locked dependencies, the compiler.
    fn version(&self, kit: &Kit) -> Result<String, Failure> {
        let mut digest = Digest::new("faultlines course 1");
        let mut add = |path: &Path| -> std::io::Result<()> {
            digest.add(
                path.strip_prefix(&self.context.root).unwrap_or(path).to_string_lossy().replace('\\', "/").as_bytes(),
            );
            digest.add(&fs::read(path)?);
            Ok(())
        };
        let root = &self.context.root;
        let mut files = vec![root.join("course.toml"), root.join("Cargo.lock")];
        sources(&root.join("harness"), &mut files).and_then(|()| files.iter().try_for_each(|file| add(file))).map_err(
            |error| Failure::new(format!("The checkout can't be read: {error}. `git status` shows what is missing.")),
        )?;
        digest.add(version_of(&kit.rustc)?.as_bytes());
        Ok(digest.finish())
    }
}

/// Adds the sources below a folder, in order.
fn sources(folder: &Path, files: &mut Vec<PathBuf>) -> std::io::Result<()> {
    let mut entries = fs::read_dir(folder)?.collect::<Result<Vec<_>, _>>()?;
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let (path, name) = (entry.path(), entry.file_name());
        // Specimens are for authors; no verdict on a submission depends on them.
        if entry.file_type()?.is_dir() && name != "mutants" && name != "variants" && name != "target" {
            sources(&path, files)?;
        } else if path.extension().is_some_and(|extension| extension == "rs" || extension == "toml") {
            files.push(path);
        }
    }
    Ok(())
}

fn version_of(rustc: &Path) -> Result<String, Failure> {
    let output = Command::new(rustc).arg("--version").output();
    let output = output.map_err(|error| Failure::new(format!("{} can't be started: {error}.", rustc.display())))?;
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

impl Workshop for Shop {
    fn list(&self, args: &GradeArgs) -> Result<Class, Failure> {
        let assignment = self.assignment(args.assignment.as_deref())?;
        let listing = if args.one {
            submissions::one(&args.submissions)?
        } else {
            submissions::entries(&args.submissions, &self.context.course)?
        };
        let exercises: Vec<String> = assignment.exercises.iter().map(|set| set.id.clone()).collect();
        let plan = Plan {
            title: assignment.title.clone(),
            exercises: assignment.exercises.iter().map(|set| (set.id.clone(), set.points)).collect(),
            seeds: assignment.hidden.seeds.len(),
            visibility: assignment.hidden.visibility,
        };
        let named = args.assignment.as_ref().unwrap_or(&args.submissions);
        let real = named.canonicalize().unwrap_or_else(|_| named.clone());
        let name = real.file_stem().map_or_else(|| "class".to_owned(), |name| name.to_string_lossy().into_owned());
        let fingerprint = assignment.fingerprint();
        let read = |entry: submissions::Entry| Listed {
            name: entry.name.clone(),
            read: {
                let (course, assignment) = (self.context.course.clone(), assignment.clone());
                Box::new(move || answers(entry.read(&course, &assignment, &Limits::default()), &assignment))
            },
        };
        Ok(Class {
            name,
            submissions: listing.entries.into_iter().map(read).collect(),
            exercises,
            plan: serde_json::to_value(plan).expect("a plan has only string keys"),
            assignment: fingerprint,
            notes: listing.notes,
        })
    }

    fn prepare(&self, args: &GradeArgs, _class: &Class) -> Result<Ready, Failure> {
        let assignment = self.assignment(args.assignment.as_deref())?;
        let meter = Meter::new();
        let kit = Kit::build(&self.context.plain(), &meter)?;
        meter.clear();
        let jailed = match Jailer::new(&kit.jailer).probe() {
            Ok(()) => true,
            Err(lack) if args.allow_unsandboxed => {
                eprintln!("Submissions are graded without a jail. {lack}\n");
                false
            }
            Err(lack) => {
                return Err(Failure::new(format!(
                    "Submissions can't be kept from this machine here, so nothing is graded. {lack}\n\n\
                     --allow-unsandboxed grades all the same: then whatever a submission does, it does as you, and every \
                     result says so."
                )));
            }
        };
        let course = self.version(&kit)?;
        let workers =
            args.jobs.map_or_else(|| std::thread::available_parallelism().map_or(1, usize::from), usize::from);
        let bench = Bench::new(self.context.plain(), kit, jailed, args.seed, &assignment.hidden.seeds, workers);
        Ok(Ready { grader: Box::new(bench), course, jailed })
    }

    fn report(&self, plan: &Value, class: &[Whole]) -> Result<ClassReport, Failure> {
        let plan: Plan = read_plan(plan)?;
        let sets = self.sets(&plan)?;
        let graded = class.iter().map(|whole| self.graded(&plan, &sets, whole)).collect();
        Ok(ClassReport::new(plan.title, graded))
    }

    fn publish(&self, published: Published<'_>, outputs: &Outputs) -> Result<(), Failure> {
        let Published { plan, class, report } = published;
        let plan = read_plan(plan)?;
        let similar = outputs.similar.then(|| self.similar(&plan, class));
        if let Some(path) = &outputs.csv {
            write(path, csv::write(report).as_bytes())?;
        }
        if let Some(path) = &outputs.junit {
            write(path, junit::write(report).as_bytes())?;
        }
        if let Some(folder) = &outputs.html {
            self.pages(folder, class, report, similar.as_ref())?;
        }
        if let [only] = report.submissions.as_slice() {
            of_one(only, &plan, outputs)?;
        }
        if outputs.json {
            return print(&json::write(report));
        }
        if outputs.github {
            return Ok(());
        }
        let width = if std::io::stdout().is_terminal() { wrap::terminal_columns(usize::MAX) } else { WIDTH };
        print(&table::write(report, self.context.paint, width))?;
        similar.map_or(Ok(()), |similar| print(&format!("\n{}", told(&similar))))
    }

    fn autograder(&self, args: &AutograderArgs) -> Result<(), Failure> {
        // An assignment that is wrong is better told now than by every submission.
        self.assignment(args.assignment.as_deref())?;
        let text = args.assignment.as_ref().map(|path| {
            fs::read_to_string(path)
                .map_err(|error| Failure::new(format!("{} can't be read: {error}.", path.display())))
        });
        let rustc = version_of(Path::new("rustc"))?;
        let settings = autograder::Settings {
            toolchain: autograder::toolchain(&rustc)?,
            assignment: text.transpose()?,
            allow_unsandboxed: args.allow_unsandboxed,
        };
        let files = autograder::folder(&settings, autograder::course(&self.context.root)?)?;
        let folder = &args.folder;
        if fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_some()) {
            return Err(Failure::new(format!(
                "{} is not empty, and nothing in it is overwritten. Name a folder that does not exist yet.",
                folder.display()
            )));
        }
        for file in &files {
            let path = folder.join(&file.path);
            write(&path, &file.contents)?;
            if file.executable {
                make_executable(&path)?;
            }
        }
        let zip = folder.join("autograder.zip");
        write(&zip, &autograder::zip(&files))?;
        print(&format!("{} is what Gradescope wants to be given.\n", zip.display()))
    }
}

impl Shop {
    fn graded(&self, plan: &Plan, sets: &[Set], whole: &Whole) -> Graded {
        let of_seed = |place: usize| {
            let results = whole.parts.iter().filter_map(|part| part.verdict.results.get(place));
            self.chapters(results.cloned().collect())
        };
        let chapters = of_seed(0);
        let hidden: Vec<Hidden> = (1..=plan.seeds).map(|number| Hidden { number, chapters: of_seed(number) }).collect();
        let marks = marks(sets, plan.seeds, &chapters, &hidden);
        let (score, max_score) = totals(&marks);
        Graded {
            name: whole.name.clone(),
            score,
            max_score,
            trust: whole.parts.iter().map(|part| part.verdict.trust).max().unwrap_or(Trust::Isolated),
            chapters,
            marks,
            hidden,
            notes: whole.notes.clone(),
        }
    }

    /// Exercises under their chapters. A chapter passes, as in `check`, when all its exercises do.
    fn chapters(&self, results: Vec<ExerciseResult>) -> Vec<ChapterResult> {
        let mut by_id: BTreeMap<String, ExerciseResult> =
            results.into_iter().map(|result| (result.id.clone(), result)).collect();
        let mut chapters = Vec::new();
        for chapter in &self.context.course.chapters {
            let exercises: Vec<ExerciseResult> =
                chapter.exercises.iter().filter_map(|exercise| by_id.remove(&exercise.id)).collect();
            let all_pass = exercises.iter().all(|exercise| exercise.status == ExerciseStatus::Passed);
            let passed = all_pass && exercises.len() == chapter.exercises.len();
            if !exercises.is_empty() {
                chapters.push(ChapterResult {
                    id: chapter.id.clone(),
                    title: chapter.title.clone(),
                    passed,
                    exercises,
                });
            }
        }
        chapters
    }

    /// Which submissions are alike, where the stubs that everybody was given don't count.
    fn similar(&self, plan: &Plan, class: &[Whole]) -> Similarities {
        let stubs: BTreeMap<&str, String> =
            plan.exercises.iter().filter_map(|(id, _)| Some((id.as_str(), self.stub(id)?))).collect();
        let exercise = |(id, _): &'_ (String, f64)| {
            let texts = class.iter().filter_map(|whole| Some((whole.name.as_str(), text_of(whole, id)?)));
            (id.clone(), texts.collect::<Vec<_>>())
        };
        let sources: Vec<(String, Vec<(&str, &str)>)> = plan.exercises.iter().map(exercise).collect();
        let exercises: Vec<Exercise<'_>> = sources
            .iter()
            .map(|(id, sources)| Exercise {
                id,
                given: stubs.get(id.as_str()).map(String::as_str).into_iter().collect(),
                sources: sources.clone(),
            })
            .collect();
        similarity::compare(&exercises, &Options::default())
    }

    /// The stub of an exercise, cut from its solution: who grades in a checkout may have worked in its exercises.
    fn stub(&self, id: &str) -> Option<String> {
        let (chapter, _) = self.context.course.exercise(id)?;
        let path = |what: &str| self.context.root.join(what).join(&chapter.dir).join("src").join(format!("{id}.rs"));
        let cut = fs::read_to_string(path("solutions")).ok().and_then(|solution| stubs::cut(&solution).ok());
        cut.or_else(|| fs::read_to_string(path("exercises")).ok())
    }

    fn pages(
        &self,
        folder: &Path,
        class: &[Whole],
        report: &ClassReport,
        similar: Option<&Similarities>,
    ) -> Result<(), Failure> {
        let source = |name: &str, exercise: &str| {
            let whole = class.iter().find(|whole| whole.name == name)?;
            text_of(whole, exercise).map(str::to_owned)
        };
        let site = Site::new(report, Audience::Instructor);
        let site = match similar {
            Some(found) => site.with_similar(Alikeness { found, source: &source }),
            None => site,
        };
        let pages = site.write(folder).map_err(|error| cannot_write(folder, &error))?;
        eprintln!("{pages} pages in {}", folder.display());
        Ok(())
    }
}

fn text_of<'w>(whole: &'w Whole, exercise: &str) -> Option<&'w str> {
    match &whole.parts.iter().find(|part| part.exercise == exercise)?.source {
        Source::Text(text) => Some(text),
        Source::Missing | Source::Refused(_) => None,
    }
}

fn answers(submission: submissions::Submission, assignment: &Assignment) -> Submission {
    let submissions::Submission { name, mut sources, notes } = submission;
    let answer = |set: &Set| Answer {
        exercise: set.id.clone(),
        source: match sources.remove(&set.id) {
            None => Source::Missing,
            Some(Ok(source)) => Source::Text(source.text),
            Some(Err(refusal)) => Source::Refused(refusal.reason),
        },
    };
    Submission { name, answers: assignment.exercises.iter().map(answer).collect(), notes }
}

fn read_plan(plan: &Value) -> Result<Plan, Failure> {
    serde_json::from_value(plan.clone()).map_err(|error| {
        Failure::new(format!(
            "These results were not written by this version of the course: {error}. Grade the class again."
        ))
    })
}

/// The reports on a single submission.
fn of_one(graded: &Graded, plan: &Plan, outputs: &Outputs) -> Result<(), Failure> {
    if let Some(path) = &outputs.gradescope {
        write(path, gradescope::write(graded, plan.visibility).as_bytes())?;
    }
    if let Some(path) = &outputs.classroom50 {
        let place = classroom50::Place::from_environment(|name| env::var(name).ok());
        let place = place.map_err(|why| Failure::new(why.to_string()))?;
        let now = SystemTime::now();
        write(path, classroom50::write(graded, &place, now, now).as_bytes())?;
    }
    if outputs.github {
        let token = github::Token::random().map_err(|why| Failure::new(why.to_string()))?;
        let file = |id: &str| {
            let is_it = |path: &PathBuf| path.file_stem().is_some_and(|stem| stem == id);
            let mut files = Vec::new();
            sources(Path::new("."), &mut files).ok()?;
            files.into_iter().find(is_it).map(|path| path.display().to_string().trim_start_matches("./").to_owned())
        };
        print(&github::log(graded, file, &token))?;
        if let Some(path) = env::var_os("GITHUB_STEP_SUMMARY").filter(|path| !path.is_empty()).map(PathBuf::from) {
            let there = fs::metadata(&path).map_or(0, |metadata| usize::try_from(metadata.len()).unwrap_or(usize::MAX));
            let text = github::summary(graded, github::SUMMARY_BYTES.saturating_sub(there));
            let file = fs::OpenOptions::new().append(true).create(true).open(&path);
            file.and_then(|mut file| file.write_all(text.as_bytes())).map_err(|error| cannot_write(&path, &error))?;
        }
    }
    Ok(())
}

/// Which submissions are alike, in lines. Where, and what that means, is on the pages.
fn told(similar: &Similarities) -> String {
    if similar.pairs.is_empty() {
        return "No two submissions are alike beyond what was given to all.\n".to_owned();
    }
    let mut told =
        "Submissions that are alike, the most alike first. That alone says nothing about why; --html shows them side \
                    by side.\n\n"
            .to_owned();
    for pair in &similar.pairs {
        let alike = pair.exercises.iter().map(|alike| {
            let percent = |share: f64| (share * 100.0).round();
            format!("{} ({} % and {} %)", alike.exercise, percent(alike.one.share), percent(alike.other.share))
        });
        told += &format!("{}  {}  {}\n", pair.one, pair.other, alike.collect::<Vec<_>>().join(", "));
    }
    if similar.more > 0 {
        told += &format!("and {} pairs more, less alike than these\n", similar.more);
    }
    told
}

fn print(text: &str) -> Result<(), Failure> {
    let written = std::io::stdout().lock().write_all(text.as_bytes());
    // Whoever closes the pipe has read enough.
    match written {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(cannot_write(Path::new("standard output"), &error))
        }
        _ => Ok(()),
    }
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    write_atomically(path, bytes).map_err(|error| cannot_write(path, &error))
}

fn cannot_write(path: &Path, error: &std::io::Error) -> Failure {
    Failure::new(format!(
        "{} can't be written: {error}. The results are kept; `grade merge` makes reports of them again.",
        path.display()
    ))
}

#[cfg(unix)]
fn make_executable(path: &Path) -> Result<(), Failure> {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).map_err(|error| cannot_write(path, &error))
}

#[cfg(not(unix))]
fn make_executable(_path: &Path) -> Result<(), Failure> {
    Ok(())
}
