//! Gives its functions the names of the allocator, of `write` and of the main function, and hooks one into the
//! start of the program.
//!
//! Names without mangling and sections are unsafe attributes, and refused.

use ch02::lamport_clock::{Answer, LamportClock, Request};
use harness::{Context, NodeId, Process};

#[unsafe(no_mangle)]
pub extern "C" fn write(_: i32, _: usize, bytes: usize) -> usize {
    bytes
}

#[unsafe(export_name = "main")]
pub extern "C" fn start() -> i32 {
    0
}

#[unsafe(link_section = ".init_array")]
pub static FIRST: extern "C" fn() -> i32 = start;
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

    fn on_input(&mut self, _: Request, _: &mut Context<'_, Self>) {}

    fn on_message(&mut self, _: NodeId, (): (), _: &mut Context<'_, Self>) {}

    fn on_timer(&mut self, (): (), _: &mut Context<'_, Self>) {}
}

impl LamportClock for Node {}
