//! The story of a failure as a page for a browser.
//!
//! One file, complete in itself: no script, no font, nothing from the network, so it can be opened from a disk, mailed to
//! an instructor, or attached to a bug. What the terminal cuts away is there: "the whole run" shows every event, those that
//! led to the breach in full and the rest faded.
//!
//! The diagram is drawn where the run is known, not by a script in the browser. That costs bytes for long runs, so there
//! is a bound ([`MAX_BYTES`]) at which the oldest events are left out, and the page says so.

mod draw;
mod html;
mod labels;
mod place;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::fmt::Write as _;

use report::{Span, Style, Text};
use sim::{EventId, Kind, Lane, Tone, Trace};

use self::html::escape;
use self::place::{Places, Shown};
use crate::diagram::cut;
use crate::explain::{plural, thousands};
use crate::run::{Run, numbered};

/// No page is larger than this.
pub const MAX_BYTES: usize = 1_900_000;

/// "What led there" shows so many events before the focus whole, and of those before only what turned the course of things.
const PAST: usize = 250;
/// "The whole run" begins with so many events, and is tried with fewer while the page is too large.
const WHOLE: usize = 6_000;
/// A drawing of more pixels than this is wider than the text of the page.
const WIDE: i32 = 1_190;
/// Of a text outside the diagram, so many characters are shown.
const MAX_CHARS: usize = 20_000;

/// What a page tells.
#[derive(Clone, Copy)]
pub struct Story<'a> {
    /// The exercise's id.
    pub exercise: &'a str,
    /// The promise, as a sentence.
    pub promise: &'a str,
    /// What became of it, in a word or two: "broken", "panicked".
    pub verdict: &'a str,
    /// What happened instead.
    pub happened: &'a str,
    /// What the contract asks for.
    pub expected: &'a str,
    /// What was seen.
    pub actual: &'a str,
    /// The faults and steps that are left of the schedule, in words.
    pub schedule: &'a [String],
    /// How many there were at first.
    pub entries_before: usize,
    /// What runs it again: `cargo xtask replay …`.
    pub replay: &'a str,
    /// What shows the section of the lesson: `cargo xtask lesson …`.
    pub lesson: &'a str,
    /// A history drawn as intervals in time, if there is one.
    pub intervals: Option<&'a Text>,
    /// The other formats of the run, beside the page: what they are, and the names of the files.
    pub exports: &'a [(&'a str, String)],
    /// What happened.
    pub trace: &'a Trace,
    /// The event at which it broke, if there is one.
    pub focus: Option<EventId>,
}

/// The page.
pub fn page(story: &Story) -> String {
    let mut whole = WHOLE;
    loop {
        let page = with_whole(story, whole);
        if page.len() <= MAX_BYTES || whole < 50 {
            return page;
        }
        whole /= 2;
    }
}

fn with_whole(story: &Story, whole: usize) -> String {
    let mut out = String::new();
    let title = escape(story.promise);
    let _ = write!(
        out,
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
         <title>{title}</title>\n<style>\n{}</style>\n</head>\n<body>\n<main>\n",
        include_str!("style.css")
    );
    let _ = write!(
        out,
        "<header><p>{}</p><h1>{title}<span class=\"badge\">{}</span></h1></header>\n<p class=\"happened\">{}</p>\n",
        escape(story.exercise),
        escape(story.verdict),
        shortened(story.happened)
    );
    values(&mut out, story);
    schedule(&mut out, story);
    if let Some(intervals) = story.intervals.filter(|text| !text.is_empty()) {
        let _ = writeln!(out, "<h2>What clients did, in time</h2>\n<pre class=\"drawn\">{}</pre>", styled(intervals));
    }
    run(&mut out, story, whole);
    pointers(&mut out, story);
    out.push_str("</main>\n</body>\n</html>\n");
    out
}

fn shortened(text: &str) -> String {
    escape(&text.chars().take(MAX_CHARS).chain(text.chars().nth(MAX_CHARS).map(|_| '…')).collect::<String>())
}

/// A drawing made of characters.
fn styled(text: &Text) -> String {
    let span = |span: &Span| {
        let class = match span.style {
            Style::Plain => return escape(&span.text),
            Style::Dim => "soft",
            Style::Strong => "strong",
            Style::Good => "good",
            Style::Fault => "fault",
            Style::Bad => "bad",
        };
        format!("<span class=\"{class}\">{}</span>", escape(&span.text))
    };
    let line = |line: &Vec<Span>| line.iter().map(span).collect::<String>();
    text.lines.iter().map(line).collect::<Vec<_>>().join("\n")
}

fn values(out: &mut String, story: &Story) {
    if story.expected.is_empty() && story.actual.is_empty() {
        return;
    }
    out.push_str("<dl class=\"values\">");
    for (name, value) in [("expected", story.expected), ("actual", story.actual)] {
        let value = if value.is_empty() { "(nothing)" } else { value };
        let _ = write!(out, "<div><dt>{name}</dt><dd>{}</dd></div>", shortened(value));
    }
    out.push_str("</dl>\n");
}

fn schedule(out: &mut String, story: &Story) {
    if story.schedule.is_empty() {
        return;
    }
    out.push_str("<h2>What it takes</h2>\n<ol class=\"takes\">");
    for entry in story.schedule {
        let _ = write!(out, "<li>{}</li>", shortened(entry));
    }
    out.push_str("</ol>\n");
    if story.entries_before > story.schedule.len() {
        let left = if story.schedule.len() == 1 { "this one is" } else { "these are" };
        let _ = writeln!(
            out,
            "<p class=\"soft\">The schedule had {} entries; {left} enough, and none less.</p>",
            thousands(story.entries_before as u64)
        );
    }
}

fn run(out: &mut String, story: &Story, whole: usize) {
    if story.trace.events.is_empty() {
        return;
    }
    let run = Run::of(story.trace);
    let past = story.focus.map(|focus| cut::Shown::of(story.trace, Some(focus)));
    let past_is_all =
        past.as_ref().is_none_or(|past| past.events.len() == story.trace.events.len() && past.events.len() <= PAST);
    let in_past: BTreeSet<EventId> = past.iter().flat_map(|past| past.events.iter().map(|(id, _)| *id)).collect();
    out.push_str("<h2>What happened, in milliseconds of virtual time</h2>\n<div class=\"views\">\n");
    if !past_is_all {
        out.push_str(
            "<input type=\"radio\" name=\"view\" id=\"past\" checked><input type=\"radio\" name=\"view\" id=\"whole\">\
             <input type=\"checkbox\" id=\"plain\"><label for=\"past\">What led there</label>\
             <label for=\"whole\">The whole run</label><label for=\"plain\">nothing faded</label>\n",
        );
        let shown = skip(story.trace, &in_past, &in_past, PAST, story.focus);
        view(out, &run, &shown, story, "past", false);
    }
    let all: BTreeSet<EventId> = numbered(story.trace).map(|(id, _)| id).collect();
    let shown = skip(story.trace, &all, &in_past, whole, story.focus);
    view(out, &run, &shown, story, "whole", past_is_all);
    out.push_str(&legend(&run));
    out.push_str("</div>\n");
}

/// What the signs mean that are on this page.
fn legend(run: &Run) -> String {
    let any = |is: fn(&Kind) -> bool| run.trace.events.iter().any(|event| is(&event.kind));
    let life = any(|kind| matches!(kind, Kind::Life { .. }));
    let lost = any(|kind| matches!(kind, Kind::Lost { .. }));
    let signs = [
        (true, "Rest the pointer on anything to read all of it."),
        (life, "▲ comes up"),
        (life, "✕ on a lane: crashes; a band in place of its line: down"),
        (life, "a double line: paused"),
        (lost, "✕ on a message: it never arrives"),
        (true, "dotted: no events for that long"),
    ];
    let shown: String = signs.iter().filter(|(is, _)| *is).map(|(_, words)| format!("<li>{words}</li>")).collect();
    format!("<ul class=\"legend\">{shown}</ul>\n")
}

/// Of `events`, the last `most` up to a little after the focus, and before those only what turned the course of things.
fn skip<'a>(
    trace: &'a Trace,
    events: &BTreeSet<EventId>,
    in_past: &BTreeSet<EventId>,
    most: usize,
    focus: Option<EventId>,
) -> Vec<Shown<'a>> {
    let chosen: Vec<(EventId, _)> = numbered(trace).filter(|(id, _)| events.contains(id)).collect();
    let until =
        focus.map_or(chosen.len(), |focus| chosen.partition_point(|(id, _)| *id <= focus) + most / 4).min(chosen.len());
    let from = until.saturating_sub(most);
    let mut shown = Vec::new();
    let mut skipped = 0;
    let mut turns = 0;
    for (place, (id, event)) in chosen[..until].iter().enumerate() {
        let turn = match &event.kind {
            Kind::Life { .. } | Kind::World { .. } => true,
            Kind::Note { tone, .. } => *tone != Tone::Plain,
            _ => false,
        };
        let keep = place >= from || turn && turns < most / 2;
        if !keep {
            skipped += 1;
            continue;
        }
        turns += usize::from(place < from);
        shown.push(Shown { id: *id, event, in_past: in_past.contains(id), skipped });
        skipped = 0;
    }
    shown
}

fn view(out: &mut String, run: &Run, shown: &[Shown], story: &Story, id: &str, is_only: bool) {
    let only = if is_only { " only" } else { "" };
    let _ = writeln!(out, "<div class=\"view of-{id}{only}\">");
    let places = Places::of(run, &lanes(run, shown, id == "whole"), shown);
    let anchor = format!("{id}-breach");
    if places.height > 900 && story.focus.is_some() {
        let _ = writeln!(out, "<p class=\"soft\"><a href=\"#{anchor}\">Go to where it broke</a></p>");
    }
    // Only a drawing that needs it takes more of the window than the text.
    let wide = if places.width > WIDE { " wide" } else { "" };
    let _ = writeln!(
        out,
        "<div class=\"run{wide}\" tabindex=\"0\">\n{}</div>",
        draw::svg(run, &places, shown, story.focus, &anchor)
    );
    let (left, all) = (run.trace.events.len() - shown.len(), run.trace.events.len() as u64);
    if left > 0 {
        let _ = writeln!(
            out,
            "<p class=\"soft\">Not in this view: {} of {}.{}</p>",
            thousands(left as u64),
            plural(all, "event"),
            if id == "whole" { " The files below have them all." } else { "" }
        );
    }
    out.push_str("</div>\n");
}

/// The lanes to draw: all, or those to which something that is shown happens.
fn lanes(run: &Run, shown: &[Shown], all: bool) -> Vec<Lane> {
    let every = || (0..run.trace.lanes.len()).map(|lane| Lane(u16::try_from(lane).expect("a run has few lanes")));
    let mut used: BTreeSet<Lane> = BTreeSet::new();
    for one in shown {
        used.insert(one.event.lane);
        if let Kind::Send { to, .. } = one.event.kind {
            used.insert(to);
        }
    }
    every().filter(|lane| all || run.trace.lanes.len() <= 3 || used.contains(lane)).collect()
}

fn pointers(out: &mut String, story: &Story) {
    let _ = write!(
        out,
        "<h2>Again</h2>\n<pre>{}</pre>\n<h2>The lesson that explains it</h2>\n<pre>{}</pre>\n",
        escape(story.replay),
        escape(story.lesson)
    );
    if !story.exports.is_empty() {
        let file = |(what, name): &(&str, String)| format!("<a href=\"{0}\">{0}</a> ({1})", escape(name), escape(what));
        let files: Vec<String> = story.exports.iter().map(file).collect();
        let _ = writeln!(
            out,
            "<p class=\"soft\">The whole run for other tools, beside this page: {}.</p>",
            files.join(", ")
        );
    }
}
