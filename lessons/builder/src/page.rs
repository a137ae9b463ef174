//! The anchors that a page offers, and the links and pictures that it asks for.

use std::collections::BTreeSet;
use std::ops::Range;

use pulldown_cmark::{BrokenLink, CowStr, Event, LinkType, Options, Parser, Tag, TagEnd};

use crate::include::Line;
use crate::{Place, Problem};

/// What a page asks a reader's browser to find.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reference {
    /// As written, `ch02.md#clocks` for example.
    pub target: String,
    /// A picture that is shown, rather than a link that is followed.
    pub is_image: bool,
    /// Where it is written.
    pub place: Place,
}

/// A page, read.
#[derive(Clone, Debug, Default)]
pub struct Page {
    /// What `#…` can point to: ids of headings and of HTML elements.
    pub anchors: BTreeSet<String>,
    /// In the order of the page.
    pub references: Vec<Reference>,
    /// What is wrong with the page on its own.
    pub problems: Vec<Problem>,
}

/// Reads a page whose includes have been expanded.
pub fn read(lines: &[Line]) -> Page {
    let text: String = lines.iter().flat_map(|line| [&line.text, "\n"]).collect();
    let mut reader = Reader { lines, starts: line_starts(&text), page: Page::default(), heading: None, image: None };
    let mut undefined = Vec::new();
    let note = |link: BrokenLink<'_>| -> Option<(CowStr<'_>, CowStr<'_>)> {
        // `[n]` alone is ordinary text; `[text][label]` was meant as a link.
        if matches!(link.link_type, LinkType::Reference | LinkType::Collapsed) {
            undefined.push((link.span, link.reference.into_string()));
        }
        None
    };
    let parser = Parser::new_with_broken_link_callback(&text, options(), Some(note));
    for (event, range) in parser.into_offset_iter() {
        reader.event(event, range);
    }
    for (span, label) in undefined {
        reader.problem(&span, format!("`[{label}]` is used as a link, but is defined nowhere on the page"));
    }
    reader.page
}

/// What mdBook switches on, except typographic quotes, which matter to no link.
fn options() -> Options {
    Options::ENABLE_TABLES
        | Options::ENABLE_FOOTNOTES
        | Options::ENABLE_STRIKETHROUGH
        | Options::ENABLE_TASKLISTS
        | Options::ENABLE_HEADING_ATTRIBUTES
        | Options::ENABLE_DEFINITION_LIST
        | Options::ENABLE_GFM
}

fn line_starts(text: &str) -> Vec<usize> {
    let breaks = text.match_indices('\n').map(|(at, _)| at + 1);
    std::iter::once(0).chain(breaks).collect()
}

/// A heading whose end has not come yet.
struct Heading {
    id: Option<String>,
    text: String,
}

struct Reader<'a> {
    lines: &'a [Line],
    starts: Vec<usize>,
    page: Page,
    heading: Option<Heading>,
    /// Whether the picture being read has a description so far.
    image: Option<bool>,
}

impl Reader<'_> {
    fn event(&mut self, event: Event<'_>, range: Range<usize>) {
        match event {
            Event::Start(Tag::Heading { id, .. }) => {
                self.heading = Some(Heading { id: id.map(CowStr::into_string), text: String::new() });
            }
            Event::End(TagEnd::Heading(_)) => self.end_heading(&range),
            Event::Start(Tag::Link { dest_url, .. }) => self.reference(dest_url.into_string(), false, &range),
            Event::Start(Tag::Image { dest_url, .. }) => {
                self.reference(dest_url.into_string(), true, &range);
                self.image = Some(false);
            }
            Event::End(TagEnd::Image) => self.end_image(&range),
            Event::Text(text) | Event::Code(text) => self.text(&text),
            Event::Html(html) | Event::InlineHtml(html) => self.html(&html, &range),
            _ => {}
        }
    }

    fn text(&mut self, text: &str) {
        if let Some(described) = &mut self.image {
            *described |= !text.trim().is_empty();
        }
        if let Some(heading) = &mut self.heading {
            heading.text.push_str(text);
        }
    }

    fn end_heading(&mut self, range: &Range<usize>) {
        let heading = self.heading.take().expect("the parser closes only headings that it opened");
        match heading.id {
            Some(id) => self.anchor(id, range),
            None => {
                let id = unused(&slug(&heading.text), &self.page.anchors);
                self.page.anchors.insert(id);
            }
        }
    }

    fn end_image(&mut self, range: &Range<usize>) {
        if self.image.take() == Some(false) {
            self.problem(range, "the picture has no description for readers who cannot see it".into());
        }
    }

    fn html(&mut self, html: &str, range: &Range<usize>) {
        for id in attribute(html, "id") {
            self.anchor(id, range);
        }
        for target in attribute(html, "href") {
            self.reference(target, false, range);
        }
        for target in attribute(html, "src") {
            self.reference(target, true, range);
        }
    }

    fn anchor(&mut self, id: String, range: &Range<usize>) {
        if !self.page.anchors.insert(id.clone()) {
            self.problem(range, format!("the id `{id}` is already taken on this page; links would reach the first"));
        }
    }

    fn reference(&mut self, target: String, is_image: bool, range: &Range<usize>) {
        let place = self.place(range.start);
        self.page.references.push(Reference { target, is_image, place });
    }

    fn problem(&mut self, range: &Range<usize>, message: String) {
        let place = self.place(range.start);
        self.page.problems.push(Problem::new(place, message));
    }

    fn place(&self, offset: usize) -> Place {
        let index = self.starts.partition_point(|start| *start <= offset) - 1;
        let last = self.lines.len().saturating_sub(1);
        self.lines[index.min(last)].place.clone()
    }
}

/// The id that mdBook gives to a heading without one.
fn slug(heading: &str) -> String {
    let lower = heading.trim().to_lowercase();
    let kept = lower.chars().filter_map(|c| match c {
        c if c.is_alphanumeric() || c == '_' || c == '-' => Some(c),
        c if c.is_whitespace() => Some('-'),
        _ => None,
    });
    kept.collect()
}

/// The same id with a number, if it is taken: mdBook's rule for headings that read alike.
fn unused(id: &str, taken: &BTreeSet<String>) -> String {
    let numbered = (1..).map(|n| format!("{id}-{n}"));
    std::iter::once(id.to_owned())
        .chain(numbered)
        .find(|candidate| !taken.contains(candidate))
        .expect("an endless supply of numbers")
}

/// The values of an attribute in a piece of HTML. The lessons write `name="value"`, and so this reads no other form.
fn attribute(html: &str, name: &str) -> Vec<String> {
    if html.trim_start().starts_with("<!--") {
        return Vec::new();
    }
    let needle = format!("{name}=\"");
    html.match_indices(&needle)
        .filter(|(at, _)| html[..*at].ends_with(char::is_whitespace))
        .filter_map(|(at, _)| html[at + needle.len()..].split('"').next())
        .map(str::to_owned)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    fn page(text: &str) -> Page {
        let line = |(index, text): (usize, &str)| Line {
            text: text.to_owned(),
            place: Place { file: Path::new("p.md").to_path_buf(), line: index + 1 },
        };
        read(&text.lines().enumerate().map(line).collect::<Vec<_>>())
    }

    fn anchors(text: &str) -> Vec<String> {
        page(text).anchors.into_iter().collect()
    }

    #[test]
    fn a_heading_without_an_id_gets_the_one_mdbook_gives_it() {
        assert_eq!(anchors("## What `f()` does, & why"), ["what-f-does--why"]);
        assert_eq!(anchors("## Twice\n\n## Twice"), ["twice", "twice-1"]);
    }

    #[test]
    fn explicit_ids_and_those_of_html_elements_are_anchors() {
        assert_eq!(anchors("## A {#a}\n\n<details id=\"b\">\n"), ["a", "b"]);
    }

    #[test]
    fn an_id_that_is_given_twice_is_a_problem() {
        let page = page("## A {#a}\n\n## B {#a}");
        assert_eq!(page.problems.len(), 1);
        assert_eq!(page.problems[0].place.line, 3);
    }

    #[test]
    fn links_and_pictures_are_found_in_markdown_and_in_html_but_not_in_code() {
        let page = page("[a](x.md)\n\n![b](y.svg)\n\n<a href=\"z.md\"><img src=\"w.svg\"></a>\n\n`[c](no.md)`\n");
        let found: Vec<_> = page.references.iter().map(|r| (r.target.as_str(), r.is_image)).collect();
        assert_eq!(found, [("x.md", false), ("y.svg", true), ("z.md", false), ("w.svg", true)]);
        assert_eq!(page.references[2].place.line, 5);
    }

    #[test]
    fn a_picture_without_a_description_is_a_problem() {
        assert_eq!(page("![](y.svg)").problems.len(), 1);
        assert_eq!(page("![what it shows](y.svg)").problems, []);
    }

    #[test]
    fn a_label_that_is_defined_nowhere_is_a_problem_and_a_bracketed_number_is_not() {
        assert_eq!(page("[text][label]").problems.len(), 1);
        assert_eq!(page("as shown in [3]").problems, []);
        assert_eq!(page("[text][label]\n\n[label]: x.md").problems, []);
    }
}
