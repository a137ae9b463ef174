//! Machine code attaches to the parent process, signals it, and starts a process behind the back of the standard
//! library.
//!
//! System calls that reach other processes are refused by the kernel, whoever asks.

use ch02::lamport_clock::{Answer, LamportClock, Request};
use harness::{Context, NodeId, Process};
use std::arch::naked_asm;

/// The system call with this number.
#[unsafe(naked)]
extern "C" fn system_call(number: u64, one: u64, two: u64, three: u64) -> i64 {
    naked_asm!("mov rax, rdi", "mov rdi, rsi", "mov rsi, rdx", "mov rdx, rcx", "syscall", "ret")
}

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
        let parent = u64::from(std::os::unix::process::parent_id());
        const PTRACE_SEIZE: u64 = 0x4206;
        if system_call(101, PTRACE_SEIZE, parent, 0) == 0 {
            tell("parent", "attached");
        }
        // Signal 0 only asks whether one could be sent.
        if system_call(62, parent, 0, 0) == 0 {
            tell("parent", "can be signalled");
        }
        if system_call(57, 0, 0, 0) == 0 {
            std::thread::sleep(std::time::Duration::from_secs(3600));
        }
    }

    fn on_message(&mut self, _: NodeId, (): (), _: &mut Context<'_, Self>) {}

    fn on_timer(&mut self, (): (), _: &mut Context<'_, Self>) {}
}

impl LamportClock for Node {}
