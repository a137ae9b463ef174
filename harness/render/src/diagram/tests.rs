use sim::{EventId, Lane, Tone, Trace};

use super::{View, diagram};

const CLIENT: Lane = Lane(0);
const SERVER: Lane = Lane(1);

fn rpc() -> Trace {
    Trace::new(["client", "server"])
}

/// The drawing of `trace` is `expected`, whose first line is empty for the sake of its left edge.
#[track_caller]
fn drawn(trace: &Trace, view: &View, expected: &str) {
    let drawn = diagram(trace, view).to_plain();
    assert!(drawn == expected.trim_matches('\n'), "expected:\n{}\n\ndrawn:\n{drawn}\n", expected.trim_matches('\n'));
}

#[test]
fn x() {
    drawn(&rpc(), &View::default(), "");
}
