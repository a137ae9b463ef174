//! Nodes that crash, pause and stutter, and who suspects whom when.

use std::collections::BTreeSet;
use std::fmt;

use explore::Plan;
use harness::NodeId;
use harness::processes::{Cluster, Nodes};
use sim::seam::Host;
use sim::{Choice, EventId, Fault, Span, Tone, What, World};

use super::contract::{DETECT_MS, Detection, MESSAGES_A_WINDOW, SETTLE_MS, TRUST_MS, WINDOW_MS};

/// How many nodes there are, when the last trouble is over, and when the run is, in milliseconds.
#[derive(Clone, Copy, Debug)]
pub struct Setup {
    pub nodes: usize,
    /// Nodes come back and faults end; after `end_ms` for never.
    pub heal_ms: u64,
    pub end_ms: u64,
    /// Whether the run ends as soon as somebody has sent too much.
    pub frugal: bool,
}

/// What goes wrong.
#[derive(Clone, Debug)]
pub enum Entry {
    Fault(Fault),
    /// A node stands still and goes on by turns. One entry, for a single pause teaches nobody anything.
    Stutter {
        node: NodeId,
        still_ms: u64,
        going_ms: u64,
        span: Span,
    },
}

impl fmt::Display for Entry {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Entry::Fault(fault) => fault.fmt(out),
            Entry::Stutter { node, still_ms, going_ms, span } => write!(
                out,
                "{node} stutters: it stands still for {still_ms} ms and goes on for {going_ms} ms by turns {span}"
            ),
        }
    }
}

/// A time in which a node suspected another.
#[derive(Clone, Copy, Debug)]
pub struct Suspicion {
    pub by: NodeId,
    pub of: NodeId,
    pub from_ms: u64,
    /// The first moment after it; the end of the run if it was not over then.
    pub until_ms: u64,
    pub at: EventId,
}

impl Suspicion {
    /// Whether it held at some moment of a span.
    pub fn meets(&self, from_ms: u64, until_ms: u64) -> bool {
        self.from_ms < until_ms && from_ms < self.until_ms
    }
}

/// A time in which a node was down.
#[derive(Clone, Copy, Debug)]
pub struct Absence {
    pub node: NodeId,
    pub from_ms: u64,
    /// When it was back; nothing if it was not.
    pub until_ms: Option<u64>,
}

/// A node that did not suspect another [`DETECT_MS`] after its crash.
#[derive(Clone, Copy, Debug)]
pub struct Missed {
    pub by: NodeId,
    pub of: NodeId,
    pub crashed_ms: u64,
    pub at: EventId,
}

/// What was noted down about a node's opinion of another, at a time by which it should have been another one.
#[derive(Clone, Copy, Debug)]
pub struct Remark {
    pub by: NodeId,
    pub of: NodeId,
    pub at_ms: u64,
    pub at: EventId,
}

/// When to look whether opinions are what they should be.
#[derive(Clone, Copy, Debug)]
enum Reminder {
    /// This absence has lasted long enough to be noticed.
    Crashed(usize),
    /// This node has been back for long enough, since that time.
    Back(NodeId, u64),
    /// All trouble is long over.
    Settled,
}

/// A node that sent more than it should.
#[derive(Clone, Copy, Debug)]
pub struct Squandered {
    pub node: NodeId,
    pub at_ms: u64,
    pub at: EventId,
}

/// What a play leaves behind.
#[derive(Debug)]
pub struct Seen {
    pub setup: Setup,
    pub entries: Vec<Entry>,
    pub suspicions: Vec<Suspicion>,
    pub absences: Vec<Absence>,
    pub missed: Vec<Missed>,
    pub remarks: Vec<Remark>,
    /// Who was the first to send too much, and in which window.
    pub squandered: Option<Squandered>,
    /// By node, then by window: how many messages it sent.
    sent: Vec<Vec<u64>>,
    reminders: Vec<Reminder>,
    /// Whom each node suspects.
    now: Vec<BTreeSet<NodeId>>,
}

/// A watch that nodes keep on one another.
pub struct Watch {
    pub nodes: Nodes<Detection>,
}

impl Cluster for Watch {
    type Protocol = Detection;
    type Setup = Setup;
    type Entry = Entry;
    type Seen = Seen;

    fn setup(&self, plan: &Plan<Setup, Entry>, choice: Choice) -> sim::Setup {
        sim::Setup::of(choice, plan.setup.nodes)
    }

    fn host(&self, plan: &Plan<Setup, Entry>) -> Box<dyn Host<Detection>> {
        (self.nodes)(vec![(); plan.setup.nodes])
    }

    fn script(&self, plan: &Plan<Setup, Entry>, world: &mut World<Detection>) -> Seen {
        for entry in &plan.entries {
            lay(entry, world);
        }
        world.heal_at_ms(plan.setup.heal_ms);
        let mut seen = Seen::new(plan);
        seen.remind_later(plan.setup.heal_ms.saturating_add(SETTLE_MS), Reminder::Settled, world);
        for (node, _, until_ms) in seen.pauses().collect::<Vec<_>>() {
            seen.remind_later(until_ms + TRUST_MS, Reminder::Back(node, until_ms), world);
        }
        let mut sent = 0;
        while let Some(happening) = world.next(plan.setup.end_ms) {
            let (node, at_ms) = (happening.node, happening.at_ms());
            // All that was sent since the last happening was sent by this one's node.
            let more = world.counts().sent - sent;
            sent += more;
            seen.pay(node, more, world);
            if plan.setup.frugal && seen.squandered.is_some() {
                break;
            }
            match happening.what {
                // A boot that ended in a crash is told after it.
                What::Booted if world.is_up(node) => {
                    seen.back(node, at_ms, world);
                    seen.look(node, world);
                }
                What::Stepped => seen.look(node, world),
                What::Crashed => seen.gone(node, at_ms, world),
                What::Woken(number) => seen.remind(number as usize, world),
                _ => {}
            }
        }
        seen
    }
}

fn lay(entry: &Entry, world: &mut World<Detection>) {
    match entry {
        Entry::Fault(fault) => world.inject(fault.clone()),
        Entry::Stutter { node, still_ms, going_ms, span } => {
            for from_ms in (span.from_ms..span.until_ms).step_by((still_ms + going_ms) as usize) {
                world.inject(Fault::Pause { node: *node, span: Span::new(from_ms, from_ms + still_ms) });
            }
        }
    }
}

impl Seen {
    fn new(plan: &Plan<Setup, Entry>) -> Self {
        let Setup { nodes, end_ms, .. } = plan.setup;
        let windows = (end_ms / WINDOW_MS + 1) as usize;
        Seen {
            setup: plan.setup,
            entries: plan.entries.clone(),
            suspicions: Vec::new(),
            absences: Vec::new(),
            missed: Vec::new(),
            remarks: Vec::new(),
            reminders: Vec::new(),
            squandered: None,
            sent: vec![vec![0; windows]; nodes],
            now: vec![BTreeSet::new(); nodes],
        }
    }

    fn pay(&mut self, node: NodeId, messages: u64, world: &mut World<Detection>) {
        let at_ms = world.now_ms();
        let window = at_ms / WINDOW_MS;
        let sent = &mut self.sent[node.index()][window as usize];
        *sent += messages;
        if self.squandered.is_none() && *sent > MESSAGES_A_WINDOW {
            let words = format!("has sent {sent} messages since {} ms", window * WINDOW_MS);
            let at = world.note(node, Tone::Plain, words);
            self.squandered = Some(Squandered { node, at_ms, at });
        }
    }

    /// Notes down what a node has changed its mind about.
    fn look(&mut self, node: NodeId, world: &mut World<Detection>) {
        let Some(suspects) = world.view(node) else { return };
        if suspects == self.now[node.index()] {
            return;
        }
        let before = std::mem::replace(&mut self.now[node.index()], suspects.clone());
        let at_ms = world.now_ms();
        for of in suspects.difference(&before) {
            let right = of.index() < self.setup.nodes && !world.is_up(*of);
            let tone = if right { Tone::Plain } else { Tone::Bad };
            let at = world.note(node, tone, format!("suspects {of}"));
            self.suspicions.push(Suspicion { by: node, of: *of, from_ms: at_ms, until_ms: self.setup.end_ms, at });
        }
        for of in before.difference(&suspects) {
            world.note(node, Tone::Plain, format!("trusts {of} again"));
            self.end_suspicion(at_ms, |suspicion| suspicion.by == node && suspicion.of == *of);
        }
    }

    fn end_suspicion(&mut self, at_ms: u64, is_it: impl Fn(&Suspicion) -> bool) {
        let end_ms = self.setup.end_ms;
        let open = self.suspicions.iter_mut().rev().filter(|suspicion| suspicion.until_ms == end_ms);
        for suspicion in open.filter(|suspicion| is_it(suspicion)) {
            suspicion.until_ms = at_ms;
        }
    }

    fn gone(&mut self, node: NodeId, at_ms: u64, world: &mut World<Detection>) {
        self.now[node.index()].clear();
        self.end_suspicion(at_ms, |suspicion| suspicion.by == node);
        if self.absences.iter().any(|absence| absence.node == node && absence.until_ms.is_none()) {
            return;
        }
        self.remind_later(at_ms + DETECT_MS, Reminder::Crashed(self.absences.len()), world);
        self.absences.push(Absence { node, from_ms: at_ms, until_ms: None });
    }

    fn back(&mut self, node: NodeId, at_ms: u64, world: &mut World<Detection>) {
        let absent = self.absences.iter_mut().rev().find(|absence| absence.node == node);
        if let Some(absence) = absent.filter(|absence| absence.until_ms.is_none()) {
            absence.until_ms = Some(at_ms);
            self.remind_later(at_ms + TRUST_MS, Reminder::Back(node, at_ms), world);
        }
    }

    /// Who stands still, from when to when.
    pub fn pauses(&self) -> impl Iterator<Item = (NodeId, u64, u64)> {
        self.entries.iter().filter_map(|entry| match entry {
            Entry::Fault(Fault::Pause { node, span }) => Some((*node, span.from_ms, span.until_ms)),
            _ => None,
        })
    }

    fn remind_later(&mut self, at_ms: u64, reminder: Reminder, world: &mut World<Detection>) {
        if at_ms <= self.setup.end_ms {
            world.wake_at_ms(at_ms, self.reminders.len() as u64);
            self.reminders.push(reminder);
        }
    }

    fn remind(&mut self, number: usize, world: &mut World<Detection>) {
        match self.reminders[number] {
            Reminder::Crashed(absence) => self.expect_to_be_noticed(absence, world),
            // While other things go wrong nobody can expect it yet.
            Reminder::Back(node, since_ms) if self.setup.heal_ms > self.setup.end_ms => {
                let gone = self.absences.iter().any(|absence| absence.node == node && absence.from_ms > since_ms);
                if !gone {
                    let words = format!("still suspects {node}, which has been back for {TRUST_MS} ms");
                    self.remark(node, true, &words, world);
                }
            }
            Reminder::Back(..) => {}
            Reminder::Settled => {
                for node in world.nodes() {
                    match world.is_up(node) {
                        true => self.remark(node, true, &format!("still suspects {node}, which is up"), world),
                        false => self.remark(node, false, &format!("does not suspect {node}, which is down"), world),
                    }
                }
            }
        }
    }

    /// Remarks on everybody who suspects a node, or on everybody who does not.
    fn remark(&mut self, of: NodeId, suspecting: bool, words: &str, world: &mut World<Detection>) {
        let at_ms = world.now_ms();
        for by in world.nodes().filter(|by| *by != of) {
            if world.is_up(by) && self.now[by.index()].contains(&of) == suspecting {
                let at = world.note(by, Tone::Bad, words);
                self.remarks.push(Remark { by, of, at_ms, at });
            }
        }
    }

    /// A crash should be known by now.
    fn expect_to_be_noticed(&mut self, absence: usize, world: &mut World<Detection>) {
        let Absence { node: of, from_ms: crashed_ms, until_ms: None } = self.absences[absence] else { return };
        let unaware = world.nodes().filter(|by| world.is_up(*by) && !self.now[by.index()].contains(&of));
        for by in unaware.collect::<Vec<_>>() {
            let words = format!("does not suspect {of}, which has been down for {DETECT_MS} ms");
            let at = world.note(by, Tone::Plain, words);
            self.missed.push(Missed { by, of, crashed_ms, at });
        }
    }
}
