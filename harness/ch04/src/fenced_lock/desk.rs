//! The applications that want the lock, and what is known about who holds it.
//!
//! An application lives and dies with its client. It acquires the lock, writes one value after another while it thinks
//! that it has it, and gives it back. Who takes itself for the holder is looked at after every step of a client, each by
//! its own clock.

mod watch;

use std::collections::VecDeque;

use explore::{Breach, Plan};
use sim::{Either, EventId, Fault, NodeId, Span, Tone, What, World};

use super::contract::*;
use super::fence::Fence;
use super::seen::{Seen, WriteSeen, Wrong, evidence};
use super::world::{Entry, Locks, SERVICE, Setup};

/// What an application is at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Idle,
    Waiting { since_ms: u64 },
    Holding { since_ms: u64, token: Token },
}

/// The application of one client.
struct Application {
    stage: Stage,
    /// How long to hold the lock and how often to write, for each time it is still wanted.
    queue: VecDeque<(u64, u32)>,
    hold_ms: u64,
    writes: u32,
    written: u32,
    /// The write that has no answer yet.
    open: Option<usize>,
    /// Tells wake-ups of this acquisition from those of others.
    number: u64,
    /// Until when the client was last seen to take itself for the holder, on its own clock.
    until_ms: u64,
    kept: bool,
    /// Since when it has not been the holder and has owed an answer to a write.
    owes_ms: Option<u64>,
}

/// Wake-ups for an application carry this, its node and its number.
const TICK: u64 = 1 << 60;

/// Wake-ups at the end of a pause carry this and the node.
const RESUME: u64 = 1 << 61;

/// All applications, and what is known about the lock and the storage.
pub struct Desk {
    setup: Setup,
    steps: Vec<Entry>,
    pending_steps: usize,
    pauses: Vec<(NodeId, Span)>,
    applications: Vec<Application>,
    writes: Vec<WriteSeen>,
    fence: Fence,
    value: Option<u64>,
    /// The greatest token that was acquired, and by whom.
    acquired: Option<(Token, NodeId)>,
    /// The greatest token whose write was taken, and the value.
    newest: Option<(Token, u64)>,
    /// Since when nobody has held the lock, at the latest.
    idle_ms: u64,
    /// A release for which somebody waited.
    released_ms: Option<u64>,
    service_crashed: bool,
    /// What happened last.
    last: EventId,
    seen: Seen,
}

impl Desk {
    /// Lays the plan into the world.
    pub fn open(plan: &Plan<Setup, Entry>, world: &mut World<Locks>) -> Self {
        let mut pauses = Vec::new();
        let mut steps = Vec::new();
        for entry in &plan.entries {
            match entry {
                Entry::Session { at_ms, .. } | Entry::Write { at_ms, .. } => {
                    world.wake_at_ms(*at_ms, steps.len() as u64);
                    steps.push(entry.clone());
                }
                Entry::Fault(fault) => {
                    world.inject(fault.clone());
                    if let Fault::Pause { node, span } = fault {
                        // Before the node goes on, for whoever is asked first is asked first.
                        world.wake_at_ms(span.until_ms.min(plan.setup.heal_ms), RESUME | node.index() as u64);
                        pauses.push((*node, *span));
                    }
                }
            }
        }
        world.heal_at_ms(plan.setup.heal_ms);
        let application = || Application {
            stage: Stage::Idle,
            queue: VecDeque::new(),
            hold_ms: 0,
            writes: 0,
            written: 0,
            open: None,
            number: 0,
            until_ms: 0,
            kept: false,
            owes_ms: None,
        };
        Desk {
            setup: plan.setup.clone(),
            pending_steps: steps.len(),
            steps,
            pauses,
            applications: (0..plan.setup.clients).map(|_| application()).collect(),
            writes: Vec::new(),
            fence: Fence::new(),
            value: None,
            acquired: None,
            newest: None,
            idle_ms: 0,
            released_ms: None,
            service_crashed: false,
            last: EventId(0),
            seen: Seen::default(),
        }
    }

    fn client(&self, node: NodeId) -> Option<usize> {
        (node.index() != SERVICE && node.index() <= self.setup.clients).then(|| node.index() - 1)
    }

    fn node(client: usize) -> NodeId {
        NodeId::new(client + 1)
    }

    /// Something has happened.
    pub fn happens(&mut self, world: &mut World<Locks>, node: NodeId, event: EventId, what: What<Locks>) {
        self.last = event;
        match (what, self.client(node)) {
            (What::Woken(number), _) => self.woken(world, number),
            (What::Output(Either::Second(Either::First(answer))), Some(client)) => {
                self.answer(world, client, event, answer);
            }
            (What::Output(Either::Second(Either::Second(verdict))), _) => self.verdict(world, verdict),
            (What::Crashed, Some(client)) => self.client_crashes(world, client),
            (What::Crashed, None) if node.index() == SERVICE => self.service_crashed = true,
            (What::Crashed, None) => self.fence.crashed(),
            (What::Refused, Some(client)) => self.die(client),
            (What::Refused, None) => self.fence.crashed(),
            (What::Booted, Some(client)) => self.start(world, client),
            (What::Booted, None) if node.index() == SERVICE => {
                let held =
                    self.applications.iter().any(|application| matches!(application.stage, Stage::Holding { .. }));
                if self.service_crashed && held {
                    self.seen.count(evidence::SERVICE_BACK);
                }
            }
            (What::Booted, None) => self.value = self.stored(world),
            (What::Stepped, None) if node.index() != SERVICE => self.look_at_storage(world),
            (What::Stepped, Some(client)) => self.look_at_holders(world, client, event),
            _ => {}
        }
        self.look_at_time(world, event);
    }

    fn wrong(&mut self, wrong: Wrong, breach: impl FnOnce() -> Breach) {
        self.seen.wrongs.entry(wrong).or_insert_with(breach);
    }

    fn woken(&mut self, world: &mut World<Locks>, number: u64) {
        if number & RESUME != 0 {
            return self.goes_on(world, NodeId::new((number & 0xffff) as usize));
        }
        if number & TICK != 0 {
            let client = (number & 0xffff) as usize;
            if self.applications[client].number == (number & !TICK) >> 16 {
                self.advance(world, client);
            }
            return;
        }
        self.pending_steps -= 1;
        match self.steps[number as usize] {
            Entry::Session { client, hold_ms, writes, .. } => {
                let client = self.client(client).expect("sessions are of clients");
                self.applications[client].queue.push_back((hold_ms, writes));
                self.start(world, client);
            }
            Entry::Write { write, .. } => {
                self.fence.asked(write, world.now_ms());
                let storage = self.setup.storage();
                world.input_at_ms(world.now_ms(), storage, Either::Second(Either::Second(write)), None);
            }
            Entry::Fault(_) => unreachable!("nobody is woken for a fault"),
        }
    }

    fn ask(&self, world: &mut World<Locks>, client: usize, request: Request) {
        let now_ms = world.now_ms();
        world.input_at_ms(now_ms, Self::node(client), Either::Second(Either::First(request)), None);
    }

    /// An application that does nothing wants the lock, if there is anything left to want it for.
    fn start(&mut self, world: &mut World<Locks>, client: usize) {
        let application = &mut self.applications[client];
        if application.stage != Stage::Idle || !world.is_up(Self::node(client)) {
            return;
        }
        let Some((hold_ms, writes)) = application.queue.pop_front() else { return };
        application.stage = Stage::Waiting { since_ms: world.now_ms() };
        (application.hold_ms, application.writes, application.written) = (hold_ms, writes, 0);
        self.ask(world, client, Request::Acquire);
    }

    /// An application that has the lock does what comes next.
    fn advance(&mut self, world: &mut World<Locks>, client: usize) {
        let application = &self.applications[client];
        let Stage::Holding { since_ms, token } = application.stage else { return };
        if application.open.is_some() || !world.is_up(Self::node(client)) {
            return;
        }
        let next = u64::from(application.written) + 1;
        let due_ms = since_ms + application.hold_ms * next / (u64::from(application.writes) + 1);
        if world.now_ms() < due_ms {
            world.wake_at_ms(due_ms, TICK | application.number << 16 | client as u64);
        } else if application.written < application.writes {
            self.write(world, client, token);
        } else {
            self.release(world, client);
        }
    }

    fn write(&mut self, world: &mut World<Locks>, client: usize, token: Token) {
        let node = Self::node(client);
        let value = self.writes.len() as u64 + 1;
        let asked_ms = world.now_ms();
        let held = self.holds(world, client);
        self.applications[client].written += 1;
        self.applications[client].open = Some(self.writes.len());
        self.writes.push(WriteSeen {
            client: node,
            value,
            token,
            asked_ms,
            held,
            answered: false,
            taken: false,
            abandoned: false,
        });
        if !held && !self.stands_still(world, node) {
            self.seen.count(evidence::TOO_LATE);
        }
        self.ask(world, client, Request::Write(value));
    }

    fn release(&mut self, world: &mut World<Locks>, client: usize) {
        if self.holds(world, client) && !self.stands_still(world, Self::node(client)) {
            self.idle_ms = world.now_ms();
            if self.applications.iter().any(|other| matches!(other.stage, Stage::Waiting { .. })) {
                self.released_ms = Some(world.now_ms());
                self.seen.count(evidence::RELEASED);
            }
        }
        self.ask(world, client, Request::Release);
        self.finish(world, client);
    }

    fn finish(&mut self, world: &mut World<Locks>, client: usize) {
        self.abandon(client);
        self.start(world, client);
    }

    /// A client is down, and whoever asked it for something is gone.
    fn die(&mut self, client: usize) {
        let node = Self::node(client);
        self.writes.iter_mut().filter(|write| write.client == node).for_each(|write| write.abandoned = true);
        self.abandon(client);
    }

    fn abandon(&mut self, client: usize) {
        let application = &mut self.applications[client];
        application.stage = Stage::Idle;
        application.open = None;
        application.number += 1;
        application.kept = false;
    }

    fn client_crashes(&mut self, world: &mut World<Locks>, client: usize) {
        if matches!(self.applications[client].stage, Stage::Holding { .. }) {
            self.seen.count(evidence::HOLDER_DIED);
            self.idle_ms = world.now_ms();
        }
        self.die(client);
    }

    /// A node that stood still is about to hear of what it was asked meanwhile.
    fn goes_on(&mut self, world: &World<Locks>, node: NodeId) {
        let Some(client) = self.client(node) else { return };
        let since_ms = self.pauses.iter().filter(|(paused, span)| *paused == node && span.until_ms >= world.now_ms());
        let since_ms = since_ms.map(|(_, span)| span.from_ms).min().unwrap_or(world.now_ms());
        let held = self.holds(world, client);
        if let Some(open) = self.applications[client].open
            && self.writes[open].asked_ms >= since_ms
        {
            self.writes[open].held &= held;
            if !held {
                self.seen.count(evidence::TOO_LATE);
            }
        }
    }

    fn answer(&mut self, world: &mut World<Locks>, client: usize, event: EventId, answer: Answer) {
        match (answer, self.applications[client].stage) {
            (Answer::Acquired(token), Stage::Waiting { .. }) => self.acquired(world, client, event, token),
            (Answer::Lost, Stage::Holding { .. }) => self.lost(world, client, event),
            (Answer::Written(value), _) => self.outcome(world, client, value, true),
            (Answer::Failed(value), _) => self.outcome(world, client, value, false),
            (Answer::Acquired(_) | Answer::Lost, _) => {
                let why = match answer {
                    Answer::Lost => "it did not have the lock, or had released it",
                    _ => "it was not asked for the lock, or has it already",
                };
                let node = Self::node(client);
                let event = world.note(node, Tone::Bad, format!("{answer}: {why}"));
                self.wrong(Wrong::Untrue, || Breach {
                    happened: format!("{node} answers that it {answer}, and {why}"),
                    expected: "one answer to each request, and `Lost` only when a lease is over".to_owned(),
                    actual: answer.to_string(),
                    focus: Some(event),
                    ..Breach::default()
                });
            }
        }
    }

    fn acquired(&mut self, world: &mut World<Locks>, client: usize, event: EventId, token: Token) {
        let node = Self::node(client);
        self.seen.count(evidence::ACQUIRED);
        if let Some((before, holder)) = self.acquired {
            if holder != node {
                self.seen.count(evidence::PASSED_ON);
            }
            if token <= before {
                let event = world.note(node, Tone::Bad, format!("{token}, and {holder} had {before}"));
                self.wrong(Wrong::Token, || Breach {
                    happened: format!("{node} has acquired the lock with {token}, after {holder} had it with {before}"),
                    expected: format!("a token greater than {}", before.0),
                    actual: token.to_string(),
                    focus: Some(event),
                    ..Breach::default()
                });
            }
        }
        if self.acquired.is_none_or(|(before, _)| token > before) {
            self.acquired = Some((token, node));
        }
        if !self.holds(world, client) {
            let event = world.note(node, Tone::Bad, "its lease is over already, by its own clock");
            let until_ms = self.holds_until_ms(world, client);
            self.wrong(Wrong::Untrue, || Breach {
                happened: format!("{node} answers that it has the lock, and does not take itself for the holder"),
                expected: "`holds_until_ms` says until when, later than now on its clock".to_owned(),
                actual: format!("{until_ms:?}, and its clock shows {}", world.elapsed_ms(node)),
                focus: Some(event),
                ..Breach::default()
            });
        }
        self.released_ms = None;
        let application = &mut self.applications[client];
        application.number += 1;
        application.stage = Stage::Holding { since_ms: world.now_ms(), token };
        application.until_ms = u64::MAX;
        self.look_at_holders(world, client, event);
        self.advance(world, client);
    }

    fn lost(&mut self, world: &mut World<Locks>, client: usize, event: EventId) {
        self.seen.count(evidence::LOST);
        self.lapses(world, client, event);
        self.finish(world, client);
    }

    fn outcome(&mut self, world: &mut World<Locks>, client: usize, value: u64, written: bool) {
        let node = Self::node(client);
        let place = (value as usize).wrapping_sub(1);
        let known = self.writes.get(place).filter(|write| write.client == node && !write.answered);
        let Some(write) = known.cloned() else {
            let event = world.note(node, Tone::Bad, format!("nobody waits to hear about {value}"));
            return self.wrong(Wrong::Untrue, || Breach {
                happened: format!("{node} answers to a write of {value}, which nobody waits for"),
                expected: "one answer to each write".to_owned(),
                actual: "an answer more".to_owned(),
                focus: Some(event),
                ..Breach::default()
            });
        };
        self.writes[place].answered = true;
        if written && !write.taken {
            let event = world.note(node, Tone::Bad, format!("the storage has not taken {value}"));
            self.wrong(Wrong::NotWritten, || Breach {
                happened: format!("{node} answers that {value} is written, and the storage has never taken it"),
                expected: "`Written` when the storage has taken the value".to_owned(),
                actual: "the storage has not taken it".to_owned(),
                focus: Some(event),
                ..Breach::default()
            });
        }
        let late_ms = world.now_ms() - write.asked_ms;
        let had_it = self.applications[client].open == Some(place) && self.holds(world, client);
        let calm = write.asked_ms >= self.setup.heal_ms;
        if calm && write.held && had_it && (!written || late_ms > WRITE_MS) {
            self.not_written(world, place);
        }
        if self.applications[client].open == Some(place) {
            self.applications[client].open = None;
            self.advance(world, client);
        }
    }

    fn not_written(&mut self, world: &mut World<Locks>, place: usize) {
        let write = self.writes[place].clone();
        let event =
            world.note(write.client, Tone::Bad, format!("{} is not written, though it holds the lock", write.value));
        self.wrong(Wrong::NotWritten, || Breach {
            happened: format!(
                "{}, the holder ({}), was asked to write {} at {} ms, nothing failed, and it was not written",
                write.client, write.token, write.value, write.asked_ms
            ),
            expected: format!("`Written` within {WRITE_MS} ms"),
            actual: format!("nothing of the kind at {} ms", world.now_ms()),
            focus: Some(event),
            ..Breach::default()
        });
    }

    fn verdict(&mut self, world: &mut World<Locks>, verdict: Verdict) {
        let (value, taken) = match verdict {
            Verdict::Taken(value) => (value, true),
            Verdict::Refused(value) => (value, false),
        };
        self.seen.count(if taken { evidence::TAKEN } else { evidence::REFUSED });
        let Err((write, found)) = self.fence.answered(value, taken) else { return };
        let event = world.note(self.setup.storage(), Tone::Bad, format!("{verdict}, and {}", found.before));
        self.wrong(found.wrong, || Breach {
            happened: format!("{write}: {verdict}, and {}", found.before),
            expected: format!("that it is {}", if taken { "refused" } else { "taken" }),
            actual: verdict.to_string(),
            focus: Some(event),
            ..Breach::default()
        });
    }

    /// Whether there is nothing left to see, or no reason to wait for it.
    pub fn is_through(&mut self, world: &mut World<Locks>) -> bool {
        if self.pending_steps > 0 {
            return false;
        }
        self.look_at_time(world, self.last);
        let stuck = (0..self.writes.len()).find(|place| {
            let write = &self.writes[*place];
            let open = self.applications.iter().any(|application| application.open == Some(*place));
            open && world.now_ms() > write.asked_ms.max(self.setup.heal_ms) + WRITE_MS + self.setup.lease_ms
        });
        if let Some(place) = stuck {
            self.not_written(world, place);
            return true;
        }
        let idle = |application: &Application| application.stage == Stage::Idle && application.queue.is_empty();
        let lost = |client: usize| !world.is_up(Self::node(client));
        let through = |client: usize| idle(&self.applications[client]) && self.unanswered(client).is_none();
        let done = (0..self.setup.clients).all(|client| through(client) || lost(client));
        let stuck = [Wrong::Idle, Wrong::Untrue, Wrong::Unanswered];
        done || stuck.iter().any(|wrong| self.seen.wrongs.contains_key(wrong))
    }

    /// What was seen.
    pub fn close(self, _: &mut World<Locks>) -> Seen {
        self.seen
    }
}
