//! `hint`: three of them for every exercise, one more each time.
//!
//! Asking again is the learner's only way to say "that was not enough", so the count is kept between runs, and nobody
//! sees the third before the second.

use crate::cli::HintArgs;
use crate::course::Exercise;
use crate::progress::Progress;
use crate::{Context, Exit, Failure, Paint};
use crate::{lookup, wrap};

/// The `hint` command.
///
/// # Errors
///
/// When there is no such exercise, or none is named and all have passed.
pub fn run(context: &Context, args: &HintArgs) -> Result<Exit, Failure> {
    let (mut progress, note) = Progress::load(&context.root);
    let exercise = match &args.exercise {
        Some(id) => lookup::exercise(&context.course, id)?.1,
        None => progress.at_hand(&context.course).map(|(_, exercise)| exercise).ok_or_else(|| {
            let advice = "Name the exercise you want one for: `cargo xtask list` shows them.";
            Failure::new(format!("Every exercise has passed its last check.\n\n{advice}"))
        })?,
    };
    print!("{}", next(context.paint, exercise, &mut progress));
    for warning in note.into_iter().chain(progress.save(&context.root).err()) {
        eprintln!("{}", context.paint.fault(&warning));
    }
    Ok(Exit::Ok)
}

/// The next hint of an exercise, to show; after the last one all of them. Counts it in `progress`.
pub fn next(paint: Paint, exercise: &Exercise, progress: &mut Progress) -> String {
    let total = exercise.hints.len();
    let seen = progress.entry(&exercise.id).hints;
    let id = &exercise.id;
    if seen >= total {
        let all: String = (1..=total).map(|number| one(paint, exercise, number)).collect();
        return format!(
            "{all}\nThese are all {total}. `cargo xtask lesson {id}` explains what is behind them,\n\
             and `cargo xtask solution {id} --anyway` shows one way to do it.\n"
        );
    }
    progress.set_hints(id, seen + 1);
    let more = match total - seen - 1 {
        0 => String::new(),
        _ => paint.dim(&format!("\nAsk again for a stronger one: cargo xtask hint {id}")) + "\n",
    };
    format!("{}{more}", one(paint, exercise, seen + 1))
}

fn one(paint: Paint, exercise: &Exercise, number: usize) -> String {
    let head = format!("{}: hint {number} of {}", exercise.id, exercise.hints.len());
    let text = exercise.hints[number - 1].trim();
    format!("{}\n{}", paint.strong(&head), wrap::paragraphs(text, "  ", 80))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::progress::tests::course;

    #[test]
    fn each_time_one_more_and_then_all() {
        let (course, mut progress) = (course(), Progress::default());
        let exercise = &course.chapters[0].exercises[0];
        let mut ask = || next(Paint::plain(), exercise, &mut progress);
        assert_eq!(ask(), "first: hint 1 of 3\n  a\n\nAsk again for a stronger one: cargo xtask hint first\n");
        assert!(ask().starts_with("first: hint 2 of 3\n  b\n"));
        assert_eq!(ask(), "first: hint 3 of 3\n  c\n");
        let all = ask();
        assert!(
            all.starts_with("first: hint 1 of 3\n  a\nfirst: hint 2 of 3\n  b\nfirst: hint 3 of 3\n  c\n"),
            "{all}"
        );
        assert!(all.contains("cargo xtask solution first"), "{all}");
        assert_eq!(ask(), all);
    }
}
