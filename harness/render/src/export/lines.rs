//! One JSON object an event, one event a line.
//!
//! | field | in | what |
//! |---|---|---|
//! | `id` | all | number of the event, from 0; the order in which they happened |
//! | `at_us` | all | virtual time since the run began, in microseconds |
//! | `kind` | all | `send`, `receive`, `lost`, `note`, `life` or `world` |
//! | `lane` | all but `world` | the name of whom it happens to |
//! | `message` | `send`, `receive`, `lost` | number of the message; a message may be received more than once |
//! | `from`, `to` | `send`, `receive`, `lost` | names of its sender and of whom it was sent to |
//! | `label` | `send`, `receive`, `lost` | what it says |
//! | `why` | `lost` | why it never arrives |
//! | `text` | `note`, `life`, `world` | what happens, in words |
//! | `tone` | `note`, `world` | `plain`, `good`, `fault` or `bad` (the breach of a promise) |
//! | `state` | `life` | `up`, `down` or `paused`, from here on |
//!
//! Fields stay what they are; new ones may be added. `from`, `to` and `label` are repeated at the ends of a message, so
//! that a line can be understood, and searched for, without another.

use serde::Serialize;
use sim::trace::Event;
use sim::{EventId, Kind, Lane, Life, MessageId, Tone, Trace};

use crate::run::{Run, numbered};

#[derive(Serialize, Default)]
struct Line<'a> {
    id: u32,
    at_us: u64,
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    lane: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<MessageId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    to: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    label: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tone: Option<Tone>,
    #[serde(skip_serializing_if = "Option::is_none")]
    state: Option<Life>,
}

/// The trace as JSON lines. The module's page in the source describes the fields.
pub fn json_lines(trace: &Trace) -> String {
    let run = Run::of(trace);
    let line = |(id, event)| serde_json::to_string(&line(&run, id, event)).expect("a line has only string keys") + "\n";
    numbered(trace).map(line).collect()
}

fn line<'a>(run: &Run<'a>, id: EventId, event: &'a Event) -> Line<'a> {
    let lane = (event.lane != Lane::WORLD).then(|| run.name(event.lane));
    let base = |kind| Line { id: id.0, at_us: event.at_us, kind, lane, ..Line::default() };
    let of_message = |kind, message: MessageId| {
        let sending = run.sending(message);
        Line {
            message: Some(message),
            from: sending.map(|sending| run.name(sending.from)),
            to: sending.map(|sending| run.name(sending.to)),
            label: sending.map(|sending| sending.label),
            ..base(kind)
        }
    };
    match &event.kind {
        Kind::Send { message, .. } => of_message("send", *message),
        Kind::Receive { message } => of_message("receive", *message),
        Kind::Lost { message, why } => Line { why: Some(why), ..of_message("lost", *message) },
        Kind::Note { text, tone } => Line { text: Some(text), tone: Some(*tone), ..base("note") },
        Kind::Life { state, text } => Line { text: Some(text), state: Some(*state), ..base("life") },
        Kind::World { text, tone } => Line { text: Some(text), tone: Some(*tone), ..base("world") },
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;
    use sim::Tone;

    use super::*;
    use crate::specimens::random;

    #[test]
    fn every_kind_of_event_is_a_line_of_its_own() {
        let mut trace = Trace::new(["n1", "n2"]);
        let message = trace.send(0, Lane(0), Lane(1), "put \"a\"\nb");
        trace.receive(1_500, Lane(1), message);
        trace.lost(2_000, Lane(0), message, "cut off");
        trace.note(3_000, Lane(0), Tone::Bad, "reads 0");
        trace.life(4_000, Lane(1), Life::Paused, "pauses");
        trace.world(5_000, Tone::Fault, "network splits");
        let expected = r#"{"id":0,"at_us":0,"kind":"send","lane":"n1","message":0,"from":"n1","to":"n2","label":"put \"a\"\nb"}
{"id":1,"at_us":1500,"kind":"receive","lane":"n2","message":0,"from":"n1","to":"n2","label":"put \"a\"\nb"}
{"id":2,"at_us":2000,"kind":"lost","lane":"n1","message":0,"from":"n1","to":"n2","label":"put \"a\"\nb","why":"cut off"}
{"id":3,"at_us":3000,"kind":"note","lane":"n1","text":"reads 0","tone":"bad"}
{"id":4,"at_us":4000,"kind":"life","lane":"n2","text":"pauses","state":"paused"}
{"id":5,"at_us":5000,"kind":"world","text":"network splits","tone":"fault"}
"#;
        assert_eq!(json_lines(&trace), expected);
    }

    #[test]
    fn there_are_as_many_lines_as_events_and_each_is_json() {
        for seed in 0..50 {
            let trace = random(seed);
            let lines = json_lines(&trace);
            assert_eq!(lines.lines().count(), trace.events.len());
            for (place, line) in lines.lines().enumerate() {
                let line: Value = serde_json::from_str(line).expect("a line is one JSON object");
                assert_eq!(line["id"], place);
                assert_eq!(line["at_us"], trace.events[place].at_us);
            }
        }
    }
}
