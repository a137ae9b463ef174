//! Where everything goes on the page, in pixels.
//!
//! Time runs downwards, in proportion where that can be read: a usual step of this run is a row high, a longer one more,
//! and a silence is cut short with its length written into the gap. What happens to one lane at one instant stands below
//! one another, and an arrival always stands below its sending, so no arrow points upwards.

use std::collections::BTreeMap;

use sim::trace::Event;
use sim::{EventId, Kind, Lane};

use crate::canvas::wrap;
use crate::explain::{ms_of_us, plural};
use crate::export::one_line;
use crate::run::Run;

/// The room for the times at the left.
pub(super) const GUTTER: i32 = 84;
/// Between the gutter and the first lane.
const MARGIN: i32 = 26;
/// The width of a character of the drawing's font, in tenths of a pixel.
const CHAR: i32 = 73;
/// The height of a line of text.
pub(super) const LINE: i32 = 15;
/// What a usual step of time measures.
const STEP: i64 = 22;
/// The least and the most that a step measures.
const STEPS: (i64, i64) = (9, 66);
/// The distance of two times in the gutter.
const TIMES: i32 = 14;
/// Texts at a lane take at most so many lines.
const LINES: usize = 4;

/// An event and whether it belongs to what led to the focus.
#[derive(Clone, Copy)]
pub(super) struct Shown<'a> {
    pub id: EventId,
    pub event: &'a Event,
    pub in_past: bool,
    /// How many events between the one before it and this one are not shown.
    pub skipped: usize,
}

/// A stretch of time that takes less room than it lasted.
pub(super) struct Gap {
    pub top: i32,
    pub bottom: i32,
    pub said: String,
}

/// The places of all that is shown.
pub(super) struct Places {
    pub width: i32,
    pub height: i32,
    /// Between two lanes.
    pub pitch: i32,
    /// From left to right.
    pub lanes: Vec<(Lane, i32)>,
    /// The height at which an event stands.
    pub y: BTreeMap<EventId, i32>,
    /// Times in the gutter.
    pub times: Vec<(i32, String)>,
    pub gaps: Vec<Gap>,
}

/// How many characters fit into so many pixels.
pub(super) fn chars(px: i32) -> usize {
    usize::try_from(px * 10 / CHAR).unwrap_or(0)
}

/// How wide a text is.
pub(super) fn px(text: &str) -> i32 {
    i32::try_from(text.chars().count()).unwrap_or(i32::MAX / CHAR) * CHAR / 10
}

impl Places {
    pub fn of(run: &Run, lanes: &[Lane], shown: &[Shown]) -> Self {
        let count = i32::try_from(lanes.len()).expect("a run has few lanes").max(1);
        let pitch = (1060 / count).clamp(104, 430);
        let lanes = (0..).zip(lanes).map(|(place, lane)| (*lane, GUTTER + MARGIN + place * pitch)).collect();
        let width = GUTTER + MARGIN + count * pitch;
        let mut places =
            Places { width, height: 0, pitch, lanes, y: BTreeMap::new(), times: Vec::new(), gaps: Vec::new() };
        places.go_down(run, shown);
        places
    }

    /// The column of a lane that is shown.
    pub fn x(&self, lane: Lane) -> i32 {
        let place = self.lanes.binary_search_by_key(&lane, |(lane, _)| *lane).expect("all lanes in use are shown");
        self.lanes[place].1
    }

    /// The lines of a text at a lane.
    pub fn lines(&self, text: &str) -> Vec<String> {
        wrap(&one_line(text), chars(self.pitch - 18).max(8), LINES)
    }

    fn go_down(&mut self, run: &Run, shown: &[Shown]) {
        let usual_us = usual_step(shown);
        let mut down = Down { y: 12, free: BTreeMap::new(), sent: BTreeMap::new() };
        let begin = if shown.first().is_some_and(|first| first.skipped > 0) { run.trace.events.first() } else { None };
        let mut before_us = begin.map(|event| event.at_us);
        let mut rest = shown;
        while let [first, ..] = rest {
            let at_us = first.event.at_us;
            let together = rest.iter().take_while(|other| other.event.at_us == at_us).count();
            let top = down.y;
            down.y += self.step(top, at_us.saturating_sub(before_us.unwrap_or(at_us)), usual_us, first.skipped);
            let begin = down.y;
            for one in &rest[..together] {
                let y = down.place(self, run, one, begin);
                self.y.insert(one.id, y);
                down.y = down.y.max(y);
            }
            if self.times.last().is_none_or(|(last, _)| begin - last >= TIMES) {
                self.times.push((begin, ms_of_us(at_us)));
            }
            before_us = Some(at_us);
            rest = &rest[together..];
        }
        let lowest = down.free.values().copied().max().unwrap_or(0);
        self.height = lowest.max(down.y) + 26;
    }

    /// How far down the next instant is.
    fn step(&mut self, top: i32, silent_us: u64, usual_us: u64, skipped: usize) -> i32 {
        let natural = i64::try_from(silent_us).unwrap_or(i64::MAX).saturating_mul(STEP)
            / i64::try_from(usual_us).unwrap_or(i64::MAX);
        let step = i32::try_from(natural.clamp(STEPS.0, STEPS.1)).expect("the bounds are small");
        if natural <= STEPS.1 && skipped == 0 {
            return if silent_us == 0 { 0 } else { step };
        }
        let length = format!("{} ms", ms_of_us(silent_us));
        let said =
            if skipped == 0 { length } else { format!("{} not shown here, {length}", plural(skipped as u64, "event")) };
        self.gaps.push(Gap { top: top + 10, bottom: top + 44, said });
        54
    }
}

/// A long step of time, but not one of the longest: three of four are no longer.
fn usual_step(shown: &[Shown]) -> u64 {
    let steps = shown.windows(2).map(|pair| pair[1].event.at_us.saturating_sub(pair[0].event.at_us));
    let mut steps: Vec<u64> = steps.filter(|step| *step > 0).collect();
    steps.sort_unstable();
    steps.get(steps.len().saturating_sub(1) * 3 / 4).copied().unwrap_or(1)
}

/// What is taken on the way down.
struct Down {
    y: i32,
    /// Below what each lane has room for more.
    free: BTreeMap<Lane, i32>,
    /// Where the messages under way were sent.
    sent: BTreeMap<sim::MessageId, i32>,
}

impl Down {
    fn place(&mut self, places: &Places, run: &Run, one: &Shown, begin: i32) -> i32 {
        let free = |down: &Down, lane| down.free.get(&lane).copied().unwrap_or(0);
        let y = begin.max(free(self, one.event.lane));
        match &one.event.kind {
            Kind::World { .. } => {
                let y = self.free.values().copied().max().unwrap_or(0).max(self.y).max(y) + 6;
                for (lane, _) in &places.lanes {
                    self.free.insert(*lane, y + LINE);
                }
                self.free.insert(Lane::WORLD, y + LINE);
                y
            }
            Kind::Note { text, .. } | Kind::Life { text, .. } => {
                let lines = i32::try_from(places.lines(text).len()).expect("few lines");
                self.free.insert(one.event.lane, y + lines.max(1) * LINE + 5);
                y
            }
            Kind::Send { message, .. } => {
                self.sent.insert(*message, y);
                self.free.insert(one.event.lane, y + 2);
                y
            }
            Kind::Receive { message } | Kind::Lost { message, .. } => {
                let sent = self.sent.get(message).copied();
                let y = y.max(sent.map_or(y, |sent| sent + 12));
                let is_loss = matches!(one.event.kind, Kind::Lost { .. });
                // A loss is drawn on its way, not at the lane to which it is reported.
                if !is_loss && let Some(sending) = run.sending(*message) {
                    // Text stands at the right, where some arrows come from.
                    let room = if sending.from > one.event.lane { 12 } else { 4 };
                    self.free.insert(one.event.lane, y + room);
                }
                y
            }
        }
    }
}
