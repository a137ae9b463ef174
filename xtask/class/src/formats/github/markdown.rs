//! The summary of a step, in GitHub's Markdown.
//!
//! One-line text is escaped so that it can be nothing but text: HTML's own characters as entities, all other punctuation
//! with a backslash (CommonMark 2.4). Text of many lines stands in a fence longer than any run of backticks in it.

use std::fmt::Write as _;

use report::ExerciseStatus;

use super::points_of;
use crate::formats::items::{Item, items};
use crate::formats::plain;
use crate::model::Graded;

/// What GitHub takes as the summary of a step, in bytes. A longer one is refused as a whole.
pub const SUMMARY_BYTES: usize = 1024 * 1024;

const LEFT_OUT: &str = "\nThe rest is left out here; the log of this step has all of it.\n";

/// The summary of a submission in at most `room` bytes: [`SUMMARY_BYTES`] less what the file has already.
pub fn summary(graded: &Graded, room: usize) -> String {
    let view = graded.for_learner();
    let mut out = String::new();
    let items = items(&view);
    let parts = [heading(&view)].into_iter().chain([table(&view)]).chain(items.iter().filter_map(story));
    for part in parts {
        if out.len() + part.len() + LEFT_OUT.len() > room {
            if out.len() + LEFT_OUT.len() <= room {
                out.push_str(LEFT_OUT);
            }
            break;
        }
        out.push_str(&part);
    }
    out
}

fn heading(view: &Graded) -> String {
    let points = format!("{} of {} points", plain::points(view.score), plain::points(view.max_score));
    let mut out = format!("## {}\n\n{}\n\n", text(&view.name), text(&points));
    for note in &view.notes {
        let _ = writeln!(out, "{}\n", text(note));
    }
    out
}

fn table(view: &Graded) -> String {
    let mut out = "| Exercise | | State | Points |\n|---|---|---|---:|\n".to_owned();
    for exercise in view.exercises() {
        let state = match exercise.status {
            ExerciseStatus::Passed => "passed".to_owned(),
            ExerciseStatus::NotStarted => "not started".to_owned(),
            ExerciseStatus::DoesNotCompile => "does not compile".to_owned(),
            ExerciseStatus::Failed => {
                let kept = exercise.checks.iter().filter(|check| check.holds()).count();
                format!("{kept} of {} promises kept", exercise.checks.len())
            }
        };
        let (id, title) = (text(&exercise.id), text(&exercise.title));
        let _ = writeln!(out, "| {id} | {title} | {state} | {} |", text(&points_of(view, &exercise.id)));
    }
    out
}

/// What there is to tell about an item, if there is something.
fn story(item: &Item<'_>) -> Option<String> {
    if item.holds || item.verdict == "not_implemented" || item.story.is_empty() {
        return None;
    }
    Some(format!("\n### {}\n\n{}\n\n{}\n", text(&item.title()), text(item.verdict), fenced(&item.story)))
}

/// One line of text that is nothing else.
fn text(line: &str) -> String {
    let mut out = String::new();
    for c in plain::line(line).trim().chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            c if c.is_ascii_punctuation() => out.extend(['\\', c]),
            c => out.push(c),
        }
    }
    out
}

/// Lines of text as a block that none of them can end.
fn fenced(lines: &str) -> String {
    let longest = lines.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest.max(2) + 1);
    format!("{fence}text\n{}\n{fence}", lines.trim_end_matches('\n'))
}

#[cfg(test)]
mod tests {
    use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag, TagEnd};

    use super::*;
    use crate::formats::fixture::{self, HOSTILE, UNLUCKY};

    fn events(markdown: &str) -> Vec<Event<'_>> {
        Parser::new_ext(markdown, Options::ENABLE_TABLES | Options::ENABLE_GFM | Options::ENABLE_STRIKETHROUGH)
            .collect()
    }

    /// The text of the first element of that kind.
    fn text_in(events: &[Event<'_>], end: TagEnd) -> String {
        let stop = events.iter().position(|event| *event == Event::End(end)).expect("there is one");
        let start = events[..stop].iter().rposition(|event| matches!(event, Event::Start(_))).expect("it was begun");
        let text = |event: &Event<'_>| match event {
            Event::Text(text) => text.to_string(),
            other => panic!("nothing but text was expected: {other:?}"),
        };
        events[start + 1..stop].iter().map(text).collect()
    }

    #[test]
    fn a_reader_of_markdown_finds_only_what_we_put_there() {
        for graded in fixture::class().submissions {
            let markdown = summary(&graded, SUMMARY_BYTES);
            for event in events(&markdown) {
                let ours = match &event {
                    Event::Start(tag) => matches!(
                        tag,
                        Tag::Heading { .. }
                            | Tag::Paragraph
                            | Tag::Table(_)
                            | Tag::TableHead
                            | Tag::TableRow
                            | Tag::TableCell
                            | Tag::CodeBlock(CodeBlockKind::Fenced(_))
                    ),
                    Event::Text(_) | Event::End(_) => true,
                    _ => false,
                };
                assert!(ours, "{}: {event:?}", graded.name);
            }
        }
    }

    #[test]
    fn names_come_back_as_they_were() {
        for name in ["[a](b) *c* _d_ ~~e~~ `f`", "<b>&amp; | ![x](y)", "# 1. - + > \\", "https://x.org www.x.org @y #1"]
        {
            let mut graded = fixture::submission(UNLUCKY);
            graded.name = name.to_owned();
            let markdown = summary(&graded, SUMMARY_BYTES);
            assert_eq!(text_in(&events(&markdown), TagEnd::Heading(pulldown_cmark::HeadingLevel::H2)), name);
        }
    }

    #[test]
    fn no_line_of_a_story_ends_its_block() {
        for story in [HOSTILE, "```", "a\n``````\nb", "````text\n```"] {
            let story = plain::lines(story);
            let markdown = fenced(&story);
            let blocks = events(&markdown);
            assert!(matches!(&blocks[0], Event::Start(Tag::CodeBlock(_))), "{markdown}");
            assert_eq!(text_in(&blocks, TagEnd::CodeBlock).trim_end_matches('\n'), story.trim_end_matches('\n'));
            assert!(blocks.last() == Some(&Event::End(TagEnd::CodeBlock)), "{markdown}");
        }
    }

    #[test]
    fn hidden_seeds_are_not_in_it() {
        let markdown = summary(&fixture::submission(UNLUCKY), SUMMARY_BYTES);
        assert!(markdown.contains("18\\.66 of 22 points") && !markdown.contains("Secret"), "{markdown}");
    }

    #[test]
    fn it_keeps_to_the_room_there_is_and_says_so() {
        let mut graded = fixture::class().submissions.remove(4);
        let check = graded.chapters[0].exercises[0].checks[1].clone();
        graded.chapters[0].exercises[0].checks.extend(vec![check; 2000]);
        for room in [0, 10, 100, 300, 5_000, SUMMARY_BYTES] {
            let markdown = summary(&graded, room);
            assert!(markdown.len() <= room, "{} bytes in {room}", markdown.len());
            assert!(room < LEFT_OUT.len() || markdown.ends_with(LEFT_OUT), "{room}");
        }
        assert!(!summary(&fixture::submission(UNLUCKY), SUMMARY_BYTES).contains(LEFT_OUT));
    }

    #[test]
    fn a_summary_looks_like_this() {
        insta::assert_snapshot!(summary(&fixture::class().submissions[4], SUMMARY_BYTES));
    }
}
