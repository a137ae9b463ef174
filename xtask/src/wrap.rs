//! Breaking prose into lines.
//!
//! Widths are those of a terminal's columns, not of bytes: an arrow is one, a Chinese character two.

use unicode_width::UnicodeWidthStr;

/// The columns a text takes.
pub fn columns(text: &str) -> usize {
    text.width()
}

/// The width to write prose for: that of the terminal, but at most `most`, and 80 when there is no terminal.
pub fn terminal_columns(most: usize) -> usize {
    let terminal = std::io::IsTerminal::is_terminal(&std::io::stdout());
    let width = if terminal { crossterm::terminal::size().map_or(80, |(width, _)| usize::from(width)) } else { 80 };
    // Some terminals answer zero; nobody can read ten columns.
    if width == 0 { 80 } else { width.clamp(20, most) }
}

/// Paragraphs wrapped at `width`, every line after `indent`. Indented lines (code) keep their breaks.
pub fn paragraphs(text: &str, indent: &str, width: usize) -> String {
    let room = width.saturating_sub(columns(indent)).max(10);
    let mut out = String::new();
    let mut words: Vec<&str> = Vec::new();
    for line in text.lines().chain([""]) {
        let is_prose = !line.trim().is_empty() && !line.starts_with([' ', '\t']);
        if is_prose {
            words.extend(line.split_whitespace());
            continue;
        }
        fill(&words, indent, room, &mut out);
        words.clear();
        if line.trim().is_empty() {
            out.push('\n');
        } else {
            out.push_str(&format!("{indent}{line}\n"));
        }
    }
    format!("{}\n", out.trim_end())
}

fn fill(words: &[&str], indent: &str, room: usize, out: &mut String) {
    let mut used = 0;
    for word in words {
        let width = columns(word);
        if used > 0 && used + 1 + width > room {
            out.push('\n');
            used = 0;
        }
        out.push_str(if used == 0 { indent } else { " " });
        out.push_str(word);
        used += width + usize::from(used > 0);
    }
    if !words.is_empty() {
        out.push('\n');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prose_is_filled_and_code_is_not() {
        let text = "one two\nthree four five\n\n    let code = 1;\nsix";
        assert_eq!(paragraphs(text, "> ", 16), "> one two three\n> four five\n\n>     let code = 1;\n> six\n");
    }

    #[test]
    fn a_word_longer_than_the_line_stands_alone() {
        assert_eq!(paragraphs("a bbbbbbbbbbbbbbb c", "", 10), "a\nbbbbbbbbbbbbbbb\nc\n");
    }
}
