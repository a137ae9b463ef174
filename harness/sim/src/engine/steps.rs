//! What a node does: it boots, it takes a step, and the effects that it asks for take place one after another.

use super::{Engine, Event, Raw, Stop, lane};
use crate::fault::When;
use crate::network::{Loss, Verdict};
use crate::process::NodeId;
use crate::seam::{Effect, Handle, Seam};
use crate::trace::{EventId, Life, Tone};

impl Engine {
    pub(super) fn boot(&mut self, seam: &mut dyn Seam, node: NodeId, boots: u32) {
        let slot = &mut self.nodes[node.index()];
        if slot.state != Life::Down || slot.boots != boots {
            return;
        }
        slot.state = Life::Up;
        slot.boots += 1;
        slot.timers.clear();
        slot.busy_until_us = 0;
        slot.clock.boot(self.now_us);
        let event = if self.now_us == 0 {
            EventId(self.trace.len())
        } else {
            let words = if slot.boots > 1 { "boots from its disk" } else { "joins" };
            self.trace.life(self.now_us, lane(node), Life::Up, words)
        };
        let slot = &self.nodes[node.index()];
        self.counts.restarts += u64::from(slot.boots > 1);
        if !slot.puppet {
            let seed = self.choice.part("node", node.index() as u64).part("boot", u64::from(slot.boots)).seed();
            let moment = slot.clock.moment(self.now_us);
            let mut effects = std::mem::take(&mut self.effects);
            seam.boot(node, moment, seed, self.nodes[node.index()].disk.safe(), &mut effects);
            self.apply(seam, node, effects);
        }
        self.happens(node, event, Raw::Booted);
    }

    pub(super) fn step(&mut self, seam: &mut dyn Seam, event: Event) {
        let (node, shown, effects) = match event {
            Event::Deliver { from, to, nth, message, id, again } => {
                self.in_flight -= 1;
                self.nodes[from.index()].in_flight -= 1;
                if self.nodes[to.index()].state == Life::Down {
                    self.counts.at_the_dead += 1;
                    let why = self.words(|| format!("{to} is down"));
                    self.trace.lost(self.now_us, lane(from), id, why);
                    seam.release(message);
                    return;
                }
                let overtaken = self.network.arrive(from, to, nth);
                self.counts.overtaken += u64::from(overtaken && !again);
                self.counts.duplicated += u64::from(again);
                self.counts.delivered += u64::from(from != to);
                let shown = self.trace.receive(self.now_us, lane(to), id);
                if self.nodes[to.index()].puppet {
                    self.happens(to, shown, Raw::Intercepted { from, message });
                    return;
                }
                let moment = self.nodes[to.index()].clock.moment(self.now_us);
                let mut effects = std::mem::take(&mut self.effects);
                seam.message(to, from, message, moment, &mut effects);
                (to, shown, effects)
            }
            Event::Timer { node, timer, .. } => {
                let slot = &mut self.nodes[node.index()];
                slot.timers[timer.0 as usize] = false;
                let moment = slot.clock.moment(self.now_us);
                self.counts.timers += 1;
                let words = self.words(|| format!("timer {}", seam.describe_timer(node, timer)));
                let shown = self.trace.note(self.now_us, lane(node), Tone::Plain, words);
                let mut effects = std::mem::take(&mut self.effects);
                seam.timer(node, timer, moment, &mut effects);
                (node, shown, effects)
            }
            Event::Input { node, input, client } => {
                let shown = self.show_input(seam, node, input, client);
                if self.nodes[node.index()].state == Life::Down {
                    self.counts.refused += 1;
                    self.happens(node, shown, Raw::Refused(input));
                    return;
                }
                let moment = self.nodes[node.index()].clock.moment(self.now_us);
                let mut effects = std::mem::take(&mut self.effects);
                seam.input(node, input, moment, &mut effects);
                (node, shown, effects)
            }
            _ => unreachable!("only what reaches a node is a step of it"),
        };
        self.apply(seam, node, effects);
        self.happens(node, shown, Raw::Stepped);
    }

    fn show_input(&mut self, seam: &dyn Seam, node: NodeId, input: Handle, client: Option<u16>) -> EventId {
        let words = self.words(|| seam.describe_input(input));
        let up = self.nodes[node.index()].state != Life::Down;
        match client {
            None => self.trace.note(self.now_us, lane(node), Tone::Plain, words),
            Some(client) => {
                let client = self.client_lane(client);
                let id = self.trace.send(self.now_us, client, lane(node), words);
                if up {
                    self.trace.receive(self.now_us, lane(node), id)
                } else {
                    let why = self.words(|| format!("{node} is down"));
                    self.trace.lost(self.now_us, client, id, why)
                }
            }
        }
    }

    fn show_output(&mut self, seam: &dyn Seam, node: NodeId, output: Handle) -> EventId {
        let words = self.words(|| seam.describe_output(output));
        match seam.addressee(output) {
            None => self.trace.note(self.now_us, lane(node), Tone::Plain, words),
            Some(client) => {
                let client = self.client_lane(client as u16);
                let id = self.trace.send(self.now_us, lane(node), client, words);
                self.trace.receive(self.now_us, client, id)
            }
        }
    }

    /// Lets the effects of a handler take place, one after another, up to a crash between two of them.
    fn apply(&mut self, seam: &mut dyn Seam, node: NodeId, mut effects: Vec<Effect>) {
        let mut crash = None;
        let mut rest = effects.drain(..);
        for effect in rest.by_ref() {
            crash = self.trapped(node, &effect);
            if let Some((_, false)) = crash {
                undo(seam, effect);
                break;
            }
            self.take_effect(seam, node, effect);
            if crash.is_some() {
                break;
            }
        }
        rest.for_each(|effect| undo(seam, effect));
        self.effects = effects;
        if let Some((fault, _)) = crash {
            self.crash(seam, fault);
        }
    }

    /// The fault that crashes the node at this effect, and whether the effect still takes place.
    fn trapped(&mut self, node: NodeId, effect: &Effect) -> Option<(u32, bool)> {
        let slot = &mut self.nodes[node.index()];
        let (before, after) = match effect {
            Effect::Send { .. } => {
                slot.sends += 1;
                (When::BeforeSend(slot.sends), None)
            }
            Effect::Sync => {
                slot.syncs += 1;
                (When::BeforeSync(slot.syncs), Some(When::AfterSync(slot.syncs)))
            }
            Effect::Output { .. } => {
                slot.outputs += 1;
                (When::BeforeOutput(slot.outputs), None)
            }
            Effect::SetTimer { .. } | Effect::CancelTimer { .. } | Effect::Write(_) => return None,
        };
        let trap = |wanted: When| slot.traps.iter().find(|(when, _)| *when == wanted).map(|(_, fault)| *fault);
        trap(before).map(|fault| (fault, false)).or_else(|| after.and_then(trap).map(|fault| (fault, true)))
    }

    fn take_effect(&mut self, seam: &mut dyn Seam, node: NodeId, effect: Effect) {
        match effect {
            Effect::Send { to, message } => self.send(seam, node, to, message),
            Effect::SetTimer { timer, after_us } => {
                let slot = &mut self.nodes[node.index()];
                slot.timers.resize(timer.0 as usize + 1, false);
                slot.timers[timer.0 as usize] = true;
                let (boot, after_us) = (slot.boots, slot.clock.true_us(after_us));
                self.trace.mark(after_us);
                self.push(self.now_us.saturating_add(after_us), Event::Timer { node, boot, timer });
            }
            Effect::CancelTimer { timer } => self.nodes[node.index()].timers[timer.0 as usize] = false,
            Effect::Write(write) => self.nodes[node.index()].disk.write(*write),
            Effect::Sync => {
                self.counts.syncs += 1;
                self.nodes[node.index()].disk.sync();
            }
            Effect::Output { output } => {
                let event = self.show_output(seam, node, output);
                self.happens(node, event, Raw::Output(output));
            }
        }
    }

    pub fn send(&mut self, seam: &mut dyn Seam, from: NodeId, to: NodeId, message: Handle) {
        let size_bytes = if self.network.is_narrow(from, to) { seam.size_bytes(message) } else { 0 };
        let (nth, verdict) = self.network.send(self.now_us, from, to, size_bytes);
        let words = self.words(|| seam.describe_message(message));
        let id = self.trace.send(self.now_us, lane(from), lane(to), words);
        self.counts.sent += u64::from(from != to);
        match verdict {
            Verdict::Lost(loss) => {
                let why = match loss {
                    Loss::Network => "lost",
                    Loss::Cut => "cut off",
                };
                self.counts.lost += u64::from(loss == Loss::Network);
                self.counts.cut_off += u64::from(loss == Loss::Cut);
                let why = self.words(|| why.to_owned());
                self.trace.lost(self.now_us, lane(from), id, why);
                seam.release(message);
            }
            Verdict::Arrives { after_us, again_us } => {
                let deliver = |again| Event::Deliver { from, to, nth, message, id, again };
                self.push(self.now_us + after_us, deliver(false));
                self.under_way(from);
                if let Some(again_us) = again_us {
                    seam.retain(message);
                    self.push(self.now_us + again_us, deliver(true));
                    self.under_way(from);
                }
            }
        }
    }

    fn under_way(&mut self, from: NodeId) {
        self.in_flight += 1;
        self.nodes[from.index()].in_flight += 1;
        if self.in_flight > self.limits.in_flight {
            let most = (0..self.nodes.len()).max_by_key(|node| self.nodes[*node].in_flight);
            self.stopped = Some(Stop::Flood(NodeId::new(most.expect("somebody sent them")), self.limits.in_flight));
        }
    }
}

/// What will never take place is given back.
fn undo(seam: &mut dyn Seam, effect: Effect) {
    match effect {
        Effect::Send { message, .. } => seam.release(message),
        Effect::Output { output } => seam.drop_output(output),
        Effect::SetTimer { .. } | Effect::CancelTimer { .. } | Effect::Write(_) | Effect::Sync => {}
    }
}
