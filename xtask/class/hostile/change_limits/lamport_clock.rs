//! Makes itself the last one to be ended when memory is short, and asks for other limits and labels.
//!
//! Files of /proc cannot be opened, for writing least of all.

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
        for file in [
            "/proc/self/oom_score_adj",
            "/proc/self/coredump_filter",
            "/proc/self/timerslack_ns",
            "/proc/self/comm",
            "/proc/sys/kernel/core_pattern",
            "/sys/fs/cgroup/cgroup.procs",
        ] {
            if std::fs::OpenOptions::new().write(true).open(file).is_ok() {
                tell("can be written", file);
            }
        }
    }

    fn on_message(&mut self, _: NodeId, (): (), _: &mut Context<'_, Self>) {}

    fn on_timer(&mut self, (): (), _: &mut Context<'_, Self>) {}
}

impl LamportClock for Node {}
