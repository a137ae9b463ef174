//! The event loop: takes the next thing that happens and lets it happen.
//!
//! It knows processes only by the [seam](crate::seam) and so is compiled once, for all protocols. Everything that is to
//! happen lies in one queue, ordered by time and, within an instant, by when it was put there.

use std::collections::VecDeque;

use crate::choice::Choice;
use crate::clock::Clock;
use crate::disk::{Disk, Keep};
use crate::fault::{Fault, When};
use crate::network::{self, Loss, Network, Verdict};
use crate::process::NodeId;
use crate::queue::Queue;
use crate::seam::{Effect, Handle, Seam, TimerId};
use crate::trace::{EventId, Lane, Life, MessageId, Tone, Trace};

/// How much may happen in a run before it counts as having no end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Messages under way at once.
    pub in_flight: usize,
    /// Events within one instant.
    pub at_once: u64,
    /// Events in all.
    pub events: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Limits { in_flight: 10_000, at_once: 20_000, events: 100_000 }
    }
}

/// Why a world stopped before its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// Too many messages under way; that node sent most of them.
    Flood(NodeId, usize),
    /// Too much at one instant; last at that node.
    Rush(NodeId, u64),
    /// Too much in all.
    Endless(u64),
}

/// What happened in a run, in numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Messages sent, those to oneself not counted.
    pub sent: u64,
    /// Messages that reached a process, each time they did; those to oneself not counted.
    pub delivered: u64,
    /// Messages lost to the network by chance or by name.
    pub lost: u64,
    /// Messages lost to a cut.
    pub cut_off: u64,
    /// Messages that reached a node that was down.
    pub at_the_dead: u64,
    /// Messages that arrived once more.
    pub duplicated: u64,
    /// Messages that arrived after one sent later on the same link.
    pub overtaken: u64,
    /// Crashes.
    pub crashes: u64,
    /// Boots after a crash.
    pub restarts: u64,
    /// Writes that a crash undid.
    pub writes_lost: u64,
    /// Records that a crash tore.
    pub torn: u64,
    /// Pauses in which something had to wait.
    pub held_up: u64,
    /// Jumps and stops of clocks.
    pub clock_faults: u64,
    /// Timers that ran out.
    pub timers: u64,
    /// Syncs of disks.
    pub syncs: u64,
    /// Requests made of nodes that were down.
    pub refused: u64,
}

/// What happened last, for whoever drives the world.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Raw {
    Booted,
    Stepped,
    Output(Handle),
    Crashed,
    Refused(Handle),
    Intercepted { from: NodeId, message: Handle },
    Woken(u64),
}

/// A [`Raw`], where, and the event of the trace that shows it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RawHappening {
    pub at_us: u64,
    pub node: NodeId,
    pub event: EventId,
    pub raw: Raw,
}

#[derive(Clone, Copy, Debug)]
enum Event {
    /// Only if it has been booted so often until then.
    Boot {
        node: NodeId,
        boots: u32,
    },
    Deliver {
        from: NodeId,
        to: NodeId,
        nth: u32,
        message: Handle,
        id: MessageId,
        again: bool,
    },
    Timer {
        node: NodeId,
        boot: u32,
        timer: TimerId,
    },
    Input {
        node: NodeId,
        input: Handle,
        client: Option<u16>,
    },
    Turn {
        fault: u32,
        begins: bool,
    },
    Crash {
        fault: u32,
    },
    Resume {
        node: NodeId,
    },
    Wake {
        number: u64,
    },
    Heal,
}

struct Node {
    state: Life,
    /// Played by the world; messages to it are handed out.
    puppet: bool,
    /// How often it was booted.
    boots: u32,
    for_good: bool,
    disk: Disk,
    clock: Clock,
    /// Which of the timers set since the boot still run.
    timers: Vec<bool>,
    /// What waits for the end of a pause.
    held: VecDeque<Event>,
    slow_us: u64,
    busy_until_us: u64,
    sends: u32,
    syncs: u32,
    outputs: u32,
    in_flight: usize,
    /// Faults that crash it in the middle of a handler.
    traps: Vec<(When, u32)>,
}

impl Node {
    /// Whether it is a timer that was stopped, or that a crash has stopped.
    fn no_longer_wanted(&self, event: &Event) -> bool {
        match event {
            Event::Timer { boot, timer, .. } => {
                self.state == Life::Down || self.boots != *boot || !self.timers[timer.0 as usize]
            }
            _ => false,
        }
    }
}

/// The world without the types of a protocol.
pub(crate) struct Engine {
    pub now_us: u64,
    pub trace: Trace,
    pub counts: Counts,
    pub stopped: Option<Stop>,
    choice: Choice,
    queue: Queue<Event>,
    nodes: Vec<Node>,
    network: Network,
    faults: Vec<Fault>,
    happened: VecDeque<RawHappening>,
    effects: Vec<Effect>,
    limits: Limits,
    in_flight: usize,
    events: u64,
    at_once: u64,
    healed: bool,
}

impl Engine {
    pub fn new(choice: Choice, trace: Trace, puppets: &[bool], latency_us: (u64, u64), limits: Limits) -> Self {
        let node = |puppet: &bool| Node {
            state: Life::Down,
            puppet: *puppet,
            boots: 0,
            for_good: false,
            disk: Disk::default(),
            clock: Clock::new(),
            timers: Vec::new(),
            held: VecDeque::new(),
            slow_us: 0,
            busy_until_us: 0,
            sends: 0,
            syncs: 0,
            outputs: 0,
            in_flight: 0,
            traps: Vec::new(),
        };
        Engine {
            now_us: 0,
            trace,
            counts: Counts::default(),
            stopped: None,
            choice,
            queue: Queue::new(),
            nodes: puppets.iter().map(node).collect(),
            network: Network::new(choice, puppets.len(), latency_us),
            faults: Vec::new(),
            happened: VecDeque::new(),
            effects: Vec::new(),
            limits,
            in_flight: 0,
            events: 0,
            at_once: 0,
            healed: false,
        }
    }

    fn push(&mut self, at_us: u64, event: Event) {
        self.queue.push(at_us.max(self.now_us), event);
    }

    pub fn boot_at(&mut self, at_us: u64, node: NodeId) {
        if at_us > 0 {
            self.trace.life(0, lane(node), Life::Down, "not there yet");
        }
        self.push(at_us, Event::Boot { node, boots: 0 });
    }

    pub fn input_at(&mut self, at_us: u64, node: NodeId, input: Handle, client: Option<u16>) {
        self.push(at_us, Event::Input { node, input, client });
    }

    pub fn wake_at(&mut self, at_us: u64, number: u64) {
        self.push(at_us, Event::Wake { number });
    }

    pub fn heal_at(&mut self, at_us: u64) {
        self.push(at_us, Event::Heal);
    }

    /// A link is longer than others by this much, for the whole run.
    pub fn lengthen(&mut self, from: NodeId, to: NodeId, by_us: u64) {
        self.network.lengthen(from, to, by_us);
    }

    pub fn inject(&mut self, fault: Fault) {
        let place = self.faults.len() as u32;
        match &fault {
            Fault::Lose { .. } | Fault::Duplicate { .. } | Fault::Delay { .. } => self.network.single(&fault),
            Fault::Crash { when: When::At(at_ms), .. } => self.push(at_ms * 1000, Event::Crash { fault: place }),
            Fault::Crash { node, when, .. } => self.nodes[node.index()].traps.push((*when, place)),
            Fault::Offset { node, by_ms } => self.nodes[node.index()].clock.shift(*by_ms),
            Fault::Drift { node, ppm } => self.nodes[node.index()].clock.drift(*ppm),
            _ => {
                for (at_ms, begins) in network::turns(&fault) {
                    self.push(at_ms * 1000, Event::Turn { fault: place, begins });
                }
            }
        }
        self.faults.push(fault);
    }

    pub fn is_up(&self, node: NodeId) -> bool {
        self.nodes[node.index()].state != Life::Down
    }

    pub fn clock_us(&self, node: NodeId) -> u64 {
        self.nodes[node.index()].clock.moment(self.now_us).clock_us
    }

    pub fn elapsed_us(&self, node: NodeId) -> u64 {
        self.nodes[node.index()].clock.moment(self.now_us).elapsed_us
    }

    pub fn disk(&self, node: NodeId) -> &Disk {
        &self.nodes[node.index()].disk
    }

    /// Lets things happen until one of them concerns whoever drives the world, or until `until_us` is past.
    pub fn next(&mut self, seam: &mut dyn Seam, until_us: u64) -> Option<RawHappening> {
        loop {
            if let Some(happening) = self.happened.pop_front() {
                return Some(happening);
            }
            let next_us = self.queue.next_us();
            if self.stopped.is_some() || next_us.is_none_or(|next_us| next_us > until_us) {
                if self.stopped.is_none() {
                    self.now_us = self.now_us.max(until_us);
                }
                return None;
            }
            let (at_us, event) = self.queue.pop().expect("it was just seen");
            self.count(at_us, &event);
            self.now_us = at_us;
            self.handle(seam, event);
        }
    }

    /// How many messages were sent on this link so far.
    pub fn sent(&self, from: NodeId, to: NodeId) -> u32 {
        self.network.sent(from, to)
    }

    /// Takes the final states into the fingerprint.
    pub fn seal(&mut self, seam: &dyn Seam) {
        for node in 0..self.nodes.len() {
            self.trace.mark(seam.fingerprint(NodeId::new(node)));
        }
    }

    fn count(&mut self, at_us: u64, event: &Event) {
        self.events += 1;
        self.at_once = if at_us == self.now_us { self.at_once + 1 } else { 1 };
        if self.at_once > self.limits.at_once {
            let node = match event {
                Event::Deliver { to: node, .. } | Event::Timer { node, .. } | Event::Input { node, .. } => *node,
                _ => NodeId::new(0),
            };
            self.stopped = Some(Stop::Rush(node, self.limits.at_once));
        }
        if self.events > self.limits.events {
            self.stopped = Some(Stop::Endless(self.limits.events));
        }
    }

    fn handle(&mut self, seam: &mut dyn Seam, event: Event) {
        match event {
            Event::Boot { node, boots } => self.boot(seam, node, boots),
            Event::Deliver { to: node, .. } | Event::Timer { node, .. } | Event::Input { node, .. } => {
                let slot = &mut self.nodes[node.index()];
                if slot.no_longer_wanted(&event) {
                    return;
                }
                if slot.state == Life::Paused {
                    slot.held.push_back(event);
                    self.counts.held_up += 1;
                } else if slot.busy_until_us > self.now_us {
                    let free_us = slot.busy_until_us;
                    self.push(free_us, event);
                } else {
                    slot.busy_until_us = self.now_us + slot.slow_us;
                    self.step(seam, event);
                }
            }
            Event::Turn { fault, begins } => self.turn(fault, begins),
            Event::Crash { fault } => self.crash(seam, fault),
            Event::Resume { node } => self.resume(node),
            Event::Wake { number } => {
                let event = EventId(self.trace.len());
                self.happens(NodeId::new(0), event, Raw::Woken(number));
            }
            Event::Heal => self.heal(),
        }
    }

    fn happens(&mut self, node: NodeId, event: EventId, raw: Raw) {
        self.happened.push_back(RawHappening { at_us: self.now_us, node, event, raw });
    }

    fn boot(&mut self, seam: &mut dyn Seam, node: NodeId, boots: u32) {
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

    fn step(&mut self, seam: &mut dyn Seam, event: Event) {
        let mut effects = std::mem::take(&mut self.effects);
        let (node, shown) = match event {
            Event::Deliver { from, to, nth, message, id, again } => {
                self.in_flight -= 1;
                self.nodes[from.index()].in_flight -= 1;
                if self.nodes[to.index()].state == Life::Down {
                    self.counts.at_the_dead += 1;
                    let why = self.words(|| format!("{to} is down"));
                    self.trace.lost(self.now_us, lane(from), id, why);
                    seam.release(message);
                    self.effects = effects;
                    return;
                }
                let overtaken = self.network.arrive(from, to, nth);
                self.counts.overtaken += u64::from(overtaken && !again);
                self.counts.duplicated += u64::from(again);
                self.counts.delivered += u64::from(from != to);
                let shown = self.trace.receive(self.now_us, lane(to), id);
                if self.nodes[to.index()].puppet {
                    self.effects = effects;
                    self.happens(to, shown, Raw::Intercepted { from, message });
                    return;
                }
                let moment = self.nodes[to.index()].clock.moment(self.now_us);
                seam.message(to, from, message, moment, &mut effects);
                (to, shown)
            }
            Event::Timer { node, timer, .. } => {
                let slot = &mut self.nodes[node.index()];
                slot.timers[timer.0 as usize] = false;
                let moment = slot.clock.moment(self.now_us);
                self.counts.timers += 1;
                let words = self.words(|| format!("timer {}", seam.describe_timer(node, timer)));
                let shown = self.trace.note(self.now_us, lane(node), Tone::Plain, words);
                seam.timer(node, timer, moment, &mut effects);
                (node, shown)
            }
            Event::Input { node, input, client } => {
                let shown = self.show_input(seam, node, input, client);
                if self.nodes[node.index()].state == Life::Down {
                    self.counts.refused += 1;
                    self.effects = effects;
                    self.happens(node, shown, Raw::Refused(input));
                    return;
                }
                let moment = self.nodes[node.index()].clock.moment(self.now_us);
                seam.input(node, input, moment, &mut effects);
                (node, shown)
            }
            _ => unreachable!("only what reaches a node is a step of it"),
        };
        self.apply(seam, node, effects);
        self.happens(node, shown, Raw::Stepped);
    }

    fn words(&self, words: impl FnOnce() -> String) -> String {
        if self.trace.is_quiet() { String::new() } else { words() }
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

    fn client_lane(&self, client: u16) -> Lane {
        Lane(self.nodes.len() as u16 + client)
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
                self.under_way(from, 1);
                if let Some(again_us) = again_us {
                    seam.retain(message);
                    self.push(self.now_us + again_us, deliver(true));
                    self.under_way(from, 1);
                }
            }
        }
    }

    fn under_way(&mut self, from: NodeId, messages: usize) {
        self.in_flight += messages;
        self.nodes[from.index()].in_flight += messages;
        if self.in_flight > self.limits.in_flight {
            let most = (0..self.nodes.len()).max_by_key(|node| self.nodes[*node].in_flight);
            self.stopped = Some(Stop::Flood(NodeId::new(most.expect("somebody sent them")), self.limits.in_flight));
        }
    }

    fn turn(&mut self, fault: u32, begins: bool) {
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

    fn resume(&mut self, node: NodeId) {
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

    fn crash(&mut self, seam: &mut dyn Seam, fault: u32) {
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
    fn heal(&mut self) {
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

/// What will never take place is given back.
fn undo(seam: &mut dyn Seam, effect: Effect) {
    match effect {
        Effect::Send { message, .. } => seam.release(message),
        Effect::Output { output } => seam.drop_output(output),
        Effect::SetTimer { .. } | Effect::CancelTimer { .. } | Effect::Write(_) | Effect::Sync => {}
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

fn lane(node: NodeId) -> Lane {
    Lane(node.index() as u16)
}
