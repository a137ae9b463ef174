//! Nodes that are one register because they share a variable of the program, and answer everything at once: no
//! majority, no disk, and messages only for show.
//!
//! Every node, and every boot of it, is a process of its own. What is left is a register on each node that a crash
//! empties.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use ch05::quorum_register::{Answer, Config, Operation, Outcome, QuorumRegister, Request};
use harness::{Context, NodeId, Process};

/// What is in the register, of all nodes there are.
static REGISTER: Mutex<Option<u32>> = Mutex::new(None);

/// Whether the last thing that happened is that the first node has booted.
static BEGINS: AtomicBool = AtomicBool::new(false);

#[derive(Clone, Hash)]
pub struct Node;

impl Process for Node {
    type Message = ();
    type Timer = ();
    type Config = Config;
    type Input = Request;
    type Output = Answer;

    fn boot(context: &mut Context<'_, Self>) -> Self {
        // A run begins when the first node boots, and then the second, with nothing on their disks.
        let new = context.disk().read::<bool>("booted").is_none();
        if context.me().index() == 1 && new && BEGINS.load(Ordering::Relaxed) {
            *REGISTER.lock().unwrap() = None;
        }
        BEGINS.store(context.me().index() == 0 && new, Ordering::Relaxed);
        context.disk().write("booted", &true);
        context.disk().sync();
        Node
    }

    fn on_input(&mut self, request: Request, context: &mut Context<'_, Self>) {
        BEGINS.store(false, Ordering::Relaxed);
        // So that there is some traffic to be seen: nobody listens.
        context.broadcast(());
        let mut register = REGISTER.lock().unwrap();
        let outcome = match request.operation {
            Operation::Read => Outcome::Value(*register),
            Operation::Write(value) => {
                *register = Some(value);
                Outcome::Written
            }
        };
        context.output(Answer { id: request.id, outcome });
    }

    fn on_message(&mut self, _: NodeId, (): (), _: &mut Context<'_, Self>) {}

    fn on_timer(&mut self, (): (), _: &mut Context<'_, Self>) {}
}

impl QuorumRegister for Node {}
