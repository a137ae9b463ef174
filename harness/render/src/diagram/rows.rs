//! From events to rows: which messages fit in one row, which need two, and where nothing happened for long.

use sim::trace::Event;
use sim::{EventId, Kind, MessageId, Tone};

use super::View;
use super::cut::{Sent, Shown};
use crate::explain::ms_of_us;

/// What a row shows. Lanes are places among those that are drawn.
pub(super) enum What {
    /// Nothing, for this long.
    Silence { duration_us: u64 },
    /// Something that happens on a lane, at a mark on its lifeline.
    Mark { lane: usize, mark: char, text: String, tone: Tone },
    /// A message, or one of its ends.
    Message { from: usize, to: usize, label: String, part: Part },
}

/// How much of a message a row shows.
pub(super) enum Part {
    /// Sent and received, and nothing in between.
    Whole,
    /// Sent.
    Departure,
    /// Received.
    Arrival,
    /// Sent and lost, and nothing in between.
    WholeLost { why: String },
    /// Found lost, some time after it was sent.
    Lost { why: String },
}

/// One row of the diagram; it may take several lines.
pub(super) struct Row {
    /// What the time column says.
    pub time: String,
    pub what: What,
    /// Whether it shows the event that the diagram explains.
    pub focus: bool,
    /// How many events it shows.
    pub events: usize,
}

/// The rows of the shown events, from top to bottom.
pub(super) fn rows(shown: &Shown, view: &View) -> Vec<Row> {
    let mut rows = Vec::new();
    let mut now_us = shown.events.first().map_or(0, |(_, event)| event.at_us);
    let mut rest = shown.events.as_slice();
    while let [(id, event), after @ ..] = rest {
        let silence_us = event.at_us.saturating_sub(now_us);
        if silence_us > 0 && silence_us >= view.silence_ms.saturating_mul(1000) {
            let what = What::Silence { duration_us: silence_us };
            rows.push(Row { time: "⋮".to_owned(), what, focus: false, events: 0 });
        }
        let whole = after.first().and_then(|(next_id, next)| {
            let message = ended_by(&event.kind, &next.kind)?;
            Some((*next_id, next.at_us, end(shown, message, next, true)))
        });
        let is_focus = |ids: &[EventId]| view.focus.is_some_and(|focus| ids.contains(&focus));
        if let Some((next_id, next_us, what)) = whole {
            let time = span(event.at_us, next_us);
            rows.push(Row { time, what, focus: is_focus(&[*id, next_id]), events: 2 });
            now_us = next_us;
            rest = &after[1..];
        } else {
            let (time, what) = alone(shown, event);
            rows.push(Row { time, what, focus: is_focus(&[*id]), events: 1 });
            now_us = event.at_us;
            rest = after;
        }
    }
    rows
}

/// The message that `event` sends and `next` receives or loses.
fn ended_by(event: &Kind, next: &Kind) -> Option<MessageId> {
    let Kind::Send { message: sent, .. } = event else { return None };
    match next {
        Kind::Receive { message } | Kind::Lost { message, .. } if message == sent => Some(*sent),
        _ => None,
    }
}

/// The row of an event that shares it with no other.
fn alone(shown: &Shown, event: &Event) -> (String, What) {
    let here = ms_of_us(event.at_us);
    if let Kind::World { text, tone } = &event.kind {
        return (here, What::Mark { lane: 0, mark: '●', text: clean(text), tone: *tone });
    }
    let lane = shown.column(event.lane);
    match &event.kind {
        Kind::World { .. } => unreachable!("it has no lane"),
        Kind::Life { text, .. } => (here, What::Mark { lane, mark: '●', text: clean(text), tone: Tone::Fault }),
        Kind::Note { text, tone } => (here, What::Mark { lane, mark: '●', text: clean(text), tone: *tone }),
        Kind::Send { to, label, .. } => (here, message(lane, shown.column(*to), label, Part::Departure)),
        Kind::Receive { message } | Kind::Lost { message, .. } => match shown.sent.get(message) {
            Some(sent) => (span(sent.at_us, event.at_us), end(shown, *message, event, false)),
            None => {
                let text = "a message that nobody sent".to_owned();
                (here, What::Mark { lane, mark: '●', text, tone: Tone::Plain })
            }
        },
    }
}

/// How a message that was sent ended; `whole` if the row shows its sending too.
fn end(shown: &Shown, id: MessageId, event: &Event, whole: bool) -> What {
    let Sent { from, to, label, .. } = shown.sent[&id];
    let (to, part) = match &event.kind {
        Kind::Lost { why, .. } if whole => (to, Part::WholeLost { why: clean(why) }),
        Kind::Lost { why, .. } => (to, Part::Lost { why: clean(why) }),
        _ if whole => (event.lane, Part::Whole),
        _ => (event.lane, Part::Arrival),
    };
    message(shown.column(from), shown.column(to), label, part)
}

/// A message to oneself never crosses the space between two lanes, so it is a mark.
fn message(from: usize, to: usize, label: &str, part: Part) -> What {
    let label = clean(label);
    if from != to {
        return What::Message { from, to, label, part };
    }
    let (text, tone) = match part {
        Part::WholeLost { why } | Part::Lost { why } => (format!("{label} ╳ {why}"), Tone::Fault),
        Part::Whole | Part::Departure | Part::Arrival => (label, Tone::Plain),
    };
    What::Mark { lane: from, mark: '↻', text, tone }
}

fn span(from_us: u64, to_us: u64) -> String {
    if from_us == to_us { ms_of_us(to_us) } else { format!("{}→{}", ms_of_us(from_us), ms_of_us(to_us)) }
}

/// Text without what would break a line.
fn clean(text: &str) -> String {
    text.trim().chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}
