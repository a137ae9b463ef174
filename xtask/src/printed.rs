//! What a learner's code printed, made fit for a report.
//!
//! Prints are shown to people and compared between runs, so they are cut to a few kilobytes and lose what could move a
//! terminal's cursor and what differs from run to run without meaning anything: thread numbers.

/// How much of the prints of one check is kept, in bytes.
pub const KEPT_BYTES: usize = 4096;

/// Collects prints, the first [`KEPT_BYTES`] of them.
#[derive(Clone, Debug, Default)]
pub struct Printed {
    text: String,
    cut: bool,
}

impl Printed {
    /// Adds a line.
    pub fn line(&mut self, line: &str) {
        let line = without_thread_number(&harmless(line));
        let room = KEPT_BYTES.saturating_sub(self.text.len() + 1);
        if self.cut || line.len() > room {
            let end = if self.cut { 0 } else { boundary(&line, room) };
            self.text.push_str(&line[..end]);
            self.cut = true;
        } else {
            self.text.push_str(&line);
            self.text.push('\n');
        }
    }

    /// What was kept, and a last line that says so if it is not all.
    pub fn finish(&self) -> String {
        let mut text = self.text.trim_end().to_owned();
        if self.cut {
            text.push_str("\n… (the rest is left out)");
        }
        text
    }
}

/// The last character boundary at or before `index`; the standard library's own is newer than the oldest supported
/// compiler.
fn boundary(text: &str, index: usize) -> usize {
    (0..=index.min(text.len())).rev().find(|place| text.is_char_boundary(*place)).unwrap_or(0)
}

/// `text` without escape sequences; other control characters become visible.
pub fn harmless(text: &str) -> String {
    let plain = without_ansi(text);
    let visible = |c: char| match c {
        '\t' | '\n' => c,
        '\r' => ' ',
        c if c.is_control() => '\u{fffd}',
        c => c,
    };
    plain.chars().map(visible).collect()
}

/// `text` without ANSI escape sequences (ECMA-48: CSI sequences, OSC strings, two-character escapes).
pub fn without_ansi(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        if c != '\u{1b}' {
            out.push(c);
            continue;
        }
        match chars.next() {
            Some('[') => while chars.next().is_some_and(|c| !('@'..='~').contains(&c)) {},
            Some(']') => while chars.next().is_some_and(|c| c != '\u{7}' && c != '\u{1b}') {},
            Some(_) | None => {}
        }
    }
    out
}

/// `thread 'main' (2748) panicked` names a thread by a number of the system, another one in every run.
fn without_thread_number(line: &str) -> String {
    let found = line.find("thread '").and_then(|start| {
        let open = start + line[start..].find("' (")? + 1;
        let digits = line[open + 2..].find(')')?;
        line[open + 2..][..digits].bytes().all(|byte| byte.is_ascii_digit()).then_some((open, open + 3 + digits))
    });
    match found {
        Some((open, close)) => format!("{}{}", &line[..open], &line[close..]),
        None => line.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thread_numbers_are_left_out_of_panics() {
        let line = "thread 'main' (2748) panicked at src/a.rs:1:2:";
        assert_eq!(without_thread_number(line), "thread 'main' panicked at src/a.rs:1:2:");
        assert_eq!(without_thread_number("thread 'x' (not a number)"), "thread 'x' (not a number)");
    }

    #[test]
    fn nothing_printed_can_move_the_cursor() {
        assert_eq!(harmless("\u{1b}[31mred\u{1b}[0m \u{1b}]0;title\u{7}x\u{8}"), "red x\u{fffd}");
    }

    #[test]
    fn only_the_beginning_of_a_flood_is_kept() {
        let mut printed = Printed::default();
        (0..10_000).for_each(|_| printed.line("äää"));
        let text = printed.finish();
        assert!(text.len() < KEPT_BYTES + 50, "{}", text.len());
        assert!(text.ends_with("… (the rest is left out)"));
    }

    #[test]
    fn a_long_line_is_cut_at_a_character() {
        let mut printed = Printed::default();
        printed.line(&"ä".repeat(KEPT_BYTES));
        assert!(printed.finish().starts_with("ää"));
    }
}
