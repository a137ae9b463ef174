//! A row, drawn.

use report::{Span, Style};
use sim::{Life, Tone};

use super::layout::{ARROW, Layout, NOTE_LINES, count, gap_of};
use super::rows::{Part, Row, What};
use crate::canvas::{Canvas, cut, wrap};
use crate::explain::ms_of_us;

/// The lines with the names of the lanes: one, or several in which they stand by turns.
pub(super) fn names(layout: &Layout) -> Vec<Vec<Span>> {
    let turns = layout.name_lines;
    let mut lines: Vec<Canvas> = (0..turns).map(|_| Canvas::new(layout.width)).collect();
    write_time(lines.last_mut().expect("names have a line"), layout, "ms");
    for (place, line) in layout.lanes.iter().enumerate() {
        lines[place % turns + 1..].iter_mut().for_each(|below| below.put(line.x, '│', Style::Dim));
    }
    for (place, line) in layout.lanes.iter().enumerate() {
        let room = (line.gap + 1) * turns - 1;
        lines[place % turns].write(line.x, &cut(line.name, room.max(1)), Style::Strong);
    }
    lines.into_iter().map(Canvas::finish).collect()
}

/// The lines of one row.
pub(super) fn row(layout: &Layout, row: &Row) -> Vec<Vec<Span>> {
    let mut lines = vec![ruled(layout, row)];
    write_time(&mut lines[0], layout, &row.time(layout.fractions));
    match &row.what {
        _ if layout.lanes.is_empty() => {}
        What::Silence { .. } | What::Folded { .. } => {}
        What::World { .. } => {
            world(&mut lines, layout, row);
            return lines.into_iter().map(Canvas::finish).collect();
        }
        What::Mark { lanes, mark, .. } => {
            lanes.iter().for_each(|lane| lines[0].put(layout.lanes[*lane].x, *mark, style(row)));
        }
        What::Message { from, to, part, .. } => arrow(&mut lines[0], layout, row, (*from, *to), part),
        What::Many { lane, others, arrive, .. } => rays(&mut lines[0], layout, row, *lane, others, *arrive),
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
        What::Silence { .. } | What::Folded { .. } => Style::Dim,
        What::World { tone, .. } => self::tone(*tone),
        What::Mark { tone, .. } => self::tone(*tone),
        What::Message { part: Part::WholeLost { .. } | Part::Lost { .. }, .. } => Style::Fault,
        What::Message { .. } | What::Many { .. } => Style::Plain,
    }
}

fn tone(tone: Tone) -> Style {
    match tone {
        Tone::Plain => Style::Plain,
        Tone::Good => Style::Good,
        Tone::Fault => Style::Fault,
        Tone::Bad => Style::Bad,
    }
}

/// A rule across all lanes, with the words in it.
fn world(lines: &mut Vec<Canvas>, layout: &Layout, row: &Row) {
    let What::World { text, .. } = &row.what else { return };
    let (left, style) = (layout.lanes[0].x, style(row));
    let last = layout.lanes.last().expect("there are lanes").x;
    let mark = if row.focus { " ◀" } else { "" };
    let room = layout.width.saturating_sub(left + 6 + count(mark));
    let words = wrap(text, room, NOTE_LINES);
    for (place, words) in words.iter().enumerate() {
        if place == lines.len() {
            lines.push(Canvas::new(layout.width));
        }
        let end = (left + count(words) + 6).max(last + 1);
        let rule = "╌".repeat(end.saturating_sub(left));
        lines[place].write(left, &rule, style);
        lines[place].write(left + 2, &format!(" {words} "), style);
        if place == 0 {
            lines[place].write(end, mark, style);
        }
    }
}

/// A message without its words: all of it, or the end that the row shows.
fn arrow(canvas: &mut Canvas, layout: &Layout, row: &Row, (from, to): (usize, usize), part: &Part) {
    let style = style(row);
    let rightwards = to > from;
    let gap = layout.lanes[gap_of(from, to, part)].gap;
    let (start, end) = (layout.lanes[from].x, layout.lanes[to].x);
    let leaves = if rightwards { '├' } else { '┤' };
    match part {
        Part::Whole => {
            for x in start.min(end) + 1..start.max(end) {
                let crossed = layout.lanes.iter().position(|line| line.x == x).map(|lane| row.lives[lane]);
                let c = match crossed {
                    Some(Life::Up) => '┼',
                    Some(Life::Paused) => '╫',
                    Some(Life::Down) | None => '─',
                };
                canvas.put(x, c, style);
            }
            canvas.put(start, leaves, style);
            outwards(canvas, end, !rightwards, &[head(rightwards)], style);
        }
        Part::Departure => {
            canvas.put(start, leaves, style);
            outwards(canvas, start, rightwards, &[tip("──╌", gap)], style);
        }
        Part::Arrival => {
            outwards(canvas, end, !rightwards, &[head(rightwards), tip("─╌", gap.saturating_sub(1))], style);
        }
        Part::WholeLost { .. } => {
            canvas.put(start, leaves, style);
            outwards(canvas, start, rightwards, &[tip("──╳", gap)], style);
        }
        Part::Lost { .. } => outwards(canvas, start, rightwards, &[tip("╌─╳", gap)], style),
    }
}

/// Messages that leave a lane for several others, or arrive from there.
fn rays(canvas: &mut Canvas, layout: &Layout, row: &Row, lane: usize, others: &[usize], arrive: bool) {
    let (left, right) = (others.iter().any(|other| *other < lane), others.iter().any(|other| *other > lane));
    let x = layout.lanes[lane].x;
    if !arrive {
        canvas.put(
            x,
            if left && right {
                '┼'
            } else if left {
                '┤'
            } else {
                '├'
            },
            style(row),
        );
    }
    for rightwards in [false, true].into_iter().filter(|rightwards| if *rightwards { right } else { left }) {
        let gap = layout.lanes[if rightwards { lane } else { lane - 1 }].gap;
        if arrive {
            outwards(canvas, x, rightwards, &[head(!rightwards), tip("─╌", gap.saturating_sub(1))], style(row));
        } else {
            outwards(canvas, x, rightwards, &[tip("──╌", gap)], style(row));
        }
    }
}

/// The last `room` characters of a piece of line.
fn tip(line: &str, room: usize) -> &str {
    let skipped = count(line).saturating_sub(room);
    line.char_indices().nth(skipped).map_or("", |(at, _)| &line[at..])
}

/// The words of a row, written between the lifelines.
fn words_between(lines: &mut Vec<Canvas>, layout: &Layout, row: &Row) {
    match &row.what {
        What::Silence { duration_us } => {
            let words = format!("{} ms", ms_of_us(*duration_us));
            let line = &layout.lanes[0];
            lines[0].write(line.x + 3, &cut(&words, line.gap.saturating_sub(3)), style(row));
        }
        What::World { .. } => {}
        What::Many { lane, .. } => {
            let line = &layout.lanes[*lane];
            let words = layout.many(&row.what);
            write_words(lines, layout, (line.x + 5, line.gap.saturating_sub(5)), &words, row);
        }
        What::Folded { text } => {
            let x = layout.lanes[0].x + 2;
            for (place, words) in wrap(text, layout.width.saturating_sub(x + 1), NOTE_LINES).iter().enumerate() {
                if place == lines.len() {
                    lines.push(ruled(layout, row));
                }
                // The words run across the lifelines.
                lines[place].write(x, &format!(" {words} "), style(row));
            }
        }
        What::Mark { lanes, text, .. } => {
            // Where something happens to several, it is said once, behind the last of them.
            let line = &layout.lanes[*lanes.last().expect("a mark is on a lane")];
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
            lines.push(ruled(layout, row));
        }
        lines[place].write(x, words, style(row));
    }
}

/// A line with nothing but lifelines: none where a lane is down, a double one where it stands still.
fn ruled(layout: &Layout, row: &Row) -> Canvas {
    let mut canvas = Canvas::new(layout.width);
    let skips = matches!(row.what, What::Silence { .. } | What::Folded { .. });
    for (line, life) in layout.lanes.iter().zip(&row.lives) {
        let lifeline = match life {
            Life::Up if skips => '⋮',
            Life::Up => '│',
            Life::Paused => '║',
            Life::Down => ' ',
        };
        canvas.put(line.x, lifeline, Style::Dim);
    }
    canvas
}

fn write_time(canvas: &mut Canvas, layout: &Layout, time: &str) {
    canvas.write(layout.time - count(time), time, Style::Dim);
}
