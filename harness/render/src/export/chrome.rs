//! Chrome's trace event format, which Perfetto and `chrome://tracing` open.
//!
//! After "Trace Event Format" by Nat Duca and Dan Sinclair. Each lane is a process with a thread for what happens and one
//! for when it was down or paused. Both viewers draw the arrow of a message only between two slices, so a sending and a
//! receipt are slices, although nothing takes time in the simulated world but the way between two lanes. Each is as long
//! as there is room before the next event, at most 100 µs. Events of one instant are laid side by side, in their order.

use serde_json::{Value, json};
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
    let mut events = names(trace);
    for (id, event) in numbered(trace) {
        what_happens(&run, &places, id, event, &mut events);
    }
    events.extend(lives(trace, &places, end_ns));
    let lines: Vec<String> = events.iter().map(Value::to_string).collect();
    format!("{{\"displayTimeUnit\":\"ms\",\"traceEvents\":[\n{}\n]}}\n", lines.join(",\n"))
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
        let gap_ns = rest.get(together).map_or(u64::MAX, |next| (next.at_us - event.at_us).saturating_mul(1000));
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
fn names(trace: &Trace) -> Vec<Value> {
    let meta = |name: &str, pid: usize, tid: u32, args: Value| json!({"ph": "M", "name": name, "pid": pid, "tid": tid, "args": args});
    let mut names = Vec::new();
    let processes = (WORLD + 1..).zip(trace.lanes.iter().map(String::as_str));
    let has_world = trace.events.iter().any(|event| event.lane == Lane::WORLD);
    for (pid, name) in has_world.then_some((WORLD, "the world")).into_iter().chain(processes) {
        names.push(meta("process_name", pid, EVENTS, json!({"name": name})));
        names.push(meta("process_sort_index", pid, EVENTS, json!({"sort_index": pid})));
        names.push(meta("thread_name", pid, EVENTS, json!({"name": "events"})));
        let lives = |event: &Event| process(event.lane) == pid && matches!(event.kind, Kind::Life { .. });
        if trace.events.iter().any(lives) {
            names.push(meta("thread_name", pid, LIVES, json!({"name": "down or paused"})));
        }
    }
    names
}

fn what_happens(run: &Run, places: &[Place], id: EventId, event: &Event, events: &mut Vec<Value>) {
    let place = places[id.0 as usize];
    let (pid, ts) = (process(event.lane), us(place.at_ns));
    let slice = |name: &str, args: Value| json!({"ph": "X", "cat": "message", "name": name, "pid": pid, "tid": EVENTS, "ts": ts, "dur": us(place.length_ns), "args": args});
    let instant = |name: &str, cat: &str, scope: &str| json!({"ph": "i", "s": scope, "cat": cat, "name": name, "pid": pid, "tid": EVENTS, "ts": ts});
    match &event.kind {
        Kind::Send { message, to, label } => {
            events.push(slice(label, json!({"message": message.0, "to": run.name(*to)})));
        }
        Kind::Receive { message } => {
            let Some(sending) = run.sending(*message) else {
                events.push(slice("a message that nobody sent", json!({"message": message.0})));
                return;
            };
            events.push(slice(sending.label, json!({"message": message.0, "from": run.name(sending.from)})));
            // A flow for each arrival: a message may arrive more than once, an arrow ends only once.
            let flow = |ph: &str, pid: usize, ts: f64| json!({"ph": ph, "id": id.0, "cat": "message", "name": sending.label, "pid": pid, "tid": EVENTS, "ts": ts});
            events.push(flow("s", process(sending.from), us(places[sending.id.0 as usize].at_ns)));
            let mut end = flow("f", pid, ts);
            end["bp"] = json!("e");
            events.push(end);
        }
        Kind::Lost { .. } => events.push(instant(&run.said(event), "lost", "t")),
        Kind::Note { text, tone } => events.push(instant(text, category(*tone), "t")),
        Kind::Life { text, .. } => events.push(instant(text, "life", "p")),
        Kind::World { text, tone } => events.push(instant(text, category(*tone), "g")),
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
fn lives(trace: &Trace, places: &[Place], end_ns: u64) -> Vec<Value> {
    spans(trace)
        .into_iter()
        .map(|span| {
            let at_ns = |id: Option<EventId>, otherwise_ns| id.map_or(otherwise_ns, |id| places[id.0 as usize].at_ns);
            let (from_ns, to_ns) = (at_ns(span.from, 0), at_ns(span.to, end_ns));
            let name = if span.state == Life::Down { "down" } else { "paused" };
            let dur = us(to_ns.saturating_sub(from_ns));
            json!({"ph": "X", "cat": "life", "name": name, "pid": process(span.lane), "tid": LIVES, "ts": us(from_ns), "dur": dur})
        })
        .collect()
}

/// A time during which a lane was down or paused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Span {
    pub lane: Lane,
    /// [`Life::Down`] or [`Life::Paused`].
    pub state: Life,
    /// The event with which it begins; none if that was before the run.
    pub from: Option<EventId>,
    /// The event with which it ends; none if it doesn't.
    pub to: Option<EventId>,
}

/// The times during which lanes were down or paused. A lane whose first sign of life is to come up was down before.
pub(crate) fn spans(trace: &Trace) -> Vec<Span> {
    let down_at_first = down_at_first(trace);
    let mut spans = Vec::new();
    let mut open: Vec<Option<Option<Span>>> = vec![None; trace.lanes.len()];
    for (id, event) in numbered(trace) {
        let Kind::Life { state, .. } = event.kind else { continue };
        let lane = event.lane;
        let before = open[usize::from(lane.0)].unwrap_or_else(|| {
            down_at_first.contains(&lane).then_some(Span { lane, state: Life::Down, from: None, to: None })
        });
        spans.extend(before.filter(|_| event.at_us > 0).map(|span| Span { to: Some(id), ..span }));
        let next = (state != Life::Up).then_some(Span { lane, state, from: Some(id), to: None });
        open[usize::from(lane.0)] = Some(next);
    }
    spans.extend(open.into_iter().flatten().flatten());
    spans
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

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
