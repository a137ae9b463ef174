//! A space-time diagram of a run: one column a lane, time downwards, messages as arrows.
//!
//! ```text
//!      ms  client                 server
//!     0→5  ├── charge #1 ────────▶│
//!       5  │                      ● charged 10
//!       5  │     lost ╳── ok #1 ──┤
//!       ⋮  ⋮  95 ms               ⋮
//!     100  ● timed out            │
//! 100→105  ├── charge #1 ────────▶│
//!     105  │                      ● charged twice ◀
//! ```
//!
//! A message takes one row when nothing that is shown happens while it is under way, and two otherwise, a departure and
//! an arrival: that is how overtaking becomes visible without slanted lines, which no terminal draws well. The arrival
//! carries both times (`0→5`), so two messages that say the same can be told apart.
//!
//! Where a process is down there is no lifeline, and where it stands still it is double:
//!
//! ```text
//!      ms  n1                 n2
//!     150  ├── vote ─────────▶│
//!     160  │                  ╳ crashes
//!     170  ├── vote ──╳ n2 is down
//!     200  ╌╌ network splits: n1 │ n2 ╌╌╌
//!     240  ╥ pauses
//!     300  ║                  ▲ boots from its disk
//! ```
//!
//! With a [focus](View::focus) only what led there is shown (`cut.rs`), and where that is more than a screenful, what
//! repeats is told in short (`fold.rs`). Where labels don't fit between the lifelines,
//! because there are many lanes or few columns, they move to a column of their own at the right (`layout.rs`).
//!
//! Every character counts as one column wide. Labels and notes are written by the worlds of this course, in words that
//! hold to that; an East Asian or an emoji character would shift the rest of its row.

#[cfg(test)]
mod cluster_tests;
pub(crate) mod cut;
mod draw;
mod fold;
mod layout;
mod rows;
#[cfg(test)]
mod tests;

use report::{Style, Text};
use std::collections::BTreeSet;

use sim::{EventId, Trace};

use self::cut::Shown;
use self::layout::{Layout, NOTE_LINES};
use self::rows::Row;
use crate::canvas::wrap;
use crate::explain::plural;

/// A diagram with more lanes than this that can't show everything leaves those out to which nothing happens in its rows.
const MANY_LANES: usize = 7;

/// What of a trace to draw, and how large.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct View {
    /// The event that the diagram explains: it is marked, and only what led to it is drawn. Without it, everything is.
    pub focus: Option<EventId>,
    /// At most so many lines below the names of the lanes, at least one row. Where there is more to show, what repeats is
    /// told in short, and of what is still too much the last rows are kept.
    pub max_rows: usize,
    /// At most so many columns; fewer than 20 count as 20.
    pub width: usize,
    /// A time without events at least this long gets a row that says so, in milliseconds.
    pub silence_ms: u64,
}

impl Default for View {
    fn default() -> Self {
        View { focus: None, max_rows: 40, width: 100, silence_ms: 50 }
    }
}

impl View {
    /// What led to `focus`, in the usual size.
    pub fn of(focus: EventId) -> Self {
        View { focus: Some(focus), ..View::default() }
    }

    /// The whole trace, however long.
    pub fn whole() -> Self {
        View { max_rows: usize::MAX, ..View::default() }
    }
}

/// Draws `trace`, or what of it `view` asks for. No events, no text.
///
/// # Panics
///
/// If an event names a lane, or the focus an event, that the trace doesn't have.
pub fn diagram(trace: &Trace, view: &View) -> Text {
    let mut text = Text::default();
    if trace.events.is_empty() {
        return text;
    }
    let mut budget = view.max_rows;
    let page = loop {
        let page = Page::of(trace, view, budget);
        let lines: usize = page.blocks.iter().map(Vec::len).sum();
        // Some rows take several lines. Fewer rows, told in short, are better than the last ones alone.
        if lines <= view.max_rows || budget <= view.max_rows / 2 {
            break page;
        }
        budget = budget.saturating_sub(lines - view.max_rows).max(view.max_rows / 2);
    };
    let lines: Vec<usize> = page.blocks.iter().map(Vec::len).collect();
    let (from, to) = window(&page.rows, &lines, view.max_rows);
    for line in wrap(&notice(trace, &page.rows[from..to]), page.width, NOTE_LINES) {
        text.line().push(Style::Dim, line);
    }
    text.lines.extend(page.names);
    text.lines.extend(page.blocks.into_iter().take(to).skip(from).flatten());
    text
}

/// Rows, laid out and drawn.
struct Page {
    rows: Vec<Row>,
    width: usize,
    names: Vec<Line>,
    /// The lines of each row.
    blocks: Vec<Vec<Line>>,
}

type Line = Vec<report::Span>;

impl Page {
    /// In at most `budget` rows.
    fn of(trace: &Trace, view: &View, budget: usize) -> Self {
        let mut shown = Shown::of(trace, view.focus);
        let width = view.width.max(20);
        let rows = fitting_rows(&shown, view, budget);
        // A row takes a line or more, so rows that have no place anyway needn't be laid out, nor take columns from others.
        let (from, to) = window(&rows, &vec![1; rows.len()], budget);
        let mut rows = rows[from..to].to_vec();
        if shown.lanes.len() > MANY_LANES && !notice(trace, &rows).is_empty() {
            leave_idle_lanes_out(&mut shown, &mut rows);
        }
        let layout = Layout::of(&shown, &rows, width);
        let blocks = rows.iter().map(|row| draw::row(&layout, row)).collect();
        Page { names: draw::names(&layout), blocks, rows, width }
    }
}

/// So many rows, some of them in short if need be. Silences are the first to give way: the time column tells of them, too.
fn fitting_rows(shown: &Shown, view: &View, budget: usize) -> Vec<Row> {
    let silence_us = view.silence_ms.saturating_mul(1000);
    let rows = rows::rows(shown, view, silence_us);
    let (Some(first), Some(last)) = (rows.first(), rows.last()) else { return rows };
    if rows.len() <= budget {
        return rows;
    }
    let span_us = last.at_us.1.saturating_sub(first.at_us.0);
    let rows = fold::gather(rows::rows(shown, view, silence_us.max(span_us / 8)));
    fold::fold(rows, shown, budget)
}

/// Takes the lanes away to which nothing happens in these rows.
fn leave_idle_lanes_out(shown: &mut Shown, rows: &mut [Row]) {
    let columns: BTreeSet<usize> = rows.iter().flat_map(Row::columns).collect();
    if columns.is_empty() {
        return;
    }
    shown.keep_lanes(&columns);
    let places: Vec<usize> = columns.into_iter().collect();
    rows.iter_mut().for_each(|row| row.keep_columns(&places));
}

/// What is missing from these rows, and how to see it; nothing if nothing is.
fn notice(trace: &Trace, rows: &[Row]) -> String {
    let drawn: usize = rows.iter().map(|row| row.events).sum();
    let in_short: usize = rows.iter().filter(|row| row.is_in_short).map(|row| row.events).sum();
    let left_out = trace.events.len() - drawn;
    let said = match (left_out, in_short) {
        (0, 0) => return String::new(),
        (_, 0) => format!("{} not shown", plural(left_out as u64, "event")),
        (0, _) => format!("{} told in short", plural(in_short as u64, "event")),
        _ => format!("{} not shown and {in_short} told in short", plural(left_out as u64, "event")),
    };
    format!("… {said}; the replay shows them all")
}

/// The rows to keep, as a range: the last ones that fill no more than `max_rows` lines, but never without the focus.
/// `lines` says how many each row takes.
fn window(rows: &[Row], lines: &[usize], max_rows: usize) -> (usize, usize) {
    let last_of = |to: usize| {
        let mut filled = 0;
        let fits = |lines: &&usize| {
            filled += **lines;
            filled <= max_rows
        };
        to - lines[..to].iter().rev().take_while(fits).count().max(1)
    };
    let focus = rows.iter().position(|row| row.focus);
    let mut to = rows.len();
    let mut from = last_of(to);
    if let Some(focus) = focus.filter(|focus| *focus < from) {
        to = focus + 1;
        from = last_of(to);
    }
    // What is left out above needs no sign of silence below it.
    while from < to && matches!(rows[from].what, rows::What::Silence { .. }) {
        from += 1;
    }
    (from, to)
}
