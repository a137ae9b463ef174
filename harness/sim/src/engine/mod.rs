//! The event loop: takes the next thing that happens and lets it happen.
//!
//! It knows processes only by the [seam](crate::seam) and so is compiled once, for all protocols. Everything that is to
//! happen lies in one queue, ordered by time and, within an instant, by when it was put there.

mod account;
mod faults;
mod steps;

use std::collections::VecDeque;

use crate::choice::Choice;
use crate::clock::Clock;
use crate::disk::Disk;
use crate::fault::{Fault, When};
use crate::network::{self, Network};
use crate::process::NodeId;
use crate::queue::Queue;
use crate::seam::{Effect, Handle, Seam, TimerId};
use crate::trace::{EventId, Lane, Life, MessageId, Trace};

pub use account::{Counts, Limits, Stop};

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

    fn words(&self, words: impl FnOnce() -> String) -> String {
        if self.trace.is_quiet() { String::new() } else { words() }
    }

    fn client_lane(&self, client: u16) -> Lane {
        Lane(self.nodes.len() as u16 + client)
    }
}

fn lane(node: NodeId) -> Lane {
    Lane(node.index() as u16)
}
