//! The log is read as GitHub's runner reads it: `ActionCommand.TryParseV2` and `TryParse`, and `ActionCommandManager` with its
//! stopped commands, of <https://github.com/actions/runner>.

use std::collections::BTreeMap;

use super::*;
use crate::formats::fixture::{self, HOSTILE, UNLUCKY};

/// A command as the runner understands it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Command {
    name: String,
    properties: BTreeMap<String, String>,
    data: String,
}

/// The commands that the runner knows, and the tokens it was told to wait for.
struct Runner {
    known: Vec<String>,
    stopped: Option<String>,
}

impl Runner {
    fn new() -> Self {
        let known = "error warning notice debug group endgroup add-mask add-matcher remove-matcher add-path set-env \
                     set-output save-state echo stop-commands internal-set-repo-path";
        Runner { known: known.split_whitespace().map(str::to_owned).collect(), stopped: None }
    }

    /// The commands that are carried out, and the lines that are only shown.
    fn read(&mut self, log: &str) -> (Vec<Command>, Vec<String>) {
        let (mut commands, mut lines) = (Vec::new(), Vec::new());
        // .NET ends a line at each of these.
        for line in log.split(['\n', '\r']) {
            let found = self.second_version(line).or_else(|| self.first_version(line));
            match (found, self.stopped.clone()) {
                (Some(command), Some(token)) if command.name == token => self.stopped = None,
                (Some(command), None) if command.name == "stop-commands" => {
                    self.known.push(command.data.to_lowercase());
                    self.stopped = Some(command.data.to_lowercase());
                }
                (Some(command), None) => commands.push(command),
                _ => lines.push(line.to_owned()),
            }
        }
        (commands, lines)
    }

    /// `::name key=value,…::data`, after white space.
    fn second_version(&self, line: &str) -> Option<Command> {
        let (info, data) = line.trim_start().strip_prefix("::")?.split_once("::")?;
        let unescape_property = |text: &str| unescape(&text.replace("%3A", ":").replace("%2C", ","));
        self.command(info, ',', unescape_property, unescape(data))
    }

    /// `##[name key=value;…]data`, anywhere in a line.
    fn first_version(&self, line: &str) -> Option<Command> {
        let (info, data) = line[line.find("##[")? + 3..].split_once(']')?;
        let unescape = |text: &str| unescape(&text.replace("%3B", ";").replace("%5D", "]"));
        self.command(info, ';', unescape, unescape(data))
    }

    fn command(&self, info: &str, between: char, value: impl Fn(&str) -> String, data: String) -> Option<Command> {
        let (name, properties) = info.split_once(' ').unwrap_or((info, ""));
        let name = name.to_lowercase();
        let pairs = properties.trim().split(between).filter_map(|pair| pair.split_once('='));
        let properties = pairs.map(|(key, text)| (key.to_owned(), value(text))).collect();
        self.known.contains(&name).then_some(Command { name, properties, data })
    }
}

fn unescape(text: &str) -> String {
    text.replace("%0D", "\r").replace("%0A", "\n").replace("%25", "%")
}

fn token() -> Token {
    Token("5f1c0c5e8f7a4c0b9d3e2a1b0c9d8e7f".to_owned())
}

fn path(exercise: &str) -> Option<String> {
    Some(format!("exercises/a, b::c 100%/src/{exercise}.rs"))
}

#[test]
fn the_runner_carries_out_our_annotations_and_no_other_command() {
    for graded in fixture::class().submissions {
        let mut runner = Runner::new();
        let (commands, _) = runner.read(&log(&graded, path, &token()));
        assert_eq!(runner.stopped, None, "{}: commands stay stopped", graded.name);
        let view = graded.for_learner();
        let broken: Vec<Item<'_>> = items(&view).into_iter().filter(|item| !item.holds && is_begun(item)).collect();
        assert_eq!(commands.len(), broken.len(), "{}: {commands:#?}", graded.name);
        for (command, item) in commands.iter().zip(&broken) {
            assert_eq!((command.name.as_str(), &command.data), ("error", &item.story));
            assert_eq!(command.properties["title"], item.title());
            assert_eq!(Some(&command.properties["file"]), path(&item.exercise.id).as_ref());
            assert_eq!(command.properties.len(), 3, "file, line, title");
        }
    }
}

#[test]
fn this_runner_would_have_carried_out_what_submissions_print() {
    let (commands, _) = Runner::new().read(HOSTILE);
    let names: Vec<&str> = commands.iter().map(|command| command.name.as_str()).collect();
    assert_eq!(names, ["error", "set-output", "error"], "the rest comes after its stop-commands");
}

#[test]
fn what_a_submission_printed_is_in_the_log_as_it_was() {
    let (_, lines) = Runner::new().read(&log(&fixture::class().submissions[4], path, &token()));
    for printed in ["::error::pwned", "##[error]pwned", "::stop-commands::x", "`````"] {
        assert!(lines.iter().any(|line| line.trim().starts_with(printed)), "{printed}");
    }
    assert!(lines.iter().any(|line| line == "11.33 of 22 points"));
}

#[test]
fn a_place_that_is_known_is_named() {
    let graded = &fixture::class().submissions[4];
    let (commands, _) = Runner::new().read(&log(graded, path, &token()));
    let lines: Vec<&str> = commands.iter().map(|command| command.properties["line"].as_str()).collect();
    assert_eq!(lines, ["1", "42", "1"]);
    let (commands, _) = Runner::new().read(&log(graded, |_| None, &token()));
    assert!(commands.iter().all(|command| !command.properties.contains_key("line")));
    assert_eq!(line_of("raft", "at raft.rs:0:1, raft.rs:x, src/raft.rs:17"), Some(17));
    assert_eq!(line_of("raft", "raft.rs:99999999999999"), None);
}

#[test]
fn github_shows_ten_errors_so_there_are_no_more() {
    let mut graded = fixture::class().submissions.remove(4);
    let check = graded.chapters[0].exercises[0].checks[1].clone();
    graded.chapters[0].exercises[0].checks.extend(vec![check; 20]);
    let (commands, _) = Runner::new().read(&log(&graded, path, &token()));
    let count = |name: &str| commands.iter().filter(|command| command.name == name).count();
    assert_eq!((count("error"), count("warning"), commands.len()), (MOST_ERRORS, 1, MOST_ERRORS + 1));
    assert!(commands[MOST_ERRORS].data.starts_with("13 more checks fail."));
}

#[test]
fn what_was_not_begun_is_no_error() {
    let (commands, lines) = Runner::new().read(&log(&fixture::class().submissions[0], path, &token()));
    assert!(commands.is_empty());
    assert!(lines.iter().any(|line| line.contains("There is no file flaky_rpc.rs.")));
}

#[test]
fn hidden_seeds_are_not_in_it() {
    let log = log(&fixture::submission(UNLUCKY), path, &token());
    assert!(!log.contains("Secret") && !log.contains("1234"));
    assert!(log.contains("18.66 of 22 points"));
}

#[test]
fn no_two_tokens_are_alike_and_none_is_a_command() {
    let tokens = [(); 20].map(|()| Token::random().expect("there is randomness").0);
    assert!(tokens.iter().all(|token| token.len() == 32 && token.bytes().all(|byte| byte.is_ascii_hexdigit())));
    let different: std::collections::BTreeSet<&String> = tokens.iter().collect();
    assert_eq!(different.len(), 20);
}

#[test]
fn a_log_looks_like_this() {
    insta::assert_snapshot!(log(&fixture::class().submissions[4], path, &token()));
}
