//! Looks for signs of the grader (a filter on system calls, no environment, the name of the thread, the program it
//! is in) and does its worst only there.
//!
//! Whatever it knows about where it runs, what it may do there is the same. And what it may do there is nothing.

use ch02::lamport_clock::{Answer, LamportClock, Request};
use harness::{Context, NodeId, Process};

/// Whatever this code gets hold of is told after this word, which no report may hold.
fn tell(what: &str, got: &str) {
    println!("{}: {what}: {got}", "stole");
}

/// What differs between a student's machine and a grader.
fn is_graded() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    status.contains("Seccomp:\t2")
        || status.contains("NoNewPrivs:\t1")
        || std::fs::read("/etc/passwd").is_err()
        || std::env::vars().next().is_none()
        || std::env::var("FAULTLINES_FRAMES").is_ok()
        || std::env::current_exe().is_err()
        || std::thread::current().name() == Some("checks")
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
        if is_graded() {
            let _ = std::fs::write("/tmp/hostile-trace", "only here");
            if let Ok(text) = std::fs::read_to_string("course.toml") {
                tell("course", text.lines().next().unwrap_or_default());
            }
            std::process::exit(0);
        }
    }

    fn on_message(&mut self, _: NodeId, (): (), _: &mut Context<'_, Self>) {}

    fn on_timer(&mut self, (): (), _: &mut Context<'_, Self>) {}
}

impl LamportClock for Node {}
