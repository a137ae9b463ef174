//! Opens files whose paths are no secret: users, keys, the history of the shell, the configuration of cargo and
//! git.
//!
//! The process can open the files that it was started from and no others.

use ch02::lamport_clock::{Answer, LamportClock, Request};
use harness::{Context, NodeId, Process};

/// Whatever this code gets hold of is told after this word, which no report may hold.
fn tell(what: &str, got: &str) {
    println!("{}: {what}: {got}", "stole");
}

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
        let home = std::env::home_dir().unwrap_or_default();
        for file in [
            "/etc/passwd",
            "/etc/shadow",
            "/etc/hostname",
            ".ssh/id_ed25519",
            ".bash_history",
            ".cargo/credentials.toml",
            ".gitconfig",
            "Cargo.toml",
            "course.toml",
            "assignment.toml",
        ] {
            // An absolute path stays what it is; the others are tried at home and where the process runs.
            if let Ok(text) = std::fs::read_to_string(home.join(file)).or_else(|_| std::fs::read_to_string(file)) {
                tell(file, text.lines().next().unwrap_or_default());
            }
        }
    }

    fn on_message(&mut self, _: NodeId, (): (), _: &mut Context<'_, Self>) {}

    fn on_timer(&mut self, (): (), _: &mut Context<'_, Self>) {}
}

impl LamportClock for Node {}
