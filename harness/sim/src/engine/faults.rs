//! What befalls nodes and network: faults begin and end, nodes crash and stand still, everything heals.

use super::{Engine, Event, Raw, lane};
use crate::disk::Keep;
use crate::fault::Fault;
use crate::process::NodeId;
use crate::seam::Seam;
use crate::trace::{Life, Tone};

impl Engine {
    pub(super) fn turn(&mut self, fault: u32, begins: bool) {
        if self.healed {
            return;
        }
        let fault = self.faults[fault as usize].clone();
        match &fault {
            Fault::Pause { node, .. } => self.pause(*node, begins),
            Fault::SlowNode { node, by_ms, .. } => {
                self.nodes[node.index()].slow_us = if begins { by_ms * 1000 } else { 0 };
            }
            Fault::Jump { node, by_ms, .. } => {
                self.nodes[node.index()].clock.shift(*by_ms);
                self.counts.clock_faults += 1;
                self.trace.note(self.now_us, lane(*node), Tone::Fault, format!("its clock jumps by {by_ms} ms"));
            }
            Fault::Freeze { node, .. } => {
                let clock = &mut self.nodes[node.index()].clock;
                if begins {
                    clock.freeze(self.now_us);
                } else {
                    clock.thaw(self.now_us);
                }
                self.counts.clock_faults += u64::from(begins);
                let words = if begins { "its clock stands still" } else { "its clock goes on" };
                self.trace.note(self.now_us, lane(*node), Tone::Fault, words);
            }
            _ => {
                self.network.turn(&fault, begins);
                let words =
                    self.words(|| if begins { told_now(&fault) } else { format!("no longer: {}", told_now(&fault)) });
                self.trace.world(self.now_us, Tone::Fault, words);
            }
        }
    }

    fn pause(&mut self, node: NodeId, begins: bool) {
        let slot = &mut self.nodes[node.index()];
        if begins && slot.state == Life::Up {
            slot.state = Life::Paused;
            self.trace.life(self.now_us, lane(node), Life::Paused, "stands still");
        } else if !begins {
            self.push(self.now_us, Event::Resume { node });
        }
    }

    pub(super) fn resume(&mut self, node: NodeId) {
        let slot = &mut self.nodes[node.index()];
        if slot.state != Life::Paused {
            return;
        }
        slot.state = Life::Up;
        let held = std::mem::take(&mut slot.held);
        self.trace.life(self.now_us, lane(node), Life::Up, "goes on");
        for event in held {
            self.push(self.now_us, event);
        }
    }

    pub(super) fn crash(&mut self, seam: &mut dyn Seam, fault: u32) {
        let Fault::Crash { node, back_after_ms, keep, .. } = self.faults[fault as usize] else {
            unreachable!("only crashes are queued as crashes")
        };
        if self.nodes[node.index()].state == Life::Down || self.healed {
            return;
        }
        self.down(seam, node, keep);
        let slot = &mut self.nodes[node.index()];
        slot.for_good = back_after_ms.is_none();
        let boots = slot.boots;
        if let Some(back_after_ms) = back_after_ms {
            self.push(self.now_us + back_after_ms * 1000, Event::Boot { node, boots });
        }
    }

    /// A node loses its memory.
    pub fn down(&mut self, seam: &mut dyn Seam, node: NodeId, keep: Keep) {
        let slot = &mut self.nodes[node.index()];
        slot.state = Life::Down;
        let damage = slot.disk.crash(keep);
        // What waited for the end of its pause finds it down.
        let held = std::mem::take(&mut slot.held);
        for event in held {
            self.push(self.now_us, event);
        }
        seam.crash(node);
        self.counts.crashes += 1;
        self.counts.writes_lost += damage.lost as u64;
        self.counts.torn += u64::from(damage.torn);
        let words = self.words(|| match (damage.lost, damage.torn) {
            (0, _) => "crashes".to_owned(),
            (1, false) => "crashes, 1 unsynced write is gone".to_owned(),
            (lost, false) => format!("crashes, {lost} unsynced writes are gone"),
            (1, true) => "crashes, 1 record is torn".to_owned(),
            (lost, true) => format!("crashes, {lost} unsynced writes are gone, the first of them torn"),
        });
        let event = self.trace.life(self.now_us, lane(node), Life::Down, words);
        self.happens(node, event, Raw::Crashed);
    }

    /// All faults end for good, and everybody who is not down for good comes back.
    pub(super) fn heal(&mut self) {
        self.network.heal();
        for place in 0..self.nodes.len() {
            let node = NodeId::new(place);
            self.resume(node);
            let slot = &mut self.nodes[place];
            slot.traps.clear();
            slot.slow_us = 0;
            slot.clock.thaw(self.now_us);
            if slot.state == Life::Down && slot.boots > 0 && !slot.for_good {
                let boots = slot.boots;
                self.push(self.now_us, Event::Boot { node, boots });
            }
        }
        self.healed = true;
        if !self.faults.is_empty() {
            let words = self.words(|| "all faults are over".to_owned());
            self.trace.world(self.now_us, Tone::Plain, words);
        }
    }
}

/// A fault of the network without its times, for the moment it begins or ends.
fn told_now(fault: &Fault) -> String {
    let words = fault.to_string();
    match words.rfind(" from ") {
        Some(end) if words[end..].ends_with(" ms") => words[..end].to_owned(),
        _ => words,
    }
}
