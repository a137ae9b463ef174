//! A line of characters, each with a meaning, that is written in any order and read from left to right.

use report::{Span, Style};

/// One line under construction.
pub(crate) struct Canvas {
    cells: Vec<(char, Style)>,
}

impl Canvas {
    /// An empty line of that many columns.
    pub fn new(width: usize) -> Self {
        Canvas { cells: vec![(' ', Style::Plain); width] }
    }

    /// Writes one character; beyond the right end, nothing.
    pub fn put(&mut self, x: usize, c: char, style: Style) {
        if let Some(cell) = self.cells.get_mut(x) {
            *cell = (c, style);
        }
    }

    /// Writes characters from `x` to the right, as far as there is room.
    pub fn write(&mut self, x: usize, text: &str, style: Style) {
        for (offset, c) in text.chars().enumerate() {
            self.put(x + offset, c, style);
        }
    }

    /// The line as spans, without spaces at its end.
    pub fn finish(self) -> Vec<Span> {
        let end = self.cells.iter().rposition(|(c, _)| *c != ' ').map_or(0, |last| last + 1);
        let mut spans: Vec<Span> = Vec::new();
        for &(c, style) in &self.cells[..end] {
            match spans.last_mut() {
                // A space has no meaning of its own, so it goes with what stands before it.
                Some(span) if span.style == style || c == ' ' => span.text.push(c),
                _ => spans.push(Span { style, text: c.to_string() }),
            }
        }
        spans
    }
}

/// `text` in at most `room` columns, with `…` where it was cut.
pub(crate) fn cut(text: &str, room: usize) -> String {
    if text.chars().count() <= room {
        return text.to_owned();
    }
    let mut kept: String = text.chars().take(room.saturating_sub(1)).collect();
    kept.truncate(kept.trim_end().len());
    if room > 0 {
        kept.push('…');
    }
    kept
}

/// `text` in at most `lines` lines of `room` columns, broken at spaces where possible; the last one ends in `…` if
/// something is missing.
pub(crate) fn wrap(text: &str, room: usize, lines: usize) -> Vec<String> {
    let mut wrapped = Vec::new();
    let mut rest = text.trim();
    while !rest.is_empty() && room > 0 {
        if wrapped.len() + 1 == lines || rest.chars().count() <= room {
            wrapped.push(cut(rest, room));
            break;
        }
        // One more than fits: a break is as good right after the room as inside it.
        let window = rest.char_indices().nth(room).map_or(rest.len(), |(at, c)| at + c.len_utf8());
        let at = match rest[..window].rfind(' ') {
            Some(space) => space,
            None => rest.char_indices().nth(room).map_or(rest.len(), |(at, _)| at),
        };
        wrapped.push(rest[..at].trim_end().to_owned());
        rest = rest[at..].trim_start();
    }
    wrapped
}
