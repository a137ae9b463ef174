//! Text with meaning instead of colours.
//!
//! A diagram is made in the process that runs the checks and shown in another one, on a terminal, in a pipe, on a page.
//! It crosses as spans that say what they mean; whoever shows them decides whether red exists there.

use serde::{Deserialize, Serialize};

/// What a span means.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Style {
    /// Nothing in particular.
    #[default]
    Plain,
    /// Rulers, lifelines, times: there for orientation.
    Dim,
    /// Headings, names of nodes.
    Strong,
    /// Went as it should.
    Good,
    /// A fault of the world: lost, late, crashed.
    Fault,
    /// The breach itself.
    Bad,
}

/// A run of characters with one meaning.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Span {
    /// What it means.
    pub style: Style,
    /// The characters; no line breaks, no control characters.
    pub text: String,
}

/// Lines of spans.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Text {
    /// From top to bottom.
    pub lines: Vec<Vec<Span>>,
}

impl Text {
    /// Text without any meaning attached, one line per line of `text`.
    pub fn plain(text: &str) -> Self {
        let span = |line: &str| vec![Span { style: Style::Plain, text: line.to_owned() }];
        Text { lines: text.lines().map(span).collect() }
    }

    /// Whether there is nothing to show.
    pub fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// Starts a new line.
    pub fn line(&mut self) -> &mut Self {
        self.lines.push(Vec::new());
        self
    }

    /// Adds to the last line.
    pub fn push(&mut self, style: Style, text: impl Into<String>) -> &mut Self {
        if self.lines.is_empty() {
            self.lines.push(Vec::new());
        }
        let line = self.lines.last_mut().expect("a line was just made sure of");
        line.push(Span { style, text: text.into() });
        self
    }

    /// The characters alone, lines joined by line breaks, no spaces at their ends.
    pub fn to_plain(&self) -> String {
        let lines = self.lines.iter().map(|line| {
            let text: String = line.iter().map(|span| span.text.as_str()).collect();
            text.trim_end().to_owned()
        });
        lines.collect::<Vec<_>>().join("\n")
    }
}

/// The name of a promise as the sentence it is: `a_lost_request_is_retried` says "A lost request is retried".
pub fn sentence(name: &str) -> String {
    let words = name.replace('_', " ");
    let mut rest = words.chars();
    match rest.next() {
        Some(first) => first.to_uppercase().chain(rest).collect(),
        None => words,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_a_promise_reads_as_a_sentence() {
        assert_eq!(sentence("a_lost_request_is_retried"), "A lost request is retried");
        assert_eq!(sentence("élan_vital"), "Élan vital");
        assert_eq!(sentence(""), "");
    }

    #[test]
    fn plain_text_is_the_characters_without_the_meaning() {
        let mut text = Text::default();
        text.push(Style::Dim, "12 ms ").push(Style::Bad, "lost ");
        text.line().push(Style::Plain, "next");
        assert_eq!(text.to_plain(), "12 ms lost\nnext");
    }
}
