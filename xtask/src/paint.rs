//! Colours, decided once.
//!
//! Everything below the command line speaks of meanings ([`Style`]); here they become colours, or nothing at all when
//! the reader is a pipe, `NO_COLOR` is set, or the output is JSON.

use colored::{ColoredString, Colorize};
use report::{Style, Text};

/// Turns meanings into colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Paint {
    colour: bool,
}

impl Paint {
    /// Colours if standard output is a terminal and `NO_COLOR` is not set; `CLICOLOR_FORCE` asks for them anyway.
    pub fn detect() -> Self {
        Paint { colour: colored::control::SHOULD_COLORIZE.should_colorize() }
    }

    /// No colours, whatever the terminal can do.
    pub fn plain() -> Self {
        Paint { colour: false }
    }

    /// Whether anything is coloured.
    pub fn is_colour(self) -> bool {
        self.colour
    }

    /// `text` in the colour of its meaning.
    pub fn style(self, style: Style, text: &str) -> String {
        if !self.colour {
            return text.to_owned();
        }
        let painted: ColoredString = match style {
            Style::Plain => return text.to_owned(),
            Style::Dim => text.dimmed(),
            Style::Strong => text.bold(),
            Style::Good => text.green(),
            Style::Fault => text.yellow(),
            Style::Bad => text.red().bold(),
        };
        painted.to_string()
    }

    /// For orientation.
    pub fn dim(self, text: &str) -> String {
        self.style(Style::Dim, text)
    }

    /// A heading, a name.
    pub fn strong(self, text: &str) -> String {
        self.style(Style::Strong, text)
    }

    /// As it should be.
    pub fn good(self, text: &str) -> String {
        self.style(Style::Good, text)
    }

    /// A fault of the world, a warning.
    pub fn fault(self, text: &str) -> String {
        self.style(Style::Fault, text)
    }

    /// A breach.
    pub fn bad(self, text: &str) -> String {
        self.style(Style::Bad, text)
    }

    /// Lines of spans, every line after `indent`, no spaces at line ends.
    pub fn text(self, text: &Text, indent: &str) -> String {
        let mut out = String::new();
        for line in &text.lines {
            let last = line.iter().rposition(|span| !span.text.trim().is_empty());
            let spans = &line[..last.map_or(0, |last| last + 1)];
            if !spans.is_empty() {
                out.push_str(indent);
            }
            for (place, span) in spans.iter().enumerate() {
                let ends = place + 1 == spans.len();
                out.push_str(&self.style(span.style, if ends { span.text.trim_end() } else { &span.text }));
            }
            out.push('\n');
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_colour_a_text_is_its_characters_behind_the_indent() {
        let mut text = Text::default();
        text.push(Style::Dim, "12 ms ").push(Style::Bad, "lost  ");
        text.line().line().push(Style::Plain, "next");
        assert_eq!(Paint::plain().text(&text, "  "), "  12 ms lost\n\n  next\n");
    }
}
