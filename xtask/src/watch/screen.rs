//! The page that `watch` draws: a head, a body that scrolls, and the keys.
//!
//! A result may be longer than the screen. What a learner needs first (which exercise, which promise broke) is at its
//! top, so the page never scrolls by itself: it is cut to the screen, and the arrow keys move through it.

use crate::Paint;
use crate::wrap::columns;

/// What is on the page.
#[derive(Debug)]
pub struct Screen<'s> {
    /// The exercise.
    pub exercise: &'s str,
    /// Its title.
    pub title: &'s str,
    /// Its file, as one writes it from the root.
    pub file: &'s str,
    /// The bar of the course.
    pub bar: &'s str,
    /// What is going on, or how it went; in a line.
    pub status: &'s str,
    /// All there is to read.
    pub body: &'s str,
    /// The keys that mean something now.
    pub keys: &'s [(char, &'s str)],
}

/// The size of a terminal, in characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    /// In a line.
    pub columns: usize,
    /// Lines.
    pub rows: usize,
}

/// A drawn page.
#[derive(Debug, PartialEq, Eq)]
pub struct Page {
    /// Its lines, no more than the terminal has.
    pub text: String,
    /// How far down the body is, never beyond its end.
    pub scroll: usize,
    /// How many lines of the body are seen at a time.
    pub window: usize,
}

/// Lines of the head and of the foot, with the blank lines that set them apart.
const HEAD_ROWS: usize = 5;
const FOOT_ROWS: usize = 2;

impl Screen<'_> {
    /// Draws the page for a terminal of that size, the body from line `scroll` on.
    pub fn draw(&self, paint: Paint, size: Size, scroll: usize) -> Page {
        let body: Vec<String> = self.body.trim_end().lines().flat_map(|line| fold(line, size.columns)).collect();
        let window = size.rows.saturating_sub(HEAD_ROWS + FOOT_ROWS).max(1);
        let scroll = scroll.min(body.len().saturating_sub(window));
        let seen = &body[scroll..body.len().min(scroll + window)];
        let mut lines = self.head(paint, size.columns);
        lines.extend_from_slice(seen);
        lines.resize(HEAD_ROWS + window, String::new());
        lines.push(more(paint, body.len().saturating_sub(scroll + window), scroll));
        lines.push(self.foot(paint, size.columns));
        Page { text: lines.join("\n"), scroll, window }
    }

    fn head(&self, paint: Paint, width: usize) -> Vec<String> {
        let name = cut(&format!("{}  {}", self.exercise, self.title), width);
        let gap = width.saturating_sub(columns(&name) + columns(self.bar));
        let (first, second) = if gap >= 2 {
            (format!("{}{}{}", paint.strong(&name), " ".repeat(gap), self.bar), cut(self.file, width))
        } else {
            // Too narrow for both in a line.
            (paint.strong(&name), cut(self.bar, width))
        };
        let rule = "─".repeat(width);
        // One row for each, whatever the width: a second one would push the keys off the screen.
        let status = fold(self.status, width).swap_remove(0);
        vec![first, paint.dim(&second), paint.dim(&rule), status, String::new()]
    }

    fn foot(&self, paint: Paint, width: usize) -> String {
        let mut used = 0;
        let mut out = String::new();
        for (key, meaning) in self.keys {
            let next = 2 + columns(meaning) + if used == 0 { 0 } else { 3 };
            if used + next > width {
                break;
            }
            out.push_str(if used == 0 { "" } else { "   " });
            out.push_str(&format!("{} {}", paint.strong(&key.to_string()), paint.dim(meaning)));
            used += next;
        }
        out
    }
}

fn more(paint: Paint, below: usize, above: usize) -> String {
    match (below, above) {
        (0, 0) => String::new(),
        (0, _) => paint.dim("↑ the arrow keys go back up"),
        _ => paint.dim(&format!("↓ {below} more {}: arrow keys, space", if below == 1 { "line" } else { "lines" })),
    }
}

fn cut(text: &str, width: usize) -> String {
    if columns(text) <= width {
        return text.to_owned();
    }
    let mut out = String::new();
    for character in text.chars() {
        out.push(character);
        if columns(&out) + 1 > width {
            out.pop();
            break;
        }
    }
    out.push('…');
    out
}

/// A line in pieces that fit `width` columns. Escapes take no room, and a colour goes on in the next piece.
fn fold(line: &str, width: usize) -> Vec<String> {
    let width = width.max(10);
    let mut pieces = vec![String::new()];
    let mut colours = String::new();
    let mut used = 0;
    let mut rest = line;
    while let Some(first) = rest.chars().next() {
        if let Some(length) = escape_length(rest) {
            let (escape, after) = rest.split_at(length);
            if matches!(escape, "\u{1b}[0m" | "\u{1b}[m") {
                colours.clear()
            } else {
                colours.push_str(escape)
            }
            last(&mut pieces).push_str(escape);
            rest = after;
            continue;
        }
        rest = &rest[first.len_utf8()..];
        let text = match first {
            '\t' => "    ".to_owned(),
            // Anything else that moves the cursor would tear the page.
            c if c.is_control() => continue,
            c => c.to_string(),
        };
        if used + columns(&text) > width {
            if !colours.is_empty() {
                last(&mut pieces).push_str("\u{1b}[0m");
            }
            pieces.push(colours.clone());
            used = 0;
        }
        used += columns(&text);
        last(&mut pieces).push_str(&text);
    }
    pieces
}

fn last(pieces: &mut [String]) -> &mut String {
    pieces.last_mut().expect("there is a piece from the start")
}

/// The length of the colour escape at the start of `text`, if there is one.
fn escape_length(text: &str) -> Option<usize> {
    let codes = text.strip_prefix("\u{1b}[")?;
    let end = codes.find(|c: char| !c.is_ascii_digit() && c != ';')?;
    codes[end..].starts_with('m').then_some(2 + end + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIZE: Size = Size { columns: 60, rows: 12 };

    fn screen(body: &str) -> Screen<'_> {
        Screen {
            exercise: "flaky_rpc",
            title: "The network is reliable",
            file: "exercises/a.rs",
            bar: "[#-] 1 of 2 chapters",
            status: "checking…",
            body,
            keys: &[('n', "next"), ('q', "quit")],
        }
    }

    #[test]
    fn the_page_fills_the_terminal_with_the_keys_at_the_bottom() {
        let page = screen("one\ntwo").draw(Paint::plain(), SIZE, 0);
        let lines: Vec<&str> = page.text.split('\n').collect();
        assert_eq!(lines.len(), 12);
        assert_eq!(lines[0], "flaky_rpc  The network is reliable      [#-] 1 of 2 chapters");
        assert_eq!(lines[1], "exercises/a.rs");
        assert_eq!(lines[3], "checking…");
        assert_eq!(lines[5..8], ["one", "two", ""]);
        assert_eq!(lines[11], "n next   q quit");
    }

    #[test]
    fn a_long_body_is_cut_and_scrolls_to_its_end_and_no_further() {
        let body = (0..9).map(|number| number.to_string()).collect::<Vec<_>>().join("\n");
        let draw = |scroll| screen(&body).draw(Paint::plain(), SIZE, scroll);
        let shown = |page: &Page| page.text.split('\n').skip(5).take(5).collect::<Vec<_>>().join("");
        assert_eq!((shown(&draw(0)).as_str(), draw(0).window), ("01234", 5));
        assert!(draw(0).text.contains("↓ 4 more lines"));
        assert!(draw(3).text.contains("↓ 1 more line:"));
        assert_eq!((shown(&draw(100)).as_str(), draw(100).scroll), ("45678", 4));
        assert!(draw(100).text.contains("go back up"));
    }

    #[test]
    fn a_narrow_terminal_gets_the_bar_on_its_own_line_and_whole_keys() {
        let screen = |body| Screen { status: "a status of more than twenty-four columns", ..screen(body) };
        let page = screen("body").draw(Paint::plain(), Size { columns: 24, rows: 4 }, 0);
        let lines: Vec<&str> = page.text.split('\n').collect();
        assert_eq!(lines[..2], ["flaky_rpc  The network …", "[#-] 1 of 2 chapters"]);
        assert!(lines.iter().all(|line| columns(line) <= 24), "{lines:?}");
        let page = screen("body").draw(Paint::plain(), Size { columns: 10, rows: 4 }, 0);
        assert_eq!(page.text.split('\n').next_back(), Some("n next"));
    }

    #[test]
    fn a_long_line_is_folded_and_keeps_its_colour() {
        assert_eq!(fold("abcdefghijklm", 10), ["abcdefghij", "klm"]);
        assert_eq!(fold("", 10), [""]);
        let folded = fold("ab\u{1b}[1;31mcdefghijklm\u{1b}[0mn", 10);
        assert_eq!(folded, ["ab\u{1b}[1;31mcdefghij\u{1b}[0m", "\u{1b}[1;31mklm\u{1b}[0mn"]);
    }

    #[test]
    fn what_would_move_the_cursor_is_left_out() {
        assert_eq!(fold("a\u{1b}[2Jb\rc\u{7}\td", 80), ["a[2Jbc    d"]);
    }
}
