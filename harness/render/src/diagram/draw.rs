//! A row, drawn.

use report::{Span, Style};
use sim::Tone;

use super::layout::{ARROW, Layout, NOTE_LINES, count, gap_of};
use super::rows::{Part, Row, What};
use crate::canvas::{Canvas, cut, wrap};
use crate::explain::ms_of_us;

/// The line with the names of the lanes.
pub(super) fn names(layout: &Layout) -> Vec<Span> {
    let mut canvas = Canvas::new(layout.width);
    write_time(&mut canvas, layout, "ms");
    for line in &layout.lanes {
        canvas.write(line.x, &cut(line.name, line.gap.max(1)), Style::Strong);
    }
    canvas.finish()
}

/// The lines of one row.
pub(super) fn row(layout: &Layout, row: &Row) -> Vec<Vec<Span>> {
    let silent = matches!(row.what, What::Silence { .. });
    let mut lines = vec![ruled(layout, if silent { '⋮' } else { '│' })];
    write_time(&mut lines[0], layout, &row.time);
    match &row.what {
        _ if layout.lanes.is_empty() => {}
        What::Silence { .. } => {}
        What::Mark { lane, mark, .. } => lines[0].put(layout.lanes[*lane].x, *mark, style(row)),
        What::Message { from, to, part, .. } => arrow(&mut lines[0], layout, (*from, *to), part, style(row)),
    }
    match layout.beside {
        Some(x) => {
            let room = layout.width.saturating_sub(x);
            write_words(&mut lines, layout, (x, room), &layout.words_beside(row), row);
        }
        None => words_between(&mut lines, layout, row),
    }
    lines.into_iter().map(Canvas::finish).collect()
}

/// What a row means, all of it.
fn style(row: &Row) -> Style {
    match &row.what {
        _ if row.focus => Style::Bad,
        What::Silence { .. } => Style::Dim,
        What::Mark { tone: Tone::Plain, .. } => Style::Plain,
        What::Mark { tone: Tone::Good, .. } => Style::Good,
        What::Mark { tone: Tone::Fault, .. } => Style::Fault,
        What::Mark { tone: Tone::Bad, .. } => Style::Bad,
        What::Message { part: Part::WholeLost { .. } | Part::Lost { .. }, .. } => Style::Fault,
        What::Message { .. } => Style::Plain,
    }
}

/// A message without its words: all of it, or the end that the row shows.
fn arrow(canvas: &mut Canvas, layout: &Layout, (from, to): (usize, usize), part: &Part, style: Style) {
    let rightwards = to > from;
    let (start, end) = (layout.lanes[from].x, layout.lanes[to].x);
    let leaves = if rightwards { '├' } else { '┤' };
    match part {
        Part::Whole => {
            for x in start.min(end) + 1..start.max(end) {
                let crosses = layout.lanes.iter().any(|line| line.x == x);
                canvas.put(x, if crosses { '┼' } else { '─' }, style);
            }
            canvas.put(start, leaves, style);
            outwards(canvas, end, !rightwards, &[head(rightwards)], style);
        }
        Part::Departure => {
            canvas.put(start, leaves, style);
            outwards(canvas, start, rightwards, &["──╌"], style);
        }
        Part::Arrival => outwards(canvas, end, !rightwards, &[head(rightwards), "─╌"], style),
        Part::WholeLost { .. } => {
            canvas.put(start, leaves, style);
            outwards(canvas, start, rightwards, &["──╳"], style);
        }
        Part::Lost { .. } => outwards(canvas, start, rightwards, &["╌─╳"], style),
    }
}

/// The words of a row, written between the lifelines.
fn words_between(lines: &mut Vec<Canvas>, layout: &Layout, row: &Row) {
    match &row.what {
        What::Silence { duration_us } => {
            let words = format!("{} ms", ms_of_us(*duration_us));
            let line = &layout.lanes[0];
            lines[0].write(line.x + 3, &cut(&words, line.gap.saturating_sub(3)), style(row));
        }
        What::Mark { lane, text, .. } => {
            let line = &layout.lanes[*lane];
            write_words(lines, layout, (line.x + 2, line.gap.saturating_sub(2)), text, row);
        }
        What::Message { from, to, part, .. } => {
            let rightwards = to > from;
            let label = layout.label_between(&row.what);
            let gap = layout.lanes[gap_of(*from, *to, part)].gap;
            let (at, outward) = match part {
                Part::Arrival => (*to, !rightwards),
                _ => (*from, rightwards),
            };
            let pieces = pieces(&label, part, rightwards, gap);
            outwards(&mut lines[0], layout.lanes[at].x, outward, &pieces, style(row));
            if row.focus {
                let last = layout.lanes.last().expect("a message has lanes");
                lines[0].write(last.x + 2, "◀", Style::Bad);
            }
        }
    }
}

/// A message's words and what connects them to the lifeline they belong to, from there outwards, in `room` columns.
fn pieces<'a>(label: &'a str, part: &'a Part, rightwards: bool, room: usize) -> Vec<&'a str> {
    let why = match part {
        Part::WholeLost { why } | Part::Lost { why } => why.as_str(),
        Part::Whole | Part::Departure | Part::Arrival => "",
    };
    let lost = if why.is_empty() { 0 } else { count(why) + 2 };
    let roomy = count(label) + lost + ARROW <= room;
    let (stem, dots, cross) = if roomy { ("──", "╌╌", "──╳") } else { ("─", "╌", "╳") };
    match part {
        Part::Whole => vec![stem, " ", label, " "],
        Part::Departure => vec![stem, " ", label, " ", dots],
        Part::Arrival if roomy => vec![head(rightwards), stem, " ", label, " ", dots],
        Part::Arrival => vec![head(rightwards), " ", label, " ", dots],
        Part::WholeLost { .. } => vec![stem, " ", label, " ", cross, " ", why, " "],
        Part::Lost { .. } => vec![dots, " ", label, " ", cross, " ", why, " "],
    }
}

fn head(rightwards: bool) -> &'static str {
    if rightwards { "▶" } else { "◀" }
}

/// Writes pieces one after another away from the lifeline at `x`. Words keep their direction, lines turn with it.
fn outwards(canvas: &mut Canvas, x: usize, rightwards: bool, pieces: &[&str], style: Style) {
    let mut distance = 1;
    for piece in pieces {
        let length = count(piece);
        let is_line = piece.chars().all(|c| "─╌╳▶◀".contains(c));
        for (place, c) in piece.chars().enumerate() {
            let offset = if rightwards || is_line { place } else { length - 1 - place };
            let target = if rightwards { x.checked_add(distance + offset) } else { x.checked_sub(distance + offset) };
            if let Some(target) = target {
                canvas.put(target, c, style);
            }
        }
        distance += length;
    }
}

/// Writes the words of a row from column `x` on, in `room` columns, below one another where they don't fit in one line;
/// the focus gets its mark behind them.
fn write_words(lines: &mut Vec<Canvas>, layout: &Layout, (x, room): (usize, usize), words: &str, row: &Row) {
    let mark = if row.focus { " ◀" } else { "" };
    let mut words = wrap(words, room.saturating_sub(count(mark)), NOTE_LINES);
    match words.last_mut() {
        Some(last) => last.push_str(mark),
        None => words.push(mark.trim().to_owned()),
    }
    for (place, words) in words.iter().enumerate() {
        if place == lines.len() {
            lines.push(ruled(layout, '│'));
        }
        lines[place].write(x, words, style(row));
    }
}

/// A line with nothing but lifelines.
fn ruled(layout: &Layout, lifeline: char) -> Canvas {
    let mut canvas = Canvas::new(layout.width);
    for line in &layout.lanes {
        canvas.put(line.x, lifeline, Style::Dim);
    }
    canvas
}

fn write_time(canvas: &mut Canvas, layout: &Layout, time: &str) {
    canvas.write(layout.time - count(time), time, Style::Dim);
}
