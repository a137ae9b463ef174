//! `cargo xtask check`.

use std::io::{self, Write};

use report::{ChapterResult, ExerciseStatus, Summary};

use crate::cli::CheckArgs;
use crate::grade::{self, Request};
use crate::meter::Meter;
use crate::progress::{self, Sources};
use crate::source::Source;
use crate::{Context, Exit, Failure, show, stories, target};

/// Grades what was asked for and shows it.
pub fn run(context: &Context, args: &CheckArgs) -> Result<Exit, Failure> {
    let selection = target::select(&context.course, &args.targets)?;
    let source = match &args.root {
        Some(folder) => Source::folder(folder)?,
        None if args.solutions => Source::Solutions,
        None => Source::Exercises,
    };
    let stories = stories::folder(context, &source, args.stories.as_deref());
    let request = Request { selection, source, deep: args.deep, seed: args.seed, replay: None, stories };
    let plain = context.plain();
    let context = if args.json { &plain } else { context };
    let meter = Meter::new();
    let before = Sources::now(&context.root, &context.course);
    let summary = grade::grade(context, &request, &meter)?;
    meter.clear();
    if request.source == Source::Exercises {
        progress::record(&context.root, &context.course, &before, &summary).iter().for_each(|note| meter.note(note));
    }
    let text = if args.json { json(&summary) } else { show::summary(context, &request, &summary) };
    print(&text);
    Ok(Exit::passed(all_pass(&request, &summary)))
}

/// Whether everything that was asked for passes. A chapter that is not written yet can't, if it was asked for by name;
/// in a run of the whole course it is left out of the question.
fn all_pass(request: &Request<'_>, summary: &Summary) -> bool {
    let empty = |chapter: &ChapterResult| chapter.exercises.is_empty();
    let asked = !request.selection.explicit || !summary.chapters.iter().any(empty);
    let passed = summary.exercises().all(|exercise| exercise.status == ExerciseStatus::Passed);
    asked && passed && summary.exercises().next().is_some()
}

fn json(summary: &Summary) -> String {
    let mut text = serde_json::to_string(summary).expect("a summary has only string keys");
    text.push('\n');
    text
}

/// Writes to standard output. A reader that has gone away (`| head`) is no reason to panic.
pub fn print(text: &str) {
    let mut out = io::stdout().lock();
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}
