//! The words of a paragraph, and how they break into lines.

use crate::wrap::columns;

/// What a piece of text is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Ink {
    /// Nothing in particular.
    #[default]
    Plain,
    /// A heading.
    Heading,
    /// `**strong**`
    Strong,
    /// `*emphasis*`
    Emphasis,
    /// Code, in a line or a block.
    Code,
    /// The text of a link.
    Link,
    /// Bullets, rules, addresses.
    Dim,
}

impl Ink {
    /// `text` with the escapes of this ink, if `colour`.
    pub fn paint(self, text: &str, colour: bool) -> String {
        let code = match self {
            Ink::Plain => return text.to_owned(),
            Ink::Heading => "1;35",
            Ink::Strong => "1",
            Ink::Emphasis => "3",
            Ink::Code => "36",
            Ink::Link => "4",
            Ink::Dim => "2",
        };
        if colour && !text.is_empty() { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() }
    }
}

/// A run of characters of one ink.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Span {
    /// What it is.
    pub ink: Ink,
    /// The characters; no line breaks.
    pub text: String,
}

impl Span {
    /// A span.
    pub fn new(ink: Ink, text: impl Into<String>) -> Self {
        Span { ink, text: text.into() }
    }
}

/// A paragraph while its pieces arrive.
#[derive(Debug, Default)]
pub struct Inline {
    spans: Vec<Span>,
    inks: Vec<Ink>,
    /// The addresses of the links and images that are open, and where each began in `spans`.
    targets: Vec<(String, usize)>,
}

const BREAK: &str = "\n";

impl Inline {
    /// Whether there is nothing to show.
    pub fn is_empty(&self) -> bool {
        self.spans.iter().all(|span| span.text.trim().is_empty())
    }

    /// Adds text in the ink that is open.
    pub fn push(&mut self, text: &str) {
        self.push_as(self.inks.last().copied().unwrap_or_default(), text);
    }

    /// Adds text in that ink.
    pub fn push_as(&mut self, ink: Ink, text: &str) {
        let words = text.replace(['\n', '\t'], " ");
        // Code in a heading is part of the heading.
        let ink = if self.inks.first() == Some(&Ink::Heading) { Ink::Heading } else { ink };
        self.spans.push(Span::new(ink, words));
    }

    /// A line break that the author asked for.
    pub fn break_line(&mut self) {
        self.spans.push(Span::new(Ink::Plain, BREAK));
    }

    /// What follows is in that ink.
    pub fn open(&mut self, ink: Ink) {
        self.inks.push(ink);
    }

    /// Ends the last [`Inline::open`].
    pub fn close(&mut self) {
        self.inks.pop();
    }

    /// What follows is the text of a link to `target`.
    pub fn open_link(&mut self, target: &str) {
        self.targets.push((target.to_owned(), self.spans.len()));
        self.open(Ink::Link);
    }

    /// Ends a link: an address that leads out of the course is shown after the text, others can't be followed here.
    pub fn close_link(&mut self) {
        self.close();
        let Some((target, start)) = self.targets.pop() else { return };
        let text = plain(&self.spans[start..]);
        if target.contains("://") && text.trim() != target {
            self.push_as(Ink::Dim, &format!(" <{target}>"));
        }
    }

    /// What follows is the alternative text of an image.
    pub fn open_image(&mut self, target: &str) {
        self.targets.push((target.to_owned(), self.spans.len()));
        self.push_as(Ink::Dim, "[image: ");
    }

    /// Ends an image.
    pub fn close_image(&mut self) {
        if let Some((target, _)) = self.targets.pop() {
            self.push_as(Ink::Dim, &format!(" ({target})]"));
        }
    }

    /// The characters so far.
    pub fn text(&self) -> String {
        plain(&self.spans)
    }

    /// The characters so far, taken out.
    pub fn take_plain(&mut self) -> String {
        plain(&std::mem::take(&mut self.spans)).trim().to_owned()
    }

    /// The lines of the paragraph, each at most `width` columns where the words allow it. Takes the pieces out.
    pub fn wrap(&mut self, width: usize) -> Vec<Vec<Span>> {
        let mut lines = vec![Vec::new()];
        let mut used = 0;
        for word in words(&std::mem::take(&mut self.spans)) {
            let Word::Text { spans, spaced } = word else {
                lines.push(Vec::new());
                used = 0;
                continue;
            };
            let length: usize = spans.iter().map(|span| columns(&span.text)).sum();
            let space = usize::from(spaced && used > 0);
            if used > 0 && used + space + length > width {
                lines.push(Vec::new());
                used = 0;
            }
            let line = lines.last_mut().expect("it starts with one line");
            if used > 0 && space > 0 {
                put_space(line, &spans);
            }
            used += length + if used > 0 { space } else { 0 };
            line.extend(spans);
        }
        lines
    }
}

/// A space inside a link or a heading is part of it; between two inks it is plain.
fn put_space(line: &mut Vec<Span>, next: &[Span]) {
    match (line.last_mut(), next.first()) {
        (Some(last), Some(first)) if last.ink == first.ink => last.text.push(' '),
        _ => line.push(Span::new(Ink::Plain, " ")),
    }
}

fn plain(spans: &[Span]) -> String {
    spans.iter().map(|span| if span.text == BREAK { " " } else { span.text.as_str() }).collect()
}

enum Word {
    /// Spans without blanks that must stay on one line, and whether a blank was before them.
    Text {
        spans: Vec<Span>,
        spaced: bool,
    },
    Break,
}

fn words(spans: &[Span]) -> Vec<Word> {
    let mut words = Vec::new();
    let mut current: Vec<Span> = Vec::new();
    let mut spaced = false;
    let finish = |current: &mut Vec<Span>, spaced: bool, words: &mut Vec<Word>| {
        if !current.is_empty() {
            words.push(Word::Text { spans: std::mem::take(current), spaced });
        }
    };
    for span in spans {
        if span.text == BREAK {
            finish(&mut current, spaced, &mut words);
            words.push(Word::Break);
            spaced = false;
            continue;
        }
        for (place, part) in span.text.split(' ').enumerate() {
            if place > 0 {
                finish(&mut current, spaced, &mut words);
                spaced = true;
            }
            if !part.is_empty() {
                current.push(Span::new(span.ink, part));
            }
        }
    }
    finish(&mut current, spaced, &mut words);
    words
}
