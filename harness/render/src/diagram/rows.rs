//! From events to rows: which messages fit in one row, which need two, and where nothing happened for long.

use sim::trace::Event;
use sim::{EventId, Kind, Life, MessageId, Tone};

use super::View;
use super::cut::{Sent, Shown, message_of};
use crate::explain::{ms_of_us, thousands};

/// What a row shows. Lanes are places among those that are drawn.
#[derive(Clone)]
pub(super) enum What {
    /// Nothing, for this long.
    Silence { duration_us: u64 },
    /// Something that happens on a lane, or the same on several at once, at a mark on the lifeline.
    Mark { lanes: Vec<usize>, mark: char, text: String, tone: Tone },
    /// A message, or one of its ends.
    Message { from: usize, to: usize, label: String, part: Part },
    /// Messages that say the same: they leave one lane for several others, or arrive at it from there.
    Many { lane: usize, others: Vec<usize>, label: String, arrive: bool },
    /// Something that happens to the world as a whole.
    World { text: String, tone: Tone },
    /// Rows that are told in short (`fold.rs`).
    Folded { text: String },
}

/// How much of a message a row shows.
#[derive(Clone)]
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
#[derive(Clone)]
pub(super) struct Row {
    /// The times in the time column: of a message, when it was sent and when it arrived. None for a silence.
    pub time_us: Option<(u64, u64)>,
    pub what: What,
    /// Whether it shows the event that the diagram explains.
    pub focus: bool,
    /// How many events it shows.
    pub events: usize,
    /// When the first and the last of its events happen.
    pub at_us: (u64, u64),
    /// The messages that it shows.
    pub messages: Vec<MessageId>,
    /// Whether what it shows is a [`Kind::Life`].
    pub is_life: bool,
    /// Whether it stands for several rows (`fold.rs`).
    pub is_in_short: bool,
    /// What each lane is able to do once it has happened.
    pub lives: Vec<Life>,
}

impl Row {
    fn new(time_us: (u64, u64), what: What, at_us: (u64, u64), lives: &[Life]) -> Self {
        let (time_us, focus, events, messages, is_life, is_in_short) = (Some(time_us), false, 1, vec![], false, false);
        Row { time_us, what, focus, events, at_us, messages, is_life, is_in_short, lives: lives.to_vec() }
    }

    /// What the time column says, in milliseconds, with their fractions or without.
    pub fn time(&self, fractions: bool) -> String {
        let ms = |us: u64| if fractions { ms_of_us(us) } else { thousands(us / 1000) };
        match self.time_us {
            None => "⋮".to_owned(),
            Some((from_us, to_us)) if from_us == to_us => ms(to_us),
            Some((from_us, to_us)) => format!("{}→{}", ms(from_us), ms(to_us)),
        }
    }

    /// The lanes to which it lends a mark or an end of an arrow.
    pub fn columns(&self) -> Vec<usize> {
        match &self.what {
            What::Mark { lanes, .. } => lanes.clone(),
            What::Message { from, to, .. } => vec![*from, *to],
            What::Many { lane, others, .. } => others.iter().chain([lane]).copied().collect(),
            What::Silence { .. } | What::World { .. } | What::Folded { .. } => Vec::new(),
        }
    }

    /// The same where only the lanes in `places` are drawn.
    pub fn keep_columns(&mut self, places: &[usize]) {
        let new = |column: &mut usize| *column = places.binary_search(column).expect("a lane that is used is kept");
        match &mut self.what {
            What::Mark { lanes, .. } => lanes.iter_mut().for_each(new),
            What::Message { from, to, .. } => [from, to].into_iter().for_each(new),
            What::Many { lane, others, .. } => others.iter_mut().chain([lane]).for_each(new),
            What::Silence { .. } | What::World { .. } | What::Folded { .. } => {}
        }
        self.lives = places.iter().map(|place| self.lives[*place]).collect();
    }
}

/// The rows of the shown events, from top to bottom, with a row for each time of at least `silence_us` without any.
pub(super) fn rows(shown: &Shown, view: &View, silence_us: u64) -> Vec<Row> {
    let mut rows = Vec::new();
    let mut now_us = shown.events.first().map_or(0, |(_, event)| event.at_us);
    let mut lives = Lives::of(shown);
    let mut rest = shown.events.as_slice();
    while let [(_, event), ..] = rest {
        let silent_us = event.at_us.saturating_sub(now_us);
        if silent_us > 0 && silent_us >= silence_us {
            let what = What::Silence { duration_us: silent_us };
            let at_us = (now_us, event.at_us);
            rows.push(Row { events: 0, time_us: None, ..Row::new(at_us, what, at_us, &lives.now) });
        }
        let row = row(shown, rest, &mut lives);
        let (shows, after) = rest.split_at(row.events);
        now_us = row.at_us.1;
        rest = after;
        let focus = view.focus.is_some_and(|focus| shows.iter().any(|(id, _)| *id == focus));
        rows.push(Row { focus, ..row });
    }
    rows
}

/// The row of the first of these events, and of those that go with it.
fn row(shown: &Shown, events: &[(EventId, &Event)], lives: &mut Lives) -> Row {
    let (id, event) = events[0];
    if let Some((next_id, next)) = events.get(1)
        && let Some(message) = ended_by(&event.kind, &next.kind)
    {
        let what = end(shown, message, next, true);
        let at_us = (event.at_us, next.at_us);
        return Row { events: 2, messages: vec![message], ..Row::new(at_us, what, at_us, lives.after(*next_id)) };
    }
    if let Kind::Life { state, text } = &event.kind {
        return life(shown, events, (*state, text), lives);
    }
    let (from_us, what) = alone(shown, event);
    let at_us = (event.at_us, event.at_us);
    let messages = message_of(&event.kind).into_iter().collect();
    Row { messages, ..Row::new((from_us, event.at_us), what, at_us, lives.after(id)) }
}

/// The row of something that becomes of a lane, and of others at the same time.
fn life(shown: &Shown, events: &[(EventId, &Event)], (state, text): (Life, &str), lives: &mut Lives) -> Row {
    let at_us = events[0].1.at_us;
    let mut lanes = Vec::new();
    let mut mark = '▲';
    for (id, event) in events {
        let same = matches!(&event.kind, Kind::Life { state: other, text: said } if *other == state && said == text);
        let column = if same && event.at_us == at_us { shown.column(event.lane) } else { break };
        if lanes.contains(&column) {
            break;
        }
        mark = mark_of(lives.now[column], state);
        lives.after(*id);
        lanes.push(column);
    }
    let events = lanes.len();
    lanes.sort_unstable();
    let what = What::Mark { lanes, mark, text: clean(text), tone: life_tone(state) };
    Row { events, is_life: true, ..Row::new((at_us, at_us), what, (at_us, at_us), &lives.now) }
}

fn mark_of(before: Life, after: Life) -> char {
    match (before, after) {
        (Life::Down, Life::Down) => '○',
        (_, Life::Down) => '╳',
        (_, Life::Paused) => '╥',
        (Life::Paused, Life::Up) => '╨',
        (_, Life::Up) => '▲',
    }
}

fn life_tone(state: Life) -> Tone {
    match state {
        Life::Up => Tone::Plain,
        Life::Down | Life::Paused => Tone::Fault,
    }
}

/// What each drawn lane is able to do, from event to event.
struct Lives<'a> {
    now: Vec<Life>,
    rest: &'a [(EventId, sim::Lane, Life)],
    columns: &'a Shown<'a>,
}

impl<'a> Lives<'a> {
    /// Before the first event.
    fn of(shown: &'a Shown<'a>) -> Self {
        let mut now = vec![Life::Up; shown.lanes.len()];
        for (_, lane, _) in shown.lives.iter().filter(|(_, lane, _)| shown.down_at_first.contains(lane)) {
            now[shown.column(*lane)] = Life::Down;
        }
        Lives { now, rest: &shown.lives, columns: shown }
    }

    /// Goes on to an event.
    fn after(&mut self, id: EventId) -> &[Life] {
        while let [(at, lane, state), rest @ ..] = self.rest
            && *at <= id
        {
            self.now[self.columns.column(*lane)] = *state;
            self.rest = rest;
        }
        &self.now
    }
}

/// The message that `event` sends and `next` receives or loses.
fn ended_by(event: &Kind, next: &Kind) -> Option<MessageId> {
    let Kind::Send { message: sent, .. } = event else { return None };
    match next {
        Kind::Receive { message } | Kind::Lost { message, .. } if message == sent => Some(*sent),
        _ => None,
    }
}

/// What the row of an event shows that shares it with no other, and when that began.
fn alone(shown: &Shown, event: &Event) -> (u64, What) {
    let here = event.at_us;
    let mark = |text: &str, tone: Tone| {
        let lanes = vec![shown.column(event.lane)];
        What::Mark { lanes, mark: '●', text: clean(text), tone }
    };
    match &event.kind {
        Kind::World { text, tone } => (here, What::World { text: clean(text), tone: *tone }),
        Kind::Life { state, text } => (here, mark(text, life_tone(*state))),
        Kind::Note { text, tone } => (here, mark(text, *tone)),
        Kind::Send { to, label, .. } => {
            (here, message(shown.column(event.lane), shown.column(*to), label, Part::Departure))
        }
        Kind::Receive { message } | Kind::Lost { message, .. } => match shown.sent.get(message) {
            Some(sent) => (sent.at_us, end(shown, *message, event, false)),
            None => (here, mark("a message that nobody sent", Tone::Plain)),
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
    What::Mark { lanes: vec![from], mark: '↻', text, tone }
}

/// Text without what would break a line.
fn clean(text: &str) -> String {
    text.trim().chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}
