//! What has to be on every page, and what must never be.

use std::collections::BTreeMap;

use sim::Life;

use super::*;
use crate::specimens::{cluster, random};

/// A story about a run, in words that are easily found again.
fn story(trace: &Trace, focus: Option<EventId>) -> Story<'_> {
    Story {
        exercise: "flaky_rpc",
        promise: "A lost request is retried",
        verdict: "broken",
        happened: "the call failed",
        expected: "a receipt",
        actual: "an error",
        schedule: &[],
        entries_before: 0,
        replay: "cargo xtask replay flaky_rpc/a_lost_request_is_retried@1.0.all.00",
        lesson: "cargo xtask lesson ch01#flaky_rpc",
        intervals: None,
        exports: &[],
        trace,
        focus,
    }
}

/// A request whose reply is lost.
fn retried() -> (Trace, EventId) {
    let mut trace = Trace::new(["client", "bank"]);
    let (client, bank) = (Lane(0), Lane(1));
    let request = trace.send(0, client, bank, "charge");
    trace.receive(5_000, bank, request);
    let reply = trace.send(5_000, bank, client, "receipt");
    trace.lost(5_000, bank, reply, "lost");
    let focus = trace.note(150_000, client, Tone::Bad, "gives up");
    trace.note(160_000, bank, Tone::Plain, "idle");
    (trace, focus)
}

/// The part of a page between two texts, from the first on.
fn between<'p>(page: &'p str, from: &str, to: &str) -> &'p str {
    let from = page.find(from).unwrap_or_else(|| panic!("{from} is on the page"));
    let length = page[from..].find(to).unwrap_or_else(|| panic!("{to} comes after {from}"));
    &page[from..from + length]
}

/// Fails unless every element that is opened is closed again, in order.
fn assert_well_formed(page: &str) {
    const EMPTY: [&str; 4] = ["meta", "input", "link", "br"];
    let body = &page[page.find("<html").expect("it is HTML")..];
    let mut open: Vec<&str> = Vec::new();
    let mut rest = body;
    while let Some(at) = rest.find('<') {
        rest = &rest[at + 1..];
        let end = rest.find('>').expect("a tag ends");
        let (tag, after) = (&rest[..end], &rest[end + 1..]);
        rest = after;
        let name = tag.trim_start_matches('/').split([' ', '/']).next().unwrap_or_default();
        if tag.starts_with('/') {
            assert_eq!(open.pop(), Some(name), "before {}", &after[..after.len().min(80)]);
        } else if !tag.ends_with('/') && !EMPTY.contains(&name) {
            open.push(name);
        }
        assert_eq!(tag.matches('"').count() % 2, 0, "{tag}");
    }
    assert!(open.is_empty(), "{open:?}");
}

#[test]
fn a_page_tells_the_whole_story() {
    let (trace, focus) = retried();
    let schedule = ["the reply to attempt 1 is lost".to_owned()];
    let mut intervals = Text::plain("c1 ├─ write 1 ─┤");
    intervals.line().push(Style::Bad, "c2 read → 0");
    let exports = [("JSON lines", "x.jsonl".to_owned())];
    let told = Story {
        schedule: &schedule,
        entries_before: 7,
        intervals: Some(&intervals),
        exports: &exports,
        ..story(&trace, Some(focus))
    };
    let page = page(&told);
    assert_well_formed(&page);
    for said in [
        "<title>A lost request is retried</title>",
        "<h1>A lost request is retried<span class=\"badge\">broken</span></h1>",
        "the call failed",
        "<dt>expected</dt><dd>a receipt</dd>",
        "<dt>actual</dt><dd>an error</dd>",
        "<li>the reply to attempt 1 is lost</li>",
        "The schedule had 7 entries; this one is enough",
        "c1 ├─ write 1 ─┤\n<span class=\"bad\">c2 read → 0</span></pre>",
        "cargo xtask replay flaky_rpc/a_lost_request_is_retried@1.0.all.00",
        "cargo xtask lesson ch01#flaky_rpc",
        "<a href=\"x.jsonl\">x.jsonl</a> (JSON lines)",
    ] {
        assert!(page.contains(said), "{said}\n{page}");
    }
}

#[test]
fn every_event_of_the_run_can_be_read_by_resting_the_pointer_on_it() {
    let (trace, focus) = retried();
    let page = page(&story(&trace, Some(focus)));
    let whole = between(&page, "view of-whole", "legend");
    for title in [
        "<title>0 ms  client: sends charge to bank; arrives at 5 ms</title>",
        "<title>5 ms  bank: sends receipt to client; never arrives: lost (5 ms)</title>",
        "<title>150 ms  client: gives up</title>",
        "<title>160 ms  bank: idle</title>",
    ] {
        assert!(whole.contains(title), "{title}\n{whole}");
    }
}

#[test]
fn what_led_there_leaves_the_rest_out_and_the_whole_run_fades_it() {
    let (trace, focus) = retried();
    let page = page(&story(&trace, Some(focus)));
    let (past, whole) = (between(&page, "view of-past", "view of-whole"), between(&page, "view of-whole", "legend"));
    assert!(past.contains("gives up") && !past.contains("idle"), "{past}");
    assert!(past.contains("Not in this view: 1 of 6 events."), "{past}");
    assert!(whole.contains("<g class=\"rest\"><title>160 ms  bank: idle"), "{whole}");
    assert!(whole.contains("<g class=\"focus bad\"><title>150 ms  client: gives up"), "{whole}");
    assert_eq!(whole.matches("\"rest\"").count(), 1, "only what did not lead there is faded: {whole}");
}

#[test]
fn without_a_focus_there_is_one_view_and_nothing_is_faded() {
    let (trace, _) = retried();
    let page = page(&story(&trace, None));
    assert_well_formed(&page);
    let body = between(&page, "<body>", "</body>");
    assert!(body.contains("class=\"view of-whole only\""));
    assert!(!body.contains("of-past") && !body.contains("<input") && !body.contains("\"rest\""), "{body}");
}

#[test]
fn a_run_that_led_there_as_a_whole_has_one_view() {
    let mut trace = Trace::new(["client"]);
    trace.note(0, Lane(0), Tone::Plain, "waits");
    let focus = trace.note(10, Lane(0), Tone::Bad, "gives up");
    let page = page(&story(&trace, Some(focus)));
    assert_well_formed(&page);
    let body = between(&page, "<body>", "</body>");
    assert!(
        body.contains("view of-whole only") && body.contains("class=\"band\"") && !body.contains("<input"),
        "{body}"
    );
}

#[test]
fn a_run_without_events_is_told_without_a_drawing() {
    let trace = Trace::new(["client"]);
    let page = page(&story(&trace, None));
    assert_well_formed(&page);
    assert!(!page.contains("<svg"));
}

#[test]
fn nothing_that_a_learners_code_says_becomes_html() {
    let evil = "</title><script>alert(1)</script><img src=\"x\" onerror='alert(2)'>&\u{0}";
    let mut trace = Trace::new([evil, "n2"]);
    let message = trace.send(0, Lane(0), Lane(1), evil);
    trace.receive(10, Lane(1), message);
    let lost = trace.send(20, Lane(0), Lane(1), evil);
    trace.lost(20, Lane(0), lost, evil);
    trace.life(30, Lane(0), Life::Down, evil);
    trace.world(40, Tone::Fault, evil);
    let focus = trace.note(50, Lane(1), Tone::Bad, evil);
    let schedule = [evil.to_owned()];
    let intervals = Text::plain(evil);
    let exports = [(evil, evil.to_owned())];
    let told = Story {
        exercise: evil,
        promise: evil,
        verdict: evil,
        happened: evil,
        expected: evil,
        actual: evil,
        schedule: &schedule,
        entries_before: 2,
        replay: evil,
        lesson: evil,
        intervals: Some(&intervals),
        exports: &exports,
        trace: &trace,
        focus: Some(focus),
    };
    let page = page(&told);
    assert_well_formed(&page);
    for bad in ["<script", "<img", "\u{0}", "onerror='"] {
        assert!(!page.contains(bad), "{bad}");
    }
    assert!(page.matches("&lt;script&gt;").count() > 10);
}

#[test]
fn a_page_needs_nothing_from_elsewhere() {
    let (trace, focus) = cluster(5);
    let page = page(&story(&trace, Some(focus)));
    for from_elsewhere in ["http:", "https:", "src=", "<script", "<link", "@import", "url("] {
        assert!(!page.contains(from_elsewhere), "{from_elsewhere}");
    }
    assert!(page.contains("default-src 'none'"));
    assert!(page.contains("prefers-color-scheme: dark"));
}

#[test]
fn whatever_happens_gives_a_page() {
    for seed in 0..150 {
        let trace = random(seed);
        let focus = (seed % 2 == 0).then_some(EventId(trace.events.len() as u32 / 2));
        let page = page(&story(&trace, focus));
        assert_well_formed(&page);
        assert_eq!(page.contains("class=\"band\""), focus.is_some(), "seed {seed}: the focus has its band");
        assert_eq!(page, super::page(&story(&trace, focus)), "seed {seed}: the same run, the same page");
    }
}

#[test]
fn a_time_that_goes_back_is_drawn_and_exported_all_the_same() {
    let mut trace = Trace::new(["client"]);
    trace.note(5_000, Lane(0), Tone::Plain, "late");
    let focus = trace.note(3_000, Lane(0), Tone::Bad, "early");
    assert_well_formed(&page(&story(&trace, Some(focus))));
    let exported = crate::export::chrome_trace(&trace);
    assert!(exported.find("late") < exported.find("early"), "{exported}");
}

/// The places of a run's events, all of them shown.
fn places(trace: &Trace) -> (Run<'_>, Places) {
    let run = Run::of(trace);
    let all: BTreeSet<EventId> = numbered(trace).map(|(id, _)| id).collect();
    let shown = skip(trace, &all, &all, usize::MAX / 4, None);
    let places = Places::of(&run, &lanes(&run, &shown, true), &shown);
    (run, places)
}

#[test]
fn time_runs_downwards_and_no_message_upwards() {
    for trace in (0..150).map(random).chain([cluster(5).0, cluster(25).0]) {
        let (run, places) = places(&trace);
        let mut deepest: BTreeMap<u64, (i32, i32)> = BTreeMap::new();
        for (id, event) in numbered(&trace) {
            let y = places.y[&id];
            let instant = deepest.entry(event.at_us).or_insert((y, y));
            *instant = (instant.0.min(y), instant.1.max(y));
            if let Kind::Receive { message } = event.kind
                && let Some(sending) = run.sending(message)
            {
                assert!(places.y[&sending.id] < y);
            }
        }
        let instants: Vec<(i32, i32)> = deepest.into_values().collect();
        assert!(instants.windows(2).all(|pair| pair[0].1 <= pair[1].0), "{instants:?}");
    }
}

#[test]
fn texts_at_a_lane_do_not_lie_on_one_another() {
    for trace in (0..150).map(random).chain([cluster(5).0]) {
        let (_, places) = places(&trace);
        let mut below: BTreeMap<Lane, i32> = BTreeMap::new();
        for (id, event) in numbered(&trace) {
            let (Kind::Note { text, .. } | Kind::Life { text, .. }) = &event.kind else { continue };
            let y = places.y[&id];
            assert!(below.get(&event.lane).is_none_or(|below| *below <= y));
            below.insert(event.lane, y + places.lines(text).len() as i32 * place::LINE);
        }
    }
}

#[test]
fn a_long_silence_takes_no_more_room_than_its_sign() {
    let (trace, _) = cluster(5);
    let (_, places) = places(&trace);
    assert!(places.gaps.iter().any(|gap| gap.said == "144 ms"), "between the pause and the next election");
    assert!(places.gaps.iter().all(|gap| gap.bottom - gap.top < 60));
}

/// Twenty-five nodes that tell each other things, for so many messages.
fn long(messages: u32, label: &str) -> (Trace, EventId) {
    let mut trace = Trace::new((1..=25).map(|n| format!("n{n}")));
    for n in 0..messages {
        let at_us = u64::from(n) * 700;
        let (from, to) = (Lane((n * 7 % 25) as u16), Lane((n * 11 % 24) as u16));
        let message = trace.send(at_us, from, to, label);
        trace.receive(at_us + 600, to, message);
    }
    let focus = trace.note(u64::from(messages) * 700, Lane(0), Tone::Bad, "breaks");
    (trace, focus)
}

#[test]
fn two_thousand_events_of_twenty_five_nodes_are_all_there() {
    let (trace, focus) = long(1_000, "gossip about something");
    let page = page(&story(&trace, Some(focus)));
    assert!(page.len() < MAX_BYTES, "{} bytes", page.len());
    let whole = between(&page, "view of-whole", "legend");
    assert_eq!(whole.matches("sends gossip").count(), 1_000);
    assert!(!whole.contains("Not in this view:"));
}

#[test]
fn a_page_that_would_be_too_large_begins_later_and_says_so() {
    let (trace, focus) = long(20_000, &"words ".repeat(60));
    let page = page(&story(&trace, Some(focus)));
    assert!(page.len() < MAX_BYTES, "{} bytes", page.len());
    assert_well_formed(&page);
    let whole = between(&page, "view of-whole", "legend");
    assert!(whole.contains("breaks") && whole.contains("The files below have them all."), "the last events are kept");
}
