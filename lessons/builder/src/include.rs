//! A page with everything that it includes, each line with the place it comes from.
//!
//! mdBook puts an empty text where an anchor is missing and leaves the directive standing where a file is; neither
//! stops a build. Here both are problems. Line ranges (`file.rs:3:9`) are refused: they go on compiling when somebody
//! adds a line above, and show the wrong code from then on. An anchor moves with what it names.

use std::fs;
use std::path::Path;

use crate::{Place, Problem};

/// mdBook stops here too.
const MAX_DEPTH: usize = 10;

const DIRECTIVES: [&str; 3] = ["#include", "#rustdoc_include", "#playground"];

/// A line of a page and where it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Without its line break.
    pub text: String,
    /// The file it stands in, which for included text is not the page's own.
    pub place: Place,
}

/// Reads `file` and replaces each include in it by what it names, as mdBook does.
pub fn expand(file: &Path, problems: &mut Vec<Problem>) -> Vec<Line> {
    match fs::read_to_string(file) {
        Ok(text) => expand_lines(lines_of(&text, file), 0, problems),
        Err(error) => {
            problems.push(Problem::new(Place::file(file), format!("cannot be read: {error}")));
            Vec::new()
        }
    }
}

fn lines_of(text: &str, file: &Path) -> Vec<Line> {
    text.lines()
        .enumerate()
        .map(|(index, text)| Line { text: text.to_owned(), place: Place { file: file.to_path_buf(), line: index + 1 } })
        .collect()
}

fn expand_lines(lines: Vec<Line>, depth: usize, problems: &mut Vec<Problem>) -> Vec<Line> {
    let mut out = Vec::with_capacity(lines.len());
    for line in lines {
        expand_line(line, depth, problems, &mut out);
    }
    out
}

fn expand_line(line: Line, depth: usize, problems: &mut Vec<Problem>, out: &mut Vec<Line>) {
    let Some(directive) = Directive::find(&line.text) else {
        out.push(line);
        return;
    };
    let (before, rest) = line.text.split_at(directive.start);
    let after = &rest[directive.len..];
    if depth >= MAX_DEPTH {
        let message = format!("includes nest deeper than {MAX_DEPTH}; does a file include itself?");
        problems.push(Problem::new(line.place, message));
        return;
    }
    let mut included = match directive.read(&line.place) {
        Ok(lines) => expand_lines(lines, depth + 1, problems),
        Err(message) => {
            problems.push(Problem::new(line.place.clone(), message));
            Vec::new()
        }
    };
    glue(&mut included, before, after, &line.place);
    let last = included.pop();
    out.append(&mut included);
    if let Some(last) = last {
        // What follows the directive on its line may hold another one.
        if after.is_empty() {
            out.push(last);
        } else {
            expand_line(last, depth + 1, problems, out);
        }
    }
}

/// Joins the text round a directive to the first and last line of what it stood for.
fn glue(included: &mut Vec<Line>, before: &str, after: &str, place: &Place) {
    if included.is_empty() {
        included.push(Line { text: String::new(), place: place.clone() });
    }
    if let Some(first) = included.first_mut() {
        first.text.insert_str(0, before);
    }
    if let Some(last) = included.last_mut() {
        last.text.push_str(after);
    }
}

/// `{{#include PATH}}` or `{{#include PATH:ANCHOR}}`.
struct Directive {
    start: usize,
    len: usize,
    path: String,
    part: Option<String>,
}

impl Directive {
    fn find(text: &str) -> Option<Self> {
        let mut from = 0;
        while let Some(offset) = text[from..].find("{{") {
            let start = from + offset;
            let end = start + text[start..].find("}}")?;
            from = end + 2;
            let escaped = text[..start].ends_with('\\');
            let mut words = text[start + 2..end].split_whitespace();
            let named = words.next().is_some_and(|word| DIRECTIVES.contains(&word));
            let Some(target) = words.next().filter(|_| named && !escaped) else {
                continue;
            };
            let (path, part) = match target.split_once(':') {
                Some((path, part)) => (path, Some(part.to_owned())),
                None => (target, None),
            };
            return Some(Self { start, len: from - start, path: path.to_owned(), part });
        }
        None
    }

    /// The lines it stands for, before their own includes are expanded.
    fn read(&self, at: &Place) -> Result<Vec<Line>, String> {
        let folder = at.file.parent().unwrap_or(Path::new("."));
        let file = folder.join(&self.path);
        let text = fs::read_to_string(&file)
            .map_err(|error| format!("includes `{}`, which cannot be read: {error}", self.path))?;
        let lines = lines_of(&text, &file);
        match &self.part {
            None => Ok(lines),
            Some(anchor) => anchored(lines, anchor, &self.path),
        }
    }
}

fn anchored(lines: Vec<Line>, anchor: &str, path: &str) -> Result<Vec<Line>, String> {
    if anchor.is_empty() || anchor.starts_with([':', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9']) {
        return Err(format!(
            "includes `{path}` by line numbers, which point elsewhere after the next edit; put `// ANCHOR: name` and \
             `// ANCHOR_END: name` round the lines and include `{path}:name`"
        ));
    }
    let marks = |line: &Line, mark: &str| line.text.split_once(mark).is_some_and(|(_, name)| word(name) == anchor);
    let start = lines.iter().position(|line| marks(line, "ANCHOR:"));
    let Some(start) = start else {
        return Err(format!("includes `{path}:{anchor}`, but `{path}` has no `ANCHOR: {anchor}`"));
    };
    let end = lines.iter().skip(start).position(|line| marks(line, "ANCHOR_END:"));
    let Some(length) = end else {
        return Err(format!("includes `{path}:{anchor}`, but `{path}` has no `ANCHOR_END: {anchor}` after its start"));
    };
    let is_mark = |line: &Line| line.text.contains("ANCHOR:") || line.text.contains("ANCHOR_END:");
    let inside: Vec<Line> = lines.into_iter().skip(start + 1).take(length.saturating_sub(1)).collect();
    if inside.iter().all(|line| line.text.trim().is_empty()) {
        return Err(format!("includes `{path}:{anchor}`, between whose anchors nothing stands"));
    }
    Ok(inside.into_iter().filter(|line| !is_mark(line)).collect())
}

/// The name after `ANCHOR:`, which a comment may go on behind.
fn word(text: &str) -> &str {
    let text = text.trim_start();
    let end = text.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == '-')).unwrap_or(text.len());
    &text[..end]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expanded(files: &[(&str, &str)]) -> (Vec<String>, Vec<Problem>) {
        let folder = tempfile::tempdir().expect("a temporary folder");
        for (name, text) in files {
            fs::write(folder.path().join(name), text).expect("a file in it");
        }
        let mut problems = Vec::new();
        let lines = expand(&folder.path().join(files[0].0), &mut problems);
        (lines.into_iter().map(|line| line.text).collect(), problems)
    }

    #[test]
    fn an_include_is_replaced_by_the_file_it_names() {
        let (lines, problems) = expanded(&[("p.md", "a\n{{#include q.md}}\nd"), ("q.md", "b\nc\n")]);
        assert_eq!(lines, ["a", "b", "c", "d"]);
        assert_eq!(problems, []);
    }

    #[test]
    fn an_anchor_takes_only_what_stands_inside_it() {
        let code = "x\n// ANCHOR: f\nfn f() {}\n// ANCHOR: g\n// ANCHOR_END: g\n// ANCHOR_END: f\ny\n";
        let (lines, problems) = expanded(&[("p.md", "{{#include c.rs:f}}"), ("c.rs", code)]);
        assert_eq!(lines, ["fn f() {}"]);
        assert_eq!(problems, []);
    }

    #[test]
    fn a_missing_file_is_a_problem_where_it_is_asked_for() {
        let (_, problems) = expanded(&[("p.md", "a\n{{#include gone.md}}")]);
        assert_eq!(problems.len(), 1);
        assert_eq!(problems[0].place.line, 2);
        assert!(problems[0].message.contains("gone.md"), "{}", problems[0]);
    }

    #[test]
    fn a_missing_anchor_an_unclosed_one_and_an_empty_one_are_problems() {
        for (code, expected) in [
            ("fn f() {}", "has no `ANCHOR: f`"),
            ("// ANCHOR: f2\n// ANCHOR_END: f2", "has no `ANCHOR: f`"),
            ("// ANCHOR: f\nfn f() {}", "has no `ANCHOR_END: f`"),
            ("// ANCHOR: f\n\n// ANCHOR_END: f", "nothing stands"),
        ] {
            let (_, problems) = expanded(&[("p.md", "{{#include c.rs:f}}"), ("c.rs", code)]);
            assert_eq!(problems.len(), 1, "{code}");
            assert!(problems[0].message.contains(expected), "{}", problems[0]);
        }
    }

    #[test]
    fn line_numbers_are_refused() {
        for part in ["3", "3:9", ":9"] {
            let page = format!("{{{{#include c.rs:{part}}}}}");
            let (_, problems) = expanded(&[("p.md", &page), ("c.rs", "fn f() {}")]);
            assert!(problems[0].message.contains("by line numbers"), "{}", problems[0]);
        }
    }

    #[test]
    fn a_file_that_includes_itself_is_a_problem_and_no_endless_loop() {
        let (_, problems) = expanded(&[("p.md", "{{#include p.md}}")]);
        assert!(problems[0].message.contains("include itself"), "{}", problems[0]);
    }

    #[test]
    fn an_escaped_directive_is_text() {
        let (lines, problems) = expanded(&[("p.md", "\\{{#include gone.md}}")]);
        assert_eq!(lines, ["\\{{#include gone.md}}"]);
        assert_eq!(problems, []);
    }

    #[test]
    fn two_includes_on_one_line_are_both_replaced() {
        let (lines, problems) = expanded(&[("p.md", "<{{#include a}}|{{#include b}}>"), ("a", "1"), ("b", "2")]);
        assert_eq!(lines, ["<1|2>"]);
        assert_eq!(problems, []);
    }
}
