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
//! With a [focus](View::focus) only what led there is shown (`cut.rs`). Where labels don't fit between the lifelines,
//! because there are many lanes or few columns, they move to a column of their own at the right (`layout.rs`).
//!
//! Every character counts as one column wide. Labels and notes are written by the worlds of this course, in words that
//! hold to that; an East Asian or an emoji character would shift the rest of its row.

mod cut;
mod draw;
mod layout;
mod rows;
#[cfg(test)]
mod tests;

use report::{Style, Text};
use sim::{EventId, Trace};

use self::cut::Shown;
use self::layout::{Layout, NOTE_LINES};
use self::rows::Row;
use crate::canvas::wrap;
use crate::explain::plural;

/// What of a trace to draw, and how large.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct View {
    /// The event that the diagram explains: it is marked, and only what led to it is drawn. Without it, everything is.
    pub focus: Option<EventId>,
    /// At most so many lines below the names of the lanes, at least one row; the last ones are kept.
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
    let shown = Shown::of(trace, view.focus);
    let rows = rows::rows(&shown, view);
    // A row takes a line or more, so rows that have no place anyway needn't be laid out, nor take columns from others.
    let (from, to) = window(&rows, &vec![1; rows.len()], view.max_rows);
    let rows = &rows[from..to];
    let layout = Layout::of(&shown, rows, view.width.max(20));
    let blocks: Vec<_> = rows.iter().map(|row| draw::row(&layout, row)).collect();
    let lines: Vec<usize> = blocks.iter().map(Vec::len).collect();
    let (from, to) = window(rows, &lines, view.max_rows);

    let drawn: usize = rows[from..to].iter().map(|row| row.events).sum();
    if drawn < trace.events.len() {
        let left_out = plural((trace.events.len() - drawn) as u64, "event");
        let notice = format!("… {left_out} not shown; the replay shows them all");
        for line in wrap(&notice, layout.width, NOTE_LINES) {
            text.line().push(Style::Dim, line);
        }
    }
    text.lines.push(draw::names(&layout));
    text.lines.extend(blocks.into_iter().take(to).skip(from).flatten());
    text
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
