//! What mdBook does to a page before it is Markdown: `{{#include …}}`.
//!
//! A lesson shows code that is compiled and tested, so it names the file and the place in it and never holds a copy. The
//! forms are mdBook's: `path`, `path:anchor`, `path:3`, `path:3:10`, `path:3:`, `path::10`; lines count from one and both
//! ends are in.

use std::fs;
use std::path::Path;

/// Deeper than any page needs; a file that includes itself ends here.
const DEPTH: usize = 10;

/// The text of `page`, with everything that it includes.
///
/// A piece that can't be had becomes a line that says so: a reader loses one example, not the page.
///
/// # Errors
///
/// When the page itself can't be read.
pub fn page(page: &Path) -> std::io::Result<String> {
    let text = fs::read_to_string(page)?;
    Ok(resolve(&text, page.parent().unwrap_or(Path::new("")), 0))
}

/// `text` with its includes, which are relative to `folder`.
fn resolve(text: &str, folder: &Path, depth: usize) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(start) = rest.find("{{#") {
        let (before, from) = rest.split_at(start);
        let Some(end) = from.find("}}") else { break };
        rest = &from[end + 2..];
        let directive = from[3..end].trim();
        if let Some(literal) = before.strip_suffix('\\') {
            out.push_str(literal);
            out.push_str(&from[..end + 2]);
            continue;
        }
        out.push_str(before);
        let included = ["include", "rustdoc_include", "playground"]
            .iter()
            .find_map(|word| directive.strip_prefix(word)?.strip_prefix(char::is_whitespace))
            .map(|target| include(target.trim(), folder, depth));
        match included {
            Some(piece) => out.push_str(&piece),
            // `{{#title …}}` and what else mdBook knows has no place in a terminal.
            None if directive.starts_with("title") => {}
            None => out.push_str(&from[..end + 2]),
        }
    }
    out.push_str(rest);
    out
}

fn include(target: &str, folder: &Path, depth: usize) -> String {
    // Words after the target are options of mdBook's playground.
    let target = target.split_whitespace().next().unwrap_or_default();
    let (path, part) = target.split_once(':').map_or((target, None), |(path, part)| (path, Some(part)));
    let missing = |reason: &str| format!("[{target} can't be shown: {reason}]");
    if depth >= DEPTH {
        return missing("it includes itself");
    }
    let path = folder.join(path);
    let text = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) => return missing(&error.to_string()),
    };
    let lines: Vec<&str> = text.lines().collect();
    let Some(chosen) = choose(&lines, part) else { return missing("there is no such place in the file") };
    let shown: Vec<&str> = chosen.iter().copied().filter(|line| anchor(line).is_none()).collect();
    resolve(&shown.join("\n"), path.parent().unwrap_or(folder), depth + 1)
}

/// The lines that `part` (what follows the first colon) means.
fn choose<'l, 't>(lines: &'l [&'t str], part: Option<&str>) -> Option<&'l [&'t str]> {
    let Some(part) = part else { return Some(lines) };
    let (first, last) = part.split_once(':').map_or((part, None), |(first, last)| (first, Some(last)));
    let number = |text: &str| text.parse::<usize>().ok();
    match (number(first), last) {
        (None, None) => between_anchors(lines, part),
        (Some(line), None) => lines.get(line.checked_sub(1)?..line),
        (from, Some(to)) if from.is_some() || first.is_empty() => {
            let from = from.unwrap_or(1).checked_sub(1)?;
            let to = if to.is_empty() { lines.len() } else { number(to)?.min(lines.len()) };
            lines.get(from..to)
        }
        _ => None,
    }
}

fn between_anchors<'l, 't>(lines: &'l [&'t str], name: &str) -> Option<&'l [&'t str]> {
    let first = lines.iter().position(|line| anchor(line) == Some(Anchor::Begin(name)))? + 1;
    let length = lines[first..].iter().position(|line| anchor(line) == Some(Anchor::End(name)));
    Some(&lines[first..length.map_or(lines.len(), |length| first + length)])
}

#[derive(PartialEq, Eq)]
enum Anchor<'a> {
    Begin(&'a str),
    End(&'a str),
}

fn anchor(line: &str) -> Option<Anchor<'_>> {
    let name = |after: &'static str| {
        let (_, rest) = line.split_once(after)?;
        rest.split_whitespace().next()
    };
    name("ANCHOR_END:").map(Anchor::End).or_else(|| name("ANCHOR:").map(Anchor::Begin))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::files::tests::Scratch;

    const CODE: &str =
        "one\n// ANCHOR: part\ntwo\n  // ANCHOR: inner\nthree\n  // ANCHOR_END: inner\n// ANCHOR_END: part\nfour\n";

    fn shown(name: &str, text: &str) -> String {
        let scratch = Scratch::new(&format!("include-{name}"));
        scratch.write("code/a.rs", CODE);
        scratch.write("book/ch.md", text);
        page(&scratch.0.join("book/ch.md")).expect("the page was just written")
    }

    #[test]
    fn a_whole_file_comes_without_its_anchors() {
        assert_eq!(shown("whole", "x\n{{#include ../code/a.rs}}\ny\n"), "x\none\ntwo\nthree\nfour\ny\n");
    }

    #[test]
    fn an_anchor_is_the_lines_between_its_comments() {
        assert_eq!(shown("anchor", "{{#include ../code/a.rs:part}}"), "two\nthree");
        assert_eq!(shown("inner", "{{ #no }} {{#rustdoc_include ../code/a.rs:inner}}"), "{{ #no }} three");
    }

    #[test]
    fn lines_are_counted_in_the_file_and_both_ends_are_in() {
        assert_eq!(shown("range", "{{#include ../code/a.rs:3:5}}"), "two\nthree");
        assert_eq!(shown("one", "{{#include ../code/a.rs:8}}"), "four");
        assert_eq!(shown("from", "{{#include ../code/a.rs:5:}}"), "three\nfour");
        assert_eq!(shown("to", "{{#include ../code/a.rs::1}}"), "one");
    }

    #[test]
    fn what_is_included_includes_relative_to_itself() {
        let scratch = Scratch::new("include-nested");
        scratch.write("a/page.md", "[{{#include ../b/part.md}}]");
        scratch.write("b/part.md", "({{#include c/leaf.txt}})\n");
        scratch.write("b/c/leaf.txt", "leaf\n");
        assert_eq!(page(&scratch.0.join("a/page.md")).unwrap(), "[(leaf)]");
    }

    #[test]
    fn a_file_that_includes_itself_ends() {
        let scratch = Scratch::new("include-itself");
        scratch.write("a.md", "x {{#include a.md}}");
        assert!(page(&scratch.0.join("a.md")).unwrap().ends_with("[a.md can't be shown: it includes itself]"));
    }

    #[test]
    fn what_is_missing_is_said_in_its_place() {
        let gone = shown("gone", "a {{#include nothing.rs}} b");
        assert!(gone.starts_with("a [nothing.rs can't be shown: ") && gone.ends_with("] b"), "{gone}");
        for part in ["nowhere", "0", "0:2", "90:99", "9", "3:x"] {
            let text = shown("place", &format!("{{{{#include ../code/a.rs:{part}}}}}"));
            assert!(text.contains("there is no such place"), "{part}: {text}");
        }
    }

    #[test]
    fn a_backslash_shows_the_directive_itself() {
        assert_eq!(shown("escaped", "\\{{#include a.rs}} {{#other}}"), "{{#include a.rs}} {{#other}}");
    }
}
