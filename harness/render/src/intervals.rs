//! Why a history is not linearizable, drawn: a row an operation, time to the right.
//!
//! ```text
//!     ms  order  client  operation
//!   0→10      1  c1      write 1    ├──┤
//!     4→         c4      write 3    ├───────────────╌ ?
//!    12→      2  c1      write 2          ├─────────╌ ?
//!  14→20      3  c2      read → 2         ├──┤
//!  22→30      ✗  c3      read → 1               ├──┤ ◀
//! ```
//!
//! Bars tell who overlaps whom and nothing else: a column is a time in which operations were called, or one in which they
//! returned, however long it took. Drawn to scale, the few microseconds that decide would be too narrow to see; how long
//! things took is in the first column. The second one numbers the operations as they may have taken effect, up to the
//! one that fits nowhere. An operation without a number need not have taken effect.

use std::collections::BTreeMap;

use check::linearizability::{Counterexample, Interval};
use report::{Style, Text};

use crate::canvas::{Canvas, cut};
use crate::explain::{ms_of_us, plural};

/// How large the drawing may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    /// At most so many operations, at least one; the last ones are kept.
    pub max_rows: usize,
    /// At most so many columns; fewer than 60 count as 60.
    pub width: usize,
}

impl Default for Size {
    fn default() -> Self {
        Size { max_rows: 24, width: 100 }
    }
}

/// The heads of the columns, from left to right.
const HEADS: [&str; 4] = ["ms", "order", "client", "operation"];

/// The columns between one thing and the next.
const GAP: usize = 2;

/// What stands behind the bar of an operation with an unknown outcome.
const UNKNOWN: &str = "╌ ?";

/// Draws the operations of a counterexample as intervals in time.
pub fn intervals(why: &Counterexample, size: Size) -> Text {
    let width = size.width.max(60);
    // Where names and bars don't fit, operations are left out until they do.
    let mut max_rows = size.max_rows.clamp(1, why.operations.len());
    let (rows, columns, layout) = loop {
        let shown = shown(why, max_rows);
        let columns = columns(why, &shown);
        let rows: Vec<Row> = shown.iter().map(|&place| Row::of(why, place)).collect();
        let layout = Layout::of(&rows, &columns, width);
        if layout.fits || max_rows == 1 {
            break (rows, columns, layout);
        }
        max_rows -= 1;
    };
    let left_out = why.operations.len() - rows.len();

    let mut text = Text::default();
    if left_out > 0 {
        let verb = if left_out == 1 { "is" } else { "are" };
        text.line().push(Style::Dim, format!("… {} before {verb} not shown", plural(left_out as u64, "operation")));
    }
    text.lines.push(layout.heads());
    text.lines.extend(rows.iter().map(|row| layout.row(row, &columns)));
    text
}

/// The operations to draw, in the order of their calls: the culprit, those with an unknown outcome that explain
/// something, and those that were called or returned last.
fn shown(why: &Counterexample, max_rows: usize) -> Vec<usize> {
    let mut places: Vec<usize> = (0..why.operations.len()).collect();
    places.sort_by_key(|&place| {
        let operation = &why.operations[place];
        let explains = operation.returned.is_none() && why.order.contains(&place);
        let last = operation.returned.map_or(operation.invoked.place, |at| at.place);
        std::cmp::Reverse((place == why.culprit, explains, last))
    });
    places.truncate(max_rows);
    places.sort_unstable();
    places
}

/// For the place of every call and return of what is shown, its column. Calls between which nothing returns share one,
/// and so do returns between which nothing is called: that changes no overlap.
fn columns(why: &Counterexample, shown: &[usize]) -> BTreeMap<usize, usize> {
    let mut moments: Vec<(usize, bool)> = Vec::new();
    for &place in shown {
        let operation = &why.operations[place];
        moments.push((operation.invoked.place, true));
        moments.extend(operation.returned.map(|at| (at.place, false)));
    }
    moments.sort_unstable();
    let mut columns = BTreeMap::new();
    let (mut column, mut before) = (0, true);
    for (place, is_call) in moments {
        column += usize::from(is_call != before);
        before = is_call;
        columns.insert(place, column);
    }
    columns
}

/// What a row says.
struct Row<'a> {
    operation: &'a Interval,
    is_culprit: bool,
    time: String,
    order: String,
    client: String,
}

impl<'a> Row<'a> {
    fn of(why: &'a Counterexample, place: usize) -> Self {
        let operation = &why.operations[place];
        let is_culprit = place == why.culprit;
        let number = why.order.iter().position(|other| *other == place);
        Row {
            operation,
            is_culprit,
            time: format!(
                "{}→{}",
                ms_of_us(operation.invoked.at_us),
                operation.returned.map_or_else(String::new, |at| ms_of_us(at.at_us))
            ),
            order: match number {
                _ if is_culprit => "✗".to_owned(),
                Some(number) => (number + 1).to_string(),
                None => String::new(),
            },
            client: operation.client.to_string(),
        }
    }
}

/// Where everything stands.
struct Layout {
    width: usize,
    /// The right ends of the first two columns and the left ends of the others.
    time: usize,
    order: usize,
    client: usize,
    label: usize,
    /// The columns that a label may take.
    label_room: usize,
    bars: usize,
    /// The columns from one moment to the next.
    stride: usize,
    /// The last moment.
    last: usize,
    /// Whether there is room for all bars, and beside them for what an operation needs to be recognised.
    fits: bool,
}

impl Layout {
    fn of(rows: &[Row], columns: &BTreeMap<usize, usize>, width: usize) -> Self {
        let widest =
            |head: &str, of: &dyn Fn(&Row) -> usize| rows.iter().map(of).chain([count(head)]).max().unwrap_or(0);
        let time = widest(HEADS[0], &|row| count(&row.time));
        let order = time + GAP + widest(HEADS[1], &|row| count(&row.order));
        let client = order + GAP;
        let label = client + widest(HEADS[2], &|row| count(&row.client)) + GAP;
        let last = columns.values().max().copied().unwrap_or(0);
        // A bar takes its moments; behind it, there is room for what is unknown or for the mark of the culprit.
        let least_bars = last + 1 + count(UNKNOWN);
        let room = width.saturating_sub(label + GAP);
        let longest = widest(HEADS[3], &|row| count(&row.operation.label));
        let label_room = longest.min(room.saturating_sub(least_bars));
        let bars = label + label_room + GAP;
        let bars_room = width.saturating_sub(bars + 1 + count(UNKNOWN));
        let stride = bars_room.checked_div(last).unwrap_or(1).clamp(1, 3);
        let fits = label_room >= longest.min(width / 4) && last <= bars_room;
        Layout { width, time, order, client, label, label_room, bars, stride, last, fits }
    }

    fn heads(&self) -> Vec<report::Span> {
        let mut canvas = Canvas::new(self.width);
        canvas.write(self.time - count(HEADS[0]), HEADS[0], Style::Dim);
        canvas.write(self.order - count(HEADS[1]), HEADS[1], Style::Dim);
        canvas.write(self.client, HEADS[2], Style::Dim);
        canvas.write(self.label, &cut(HEADS[3], self.label_room), Style::Dim);
        canvas.finish()
    }

    fn row(&self, row: &Row, columns: &BTreeMap<usize, usize>) -> Vec<report::Span> {
        let or_bad = |style| if row.is_culprit { Style::Bad } else { style };
        let mut canvas = Canvas::new(self.width);
        canvas.write(self.time - count(&row.time), &row.time, or_bad(Style::Dim));
        canvas.write(self.order - count(&row.order), &row.order, or_bad(Style::Plain));
        canvas.write(self.client, &row.client, or_bad(Style::Strong));
        canvas.write(self.label, &cut_middle(&row.operation.label, self.label_room), or_bad(Style::Plain));

        let x = |place: usize| self.bars + self.stride * columns[&place];
        let start = x(row.operation.invoked.place);
        let (end, style) = match row.operation.returned {
            Some(at) => (x(at.place), or_bad(Style::Plain)),
            None => (self.bars + self.stride * self.last + 1, Style::Fault),
        };
        for place in start..end {
            canvas.put(place, '─', style);
        }
        canvas.put(start, '├', style);
        match row.operation.returned {
            Some(_) => canvas.put(end, '┤', style),
            None => canvas.write(end, UNKNOWN, style),
        }
        if row.is_culprit {
            canvas.write(end + 2, "◀", Style::Bad);
        }
        canvas.finish()
    }
}

/// `text` in at most `room` columns, with `…` for what is missing in its middle: of two long strings, it is most often
/// the end that differs.
fn cut_middle(text: &str, room: usize) -> String {
    let length = count(text);
    if length <= room {
        return text.to_owned();
    }
    let kept = room.saturating_sub(1);
    let head: String = text.chars().take(kept - kept / 2).collect();
    let tail: String = text.chars().skip(length - kept / 2).collect();
    format!("{head}…{tail}")
}

fn count(text: &str) -> usize {
    text.chars().count()
}

#[cfg(test)]
mod tests {
    use check::linearizability::{self, Limits, Verdict};
    use check::model::{Map, MapInput, MapOutput, Model, Register, RegisterInput, RegisterOutput};
    use check::{Client, History};

    use super::*;

    /// The drawing of why `history` is not linearizable.
    fn drawn<M: Model>(model: &M, history: &History<M::Input, M::Output>, size: Size) -> Text {
        match linearizability::check(model, history, Limits::default()) {
            Verdict::NotLinearizable(why) => intervals(&why, size),
            _ => panic!("there is nothing to draw"),
        }
    }

    #[track_caller]
    fn assert_drawn(text: &Text, expected: &str) {
        let (drawn, expected) = (text.to_plain(), expected.trim_matches('\n'));
        assert!(drawn == expected, "expected:\n{expected}\n\ndrawn:\n{drawn}\n\n");
    }

    type Registered = History<RegisterInput<u32>, RegisterOutput<u32>>;

    /// A read after a newer value was seen, with a write under way and one of which nobody heard again.
    fn stale() -> Registered {
        let mut history = History::new();
        let first = history.invoke(0, Client(1), RegisterInput::Write(1));
        history.invoke(4_000, Client(4), RegisterInput::Write(3));
        history.complete(10_000, first, RegisterOutput::Written);
        let second = history.invoke(12_000, Client(1), RegisterInput::Write(2));
        let new = history.invoke(14_000, Client(2), RegisterInput::Read);
        history.complete(20_500, new, RegisterOutput::Value(Some(2)));
        let old = history.invoke(22_000, Client(3), RegisterInput::Read);
        history.complete(30_000, old, RegisterOutput::Value(Some(1)));
        history.complete(31_000, second, RegisterOutput::Written);
        history
    }

    #[test]
    fn overlaps_the_order_and_the_culprit_can_be_seen() {
        let text = drawn(&Register::default(), &stale(), Size::default());
        assert_drawn(
            &text,
            "
     ms  order  client  operation
   0→10      1  c1      write 1    ├──┤
     4→         c4      write 3    ├───────────────╌ ?
    12→      2  c1      write 2          ├─────────╌ ?
14→20.5      3  c2      read → 2         ├──┤
  22→30      ✗  c3      read → 1               ├──┤ ◀
",
        );
    }

    #[test]
    fn the_culprit_is_bad_and_the_unknown_is_a_fault() {
        let text = drawn(&Register::default(), &stale(), Size::default());
        let styles = |line: usize| text.lines[line].iter().map(|span| span.style).collect::<Vec<_>>();
        assert_eq!(styles(5), [Style::Plain, Style::Bad]);
        assert_eq!(styles(2).last(), Some(&Style::Fault));
    }

    /// So many writes one after another, and a read of the first.
    fn many(writes: u32) -> Registered {
        let mut history = History::new();
        for value in 1..=writes {
            let at_us = u64::from(value) * 1_000;
            let write = history.invoke(at_us, Client(1), RegisterInput::Write(value));
            history.complete(at_us, write, RegisterOutput::Written);
        }
        let read = history.invoke(100_000, Client(2), RegisterInput::Read);
        history.complete(100_000, read, RegisterOutput::Value(Some(1)));
        history
    }

    #[test]
    fn of_many_operations_the_last_ones_are_drawn() {
        let text = drawn(&Register::default(), &many(20), Size { max_rows: 3, width: 100 });
        assert_drawn(
            &text,
            "
… 18 operations before are not shown
     ms  order  client  operation
  19→19     19  c1      write 19   ├──┤
  20→20     20  c1      write 20         ├──┤
100→100      ✗  c2      read → 1               ├──┤ ◀
",
        );
    }

    #[test]
    fn no_line_is_longer_than_the_width() {
        for (width, max_rows) in [(100, 24), (60, 24), (100, 1_000), (72, 60), (10, 10)] {
            let text = drawn(&Register::default(), &many(90), Size { max_rows, width }).to_plain();
            let longest = text.lines().map(count).max().unwrap();
            assert!(longest <= width.max(60), "{longest} columns instead of {width}:\n{text}");
            assert!(text.lines().last().unwrap().ends_with('◀'), "{text}");
        }
    }

    #[test]
    fn a_long_value_is_cut_in_its_middle() {
        let key = || "a".to_owned();
        let mut history = History::new();
        let value: String = (0..20).map(|number| format!("<{number}>")).collect();
        let put = history.invoke(0, Client(1), MapInput::Put { key: key(), value: value.clone() });
        history.complete(1_000, put, MapOutput::Done);
        let get = history.invoke(2_000, Client(2), MapInput::Get { key: key() });
        history.complete(3_000, get, MapOutput::Value(value.replace("<19>", "")));
        assert_drawn(
            &drawn(&Map, &history, Size { max_rows: 10, width: 72 }),
            "
 ms  order  client  operation
0→1      1  c1      put a \"<0><1><2><3><4…<15><16><17><18><19>\"  ├┤
2→3      ✗  c2      get a → \"<0><1><2><3>…<14><15><16><17><18>\"    ├┤ ◀
",
        );
    }
}
