//! A trace with its loose ends tied: which message an event is about, and what happens in words.

use std::collections::BTreeMap;

use sim::trace::Event;
use sim::{EventId, Kind, Lane, MessageId, Trace};

/// The sending of a message.
#[derive(Clone, Copy)]
pub(crate) struct Sending<'a> {
    pub id: EventId,
    pub from: Lane,
    pub to: Lane,
    pub label: &'a str,
}

/// A trace and where its messages come from.
pub(crate) struct Run<'a> {
    pub trace: &'a Trace,
    sendings: BTreeMap<MessageId, Sending<'a>>,
}

impl<'a> Run<'a> {
    pub fn of(trace: &'a Trace) -> Self {
        let sending = |(id, event): (EventId, &'a Event)| match &event.kind {
            Kind::Send { message, to, label } => Some((*message, Sending { id, from: event.lane, to: *to, label })),
            _ => None,
        };
        Run { trace, sendings: numbered(trace).filter_map(sending).collect() }
    }

    /// How a message was sent; nothing if it appears out of nowhere.
    pub fn sending(&self, message: MessageId) -> Option<&Sending<'a>> {
        self.sendings.get(&message)
    }

    /// The name of a lane.
    ///
    /// # Panics
    ///
    /// If the trace has no such lane.
    pub fn name(&self, lane: Lane) -> &'a str {
        self.trace.lanes.get(usize::from(lane.0)).expect("an event happens on a lane of its trace")
    }

    /// What happens, after the name of the lane: "sends vote 1 to n3".
    pub fn said(&self, event: &Event) -> String {
        let sent = |message: &MessageId| self.sending(*message);
        match &event.kind {
            Kind::Send { to, label, .. } => format!("sends {label} to {}", self.name(*to)),
            Kind::Receive { message } => match sent(message) {
                Some(sending) => format!("receives {} from {}", sending.label, self.name(sending.from)),
                None => "receives a message that nobody sent".to_owned(),
            },
            Kind::Lost { message, why } => match sent(message) {
                Some(sending) => format!("{} to {} never arrives: {why}", sending.label, self.name(sending.to)),
                None => format!("a message never arrives: {why}"),
            },
            Kind::Note { text, .. } | Kind::Life { text, .. } | Kind::World { text, .. } => text.clone(),
        }
    }
}

/// The events of a trace with their ids.
pub(crate) fn numbered(trace: &Trace) -> impl Iterator<Item = (EventId, &Event)> {
    (0..).map(EventId).zip(&trace.events)
}
