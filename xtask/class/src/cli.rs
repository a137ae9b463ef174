//! What can be typed.
//!
//! Grading is what nearly everybody wants, so it is no subcommand: `grade SUBMISSIONS`. A folder that is called like one of
//! the other commands is written with a path: `grade ./merge`.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use crate::partition::Partition;

/// Grade a class: every submission in a folder, each in a jail of its own
#[derive(Debug, Parser)]
#[command(
    name = "cargo xtask grade",
    bin_name = "cargo xtask grade",
    args_conflicts_with_subcommands = true,
    subcommand_negates_reqs = true,
    disable_help_subcommand = true,
    override_usage = "cargo xtask grade [OPTIONS] <SUBMISSIONS>\n       cargo xtask grade merge [OPTIONS] <RESULTS>...\n       \
                      cargo xtask grade autograder [OPTIONS] <DIR>\n       cargo xtask grade prepare [OPTIONS]",
    after_help = "Exit status: 0 everything is graded, whatever the scores; 1 something could not be graded; 2 the question \
                  was wrong; 130 stopped by Ctrl-C.\n\ndocs/grading/README.md is the guide.\n\nA folder of submissions that is called like a command is written with a path: ./merge"
)]
pub struct Cli {
    /// Another thing to do than to grade.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// Grading.
    #[command(flatten)]
    pub grade: Option<GradeArgs>,
    /// What to print and write of what was graded.
    #[command(flatten)]
    pub outputs: Outputs,
}

/// What else there is to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Join the results of several runs (shares of a class, sections of a course) into one report
    Merge(MergeArgs),
    /// Make a folder that Gradescope takes as an autograder
    Autograder(AutograderArgs),
    /// Build what grades and try the jail, so that nothing is left to build when grading starts
    Prepare(PrepareArgs),
}

/// Grading.
#[derive(Clone, Debug, Args)]
pub struct GradeArgs {
    /// The folder of submissions: in it a folder, .zip, .tar or .tar.gz for each
    #[arg(value_name = "SUBMISSIONS")]
    pub submissions: PathBuf,
    /// SUBMISSIONS is a single submission, whatever is in it
    #[arg(long)]
    pub one: bool,
    /// What was set: which exercises count, their points, hidden seeds; everything in the course if left out
    #[arg(long, value_name = "FILE")]
    pub assignment: Option<PathBuf>,
    /// How many exercises to grade at a time; as many as the machine has cores if left out
    #[arg(long, value_name = "N", value_parser = jobs)]
    pub jobs: Option<NonZeroUsize>,
    /// Keep results in this folder instead of .faultlines/grade/NAME
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Go on where an earlier run stopped; what is graded already and has not changed is not graded again
    #[arg(long)]
    pub resume: bool,
    /// Grade one share of the class, such as 3/7; `merge` joins the shares
    #[arg(long, value_name = "I/N")]
    pub partition: Option<Partition>,
    /// Draw other schedules than usual
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,
    /// Grade also where the system has no jail: submissions can then do whatever you can. Stamped on every result
    #[arg(long)]
    pub allow_unsandboxed: bool,
}

/// `merge`.
#[derive(Clone, Debug, Args)]
pub struct MergeArgs {
    /// Folders of results, or the results.json of each
    #[arg(value_name = "RESULTS", required = true)]
    pub results: Vec<PathBuf>,
    /// What to print and write.
    #[command(flatten)]
    pub outputs: Outputs,
}

/// `autograder`.
#[derive(Clone, Debug, Args)]
pub struct AutograderArgs {
    /// The folder to make; it must not exist yet, or be empty
    #[arg(value_name = "DIR")]
    pub folder: PathBuf,
    /// What was set; everything in the course if left out
    #[arg(long, value_name = "FILE")]
    pub assignment: Option<PathBuf>,
    /// Grade also where the machine has no jail; stamped on every result
    #[arg(long)]
    pub allow_unsandboxed: bool,
}

/// `prepare`.
#[derive(Clone, Copy, Debug, Args)]
pub struct PrepareArgs {
    /// A missing jail is no error: the grading itself will be done on another machine, or without one
    #[arg(long)]
    pub allow_unsandboxed: bool,
}

/// What to print and write. Without any of them a table is printed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Args)]
#[command(next_help_heading = "Reports")]
pub struct Outputs {
    /// Print one JSON object (faultlines/grade/v1) and nothing else
    #[arg(long)]
    pub json: bool,
    /// Write a table for a grade book
    #[arg(long, value_name = "FILE")]
    pub csv: Option<PathBuf>,
    /// Write JUnit XML
    #[arg(long, value_name = "FILE")]
    pub junit: Option<PathBuf>,
    /// Write Gradescope's results.json; of a single submission
    #[arg(long, value_name = "FILE")]
    pub gradescope: Option<PathBuf>,
    /// Write Classroom 50's result.json; of a single submission
    #[arg(long, value_name = "FILE")]
    pub classroom50: Option<PathBuf>,
    /// Print GitHub annotations and write the step summary; of a single submission
    #[arg(long, conflicts_with = "json")]
    pub github: bool,
    /// Write pages for you into this folder: the class, each submission, with --similar also those that are alike
    #[arg(long, value_name = "DIR")]
    pub html: Option<PathBuf>,
    /// Write a page to give to each student into this folder: nothing of hidden seeds, nothing of others
    #[arg(long, value_name = "DIR")]
    pub handout: Option<PathBuf>,
    /// List submissions that resemble each other
    #[arg(long)]
    pub similar: bool,
}

impl Outputs {
    /// The first option that reports on a single submission, if one is there.
    pub fn of_one(&self) -> Option<&'static str> {
        let options = [
            (self.gradescope.is_some(), "--gradescope"),
            (self.classroom50.is_some(), "--classroom50"),
            (self.github, "--github"),
        ];
        options.into_iter().find(|(asked, _)| *asked).map(|(_, option)| option)
    }
}

fn jobs(text: &str) -> Result<NonZeroUsize, String> {
    text.parse().map_err(|_| "it takes at least one job, and a whole number of them".to_owned())
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    fn parse(line: &str) -> Cli {
        let words = line.split_whitespace();
        Cli::try_parse_from(["grade"].into_iter().chain(words)).unwrap_or_else(|error| panic!("{line}: {error}"))
    }

    fn refused(line: &str) -> String {
        let words = line.split_whitespace();
        Cli::try_parse_from(["grade"].into_iter().chain(words)).expect_err(line).to_string()
    }

    #[test]
    fn the_command_line_is_well_formed() {
        Cli::command().debug_assert();
    }

    #[test]
    fn a_folder_is_graded_without_a_subcommand() {
        let cli = parse("hw3 --jobs 4 --partition 2/5 --json");
        let grade = cli.grade.expect("it is about grading");
        assert_eq!(grade.submissions, PathBuf::from("hw3"));
        assert_eq!(grade.jobs.map(NonZeroUsize::get), Some(4));
        assert_eq!(grade.partition.map(|share| share.to_string()).as_deref(), Some("2/5"));
        assert!(cli.outputs.json && !grade.resume);
    }

    #[test]
    fn a_single_submission_is_said_to_be_one() {
        assert!(parse("--one ada --gradescope x").grade.is_some_and(|grade| grade.one));
    }

    #[test]
    fn options_may_come_before_the_folder() {
        assert!(parse("--resume --seed 7 hw3").grade.is_some_and(|grade| grade.resume && grade.seed == Some(7)));
    }

    #[test]
    fn a_folder_that_is_called_like_a_command_is_graded_by_its_path() {
        let grade = parse("./merge").grade.expect("it is about grading");
        assert_eq!(grade.submissions, PathBuf::from("./merge"));
        assert!(matches!(parse("merge a b --csv x").command, Some(Command::Merge(args)) if args.results.len() == 2));
        assert!(matches!(parse("prepare").command, Some(Command::Prepare(args)) if !args.allow_unsandboxed));
    }

    #[test]
    fn what_is_no_question_is_refused_in_words_that_help() {
        insta::assert_snapshot!(refused(""), @"
        error: the following required arguments were not provided:
          <SUBMISSIONS>

        Usage: cargo xtask grade [OPTIONS] <SUBMISSIONS>
               cargo xtask grade merge [OPTIONS] <RESULTS>...
               cargo xtask grade autograder [OPTIONS] <DIR>
               cargo xtask grade prepare [OPTIONS]

        For more information, try '--help'.
        ");
        insta::assert_snapshot!(refused("hw3 --partition 0/7"), @"
        error: invalid value '0/7' for '--partition <I/N>': shares are counted from 1: 1/7 is the first. Where a scheduler counts from 0, add 1 to its number

        For more information, try '--help'.
        ");
        insta::assert_snapshot!(refused("hw3 --jobs 0"), @"
        error: invalid value '0' for '--jobs <N>': it takes at least one job, and a whole number of them

        For more information, try '--help'.
        ");
        insta::assert_snapshot!(refused("hw3 --resum"), @"
        error: unexpected argument '--resum' found

          tip: a similar argument exists: '--resume'

        Usage: cargo xtask grade [OPTIONS] <SUBMISSIONS>
               cargo xtask grade merge [OPTIONS] <RESULTS>...
               cargo xtask grade autograder [OPTIONS] <DIR>
               cargo xtask grade prepare [OPTIONS]

        For more information, try '--help'.
        ");
        insta::assert_snapshot!(refused("hw3 --json --github"), @"
        error: the argument '--json' cannot be used with '--github'

        Usage: cargo xtask grade [OPTIONS] <SUBMISSIONS>
               cargo xtask grade merge [OPTIONS] <RESULTS>...
               cargo xtask grade autograder [OPTIONS] <DIR>
               cargo xtask grade prepare [OPTIONS]

        For more information, try '--help'.
        ");
        insta::assert_snapshot!(refused("merge"), @"
        error: the following required arguments were not provided:
          <RESULTS>...

        Usage: cargo xtask grade merge <RESULTS>...

        For more information, try '--help'.
        ");
    }
}
