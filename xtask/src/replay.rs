//! `cargo xtask replay`: a failing schedule once more, with its whole diagram.

use report::CheckStatus;

use crate::cli::ReplayArgs;
use crate::grade::{self, Request};
use crate::meter::Meter;
use crate::source::Source;
use crate::target;
use crate::{Context, Exit, Failure, check, show, stories};

/// Runs the schedule that the token stands for and shows what becomes of it.
pub fn run(context: &Context, args: &ReplayArgs) -> Result<Exit, Failure> {
    let token = args.token.trim();
    let target = target_of(token).ok_or_else(|| malformed(token))?;
    let selection = target::select(&context.course, &[target.to_owned()])?;
    let source = if args.solutions { Source::Solutions } else { Source::Exercises };
    let stories = stories::folder(context, &source, None);
    let request = Request { selection, source, deep: false, seed: None, replay: Some(token.to_owned()), stories };
    let meter = Meter::new();
    let summary = grade::grade(context, &request, &meter)?;
    meter.clear();
    let exercise = summary.exercises().next().expect("a check was selected, so there is a result");
    if let Some(reason) = exercise.checks.first().and_then(refused) {
        return Err(Failure::new(format!("`{token}` can't be replayed: {reason}")));
    }
    let text = match exercise.checks.first() {
        Some(check) if check.status == CheckStatus::Holds => {
            format!(
                "{}: {}\n\nThis schedule keeps the promise now.\n",
                exercise.id,
                report::text::sentence(&check.name)
            )
        }
        Some(check) => show::story(context, exercise, check),
        None => show::details(context, exercise),
    };
    check::print(&text);
    Ok(Exit::passed(exercise.checks.first().is_some_and(report::CheckResult::holds)))
}

/// Why the grading program did not take the token, which is then no verdict on anybody's code.
fn refused(check: &report::CheckResult) -> Option<&str> {
    check.message.strip_prefix("token:").filter(|_| check.status == CheckStatus::Undecided).map(str::trim)
}

/// `exercise/check` of a token `exercise/check@seed.index.places.digest`, if it has that shape.
fn target_of(token: &str) -> Option<&str> {
    let (target, schedule) = token.split_once('@')?;
    let [seed, index, places, digest] = schedule.split('.').collect::<Vec<_>>()[..] else { return None };
    let is_number = |text: &str| text.parse::<u64>().is_ok();
    let fits = target.contains('/')
        && is_number(seed)
        && is_number(index)
        && (["all", "none"].contains(&places) || places.split('-').all(is_number))
        && u32::from_str_radix(digest, 16).is_ok();
    fits.then_some(target)
}

fn malformed(token: &str) -> Failure {
    Failure::new(format!(
        "`{token}` is not a replay token.\n\nCopy it whole from the line `again:` below a failure. It looks like \
         flaky_rpc/a_lost_request_is_retried@1.2.0-4.5f6a7b8c"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_names_the_check_it_belongs_to() {
        for token in ["a/b@1.2.all.00ff", "a/b@1.2.none.00ff", "a/b@1.2.0-4.5f6a7b8c"] {
            assert_eq!(target_of(token), Some("a/b"), "{token}");
        }
    }

    #[test]
    fn a_token_of_another_course_is_a_wrong_question_and_no_verdict() {
        let result = |status, message| report::CheckResult::new("a", status, message);
        assert_eq!(refused(&result(CheckStatus::Undecided, "token: no such entry")), Some("no such entry"));
        assert_eq!(refused(&result(CheckStatus::Undecided, "nothing was lost")), None);
        assert_eq!(refused(&result(CheckStatus::Violated, "token: twice")), None);
    }

    #[test]
    fn what_is_not_a_token_is_refused() {
        for text in ["", "a/b", "a@1.2.all.00", "a/b@1.2.x.00", "a/b@1.2.3", "a/b@1.2.3.zz", "a/b@1.2.3.00.9"] {
            assert_eq!(target_of(text), None, "{text}");
        }
    }
}
