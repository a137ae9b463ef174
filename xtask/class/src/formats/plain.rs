//! Text from a submission, made fit to be read: what every format does before it escapes for its own reader.
//!
//! What could act on a reader instead of being read becomes visible or goes: escape sequences, other control characters,
//! the marks that turn the direction of writing, and code points that are no characters. It stays text; nothing here
//! knows about HTML, XML or shells.

use std::fmt::Write as _;

use report::CheckResult;
use xtask::printed;

/// The most of a story that is passed on, in bytes. Diagrams are a screenful; what goes beyond is a flood.
pub const STORY_BYTES: usize = 16 * 1024;

/// `text` on one line.
pub fn line(text: &str) -> String {
    let one = lines(text);
    one.chars().map(|c| if matches!(c, '\n' | '\t') { ' ' } else { c }).collect()
}

/// `text` with its lines and tabs.
pub fn lines(text: &str) -> String {
    let visible = |c: char| match c {
        '\u{2028}' | '\u{2029}' => '\n',
        // Marks that reorder what surrounds them: `a\u{202e}b` can be shown as something else than it is.
        '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => '\u{fffd}',
        c if is_no_character(c) => '\u{fffd}',
        c => c,
    };
    printed::harmless(&text.replace("\r\n", "\n")).chars().map(visible).collect()
}

/// Code points that Unicode keeps free for ever; XML can't carry the ones of its first plane.
fn is_no_character(c: char) -> bool {
    let code = u32::from(c);
    (0xfdd0..=0xfdef).contains(&code) || code & 0xfffe == 0xfffe
}

/// The beginning of `text`, at most `bytes` long, and a last line that says so if it is not all.
pub fn cut(text: &str, bytes: usize) -> String {
    const LEFT_OUT: &str = "\n… (the rest is left out)";
    if text.len() <= bytes {
        return text.to_owned();
    }
    let room = bytes.saturating_sub(LEFT_OUT.len());
    let end = (0..=room).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    format!("{}{LEFT_OUT}", &text[..end])
}

/// Points as people write them: `41.5`, `80`.
pub fn points(points: f64) -> String {
    let text = format!("{points:.2}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// What there is to tell about a check, whole, as plain lines; nothing if it holds.
pub fn story(check: &CheckResult) -> String {
    let mut out = String::new();
    let mut part = |title: &str, text: &str| {
        let text = lines(text);
        let text = text.trim_end();
        if !text.is_empty() {
            let gap = if out.is_empty() { "" } else { "\n" };
            let title = if title.is_empty() { String::new() } else { format!("{title}\n") };
            let _ = writeln!(out, "{gap}{title}{text}");
        }
    };
    part("", &check.message);
    if let Some(counterexample) = &check.counterexample {
        // The message of most checks is this sentence already.
        if lines(&counterexample.happened) != lines(&check.message) {
            part("", &counterexample.happened);
        }
        part("Promised:", &counterexample.expected);
        part("Seen:", &counterexample.actual);
        part("All it takes:", &counterexample.schedule.iter().map(|step| format!("  {step}\n")).collect::<String>());
        part("", &counterexample.diagram.to_plain());
        part("", &counterexample.intervals.as_ref().map(report::Text::to_plain).unwrap_or_default());
    }
    part("To see it again:", &check.replay.as_ref().map(|it| format!("  cargo xtask replay {it}")).unwrap_or_default());
    part("Printed during this check:", &check.printed);
    cut(out.trim_end(), STORY_BYTES)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_line_acts_on_its_reader() {
        assert_eq!(line("a\u{1b}[2Jb\u{0}c\r\nd\te\u{202e}f\u{ffff}g\u{2028}h"), "ab\u{fffd}c d e\u{fffd}f\u{fffd}g h");
    }

    #[test]
    fn lines_stay_lines() {
        assert_eq!(lines("one\r\n\ttwo\n\u{7}"), "one\n\ttwo\n\u{fffd}");
    }

    #[test]
    fn a_cut_is_at_a_character_and_says_so() {
        let cut = cut(&"ä".repeat(100), 51);
        assert!(cut.len() <= 51, "{}", cut.len());
        assert_eq!(cut, format!("{}\n… (the rest is left out)", "ä".repeat(12)));
    }

    #[test]
    fn points_have_no_needless_zeros() {
        assert_eq!([80.0, 41.5, 3.33, 0.0, 0.1].map(points), ["80", "41.5", "3.33", "0", "0.1"]);
    }
}
