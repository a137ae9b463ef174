//! What of a trace is drawn.
//!
//! With a focus, its causal past (Lamport 1978, "happened before"): what happened earlier on its lane, the sending of
//! every message received there, and so on. That relation alone would hide the commonest cause of trouble, a message
//! that did *not* come. So whatever was lost on its way to the lane of the focus, or was still under way to it, counts
//! as a cause too, with its own past. For the same reason the crashes and restarts of every lane that is drawn belong to
//! it, and what happened to the network as a whole: a partition is nobody's event and everybody's cause.

use std::collections::{BTreeMap, BTreeSet};

use sim::trace::Event;
use sim::{EventId, Kind, Lane, Life, MessageId, Tone, Trace};

/// A diagram with no more lanes than this keeps those to which nothing happens.
const FEW_LANES: usize = 3;

/// The sending of a message.
#[derive(Clone, Copy)]
pub(crate) struct Sent<'a> {
    pub at_us: u64,
    pub from: Lane,
    pub to: Lane,
    pub label: &'a str,
}

/// The part of a trace that is drawn.
pub(crate) struct Shown<'a> {
    /// In the order of the trace, with their place in it.
    pub events: Vec<(EventId, &'a Event)>,
    /// All messages of the trace, shown or not.
    pub sent: BTreeMap<MessageId, Sent<'a>>,
    /// Names of the lanes that are drawn, from left to right.
    pub lanes: Vec<&'a str>,
    /// Every crash, boot, pause and resumption on the lanes that are drawn, shown or not.
    pub lives: Vec<(EventId, Lane, Life)>,
    /// The lanes that are down when the run begins.
    pub down_at_first: BTreeSet<Lane>,
    columns: BTreeMap<Lane, usize>,
}

impl<'a> Shown<'a> {
    pub fn of(trace: &'a Trace, focus: Option<EventId>) -> Self {
        let sent: BTreeMap<MessageId, Sent<'a>> = trace.events.iter().filter_map(sending).collect();
        let past = focus.map(|focus| past(trace, focus.0 as usize));
        let numbered = || (0..).map(EventId).zip(&trace.events);
        let in_past = |id: EventId| past.as_ref().is_none_or(|past| past.contains(&(id.0 as usize)));

        let mut used = BTreeSet::new();
        for (_, event) in numbered().filter(|(id, _)| in_past(*id)) {
            used.insert(event.lane);
            if let Some(sent) = message_of(&event.kind).and_then(|message| sent.get(&message)) {
                used.extend([sent.from, sent.to]);
            }
        }
        used.remove(&Lane::WORLD);
        // Something that happens to the world alone happens to all.
        if focus.is_none() || used.is_empty() || trace.lanes.len() <= FEW_LANES {
            used.extend((0..trace.lanes.len()).map(|lane| Lane(lane as u16)));
        }
        let circumstance = |id: EventId, event: &Event| {
            let before = focus.is_none_or(|focus| id < focus);
            before && (matches!(event.kind, Kind::World { .. }) || is_life(event) && used.contains(&event.lane))
        };
        let events = numbered().filter(|(id, event)| in_past(*id) || circumstance(*id, event)).collect();
        let lanes = used.iter().map(|lane| {
            trace.lanes.get(usize::from(lane.0)).expect("an event happens on a lane of its trace").as_str()
        });
        let life = |(id, event): (EventId, &Event)| match event.kind {
            Kind::Life { state, .. } if used.contains(&event.lane) => Some((id, event.lane, state)),
            _ => None,
        };
        Shown {
            down_at_first: down_at_first(trace),
            lanes: lanes.collect(),
            lives: numbered().filter_map(life).collect(),
            columns: used.iter().copied().zip(0..).collect(),
            events,
            sent,
        }
    }

    /// Without the lanes that are not in `columns`, whose places among the lanes become the new ones.
    pub fn keep_lanes(&mut self, columns: &BTreeSet<usize>) {
        let kept = |column: &usize| columns.contains(column);
        self.lanes = self.lanes.iter().zip(0..).filter(|(_, column)| kept(column)).map(|(lane, _)| *lane).collect();
        let left = self.columns.iter().filter(|(_, column)| kept(column)).map(|(lane, _)| *lane);
        self.columns = left.zip(0..).collect();
    }

    /// The place of a lane among those that are drawn.
    pub fn column(&self, lane: Lane) -> usize {
        self.columns[&lane]
    }
}

/// Whoever boots first was down until then, and so was who is said to be down at the very beginning. All others are up.
pub(crate) fn down_at_first(trace: &Trace) -> BTreeSet<Lane> {
    let mut down = BTreeMap::new();
    for event in &trace.events {
        if let Kind::Life { state, .. } = event.kind {
            down.entry(event.lane).or_insert(state == Life::Up || state == Life::Down && event.at_us == 0);
        }
    }
    down.into_iter().filter(|(_, down)| *down).map(|(lane, _)| lane).collect()
}

fn is_life(event: &Event) -> bool {
    matches!(event.kind, Kind::Life { .. })
}

/// The message that an event is about.
pub(crate) fn message_of(kind: &Kind) -> Option<MessageId> {
    match kind {
        Kind::Send { message, .. } | Kind::Receive { message } | Kind::Lost { message, .. } => Some(*message),
        Kind::Note { .. } | Kind::Life { .. } | Kind::World { .. } => None,
    }
}

fn sending(event: &Event) -> Option<(MessageId, Sent<'_>)> {
    match &event.kind {
        Kind::Send { message, to, label } => {
            Some((*message, Sent { at_us: event.at_us, from: event.lane, to: *to, label }))
        }
        _ => None,
    }
}

/// The places of the focus, of what else is wrong at its instant, of their past, and of how the messages of that past ended that were lost or came too late.
fn past(trace: &Trace, focus: usize) -> BTreeSet<usize> {
    assert!(focus < trace.events.len(), "the focus is an event of the trace");
    let missed = missed(trace, focus);
    let mut needed = missed.clone();
    let mut reached = BTreeSet::new();
    let mut keep = BTreeSet::new();
    let complaints = complaints(trace, focus);
    let last = complaints.last().map_or(focus, |last| focus.max(*last));
    for (place, event) in trace.events.iter().enumerate().take(last + 1).rev() {
        let leaves = matches!(&event.kind, Kind::Send { message, .. } if needed.contains(message));
        if place != focus && !complaints.contains(&place) && !leaves && !reached.contains(&event.lane) {
            continue;
        }
        keep.insert(place);
        reached.insert(event.lane);
        if let Kind::Receive { message } = event.kind {
            needed.insert(message);
        }
    }
    let shown_sends: BTreeSet<MessageId> =
        keep.iter().filter_map(|place| sending(&trace.events[*place])).map(|(message, _)| message).collect();
    for (place, event) in trace.events.iter().enumerate() {
        let ends_a_shown_message = match event.kind {
            Kind::Lost { message, .. } => shown_sends.contains(&message),
            Kind::Receive { message } => place > focus && missed.contains(&message),
            _ => false,
        };
        if ends_a_shown_message {
            keep.insert(place);
        }
    }
    keep
}

/// What is remarked as wrong at the instant of the focus, on whatever lane: where two nodes are wrong only together, the pasts
/// of both belong to the story.
fn complaints(trace: &Trace, focus: usize) -> BTreeSet<usize> {
    let at_us = trace.events[focus].at_us;
    let events = trace.events.iter().enumerate();
    events
        .filter(|(_, event)| event.at_us == at_us && matches!(event.kind, Kind::Note { tone: Tone::Bad, .. }))
        .map(|(place, _)| place)
        .collect()
}

/// The messages that were sent to the lane of the focus before it and had not arrived by then.
fn missed(trace: &Trace, focus: usize) -> BTreeSet<MessageId> {
    let lane = trace.events[focus].lane;
    let mut missed = BTreeSet::new();
    for event in &trace.events[..=focus] {
        match event.kind {
            Kind::Send { message, to, .. } if to == lane => {
                missed.insert(message);
            }
            Kind::Receive { message } => {
                missed.remove(&message);
            }
            _ => {}
        }
    }
    missed
}
