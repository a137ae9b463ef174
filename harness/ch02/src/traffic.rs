//! Events and messages between nodes, the stuff that clocks are for: what the exercises of this chapter have in common.
//!
//! A protocol whose nodes stamp events is a [`Stamping`]. Its world lays [`Step`]s into the run and collects the stamps
//! that are [`Given`]; the true relation between them follows from what the world has seen itself, not from any clock.

use std::collections::BTreeSet;
use std::fmt;

use check::HappensBefore;
use check::causality::{self, Act};
use explore::Breach;
use harness::NodeId;
use harness::exercise::Draw;
use rand::RngExt;
use serde::{Deserialize, Serialize};
use sim::disk::Keep;
use sim::swarm::Kind;
use sim::{EventId, Fault, Protocol, Span, Swarm, What, When, World};

// ANCHOR: event
/// Something that happens at a node. The number is the harness's name for it and says nothing about order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Event {
    /// Something that concerns this node alone.
    Local(u32),
    /// A message is sent.
    Sent(u32),
    /// The message of the same number arrives. If the network delivers it twice, that is two events.
    Received(u32),
}
// ANCHOR_END: event

impl fmt::Display for Event {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Event::Local(number) => write!(out, "event {number}"),
            Event::Sent(number) => write!(out, "sending of message {number}"),
            Event::Received(number) => write!(out, "receipt of message {number}"),
        }
    }
}

/// A protocol whose nodes give stamps to events.
pub(crate) trait Stamping: Protocol {
    /// What an event gets.
    type Stamp: Clone + fmt::Debug + fmt::Display;

    /// Asks a node for a local event.
    fn happen(number: u32) -> Self::Input;

    /// Asks a node to send a message.
    fn tell(number: u32, to: NodeId) -> Self::Input;

    /// What an answer says of an event.
    fn read(answer: Self::Output) -> Option<Said<Self::Stamp>>;
}

/// What a node says of an event.
pub(crate) enum Said<S> {
    /// It has happened and this is its stamp.
    Stamped(Event, S),
    /// The message of that number was refused, so its receipt has not happened.
    Refused(u32),
}

/// A step of the workload, or a fault. The numbers of events are their names.
#[derive(Clone, Debug)]
pub enum Step {
    Happen {
        node: NodeId,
        number: u32,
        at_ms: u64,
    },
    Tell {
        from: NodeId,
        to: NodeId,
        number: u32,
        at_ms: u64,
    },
    /// Local events, all within one millisecond; the numbers count up from `first`.
    Burst {
        node: NodeId,
        first: u32,
        count: u32,
        at_ms: u64,
    },
    Fault(Fault),
}

impl Step {
    fn at_ms(&self) -> u64 {
        match self {
            Step::Happen { at_ms, .. } | Step::Burst { at_ms, .. } | Step::Tell { at_ms, .. } => *at_ms,
            Step::Fault(_) => 0,
        }
    }
}

impl fmt::Display for Step {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Step::Happen { node, number, at_ms } => write!(out, "event {number} happens at {node} at {at_ms} ms"),
            Step::Tell { from, to, number, at_ms } => {
                write!(out, "{from} is to send message {number} to {to} at {at_ms} ms")
            }
            Step::Burst { node, first, count, at_ms } => {
                write!(out, "{count} events, from {first} on, happen at {node} at {at_ms} ms")
            }
            Step::Fault(fault) => fault.fmt(out),
        }
    }
}

/// A stamp that a node has given.
#[derive(Clone, Debug)]
pub struct Given<S> {
    pub node: NodeId,
    pub event: Event,
    pub stamp: S,
    /// How often the node had crashed before.
    pub crashes: usize,
    pub at_ms: u64,
    /// What the node's clock showed.
    pub clock_ms: u64,
    /// Whether it was given by the handler of a message.
    pub on_arrival: bool,
    pub at: EventId,
}

/// A message that a node has refused.
#[derive(Clone, Copy, Debug)]
pub struct Refused {
    pub node: NodeId,
    pub number: u32,
    /// What the node's clock showed.
    pub clock_ms: u64,
    pub at: EventId,
}

/// An event that the plan has asked for, where and when.
#[derive(Clone, Copy, Debug)]
struct Asked {
    node: NodeId,
    event: Event,
    at_ms: u64,
}

/// What there was to be stamped, and the stamps.
#[derive(Clone, Debug)]
pub struct Traffic<S> {
    asked: Vec<Asked>,
    /// Messages that the plan has sent: number and receiver.
    told: Vec<(u32, NodeId)>,
    /// How often each message arrives, unless it is lost or late.
    copies: usize,
    /// In the order in which they were given.
    pub given: Vec<Given<S>>,
    pub refused: Vec<Refused>,
    crashes: Vec<usize>,
    /// Messages that had arrived anywhere when the last handler ended.
    arrived: u64,
    last_ms: u64,
}

/// How long after the last step everything that was under way has arrived, in milliseconds.
const QUIET_MS: u64 = 2_000;

impl<S: Clone + fmt::Display> Traffic<S> {
    /// Lays the steps into the world and lets everything happen, the healing at the end included.
    pub(crate) fn play<X: Stamping<Stamp = S>>(steps: &[Step], world: &mut World<X>) -> Self {
        let crashes = vec![0; world.nodes().count()];
        let (asked, told, given, refused) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        let doubled = |step: &Step| matches!(step, Step::Fault(Fault::Duplicating { percent: 100, .. }));
        let copies = if steps.iter().any(doubled) { 2 } else { 1 };
        let mut traffic = Traffic { asked, told, copies, given, refused, crashes, arrived: 0, last_ms: 0 };
        for step in steps {
            traffic.lay(step, world);
        }
        let until_ms = traffic.end_ms();
        world.heal_at_ms(until_ms);
        while let Some(happening) = world.next(until_ms) {
            let clock_ms = world.clock_ms(happening.node);
            traffic.notice(happening, clock_ms, world.counts().delivered);
        }
        traffic
    }

    /// When everything is over, in milliseconds.
    pub(crate) fn end_ms(&self) -> u64 {
        self.last_ms + QUIET_MS
    }

    fn lay<X: Stamping<Stamp = S>>(&mut self, step: &Step, world: &mut World<X>) {
        let at_ms = step.at_ms();
        self.last_ms = self.last_ms.max(at_ms);
        let mut ask = |node, event, request| {
            self.asked.push(Asked { node, event, at_ms });
            world.input_at_ms(at_ms, node, request, None);
        };
        match step {
            Step::Happen { node, number, .. } => ask(*node, Event::Local(*number), X::happen(*number)),
            Step::Tell { from, to, number, .. } => {
                ask(*from, Event::Sent(*number), X::tell(*number, *to));
                self.told.push((*number, *to));
            }
            Step::Burst { node, first, count, .. } => {
                (*first..first + count).for_each(|number| ask(*node, Event::Local(number), X::happen(number)));
            }
            Step::Fault(fault) => world.inject(fault.clone()),
        }
    }

    fn notice<X: Stamping<Stamp = S>>(&mut self, happening: sim::Happening<X>, clock_ms: u64, arrived: u64) {
        let (node, at_ms, at) = (happening.node, happening.at_ms(), happening.event);
        match happening.what {
            What::Output(answer) => {
                let crashes = self.crashes[node.index()];
                let on_arrival = arrived > self.arrived;
                match X::read(answer) {
                    Some(Said::Stamped(event, stamp)) => {
                        self.given.push(Given { node, event, stamp, crashes, at_ms, clock_ms, on_arrival, at });
                    }
                    Some(Said::Refused(number)) => self.refused.push(Refused { node, number, clock_ms, at }),
                    None => {}
                }
            }
            What::Crashed => {
                self.crashes[node.index()] += 1;
                self.arrived = arrived;
            }
            _ => self.arrived = arrived,
        }
    }

    /// Whether the event is the receipt of a message of that node whose sending never got a stamp.
    pub(crate) fn is_from_unanswered(&self, event: Event, sender: NodeId) -> bool {
        let Event::Received(number) = event else { return false };
        let sent = |asked: &Asked| asked.node == sender && asked.event == Event::Sent(number);
        self.asked.iter().any(sent) && self.stamps_of(Event::Sent(number)).is_empty()
    }

    /// Whether the plan has a node tell anybody anything from one time to another, in milliseconds, both included.
    pub(crate) fn tells(&self, node: NodeId, from_ms: u64, to_ms: u64) -> bool {
        let tells = |asked: &Asked| asked.node == node && matches!(asked.event, Event::Sent(_));
        self.asked.iter().any(|asked| tells(asked) && (from_ms..=to_ms).contains(&asked.at_ms))
    }

    /// Which of the stamped events happened before which, by their places in [`Traffic::given`].
    ///
    /// A message whose sending was never answered, because its sender crashed on the way, comes out of nowhere.
    pub(crate) fn relation(&self) -> HappensBefore {
        let mut sent = BTreeSet::new();
        let act = |event| match event {
            Event::Sent(number) if sent.insert(number) => Act::Send(number),
            Event::Received(number) if sent.contains(&number) => Act::Receive(number),
            Event::Local(_) | Event::Sent(_) | Event::Received(_) => Act::Local,
        };
        let acts: Vec<Act<u32>> = self.given.iter().map(|given| given.event).map(act).collect();
        let events = self.given.iter().zip(acts).map(|(given, act)| causality::Event { node: given.node, act });
        HappensBefore::of(&events.collect::<Vec<_>>())
    }

    /// The stamps of every message that was sent and has arrived.
    pub(crate) fn deliveries(&self) -> impl Iterator<Item = (&Given<S>, &Given<S>)> {
        self.given.iter().filter_map(|received| {
            let Event::Received(number) = received.event else { return None };
            Some((*self.stamps_of(Event::Sent(number)).first()?, received))
        })
    }

    /// All pairs of stamped events of which the first happened before the second.
    pub(crate) fn causes_and_effects(&self) -> impl Iterator<Item = (&Given<S>, &Given<S>)> {
        let relation = self.relation();
        let effects = self.given.iter().enumerate();
        effects.flat_map(move |(effect, after)| {
            let causes: Vec<usize> = (0..effect).filter(|cause| relation.before(*cause, effect)).collect();
            causes.into_iter().map(move |cause| (&self.given[cause], after))
        })
    }

    /// Each event that was asked for, and each message each time it arrived, has exactly one stamp, given there and then.
    pub(crate) fn all_are_stamped(&self) -> Result<(), Breach> {
        for asked in &self.asked {
            let given = self.stamps_of(asked.event);
            if given.len() != 1 || given[0].node != asked.node || given[0].at_ms != asked.at_ms {
                let expected = format!("one stamp for it, from {}, at {} ms", asked.node, asked.at_ms);
                return Err(not_stamped(asked.event, 1, &given, expected));
            }
        }
        for (number, to) in &self.told {
            let given = self.stamps_of(Event::Received(*number));
            if given.len() != self.copies || given.iter().any(|given| given.node != *to || !given.on_arrival) {
                let expected = match self.copies {
                    1 => format!("one stamp for it, from {to}, when the message arrives"),
                    _ => format!("two stamps for it, from {to}: one each time the message arrives"),
                };
                return Err(not_stamped(Event::Received(*number), self.copies, &given, expected));
            }
        }
        Ok(())
    }

    fn stamps_of(&self, event: Event) -> Vec<&Given<S>> {
        self.given.iter().filter(|given| given.event == event).collect()
    }
}

fn not_stamped<S: fmt::Display>(event: Event, copies: usize, given: &[&Given<S>], expected: String) -> Breach {
    let told = |given: &&Given<S>| format!("{} from {} at {} ms", given.stamp, given.node, given.at_ms);
    let (happened, actual) = match given {
        [] => (format!("nobody gave a stamp for the {event}"), "none".to_owned()),
        [one] if copies > 1 => (format!("the {event} got one stamp, and the message arrived twice"), told(one)),
        [one] => (format!("the stamp for the {event} came from the wrong node or too late"), told(one)),
        _ => (format!("the {event} got {} stamps", given.len()), given.iter().map(told).collect::<Vec<_>>().join("; ")),
    };
    let breach = Breach::new(happened, expected, actual);
    match given.last() {
        Some(last) => breach.at(last.at),
        None => breach,
    }
}

/// The workload is over by then, and so are the faults.
pub(crate) const BUSY_MS: u64 = 200;

fn n(index: usize) -> NodeId {
    NodeId::new(index)
}

/// Events and messages among `count` nodes, at random, in the order of their times.
pub(crate) fn steps(draw: &mut Draw, count: usize, events: u32) -> Vec<Step> {
    let step = |number| {
        let from = draw.random.random_range(0..count);
        let at_ms = draw.random.random_range(1..BUSY_MS);
        if draw.random.random_bool(0.3) {
            Step::Happen { node: n(from), number, at_ms }
        } else {
            let to = (from + draw.random.random_range(1..count)) % count;
            Step::Tell { from: n(from), to: n(to), number, at_ms }
        }
    };
    let mut steps: Vec<Step> = (1..=events).map(step).collect();
    steps.sort_by_key(Step::at_ms);
    steps
}

/// The same, and nothing goes wrong, except that in every other run each message arrives twice.
pub(crate) fn calm_steps(draw: &mut Draw, count: usize, events: u32) -> Vec<Step> {
    let mut steps = steps(draw, count, events);
    if draw.index % 2 == 1 {
        let span = Span::new(0, BUSY_MS + QUIET_MS);
        steps.push(Step::Fault(Fault::Duplicating { percent: 100, span }));
    }
    steps
}

/// The same, while messages are lost, late, doubled and out of order.
pub(crate) fn troubled_steps(draw: &mut Draw, count: usize, events: u32) -> Vec<Step> {
    let mut steps = steps(draw, count, events);
    let swarm = Swarm::of(count, &[Kind::Loss, Kind::Duplication, Kind::Delay, Kind::OneWay], BUSY_MS);
    steps.extend(swarm.draw(&mut draw.random).into_iter().map(Step::Fault));
    steps
}

/// How many set pieces there are among the schedules with crashes.
pub(crate) const SET_PIECES: u64 = 12;

/// Two or three nodes that crash between events, and between an answer and what should have been safe before it. Gives the
/// number of nodes, too.
pub(crate) fn crashing_steps(draw: &mut Draw) -> (usize, Vec<Step>) {
    if draw.index < SET_PIECES {
        return (2, set_piece(draw.index));
    }
    let count = draw.random.random_range(2..=3);
    let mut steps = steps(draw, count, 16);
    for _ in 0..draw.random.random_range(1..=3) {
        let when = match draw.random.random_range(0..3) {
            0 => When::At(draw.random.random_range(50..BUSY_MS)),
            1 => When::BeforeSync(draw.random.random_range(1..=8)),
            _ => When::AfterSync(draw.random.random_range(1..=8)),
        };
        let keep = if draw.random.random_bool(0.7) { Keep::Nothing } else { Keep::FirstThenTorn(0) };
        let node = n(draw.random.random_range(0..count));
        let back_after_ms = Some(draw.random.random_range(1..=20));
        steps.push(Step::Fault(Fault::Crash { node, when, back_after_ms, keep }));
    }
    (count, steps)
}

/// The clock on the wall of the first node, or of any, is set back by a minute.
pub(crate) fn set_back(draw: &mut Draw, count: usize) -> Step {
    let node =
        n(if draw.index < SET_PIECES || draw.index.is_multiple_of(2) { 0 } else { draw.random.random_range(0..count) });
    Step::Fault(Fault::Jump { node, at_ms: draw.random.random_range(25..60), by_ms: -60_000 })
}

/// A node has an event of its own, is told something or tells, crashes about then, and has another event.
fn set_piece(index: u64) -> Vec<Step> {
    // Somebody may sync while booting, so the sync that matters is not always the first.
    let nth = index as u32 % 4 / 2 + 1;
    let when = [When::BeforeSync(nth), When::At(30)][index as usize % 2];
    let fault = Fault::Crash { node: n(0), when, back_after_ms: Some(10), keep: Keep::Nothing };
    let tell = |from, to, at_ms| Step::Tell { from: n(from), to: n(to), number: 1, at_ms };
    let happen = |number, at_ms| Step::Happen { node: n(0), number, at_ms };
    let before = match index {
        0..4 => happen(2, 20),
        4..8 => tell(1, 0, 1),
        _ => tell(0, 1, 20),
    };
    vec![before, Step::Fault(fault), happen(3, 100)]
}
