//! Text for HTML.

/// Text as it is written in HTML, in an element or between quotes. What a learner's code says stays text, whatever it says.
pub(super) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            '\n' | '\t' => escaped.push(c),
            // HTML has no place for these; nor should somebody's text turn the direction of ours.
            c if c.is_control() || matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}') => {
                escaped.push('\u{FFFD}')
            }
            c => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_html_understands_is_left() {
        assert_eq!(escape("<script>a & \"b\" 'c'"), "&lt;script&gt;a &amp; &quot;b&quot; &#39;c&#39;");
        assert_eq!(escape("a\nb\u{0}\u{1b}\u{202E}c"), "a\nb\u{FFFD}\u{FFFD}\u{FFFD}c");
    }
}
