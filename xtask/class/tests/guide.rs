//! The instructors' guide: its links lead somewhere, and every command in it is one that can be typed.

use std::fs;
use std::path::{Path, PathBuf};

use clap::Parser;
use class::cli::Cli;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The pages of the guide and the README, each with its text.
fn pages() -> Vec<(PathBuf, String)> {
    let guide =
        fs::read_dir(root().join("docs/grading")).expect("there is a guide").flatten().map(|entry| entry.path());
    let pages = guide.filter(|path| path.extension().is_some_and(|extension| extension == "md"));
    let read = |path: PathBuf| (path.clone(), fs::read_to_string(&path).expect("a page is text"));
    pages.chain([root().join("README.md")]).map(read).collect()
}

/// Where a heading is, as GitHub calls it.
fn anchor(heading: &str) -> String {
    let kept = heading.to_lowercase().chars().filter(|c| c.is_alphanumeric() || " -_".contains(*c)).collect::<String>();
    kept.trim().replace(' ', "-")
}

#[test]
fn every_link_leads_to_a_file_and_a_heading() {
    let mut links = 0;
    for (page, text) in pages() {
        for target in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            if target.starts_with("http") {
                continue;
            }
            let (path, heading) = target.split_once('#').unwrap_or((target, ""));
            let there = if path.is_empty() { page.clone() } else { page.with_file_name("").join(path) };
            assert!(there.exists(), "{}: {target}", page.display());
            if !heading.is_empty() {
                let text = fs::read_to_string(&there).expect("a page is text");
                let is_it = |line: &str| {
                    anchor(line.trim_start_matches('#')) == heading || line.contains(&format!("{{#{heading}}}"))
                };
                assert!(text.lines().any(|line| line.starts_with('#') && is_it(line)), "{}: {target}", page.display());
            }
            links += 1;
        }
    }
    assert!(links > 20, "{links}");
}

/// What follows `cargo xtask grade` on each line that has it, up to a comment or the end of the code.
fn commands(text: &str) -> Vec<Vec<String>> {
    let lines = text.lines().flat_map(|line| line.split("cargo xtask grade").skip(1));
    let of = |rest: &str| {
        let code = rest.split(['`', '#', '>', ';', '|', '&']).next().unwrap_or_default();
        code.split_whitespace().filter(|word| !word.starts_with('…')).map(str::to_owned).collect()
    };
    lines.map(of).collect()
}

#[test]
fn every_command_can_be_typed() {
    let mut parsed = 0;
    for (page, text) in pages() {
        for mut words in commands(&text).into_iter().filter(|words| !words.is_empty()) {
            // A scheduler's number.
            words.iter_mut().for_each(|word| *word = word.replace("$I/", "1/"));
            let line = words.join(" ");
            let read = Cli::try_parse_from(["grade".to_owned()].into_iter().chain(words));
            assert!(
                read.is_ok(),
                "{}: {line}\n{}",
                page.display(),
                read.err().map(|error| error.to_string()).unwrap_or_default()
            );
            parsed += 1;
        }
    }
    assert!(parsed > 15, "{parsed}");
}
