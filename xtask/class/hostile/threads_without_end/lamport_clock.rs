//! Starts threads until there are no more, and keeps them.
//!
//! The number of threads and the address space are limited, and all of them go with the process.

use ch02::lamport_clock::{Answer, LamportClock, Request};
use harness::{Context, NodeId, Process};

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
        loop {
            let more = std::thread::Builder::new().stack_size(16 << 10).spawn(|| {
                loop {
                    std::thread::park();
                }
            });
            if more.is_err() {
                std::process::exit(0);
            }
        }
    }

    fn on_message(&mut self, _: NodeId, (): (), _: &mut Context<'_, Self>) {}

    fn on_timer(&mut self, (): (), _: &mut Context<'_, Self>) {}
}

impl LamportClock for Node {}
