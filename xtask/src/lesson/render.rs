//! Markdown for a terminal.
//!
//! The renderer walks the events of pulldown-cmark once and keeps two things: the line prefixes of the blocks it is in
//! (list, quote) and the words of the paragraph at hand. Nothing is coloured here; a span says what it is, and [`ansi`]
//! turns that into escapes or into nothing.

use pulldown_cmark::{CodeBlockKind, Event, HeadingLevel, Options, Parser, Tag, TagEnd};

use super::inline::{Ink, Inline, Span};
use super::table::Table;
use crate::wrap::columns;

/// A rendered page: lines, and where its sections begin.
#[derive(Debug, Default)]
pub struct Page {
    /// From top to bottom.
    pub lines: Vec<Vec<Span>>,
    /// The headings, in the order of the page.
    pub sections: Vec<Section>,
}

/// A heading of a page.
#[derive(Debug)]
pub struct Section {
    /// One for `#`, two for `##`.
    pub level: u8,
    /// The index of its line.
    pub line: usize,
    /// What it can be asked for by: its `{#id}`, and the identifiers in its text.
    pub names: Vec<String>,
}

impl Page {
    /// The lines of the section that goes by `name`, up to the next heading of the same level or above.
    pub fn section(&self, name: &str) -> Option<&[Vec<Span>]> {
        let place = self.sections.iter().position(|section| section.names.iter().any(|known| known == name))?;
        let found = &self.sections[place];
        let next = self.sections[place + 1..].iter().find(|section| section.level <= found.level);
        Some(&self.lines[found.line..next.map_or(self.lines.len(), |section| section.line)])
    }
}

/// Renders Markdown as mdBook understands it, for lines of `width` columns.
pub fn render(markdown: &str, width: usize) -> Page {
    let options = Options::ENABLE_TABLES
        | Options::ENABLE_FOOTNOTES
        | Options::ENABLE_STRIKETHROUGH
        | Options::ENABLE_TASKLISTS
        | Options::ENABLE_HEADING_ATTRIBUTES
        | Options::ENABLE_GFM;
    let mut renderer = Renderer { width, ..Renderer::default() };
    for event in Parser::new_ext(markdown, options) {
        renderer.event(event);
    }
    renderer.flush();
    renderer.page
}

/// One level of what stands before every line of a block.
#[derive(Debug)]
struct Prefix {
    /// Before its first line only: a bullet.
    first: Option<String>,
    /// Before all others.
    rest: String,
}

#[derive(Debug, Default)]
struct Renderer {
    width: usize,
    page: Page,
    prefixes: Vec<Prefix>,
    /// The next number of each list we are in; none for bullets.
    lists: Vec<Option<u64>>,
    inline: Inline,
    code: Option<Code>,
    table: Option<Table>,
    /// A blank line is due before the next block.
    gap: bool,
    /// Ids of `<a id="…">` since the last heading.
    anchors: Vec<String>,
    /// The `{#id}` of the heading at hand.
    heading_id: Option<String>,
}

#[derive(Debug)]
struct Code {
    rust: bool,
    text: String,
}

impl Renderer {
    fn event(&mut self, event: Event<'_>) {
        match event {
            Event::Start(tag) => self.start(tag),
            Event::End(tag) => self.end(tag),
            Event::Text(text) => match &mut self.code {
                Some(code) => code.text.push_str(&text),
                None => self.inline.push(&text),
            },
            Event::Code(text) => self.inline.push_as(Ink::Code, &text),
            Event::Html(html) | Event::InlineHtml(html) => self.html(&html),
            Event::SoftBreak => self.inline.push(" "),
            Event::HardBreak => self.inline.break_line(),
            Event::Rule => {
                self.open_block();
                let rule = "─".repeat(self.room());
                self.line(vec![Span::new(Ink::Dim, rule)]);
                self.gap = true;
            }
            Event::FootnoteReference(name) => self.inline.push_as(Ink::Dim, &format!("[{name}]")),
            Event::TaskListMarker(done) => self.inline.push(if done { "[x] " } else { "[ ] " }),
            Event::InlineMath(text) | Event::DisplayMath(text) => self.inline.push_as(Ink::Code, &text),
        }
    }

    fn start(&mut self, tag: Tag<'_>) {
        match tag {
            Tag::Heading { id, .. } => {
                self.flush();
                self.heading_id = id.map(|id| id.to_string());
                self.inline.open(Ink::Heading);
            }
            Tag::BlockQuote(kind) => {
                self.flush();
                self.open_block();
                self.prefixes.push(Prefix { first: None, rest: "│ ".to_owned() });
                if let Some(kind) = kind {
                    self.inline.push_as(Ink::Strong, &format!("{kind:?}"));
                    self.flush();
                    self.gap = false;
                }
            }
            Tag::CodeBlock(kind) => {
                self.flush();
                let rust = matches!(&kind, CodeBlockKind::Fenced(info) if info.starts_with("rust"));
                self.code = Some(Code { rust, text: String::new() });
            }
            Tag::List(first) => {
                self.flush();
                // A list inside an item follows its text at once.
                self.gap &= self.lists.is_empty();
                self.lists.push(first);
            }
            Tag::Item => self.item(),
            Tag::FootnoteDefinition(name) => {
                self.flush();
                self.prefixes.push(Prefix { first: Some(format!("[{name}] ")), rest: "    ".to_owned() });
            }
            Tag::Table(alignments) => {
                self.flush();
                self.table = Some(Table::new(&alignments));
            }
            // Not the first thing in its item.
            Tag::Paragraph if self.prefixes.last().is_some_and(|prefix| prefix.first.is_none()) => {
                self.gap = self.gap || !self.lists.is_empty();
            }
            Tag::Emphasis => self.inline.open(Ink::Emphasis),
            Tag::Strong => self.inline.open(Ink::Strong),
            Tag::Link { dest_url, .. } => self.inline.open_link(&dest_url),
            Tag::Image { dest_url, .. } => self.inline.open_image(&dest_url),
            _ => {}
        }
    }

    fn end(&mut self, tag: TagEnd) {
        match tag {
            TagEnd::Paragraph => {
                self.flush();
                self.gap = true;
            }
            TagEnd::Heading(level) => self.heading(level),
            TagEnd::BlockQuote(_) => self.close_block(),
            TagEnd::Item => {
                self.flush();
                // Only an item of paragraphs wants air before the next one.
                let loose = self.gap;
                self.close_block();
                self.gap = loose;
            }
            TagEnd::FootnoteDefinition => self.close_block(),
            TagEnd::List(_) => {
                self.lists.pop();
                self.gap = self.lists.is_empty();
            }
            TagEnd::CodeBlock => self.code_block(),
            TagEnd::TableCell => {
                let cell = self.inline.take_plain();
                if let Some(table) = &mut self.table {
                    table.cell(cell);
                }
            }
            TagEnd::TableHead | TagEnd::TableRow => {
                if let Some(table) = &mut self.table {
                    table.row();
                }
            }
            TagEnd::Table => self.table_block(),
            TagEnd::Emphasis | TagEnd::Strong => self.inline.close(),
            TagEnd::Link => self.inline.close_link(),
            TagEnd::Image => self.inline.close_image(),
            TagEnd::HtmlBlock => self.flush(),
            _ => {}
        }
    }

    fn item(&mut self) {
        self.flush();
        let bullet = match self.lists.last_mut() {
            Some(Some(number)) => {
                *number += 1;
                format!("{}. ", *number - 1)
            }
            _ => "• ".to_owned(),
        };
        let rest = " ".repeat(columns(&bullet));
        self.prefixes.push(Prefix { first: Some(bullet), rest });
    }

    fn heading(&mut self, level: HeadingLevel) {
        self.inline.close();
        let text = self.inline.text();
        self.gap = !self.page.lines.is_empty();
        self.open_block();
        self.gap = false;
        let names = self.anchors.drain(..).chain(self.heading_id.take()).chain(identifiers(&text)).collect();
        self.page.sections.push(Section { level: level as u8, line: self.page.lines.len(), names });
        self.flush();
        let underline = match level {
            HeadingLevel::H1 => "═",
            HeadingLevel::H2 => "─",
            _ => "",
        };
        if !underline.is_empty() {
            let width = columns(&text).min(self.room());
            self.line(vec![Span::new(Ink::Dim, underline.repeat(width))]);
        }
        self.gap = true;
    }

    fn code_block(&mut self) {
        let Some(code) = self.code.take() else { return };
        self.open_block();
        // mdBook hides lines of Rust that begin with a lone `#`.
        let hidden = |line: &str| code.rust && (line.trim() == "#" || line.trim_start().starts_with("# "));
        for line in code.text.lines().filter(|line| !hidden(line)) {
            self.line(vec![Span::new(Ink::Code, format!("    {}", line.replace('\t', "    ")))]);
        }
        self.gap = true;
    }

    fn table_block(&mut self) {
        let Some(table) = self.table.take() else { return };
        self.open_block();
        for line in table.lines(self.room()) {
            self.line(vec![Span::new(Ink::Plain, line)]);
        }
        self.gap = true;
    }

    /// Tags of HTML mean nothing here, but for the ids that headings go by and for line breaks.
    fn html(&mut self, html: &str) {
        for piece in html.split('<').skip(1) {
            let tag = piece.split('>').next().unwrap_or_default();
            let id = ["id=\"", "name=\""].iter().find_map(|key| tag.split_once(key)?.1.split('"').next());
            self.anchors.extend(id.filter(|_| !tag.starts_with('!')).map(str::to_owned));
            if tag.starts_with("br") {
                self.inline.break_line();
            }
            let after = piece.split_once('>').map_or("", |(_, after)| after).trim_end_matches('\n');
            if !tag.starts_with('!') && !after.trim().is_empty() {
                self.inline.push(after);
            }
        }
        if html.contains("</summary>") {
            self.flush();
            self.gap = true;
        }
    }

    /// Puts the blank line that is due before a block.
    fn open_block(&mut self) {
        if std::mem::take(&mut self.gap) {
            let prefix = self.prefixes.iter().map(blank_of).collect::<String>();
            self.page.lines.push(vec![Span::new(Ink::Dim, prefix.trim_end().to_owned())]);
        }
    }

    fn close_block(&mut self) {
        self.flush();
        // An item without text still shows its bullet.
        if self.prefixes.last().is_some_and(|prefix| prefix.first.is_some()) {
            self.line(Vec::new());
        }
        self.prefixes.pop();
        self.gap = true;
    }

    fn room(&self) -> usize {
        let used: usize = self.prefixes.iter().map(|prefix| columns(&prefix.rest)).sum();
        self.width.saturating_sub(used).max(10)
    }

    /// Ends the paragraph at hand.
    fn flush(&mut self) {
        if self.inline.is_empty() {
            return;
        }
        // The gap belongs above the bullet, not between it and its text.
        self.open_block();
        for line in self.inline.wrap(self.room()) {
            self.line(line);
        }
    }

    fn line(&mut self, spans: Vec<Span>) {
        let mut line: Vec<Span> = self
            .prefixes
            .iter_mut()
            .map(|prefix| Span::new(Ink::Dim, prefix.first.take().unwrap_or_else(|| prefix.rest.clone())))
            .collect();
        line.extend(spans);
        self.page.lines.push(line);
    }
}

fn blank_of(prefix: &Prefix) -> &str {
    if prefix.first.is_some() { "" } else { &prefix.rest }
}

/// The words of a heading that could be the id of an exercise.
fn identifiers(text: &str) -> impl Iterator<Item = String> {
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let words = text.split(move |c: char| !is_part(c)).filter(|word| word.contains('_'));
    words.map(str::to_owned).collect::<Vec<_>>().into_iter()
}

/// The lines as text for a terminal, with escapes if `colour`, without blanks at their ends.
pub fn ansi(lines: &[Vec<Span>], colour: bool) -> String {
    let mut out = String::new();
    for line in lines {
        let last = line.iter().rposition(|span| !span.text.trim().is_empty()).map_or(0, |last| last + 1);
        for (place, span) in line[..last].iter().enumerate() {
            let text = if place + 1 == last { span.text.trim_end() } else { &span.text };
            out.push_str(&span.ink.paint(text, colour));
        }
        out.push('\n');
    }
    out
}

#[cfg(test)]
mod tests;
