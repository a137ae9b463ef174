//! Chrome's trace event format, which Perfetto and `chrome://tracing` open.
//!
//! After "Trace Event Format" by Nat Duca and Dan Sinclair. Each lane is a process with a thread for what happens and one
//! for when it was down or paused. Both viewers draw the arrow of a message only between two slices, so a sending and a
//! receipt are slices, although nothing takes time in the simulated world but the way between two lanes. Each is as long
//! as there is room before the next event, at most 100 µs. Events of one instant are laid side by side, in their order.

use std::borrow::Cow;

use serde::Serialize;
use sim::trace::Event;
use sim::{EventId, Kind, Lane, Life, Tone, Trace};

use crate::diagram::cut::down_at_first;
use crate::run::{Run, numbered};

/// The longest slice that stands for an instant, in nanoseconds.
const SLICE_NS: u64 = 100_000;

/// The process of what happens to the world as a whole; lanes follow.
const WORLD: usize = 0;

/// The threads of a process.
const EVENTS: u32 = 1;
const LIVES: u32 = 2;

/// The trace as JSON that Perfetto and `chrome://tracing` open.
pub fn chrome_trace(trace: &Trace) -> String {
    let run = Run::of(trace);
    let places = places(trace);
    let end_ns = places.last().map_or(0, |place| place.at_ns + place.length_ns);
    let mut entries = names(trace);
    for (id, event) in numbered(trace) {
        what_happens(&run, &places, id, event, &mut entries);
    }
    entries.extend(lives(trace, &places, end_ns));
    let mut out = String::from("{\"displayTimeUnit\":\"ms\",\"traceEvents\":[");
    for (nth, entry) in entries.iter().enumerate() {
        out.push_str(if nth == 0 { "\n" } else { ",\n" });
        out.push_str(&serde_json::to_string(entry).expect("an entry has only string keys"));
    }
    out.push_str("\n]}\n");
    out
}

/// An entry of the format; which fields there are depends on `ph`, its phase.
#[derive(Serialize, Default)]
struct Entry<'a> {
    ph: &'static str,
    name: Cow<'a, str>,
    pid: usize,
    tid: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    cat: Option<&'static str>,
    /// In microseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    ts: Option<f64>,
    /// In microseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    dur: Option<f64>,
    /// Ties the two ends of an arrow together.
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<u32>,
    /// "e": an arrow ends in the slice around it, not in the next one.
    #[serde(skip_serializing_if = "Option::is_none")]
    bp: Option<&'static str>,
    /// How far an instant reaches: its thread, its process, or all.
    #[serde(skip_serializing_if = "Option::is_none")]
    s: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    args: Option<Args<'a>>,
}

/// What a viewer shows of an entry besides its name.
#[derive(Serialize)]
#[serde(untagged)]
enum Args<'a> {
    Name { name: &'a str },
    Order { sort_index: usize },
    Sent { message: u32, to: &'a str },
    Received { message: u32, from: Option<&'a str> },
}

/// Where an event is drawn.
#[derive(Clone, Copy)]
struct Place {
    at_ns: u64,
    length_ns: u64,
}

/// Places for the events, in their order and none on top of another.
fn places(trace: &Trace) -> Vec<Place> {
    let mut places = Vec::with_capacity(trace.events.len());
    let mut free_ns = 0;
    let mut rest = trace.events.as_slice();
    while let [event, ..] = rest {
        let together = rest.iter().take_while(|other| other.at_us == event.at_us).count();
        let gap_ns =
            rest.get(together).map_or(u64::MAX, |next| next.at_us.saturating_sub(event.at_us).saturating_mul(1000));
        let length_ns = (gap_ns / together as u64).clamp(1, SLICE_NS);
        // More events in an instant than the nanoseconds until the next one push those a little.
        let from_ns = free_ns.max(event.at_us * 1000);
        places.extend((0..together as u64).map(|nth| Place { at_ns: from_ns + nth * length_ns, length_ns }));
        free_ns = from_ns + together as u64 * length_ns;
        rest = &rest[together..];
    }
    places
}

fn process(lane: Lane) -> usize {
    if lane == Lane::WORLD { WORLD } else { usize::from(lane.0) + 1 }
}

fn us(ns: u64) -> f64 {
    ns as f64 / 1000.0
}

/// What the processes and threads are called, and their order.
fn names(trace: &Trace) -> Vec<Entry<'_>> {
    fn meta<'a>(name: &'static str, pid: usize, tid: u32, args: Args<'a>) -> Entry<'a> {
        Entry { ph: "M", name: name.into(), pid, tid, args: Some(args), ..Entry::default() }
    }
    let mut names = Vec::new();
    let processes = (WORLD + 1..).zip(trace.lanes.iter().map(String::as_str));
    let has_world = trace.events.iter().any(|event| event.lane == Lane::WORLD);
    for (pid, name) in has_world.then_some((WORLD, "the world")).into_iter().chain(processes) {
        names.push(meta("process_name", pid, EVENTS, Args::Name { name }));
        names.push(meta("process_sort_index", pid, EVENTS, Args::Order { sort_index: pid }));
        names.push(meta("thread_name", pid, EVENTS, Args::Name { name: "events" }));
        let lives = |event: &Event| process(event.lane) == pid && matches!(event.kind, Kind::Life { .. });
        if trace.events.iter().any(lives) {
            names.push(meta("thread_name", pid, LIVES, Args::Name { name: "down or paused" }));
        }
    }
    names
}

fn what_happens<'a>(run: &Run<'a>, places: &[Place], id: EventId, event: &'a Event, entries: &mut Vec<Entry<'a>>) {
    let place = places[id.0 as usize];
    let at = |ph, cat, name: Cow<'a, str>| Entry {
        ph,
        name,
        pid: process(event.lane),
        tid: EVENTS,
        cat: Some(cat),
        ts: Some(us(place.at_ns)),
        ..Entry::default()
    };
    let slice = |name: &'a str, args| Entry {
        dur: Some(us(place.length_ns)),
        args: Some(args),
        ..at("X", "message", name.into())
    };
    let instant = |name: Cow<'a, str>, cat, reaches| Entry { s: Some(reaches), ..at("i", cat, name) };
    match &event.kind {
        Kind::Send { message, to, label } => {
            entries.push(slice(label, Args::Sent { message: message.0, to: run.name(*to) }));
        }
        Kind::Receive { message } => {
            let Some(sending) = run.sending(*message) else {
                entries.push(slice("a message that nobody sent", Args::Received { message: message.0, from: None }));
                return;
            };
            let from = Some(run.name(sending.from));
            entries.push(slice(sending.label, Args::Received { message: message.0, from }));
            // An arrow for each arrival: a message may arrive more than once, an arrow ends only once.
            let end = |ph| Entry { id: Some(id.0), ..at(ph, "message", sending.label.into()) };
            let left_at = us(places[sending.id.0 as usize].at_ns);
            entries.push(Entry { pid: process(sending.from), ts: Some(left_at), ..end("s") });
            entries.push(Entry { bp: Some("e"), ..end("f") });
        }
        Kind::Lost { .. } => entries.push(instant(run.said(event).into(), "lost", "t")),
        Kind::Note { text, tone } => entries.push(instant(text.into(), category(*tone), "t")),
        Kind::Life { text, .. } => entries.push(instant(text.into(), "life", "p")),
        Kind::World { text, tone } => entries.push(instant(text.into(), category(*tone), "g")),
    }
}

fn category(tone: Tone) -> &'static str {
    match tone {
        Tone::Plain => "note",
        Tone::Good => "achieved",
        Tone::Fault => "fault",
        Tone::Bad => "breach",
    }
}

/// A slice for each time that a lane was down or paused.
fn lives(trace: &Trace, places: &[Place], end_ns: u64) -> Vec<Entry<'static>> {
    let slice = |span: Lasting| {
        let at_ns = |id: Option<EventId>, otherwise_ns| id.map_or(otherwise_ns, |id| places[id.0 as usize].at_ns);
        let (from_ns, to_ns) = (at_ns(span.from, 0), at_ns(span.to, end_ns));
        Entry {
            ph: "X",
            name: if span.state == Life::Down { "down" } else { "paused" }.into(),
            pid: process(span.lane),
            tid: LIVES,
            cat: Some("life"),
            ts: Some(us(from_ns)),
            dur: Some(us(to_ns.saturating_sub(from_ns))),
            ..Entry::default()
        }
    };
    spans(trace).into_iter().map(slice).collect()
}

/// A time during which a lane was down or paused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Lasting {
    pub lane: Lane,
    /// [`Life::Down`] or [`Life::Paused`].
    pub state: Life,
    /// The event with which it begins; none if that was before the run.
    pub from: Option<EventId>,
    /// The event with which it ends; none if it doesn't.
    pub to: Option<EventId>,
}

/// The times during which lanes were down or paused. A lane whose first sign of life is to come up was down before.
pub(crate) fn spans(trace: &Trace) -> Vec<Lasting> {
    let down_at_first = down_at_first(trace);
    let mut spans = Vec::new();
    let mut open: Vec<Option<Option<Lasting>>> = vec![None; trace.lanes.len()];
    for (id, event) in numbered(trace) {
        let Kind::Life { state, .. } = event.kind else { continue };
        let lane = event.lane;
        let before = open[usize::from(lane.0)].unwrap_or_else(|| {
            down_at_first.contains(&lane).then_some(Lasting { lane, state: Life::Down, from: None, to: None })
        });
        spans.extend(before.filter(|_| event.at_us > 0).map(|span| Lasting { to: Some(id), ..span }));
        let next = (state != Life::Up).then_some(Lasting { lane, state, from: Some(id), to: None });
        open[usize::from(lane.0)] = Some(next);
    }
    spans.extend(open.into_iter().flatten().flatten());
    spans
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use serde_json::{Value, json};

    use super::*;
    use crate::specimens::{cluster, random};

    fn events(trace: &Trace) -> Vec<Value> {
        let mut whole: Value = serde_json::from_str(&chrome_trace(trace)).expect("it is JSON");
        assert_eq!(whole["displayTimeUnit"], "ms");
        serde_json::from_value(whole["traceEvents"].take()).expect("the events are a list")
    }

    fn of<'v>(events: &'v [Value], ph: &str) -> Vec<&'v Value> {
        events.iter().filter(|event| event["ph"] == ph).collect()
    }

    fn ts(event: &Value) -> f64 {
        event["ts"].as_f64().expect("it has a time")
    }

    fn runs() -> impl Iterator<Item = Trace> {
        (0..50).map(random).chain([cluster(5).0])
    }

    /// The slice in which a flow begins or ends, which is what viewers tie it to.
    fn encloses(slice: &Value, flow: &Value) -> bool {
        let dur = slice["dur"].as_f64().expect("a slice has a length");
        let same_thread = slice["pid"] == flow["pid"] && slice["tid"] == flow["tid"];
        same_thread && ts(slice) <= ts(flow) && ts(flow) < ts(slice) + dur
    }

    #[test]
    fn every_arrival_is_an_arrow_between_two_slices() {
        for trace in runs() {
            let events = events(&trace);
            let slices: Vec<_> = of(&events, "X").into_iter().filter(|slice| slice["cat"] == "message").collect();
            let (starts, ends) = (of(&events, "s"), of(&events, "f"));
            let arrivals = trace.events.iter().filter(|event| matches!(event.kind, Kind::Receive { .. })).count();
            assert_eq!((starts.len(), ends.len()), (arrivals, arrivals));
            let ids: BTreeSet<String> = starts.iter().map(|start| start["id"].to_string()).collect();
            assert_eq!(ids.len(), arrivals, "each arrow has an id of its own");
            for (start, end) in starts.iter().zip(ends) {
                assert_eq!(start["id"], end["id"]);
                assert_eq!((&start["name"], &start["cat"]), (&end["name"], &end["cat"]));
                assert!(ts(start) < ts(end), "{start} {end}");
                assert_eq!(end["bp"], "e");
                for (flow, way) in [(*start, "to"), (end, "from")] {
                    let enclosing: Vec<_> = slices.iter().filter(|slice| encloses(slice, flow)).collect();
                    assert_eq!(enclosing.len(), 1, "{flow}");
                    assert!(enclosing[0]["args"][way].is_string(), "{}", enclosing[0]);
                }
            }
        }
    }

    #[test]
    fn every_other_event_is_an_instant() {
        for trace in runs() {
            let others = trace.events.iter().filter(|e| !matches!(e.kind, Kind::Send { .. } | Kind::Receive { .. }));
            assert_eq!(of(&events(&trace), "i").len(), others.count());
        }
    }

    #[test]
    fn the_slices_of_a_thread_do_not_overlap() {
        for trace in runs() {
            let events = events(&trace);
            let mut threads: BTreeMap<String, Vec<&Value>> = BTreeMap::new();
            for slice in of(&events, "X") {
                threads.entry(format!("{}/{}", slice["pid"], slice["tid"])).or_default().push(slice);
            }
            for slices in threads.values() {
                for pair in slices.windows(2) {
                    let end = ts(pair[0]) + pair[0]["dur"].as_f64().expect("a slice has a length");
                    // Times are decimals of three digits, whose sums are off by less than a picosecond.
                    assert!(end <= ts(pair[1]) + 1e-3 / 1000.0, "{} {}", pair[0], pair[1]);
                }
            }
        }
    }

    #[test]
    fn every_process_that_is_used_has_a_name() {
        for trace in runs() {
            let events = events(&trace);
            let named: BTreeSet<String> =
                of(&events, "M").iter().filter(|m| m["name"] == "process_name").map(|m| m["pid"].to_string()).collect();
            assert!(events.iter().all(|event| named.contains(&event["pid"].to_string())));
        }
    }

    #[test]
    fn a_lane_that_was_down_has_a_slice_for_it() {
        let mut trace = Trace::new(["n1", "n2"]);
        trace.life(2_000, Lane(0), Life::Up, "boots");
        trace.life(5_000, Lane(0), Life::Paused, "pauses");
        trace.life(6_000, Lane(0), Life::Down, "crashes");
        trace.note(9_000, Lane(1), Tone::Plain, "waits");
        let events = events(&trace);
        let lives: Vec<_> = of(&events, "X").iter().map(|s| (s["name"].clone(), ts(s), s["dur"].clone())).collect();
        let expected = [("down", 0.0, 2000.0), ("paused", 5000.0, 1000.0), ("down", 6000.0, 3100.0)];
        assert_eq!(lives, expected.map(|(name, ts, dur)| (json!(name), ts, json!(dur))));
    }

    #[test]
    fn a_thousand_events_of_one_instant_keep_their_order() {
        let mut trace = Trace::new(["n1", "n2"]);
        for _ in 0..1_500 {
            let message = trace.send(7, Lane(0), Lane(1), "flood");
            trace.receive(7, Lane(1), message);
        }
        trace.note(8, Lane(0), Tone::Plain, "stops");
        let events = events(&trace);
        let times: Vec<f64> = events.iter().filter(|e| ["X", "i"].iter().any(|ph| e["ph"] == *ph)).map(ts).collect();
        assert!(times.is_sorted_by(|one, other| one < other));
    }
}
