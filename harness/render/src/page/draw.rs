//! The drawing: lifelines, messages, marks, and what happens to the world, as SVG.
//!
//! Every event is a group of its own with a title, which is what one reads when the pointer rests on it: the whole text,
//! also where the drawing has room for a part of it only.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use sim::{EventId, Kind, Lane, Life, MessageId, Tone};

use super::html::escape;
use super::labels::{Area, Taken};
use super::place::{GUTTER, LINE, Places, Shown, chars, px};
use crate::canvas::cut;
use crate::explain::ms_of_us;
use crate::export::{Lasting, one_line, spans};
use crate::run::Run;

/// A title says no more than this of a text.
const TITLE: usize = 240;

/// How a message ended.
#[derive(Clone, Copy)]
enum End {
    Arrived(EventId),
    Lost(EventId),
    Never,
}

/// The names of the lanes, then the run.
pub(super) fn svg(run: &Run, places: &Places, shown: &[Shown], focus: Option<EventId>, id: &str) -> String {
    let mut drawing = Drawing { run, places, focus, id, ends: ends(run), taken: Taken::default(), out: String::new() };
    let (width, height) = (places.width, places.height);
    let names = names(run, places);
    let _ = write!(
        drawing.out,
        "<svg class=\"names\" width=\"{width}\" height=\"34\">{names}</svg>\n<svg width=\"{width}\" height=\"{height}\" role=\"img\" aria-label=\"space-time diagram\">\n"
    );
    drawing.ground(shown);
    for one in shown {
        drawing.keep_room_for_text(one);
    }
    for one in shown {
        drawing.event(one);
    }
    drawing.out.push_str("</svg>\n");
    drawing.out
}

fn names(run: &Run, places: &Places) -> String {
    let mut out = format!("<text class=\"t\" x=\"{}\" y=\"22\">ms</text>", GUTTER - 12);
    for (lane, x) in &places.lanes {
        let name = run.name(*lane);
        let short = escape(&cut(&one_line(name), chars(places.pitch - 8)));
        let _ = write!(out, "<text class=\"n\" x=\"{}\" y=\"22\">{short}<title>{}</title></text>", x - 6, escape(name));
    }
    out
}

/// How each message ended; one that arrived more than once has as many ends.
fn ends(run: &Run) -> BTreeMap<MessageId, Vec<End>> {
    let mut ends: BTreeMap<MessageId, Vec<End>> = BTreeMap::new();
    for (id, event) in crate::run::numbered(run.trace) {
        match &event.kind {
            Kind::Receive { message } => ends.entry(*message).or_default().push(End::Arrived(id)),
            Kind::Lost { message, .. } => ends.entry(*message).or_default().push(End::Lost(id)),
            _ => {}
        }
    }
    ends
}

struct Drawing<'a> {
    run: &'a Run<'a>,
    places: &'a Places,
    focus: Option<EventId>,
    /// Tells the views of a page apart.
    id: &'a str,
    ends: BTreeMap<MessageId, Vec<End>>,
    taken: Taken,
    out: String,
}

impl Drawing<'_> {
    /// What lies below the events: times, lifelines, and where there are none.
    fn ground(&mut self, shown: &[Shown]) {
        if let Some(y) = self.focus.and_then(|focus| self.places.y.get(&focus)) {
            let _ = writeln!(
                self.out,
                "<rect class=\"band\" id=\"{}\" x=\"0\" y=\"{}\" width=\"100%\" height=\"22\"/>",
                self.id,
                y - 11
            );
        }
        for (y, time) in &self.places.times {
            let _ = writeln!(
                self.out,
                "<path class=\"tick\" d=\"M{} {y}h6\"/><text class=\"t\" x=\"{}\" y=\"{}\">{time}</text>",
                GUTTER - 8,
                GUTTER - 12,
                y + 4
            );
        }
        let shown: BTreeSet<EventId> = shown.iter().map(|one| one.id).collect();
        let spans = spans(self.run.trace);
        for (lane, x) in self.places.lanes.clone() {
            self.lifeline(lane, x, spans.iter().filter(|span| span.lane == lane), &shown);
        }
        let left = self.places.lanes.first().map_or(GUTTER, |(_, x)| *x);
        for gap in &self.places.gaps {
            let y = (gap.top + gap.bottom) / 2 + 4;
            let _ = writeln!(
                self.out,
                "<text class=\"silence m\" x=\"{}\" y=\"{y}\">{}</text>",
                left + 10,
                escape(&gap.said)
            );
            self.taken.mark(Area(left + 10, y - 11, left + 10 + px(&gap.said), y + 4));
        }
    }

    fn lifeline<'s>(
        &mut self,
        lane: Lane,
        x: i32,
        spans: impl Iterator<Item = &'s Lasting>,
        shown: &BTreeSet<EventId>,
    ) {
        let (top, bottom) = (0, self.places.height);
        let mut from = top;
        let name = self.run.name(lane);
        for span in spans {
            // Where the event itself is not shown, what it began or ended is drawn to where it would stand.
            let at = |id: Option<EventId>, otherwise| id.map_or(otherwise, |id| self.y_of(id, shown));
            let (begins, ends) = (at(span.from, top), at(span.to, bottom));
            if ends <= begins {
                continue;
            }
            self.rail(x, from, begins);
            let (class, word) = if span.state == Life::Down { ("down", "down") } else { ("paused", "paused") };
            let half = if span.state == Life::Down { 6 } else { 3 };
            let _ = writeln!(
                self.out,
                "<rect class=\"{class}\" x=\"{}\" y=\"{begins}\" width=\"{}\" height=\"{}\"><title>{} is {word}</title></rect>",
                x - half,
                2 * half,
                ends - begins,
                escape(name)
            );
            from = ends;
        }
        self.rail(x, from, bottom);
    }

    /// A lifeline from one height to another, dotted where time was cut short.
    fn rail(&mut self, x: i32, from: i32, to: i32) {
        let mut y = from;
        let gaps = self.places.gaps.iter().filter(|gap| gap.bottom > from && gap.top < to);
        let mut path = String::new();
        let mut dotted = String::new();
        for gap in gaps {
            let (top, bottom) = (gap.top.max(y), gap.bottom.min(to));
            let _ = write!(path, "M{x} {y}V{top}");
            let _ = write!(dotted, "M{x} {top}V{bottom}");
            y = bottom;
        }
        if y < to {
            let _ = write!(path, "M{x} {y}V{to}");
        }
        if !path.is_empty() {
            let _ = writeln!(self.out, "<path class=\"rail\" d=\"{path}\"/>");
        }
        if !dotted.is_empty() {
            let _ = writeln!(self.out, "<path class=\"gap\" d=\"{dotted}\"/>");
        }
    }

    /// The height of an event, shown or not.
    fn y_of(&self, id: EventId, shown: &BTreeSet<EventId>) -> i32 {
        if let Some(y) = self.places.y.get(&id) {
            return *y;
        }
        let before = shown.range(..id).next_back().map(|id| self.places.y[id]);
        before.unwrap_or(0)
    }

    /// Texts at a lane come before labels, which can move.
    fn keep_room_for_text(&mut self, one: &Shown) {
        let y = self.places.y[&one.id];
        match &one.event.kind {
            Kind::Note { text, .. } | Kind::Life { text, .. } => {
                let x = self.places.x(one.event.lane) + 10;
                for (line, text) in (0..).zip(self.places.lines(text)) {
                    self.taken.mark(Area(x, y + line * LINE - 8, x + px(&text), y + line * LINE + 7));
                }
            }
            Kind::World { .. } => self.taken.mark(Area(0, y - 9, self.places.width, y + 8)),
            _ => {}
        }
    }

    fn event(&mut self, one: &Shown) {
        let y = self.places.y[&one.id];
        match &one.event.kind {
            Kind::Send { message, to, label } => self.messages(one, y, *message, *to, label),
            // Drawn with its sending, unless that is not there.
            Kind::Receive { message } | Kind::Lost { message, .. } => {
                if let Some(sending) = self.run.sending(*message)
                    && !self.places.y.contains_key(&sending.id)
                {
                    self.late_end(one, y, sending.label);
                } else if self.run.sending(*message).is_none() {
                    self.mark(one, y, "a message that nobody sent", Tone::Plain);
                }
            }
            Kind::Note { text, tone } => self.mark(one, y, text, *tone),
            Kind::Life { state, text } => {
                self.mark(one, y, text, if *state == Life::Up { Tone::Plain } else { Tone::Fault })
            }
            Kind::World { text, tone } => self.world(one, y, text, *tone),
        }
    }

    fn open(&mut self, one: &Shown, also: &[EventId], tone: Tone, title: &str) {
        let is_focus = self.focus.is_some_and(|focus| focus == one.id || also.contains(&focus));
        let classes = [
            (is_focus, "focus"),
            (!one.in_past && self.focus.is_some(), "rest"),
            (tone == Tone::Good, "good"),
            (tone == Tone::Fault, "fault"),
            (tone == Tone::Bad, "bad"),
        ];
        let classes: Vec<&str> = classes.iter().filter(|(applies, _)| *applies).map(|(_, class)| *class).collect();
        let class = if classes.is_empty() { String::new() } else { format!(" class=\"{}\"", classes.join(" ")) };
        let _ = write!(self.out, "<g{class}><title>{}</title>", escape(&cut(title, TITLE)));
    }

    fn title(&self, one: &Shown) -> String {
        let who =
            if one.event.lane == Lane::WORLD { String::new() } else { format!("{}: ", self.run.name(one.event.lane)) };
        format!("{} ms  {who}{}", ms_of_us(one.event.at_us), self.run.said(one.event))
    }

    /// Something at a lane: a dot, a cross, a triangle or a bar, and words.
    fn mark(&mut self, one: &Shown, y: i32, text: &str, tone: Tone) {
        let x = self.places.x(one.event.lane);
        self.open(one, &[], tone, &self.title(one));
        let _ = match one.event.kind {
            Kind::Life { state: Life::Down, .. } => {
                write!(self.out, "<path class=\"x\" d=\"M{} {}l12 12m0-12l-12 12\"/>", x - 6, y - 6)
            }
            Kind::Life { state: Life::Paused, .. } => write!(self.out, "<path class=\"x\" d=\"M{} {y}h14\"/>", x - 7),
            Kind::Life { state: Life::Up, .. } => {
                write!(self.out, "<path class=\"o\" d=\"M{} {}l6-11l6 11z\"/>", x - 6, y + 5)
            }
            _ => write!(
                self.out,
                "<circle class=\"o\" cx=\"{x}\" cy=\"{y}\" r=\"{}\"/>",
                if self.focus == Some(one.id) { 6 } else { 4 }
            ),
        };
        for (line, text) in (0..).zip(self.places.lines(text)) {
            let _ = write!(self.out, "<text x=\"{}\" y=\"{}\">{}</text>", x + 10, y + 4 + line * LINE, escape(&text));
        }
        self.out.push_str("</g>\n");
    }

    fn world(&mut self, one: &Shown, y: i32, text: &str, tone: Tone) {
        self.open(one, &[], tone, &self.title(one));
        let (left, right) = (GUTTER, self.places.width - 12);
        let words = cut(&one_line(text), chars(right - left - 40));
        let after = left + 42 + px(&words);
        let _ = writeln!(
            self.out,
            "<path class=\"w\" d=\"M{left} {y}h30\"/><line class=\"w\" x1=\"{after}\" y1=\"{y}\" x2=\"100%\" y2=\"{y}\"/>\
             <text x=\"{}\" y=\"{}\">{}</text></g>",
            left + 36,
            y + 4,
            escape(&words)
        );
    }

    /// A message, with all of its ends that are shown.
    fn messages(&mut self, one: &Shown, y: i32, message: MessageId, to: Lane, label: &str) {
        let ends = self.ends.get(&message).cloned().unwrap_or_else(|| vec![End::Never]);
        for (nth, end) in ends.into_iter().enumerate() {
            let label = if nth == 0 { label.to_owned() } else { format!("{label} again") };
            self.message(one, y, to, &label, end);
        }
    }

    fn message(&mut self, one: &Shown, y: i32, to: Lane, label: &str, end: End) {
        let from_x = self.places.x(one.event.lane);
        let id = match end {
            End::Arrived(id) | End::Lost(id) => Some(id),
            End::Never => None,
        };
        let end_y = id.and_then(|id| self.places.y.get(&id).copied());
        let ending = id.map(|id| &self.run.trace.events[id.0 as usize]);
        let then = match (end, ending) {
            (End::Arrived(_), Some(event)) => format!("arrives at {} ms", ms_of_us(event.at_us)),
            (End::Lost(_), Some(event)) => match &event.kind {
                Kind::Lost { why, .. } => format!("never arrives: {why} ({} ms)", ms_of_us(event.at_us)),
                _ => String::new(),
            },
            _ => "still under way when the run ends".to_owned(),
        };
        let is_loss = matches!(end, End::Lost(_));
        let tone = if is_loss { Tone::Fault } else { Tone::Plain };
        self.open(one, &id.into_iter().collect::<Vec<_>>(), tone, &format!("{}; {then}", self.title(one)));
        let why = match ending.map(|event| &event.kind) {
            Some(Kind::Lost { why, .. }) => format!("{label} ✕ {why}"),
            _ => label.to_owned(),
        };
        // Whoever it arrives at is not always whom it was sent to.
        let to = ending.filter(|_| !is_loss).map_or(to, |event| event.lane);
        let to_x = self.places.lanes.iter().find(|(lane, _)| *lane == to).map(|(_, x)| *x);
        let way = Way::of((from_x, y), to_x.zip(end_y), to_x, end, self.places);
        self.way(&way, &why);
        self.out.push_str("</g>\n");
    }

    fn way(&mut self, way: &Way, label: &str) {
        let ((x, y), (end_x, end_y)) = (way.from, way.to);
        if way.is_loop() {
            let _ = write!(self.out, "<path class=\"a\" d=\"M{x} {y}c26 0 26 {h} 4 {h}\"/>", h = (end_y - y).max(8));
            arrow_head(&mut self.out, (x + 26, end_y), (x + 3, end_y.max(y + 8)));
        } else {
            let class = match way.end {
                End::Arrived(_) => "a",
                End::Lost(_) => "l",
                End::Never => "u",
            };
            let _ = write!(self.out, "<path class=\"{class}\" d=\"M{x} {y}L{end_x} {end_y}\"/>");
            match way.end {
                End::Arrived(_) if way.is_whole => arrow_head(&mut self.out, (x, y), (end_x, end_y)),
                End::Lost(_) => {
                    let _ = write!(self.out, "<path class=\"x\" d=\"M{} {}l8 8m0-8l-8 8\"/>", end_x - 4, end_y - 4);
                }
                _ => {}
            }
        }
        if let Some(Label { at: (x, y), along, words }) = self.room_for(way, &one_line(label)) {
            let turn = if along == 0 { String::new() } else { format!(" transform=\"rotate({along} {x} {y})\"") };
            let middle = if way.is_loop() { "" } else { " class=\"c\"" };
            let _ = write!(self.out, "<text{middle} x=\"{x}\" y=\"{y}\"{turn}>{}</text>", escape(&words));
        }
    }

    /// A place for a label along a message, near its sender if possible.
    fn room_for(&mut self, way: &Way, label: &str) -> Option<Label> {
        let ((x, y), (end_x, end_y)) = (way.from, way.to);
        let pitch = self.places.pitch;
        let reach = (end_x - x).abs();
        // A message that goes far has room for more than the gap beside its sender.
        let room = if way.is_whole { reach.clamp(pitch, pitch * 5 / 2) } else { pitch };
        let words = cut(label, chars(room - 20).max(6));
        let width = px(&words);
        if way.is_loop() {
            let at = (x + 26, y + 6);
            let free = self.taken.take(Area(at.0, at.1 - 12, at.0 + width, at.1 + 3));
            return free.then_some(Label { at, along: 0, words });
        }
        let sign = (end_x - x).signum();
        let along = way.degrees();
        // In the middle of each gap that it crosses, above the line and then below it.
        let gaps = ((reach + pitch - 1) / pitch).clamp(1, 6);
        for gap in 0..gaps {
            let whole = (gap * pitch + (width + 20).max(pitch) / 2).min(reach - width / 2);
            let middle = x + sign * if way.is_whole { whole } else { (10 + width / 2).max(reach / 2) };
            let on_line = y + (end_y - y) * (middle - x).abs() / reach.max(1);
            let slant = (end_y - y).abs() * width / reach.max(1) / 2;
            for offset in [-5, 14] {
                let base = on_line + offset;
                let half = width / 2 + 2;
                if self.taken.take(Area(middle - half, base - 10 - slant, middle + half, base + 3 + slant)) {
                    return Some(Label { at: (middle, base), along, words });
                }
            }
        }
        None
    }

    /// The end of a message whose sending is not shown.
    fn late_end(&mut self, one: &Shown, y: i32, label: &str) {
        let x = self.places.x(one.event.lane);
        self.open(one, &[], Tone::Plain, &self.title(one));
        if matches!(one.event.kind, Kind::Receive { .. }) {
            let _ = write!(self.out, "<path class=\"u\" d=\"M{} {}L{x} {y}\"/>", x + 40, y - 10);
            arrow_head(&mut self.out, (x + 40, y - 10), (x, y));
            let label = cut(&one_line(label), chars(self.places.pitch - 52).max(4));
            if self.taken.take(Area(x + 44, y - 18, x + 44 + px(&label), y - 4)) {
                let _ = write!(self.out, "<text x=\"{}\" y=\"{}\">{}</text>", x + 44, y - 6, escape(&label));
            }
        }
        self.out.push_str("</g>\n");
    }
}

/// A label that has found its place.
struct Label {
    /// The middle of its base, or the beginning of a loop's.
    at: (i32, i32),
    /// By how many degrees it is turned.
    along: i32,
    words: String,
}

/// The line of a message.
struct Way {
    from: (i32, i32),
    to: (i32, i32),
    end: End,
    /// Whether it reaches from its sender to its receiver.
    is_whole: bool,
}

impl Way {
    fn of((x, y): (i32, i32), end_at: Option<(i32, i32)>, to_x: Option<i32>, end: End, places: &Places) -> Way {
        let right_most = places.lanes.last().map_or(x, |(_, x)| *x);
        let to_x = to_x.unwrap_or(if x < right_most { x + places.pitch } else { x - places.pitch });
        let sign = (to_x - x).signum();
        let stub = |part: i32, end_y: i32| (x + sign * places.pitch * part / 100, end_y);
        let (to, is_whole) = match (end, end_at) {
            (End::Arrived(_), Some(at)) => (at, true),
            // Lost at once, or after having been on its way for a while.
            (End::Lost(_), Some((_, end_y))) if end_y > y + 24 => ((to_x - sign * 16, end_y), true),
            (End::Lost(_), _) => (stub(46, y + 9), false),
            (End::Arrived(_) | End::Never, _) => (stub(40, y + 8), false),
        };
        Way { from: (x, y), to, end, is_whole }
    }

    /// Whether it stays on its lane.
    fn is_loop(&self) -> bool {
        self.from.0 == self.to.0
    }

    /// How it slants, as far as words can follow.
    fn degrees(&self) -> i32 {
        let (dx, dy) = (f64::from(self.to.0 - self.from.0), f64::from(self.to.1 - self.from.1));
        let degrees = (dy * dx.signum()).atan2(dx.abs()).to_degrees().round();
        if degrees.abs() > 35.0 { 0 } else { degrees as i32 }
    }
}

/// The head of an arrow that comes from a point and ends at another.
fn arrow_head(out: &mut String, (x, y): (i32, i32), (end_x, end_y): (i32, i32)) {
    let (dx, dy) = (f64::from(end_x - x), f64::from(end_y - y));
    let length = dx.hypot(dy).max(1.0);
    let (ux, uy) = (dx / length, dy / length);
    let corner = |along: f64, across: f64| {
        let x = f64::from(end_x) - along * ux - across * uy;
        let y = f64::from(end_y) - along * uy + across * ux;
        format!("{x:.1} {y:.1}")
    };
    let _ =
        write!(out, "<path class=\"h\" d=\"M{}L{}L{}z\"/>", corner(1.0, 0.0), corner(10.0, 4.0), corner(10.0, -4.0));
}
