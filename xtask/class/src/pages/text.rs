//! Text that somebody else wrote, on a page.
//!
//! The templates escape what HTML understands. What is left are characters that no reader sees but that change what is
//! seen: control characters, and those that turn the direction of the text after them. They are written out, so that a
//! name can't look like another name, and nobody wonders why half a line is missing.

use maud::{Markup, PreEscaped, Render, html};
use report::{Span, Style, Text};

/// Of a text, so many characters are shown.
const MAX_CHARS: usize = 20_000;

/// Of what is read as prose, and has no box to scroll in.
const MAX_PROSE: usize = 3_000;

/// Of a name.
const MAX_NAME: usize = 200;

/// Text as it is, unseen characters written out, cut where it goes on for too long.
pub(super) fn shown(text: &str) -> Markup {
    shortened(text, MAX_CHARS)
}

/// The same for prose.
pub(super) fn prose(text: &str) -> Markup {
    shortened(text, MAX_PROSE)
}

/// The same, cut after so many characters.
pub(super) fn shortened(text: &str, most: usize) -> Markup {
    let cut = text.char_indices().nth(most).map_or(text.len(), |(at, _)| at);
    let left_out = text[cut..].chars().count();
    html! {
        (Visible(&text[..cut]))
        @if left_out > 0 { span.soft { "… and " (left_out) " characters more" } }
    }
}

/// The same for places that take no elements: titles, and attributes.
pub(super) fn plain(text: &str) -> String {
    let (mut out, mut before) = (String::new(), ' ');
    for c in text.chars().take(200) {
        match written(c, before) {
            Some(written) => out.extend(["[", &written, "]"]),
            None => out.push(c),
        }
        before = c;
    }
    out
}

/// The name of somebody or something, kept from turning the direction of what stands around it.
pub(super) fn name(name: &str) -> Markup {
    html! { bdi { @if name.trim().is_empty() { "(no name)" } @else { (shortened(name, MAX_NAME)) } } }
}

struct Visible<'a>(&'a str);

impl Render for Visible<'_> {
    fn render_to(&self, out: &mut String) {
        let mut chars = self.0.chars().peekable();
        let (mut clean, mut before) = (String::new(), ' ');
        while let Some(c) = chars.next() {
            if c == '\r' && chars.peek() == Some(&'\n') {
                continue;
            }
            match written(c, before) {
                None => clean.push(c),
                Some(written) => {
                    clean.render_to(out);
                    clean.clear();
                    html! { span.odd { (written) } }.render_to(out);
                }
            }
            before = c;
        }
        clean.render_to(out);
    }
}

/// What is written in place of a character that is not seen; none for one that is.
fn written(c: char, before: char) -> Option<String> {
    let code = u32::from(c);
    match c {
        // Persian words are spelt with them, and some emoji are made with them.
        '\u{200c}' | '\u{200d}' if !before.is_ascii() => None,
        '\n' | '\t' => None,
        '\u{0}'..='\u{1f}'
        | '\u{7f}'..='\u{9f}'
        | '\u{ad}'
        | '\u{61c}'
        | '\u{115f}'
        | '\u{1160}'
        | '\u{180e}'
        | '\u{200b}'..='\u{200f}'
        | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}'
        | '\u{3164}'
        | '\u{fdd0}'..='\u{fdef}'
        | '\u{feff}'
        | '\u{ffa0}'
        | '\u{fff0}'..='\u{fffb}'
        | '\u{e0000}'..='\u{e0fff}' => Some(format!("U+{code:04X}")),
        _ if code & 0xfffe == 0xfffe => Some(format!("U+{code:04X}")),
        _ => None,
    }
}

/// A drawing made of characters.
pub(super) fn drawn(text: &Text) -> Markup {
    let mut out = String::new();
    for (nth, line) in text.lines.iter().enumerate() {
        if nth > 0 {
            out.push('\n');
        }
        line.iter().for_each(|one| span(one).render_to(&mut out));
    }
    PreEscaped(out)
}

fn span(span: &Span) -> Markup {
    let class = match span.style {
        Style::Plain => return shown(&span.text),
        Style::Dim => "dim",
        Style::Strong => "strong",
        Style::Good => "good",
        Style::Fault => "fault",
        Style::Bad => "bad",
    };
    html! { span class=(class) { (shown(&span.text)) } }
}

/// `1 check`, `2 checks`.
pub(super) fn count(number: usize, of: &str) -> String {
    format!("{number} {of}{}", if number == 1 { "" } else { "s" })
}

/// A part of a whole in percent, whole numbers. Everything but not quite is 99 %, and something but hardly is 1 %.
pub(super) fn percent(part: f64, whole: f64) -> u32 {
    if whole <= 0.0 || part <= 0.0 {
        return 0;
    }
    let exact = 100.0 * part / whole;
    if exact >= 100.0 { 100 } else { (exact.round() as u32).clamp(1, 99) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_html_understands_is_text() {
        assert_eq!(shown("</pre><script>&\"").into_string(), "&lt;/pre&gt;&lt;script&gt;&amp;&quot;");
    }

    #[test]
    fn what_nobody_sees_is_written_out() {
        let text = shown("a\u{202e}b\u{0}\u{1b}[31m\rc\r\nd\te\u{e0041}\u{1ffff}").into_string();
        let odd = |written: &str| format!("<span class=\"odd\">{written}</span>");
        let (right_to_left, nul, escape, carriage) = (odd("U+202E"), odd("U+0000"), odd("U+001B"), odd("U+000D"));
        let (tag, none) = (odd("U+E0041"), odd("U+1FFFF"));
        assert_eq!(text, format!("a{right_to_left}b{nul}{escape}[31m{carriage}c\nd\te{tag}{none}"));
        assert_eq!(plain("a\u{202e}b"), "a[U+202E]b");
    }

    #[test]
    fn letters_of_any_script_stay_as_they_are() {
        for name in ["Ada Lovelace", "Øyvind", "מרים", "محمد", "李雷", "Ńguyễn", "می\u{200c}خواهم", "🦀"]
        {
            assert_eq!(shown(name).into_string(), name);
        }
    }

    #[test]
    fn a_long_text_is_cut_and_says_so() {
        let text = shown(&"é".repeat(MAX_CHARS + 7)).into_string();
        assert!(text.ends_with("… and 7 characters more</span>"), "{}", &text[text.len() - 60..]);
        assert_eq!(text.matches('é').count(), MAX_CHARS);
    }

    #[test]
    fn only_the_whole_is_a_hundred_percent_and_only_nothing_is_none() {
        assert_eq!(
            [percent(0.0, 9.0), percent(0.01, 900.0), percent(899.9, 900.0), percent(9.0, 9.0)],
            [0, 1, 99, 100]
        );
        assert_eq!(percent(1.0, 0.0), 0);
    }
}
