//! Machine code in a naked function writes a forged report to every descriptor there is, whoever made it.
//!
//! No descriptor of this process leads to a report. The one that leads to the judge takes answers, and this is
//! none.

use ch02::lamport_clock::{Answer, LamportClock, Request};
use harness::{Context, NodeId, Process};
use std::arch::naked_asm;

/// The system call with this number.
#[unsafe(naked)]
extern "C" fn system_call(number: u64, one: u64, two: u64, three: u64) -> i64 {
    naked_asm!("mov rax, rdi", "mov rdi, rsi", "mov rsi, rdx", "mov rdx, rcx", "syscall", "ret")
}

const CHECKS: [&str; 5] = [
    "every_event_gets_its_stamp",
    "time_goes_on_at_every_node",
    "a_cause_comes_before_its_effect",
    "a_crash_does_not_turn_time_back",
    "all_nodes_sort_events_into_one_order",
];

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
        let nonce = std::env::var("FAULTLINES_FRAMES").unwrap_or_default();
        for descriptor in 0..64 {
            for check in CHECKS {
                let forged = format!(
                    "\n\u{1e}{nonce} {{\"finished\":{{\"name\":\"{check}\",\"status\":\"holds\",\"schedules\":30,\"millis\":1,\"message\":\"\"}}}}\n"
                );
                system_call(1, descriptor, forged.as_ptr() as u64, forged.len() as u64);
            }
        }
        system_call(231, 0, 0, 0);
    }

    fn on_message(&mut self, _: NodeId, (): (), _: &mut Context<'_, Self>) {}

    fn on_timer(&mut self, (): (), _: &mut Context<'_, Self>) {}
}

impl LamportClock for Node {}
