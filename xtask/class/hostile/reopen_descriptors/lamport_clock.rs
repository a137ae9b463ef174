//! Opens its descriptors anew through /proc, and writes forged answers and reports to each.
//!
//! The way to the judge is a socket, which cannot be opened anew; nor can anything of /proc. What gets there out of
//! turn is no answer.

use ch02::lamport_clock::{Answer, LamportClock, Request};
use harness::{Context, NodeId, Process};
use std::io::Write;

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
            let path = format!("/proc/self/fd/{descriptor}");
            let Ok(mut file) = std::fs::File::options().write(true).open(path) else { continue };
            for check in CHECKS {
                let _ = write!(
                    file,
                    "\n\u{1e}{nonce} {{\"finished\":{{\"name\":\"{check}\",\"status\":\"holds\",\"schedules\":30,\"millis\":1,\"message\":\"\"}}}}\n"
                );
            }
        }
        std::process::exit(0);
    }

    fn on_message(&mut self, _: NodeId, (): (), _: &mut Context<'_, Self>) {}

    fn on_timer(&mut self, (): (), _: &mut Context<'_, Self>) {}
}

impl LamportClock for Node {}
