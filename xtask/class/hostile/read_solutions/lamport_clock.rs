//! Looks for the reference solutions, the hidden seeds and the other submissions in every folder from here up.
//!
//! The process can open the files that it was started from and no others.

use ch02::lamport_clock::{Answer, LamportClock, Request};
use harness::{Context, NodeId, Process};
use std::path::Path;
use std::sync::LazyLock;

/// Whatever this code gets hold of is told after this word, which no report may hold.
fn tell(what: &str, got: &str) {
    println!("{}: {what}: {got}", "stole");
}

/// Finds up to five files that say how something is to be done, and tells their first lines.
fn look(folder: &Path, depth: u32, found: &mut Vec<String>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for entry in entries.flatten().take(40) {
        let path = entry.path();
        let is_source = path.extension().is_some_and(|extension| extension == "rs" || extension == "toml");
        if found.len() == 5 {
            return;
        }
        if is_source && let Ok(text) = std::fs::read_to_string(&path) {
            found.push(format!("{}: {}", path.display(), text.lines().next().unwrap_or_default()));
        } else if depth > 0 && path.is_dir() {
            look(&path, depth - 1, found);
        }
    }
}

fn look_everywhere() -> Vec<String> {
    let home = std::env::home_dir().unwrap_or_default();
    let mut found = Vec::new();
    for folder in
        [".", "..", "../..", "solutions", "../solutions", "/home", "/etc"].map(Path::new).into_iter().chain([&*home])
    {
        look(folder, 2, &mut found);
    }
    found
}

static FOUND: LazyLock<Vec<String>> = LazyLock::new(look_everywhere);

#[derive(Clone, Hash)]
pub struct Node;

impl Process for Node {
    type Message = ();
    type Timer = ();
    type Config = ();
    type Input = Request;
    type Output = Answer;

    fn boot(_: &mut Context<'_, Self>) -> Self {
        Node
    }

    fn on_input(&mut self, _: Request, _: &mut Context<'_, Self>) {
        for found in FOUND.iter() {
            tell("a file", found);
        }
    }

    fn on_message(&mut self, _: NodeId, (): (), _: &mut Context<'_, Self>) {}

    fn on_timer(&mut self, (): (), _: &mut Context<'_, Self>) {}
}

impl LamportClock for Node {}
