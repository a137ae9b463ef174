//! Writes to a file until the disk is full.
//!
//! There is no folder that it may write to, and the size of a file is limited.

use ch02::lamport_clock::{Answer, LamportClock, Request};
use harness::{Context, NodeId, Process};
use std::io::Write;

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
        for folder in [".", "/tmp", "/var/tmp", "/dev/shm"] {
            if let Ok(mut file) = std::fs::File::create(format!("{folder}/hostile-trace")) {
                while file.write_all(&[1; 1 << 16]).is_ok() {}
            }
        }
    }

    fn on_message(&mut self, _: NodeId, (): (), _: &mut Context<'_, Self>) {}

    fn on_timer(&mut self, (): (), _: &mut Context<'_, Self>) {}
}

impl LamportClock for Node {}
