//! Small diagrams, drawn whole: read them.

use rand::RngExt;
use report::Style;
use sim::{Choice, EventId, Lane, MessageId, Tone, Trace};

use super::{View, diagram};
use crate::specimens::random;

const CLIENT: Lane = Lane(0);
const SERVER: Lane = Lane(1);

/// The drawing of `trace` is `expected`, apart from the line breaks before and after.
#[track_caller]
pub(super) fn assert_drawn(trace: &Trace, view: &View, expected: &str) {
    let drawn = diagram(trace, view).to_plain();
    let expected = expected.trim_matches('\n');
    assert!(drawn == expected, "expected:\n{expected}\n\ndrawn:\n{drawn}\n\n");
}

fn rpc() -> Trace {
    Trace::new(["client", "server"])
}

pub(super) fn arrives(trace: &mut Trace, sent_ms: u64, from: Lane, to: Lane, label: &str, arrives_ms: u64) {
    let message = trace.send(sent_ms * 1000, from, to, label);
    trace.receive(arrives_ms * 1000, to, message);
}

/// A request whose reply is lost, and the attempt after it.
fn retried() -> (Trace, EventId) {
    let mut trace = rpc();
    arrives(&mut trace, 0, CLIENT, SERVER, "charge #1", 5);
    trace.note(5_000, SERVER, Tone::Plain, "charged 10");
    let reply = trace.send(5_000, SERVER, CLIENT, "ok #1");
    trace.lost(5_000, SERVER, reply, "lost");
    trace.note(100_000, CLIENT, Tone::Plain, "attempt 1 timed out");
    arrives(&mut trace, 100, CLIENT, SERVER, "charge #2", 105);
    let twice = trace.note(105_000, SERVER, Tone::Bad, "charged twice");
    arrives(&mut trace, 105, SERVER, CLIENT, "ok #2", 110);
    (trace, twice)
}

#[test]
fn a_call_that_goes_well_takes_two_arrows() {
    let mut trace = rpc();
    arrives(&mut trace, 0, CLIENT, SERVER, "get a", 5);
    arrives(&mut trace, 5, SERVER, CLIENT, "a = 1", 10);
    assert_drawn(
        &trace,
        &View::default(),
        r"
  ms  client         server
 0→5  ├── get a ────▶│
5→10  │◀──── a = 1 ──┤
",
    );
}

#[test]
fn a_lost_request_ends_in_a_cross_and_says_why() {
    let mut trace = rpc();
    let request = trace.send(0, CLIENT, SERVER, "charge #1");
    trace.lost(0, CLIENT, request, "cut off");
    trace.note(30_000, CLIENT, Tone::Plain, "attempt 1 timed out");
    arrives(&mut trace, 30, CLIENT, SERVER, "charge #1", 35);
    arrives(&mut trace, 35, SERVER, CLIENT, "ok #1", 40);
    assert_drawn(
        &trace,
        &View::default(),
        r"
   ms  client                     server
    0  ├── charge #1 ──╳ cut off  │
   30  ● attempt 1 timed out      │
30→35  ├── charge #1 ────────────▶│
35→40  │◀──────────────── ok #1 ──┤
",
    );
}

#[test]
fn a_message_found_lost_later_gets_a_row_for_its_end() {
    let mut trace = rpc();
    let request = trace.send(0, CLIENT, SERVER, "charge #1");
    arrives(&mut trace, 1, CLIENT, SERVER, "ping", 3);
    trace.lost(5_500, CLIENT, request, "server is down");
    assert_drawn(
        &trace,
        &View::default(),
        r"
   ms  client                            server
    0  ├── charge #1 ╌╌                  │
  1→3  ├── ping ────────────────────────▶│
0→5.5  │╌╌ charge #1 ──╳ server is down  │
",
    );
}

#[test]
fn a_late_reply_is_seen_being_overtaken() {
    let mut trace = rpc();
    arrives(&mut trace, 0, CLIENT, SERVER, "charge #1", 5);
    let late = trace.send(5_000, SERVER, CLIENT, "ok #1");
    trace.note(20_000, CLIENT, Tone::Plain, "timed out");
    arrives(&mut trace, 20, CLIENT, SERVER, "charge #2", 25);
    arrives(&mut trace, 25, SERVER, CLIENT, "ok #2", 30);
    trace.receive(42_500, CLIENT, late);
    trace.note(42_500, CLIENT, Tone::Bad, "took ok #1 for the answer to #2");
    assert_drawn(
        &trace,
        &View::default(),
        r"
    ms  client                             server
   0→5  ├── charge #1 ────────────────────▶│
     5  │                       ╌╌ ok #1 ──┤
    20  ● timed out                        │
 20→25  ├── charge #2 ────────────────────▶│
 25→30  │◀──────────────────────── ok #2 ──┤
5→42.5  │◀── ok #1 ╌╌                      │
  42.5  ● took ok #1 for the answer to #2  │
",
    );
}

#[test]
fn a_message_that_arrives_twice_is_drawn_twice() {
    let mut trace = rpc();
    let request = trace.send(0, CLIENT, SERVER, "charge #1");
    trace.receive(5_000, SERVER, request);
    trace.receive(9_000, SERVER, request);
    assert_drawn(
        &trace,
        &View::default(),
        r"
 ms  client            server
0→5  ├── charge #1 ───▶│
0→9  │ ╌╌ charge #1 ──▶│
",
    );
}

#[test]
fn messages_cross_between_three_lanes() {
    let mut trace = Trace::new(["n1", "n2", "n3"]);
    let there = trace.send(0, Lane(0), Lane(2), "vote 1");
    let back = trace.send(1_000, Lane(2), Lane(0), "vote 1");
    trace.receive(5_000, Lane(2), there);
    trace.receive(6_000, Lane(0), back);
    arrives(&mut trace, 7, Lane(2), Lane(0), "grant", 12);
    arrives(&mut trace, 12, Lane(0), Lane(1), "append", 15);
    trace.note(15_000, Lane(2), Tone::Fault, "crashes");
    assert_drawn(
        &trace,
        &View::default(),
        r"
   ms  n1                     n2                     n3
    0  ├── vote 1 to n3 ╌╌    │                      │
    1  │                      │    ╌╌ vote 1 to n1 ──┤
  0→5  │                      │ ╌╌ vote 1 from n1 ──▶│
  1→6  │◀── vote 1 from n3 ╌╌ │                      │
 7→12  │◀─────────────────────┼───────────── grant ──┤
12→15  ├── append ───────────▶│                      │
   15  │                      │                      ● crashes
",
    );
}

#[test]
fn a_message_to_oneself_stays_on_its_lane() {
    let mut trace = rpc();
    arrives(&mut trace, 0, SERVER, SERVER, "tick", 5);
    let timer = trace.send(5_000, SERVER, SERVER, "tick");
    trace.lost(5_000, SERVER, timer, "crash");
    assert_drawn(
        &trace,
        &View::default(),
        r"
 ms  client         server
0→5  │              ↻ tick
  5  │              ↻ tick ╳ crash
",
    );
}

#[test]
fn a_long_silence_gets_a_row_and_a_short_one_does_not() {
    let mut trace = rpc();
    trace.note(1_000, CLIENT, Tone::Plain, "waits");
    trace.note(50_999, CLIENT, Tone::Plain, "waits");
    trace.note(100_999, CLIENT, Tone::Plain, "waits");
    trace.note(2_100_999, CLIENT, Tone::Plain, "gives up");
    assert_drawn(
        &trace,
        &View::default(),
        r"
     ms  client         server
      1  ● waits        │
   50.9  ● waits        │
      ⋮  ⋮  50 ms       ⋮
  100.9  ● waits        │
      ⋮  ⋮  2,000 ms    ⋮
2,100.9  ● gives up     │
",
    );
}

#[test]
fn a_focus_cuts_away_what_did_not_lead_to_it() {
    let mut trace = Trace::new(["n1", "n2", "n3", "n4"]);
    arrives(&mut trace, 0, Lane(2), Lane(3), "unrelated", 2);
    arrives(&mut trace, 1, Lane(0), Lane(1), "write 1", 4);
    let focus = trace.note(5_000, Lane(1), Tone::Bad, "reads 0");
    trace.note(6_000, Lane(1), Tone::Plain, "goes on");
    assert_drawn(
        &trace,
        &View::of(focus),
        r"
… 3 events not shown; the replay shows them all
 ms  n1              n2
1→4  ├── write 1 ───▶│
  5  │               ● reads 0 ◀
",
    );
}

#[test]
fn a_message_that_is_shown_leaving_is_shown_getting_lost() {
    let mut trace = Trace::new(["n1", "n2", "n3"]);
    let lost = trace.send(0, Lane(0), Lane(2), "write 1");
    arrives(&mut trace, 1, Lane(0), Lane(1), "done", 4);
    trace.lost(5_000, Lane(0), lost, "cut off");
    let focus = trace.note(6_000, Lane(1), Tone::Bad, "reads 0");
    assert_drawn(
        &trace,
        &View::of(focus),
        r"
 ms  n1                             n2             n3
  0  ├── write 1 to n3 ╌╌           │              │
1→4  ├── done ─────────────────────▶│              │
0→5  │╌╌ write 1 to n3 ──╳ cut off  │              │
  6  │                              ● reads 0 ◀    │
",
    );
}

#[test]
fn a_message_can_be_what_is_in_focus() {
    let mut trace = rpc();
    let request = trace.send(0, CLIENT, SERVER, "charge #1");
    let focus = trace.receive(5_000, SERVER, request);
    assert_drawn(
        &trace,
        &View::of(focus),
        r"
 ms  client            server
0→5  ├── charge #1 ───▶│ ◀
",
    );
}

#[test]
fn what_never_came_is_part_of_why_somebody_gave_up() {
    let mut trace = rpc();
    arrives(&mut trace, 0, CLIENT, SERVER, "charge #1", 5);
    let lost = trace.send(5_000, SERVER, CLIENT, "ok #1");
    trace.lost(5_000, SERVER, lost, "lost");
    arrives(&mut trace, 20, CLIENT, SERVER, "charge #2", 25);
    let late = trace.send(25_000, SERVER, CLIENT, "ok #2");
    trace.note(26_000, SERVER, Tone::Plain, "idle");
    let focus = trace.note(40_000, CLIENT, Tone::Bad, "gives up");
    trace.receive(60_000, CLIENT, late);
    assert_drawn(
        &trace,
        &View::of(focus),
        r"
… 1 event not shown; the replay shows them all
   ms  client              server
  0→5  ├── charge #1 ─────▶│
    5  │  lost ╳── ok #1 ──┤
20→25  ├── charge #2 ─────▶│
   25  │        ╌╌ ok #2 ──┤
   40  ● gives up ◀        │
25→60  │◀── ok #2 ╌╌       │
",
    );
}

#[test]
fn the_last_rows_are_kept_when_there_are_too_many() {
    let (trace, _) = retried();
    assert_drawn(
        &trace,
        &View { max_rows: 3, ..View::default() },
        r"
… 6 events not shown; the replay shows them all
     ms  client            server
100→105  ├── charge #2 ───▶│
    105  │                 ● charged twice
105→110  │◀─────── ok #2 ──┤
",
    );
}

#[test]
fn rows_that_are_not_shown_take_no_room() {
    let mut trace = rpc();
    arrives(&mut trace, 0, CLIENT, SERVER, &"long ".repeat(30), 5);
    arrives(&mut trace, 5, SERVER, CLIENT, "ok", 10);
    assert_drawn(
        &trace,
        &View { max_rows: 1, ..View::default() },
        r"
… 2 events not shown; the replay shows them all
  ms  client         server
5→10  │◀─────── ok ──┤
",
    );
}

#[test]
fn the_focus_is_kept_however_few_rows_there_are() {
    let mut trace = rpc();
    let late = trace.send(0, SERVER, CLIENT, "ok");
    trace.note(5_000, CLIENT, Tone::Plain, "waits");
    let focus = trace.note(10_000, CLIENT, Tone::Bad, "gives up");
    trace.receive(15_000, CLIENT, late);
    assert_drawn(
        &trace,
        &View { max_rows: 1, ..View::of(focus) },
        r"
… 3 events not shown; the replay shows them all
ms  client         server
10  ● gives up ◀   │
",
    );
}

#[test]
fn long_notes_take_several_lines_and_end_in_an_ellipsis_after_the_third() {
    let mut trace = Trace::new(["client", "server", "ledger"]);
    arrives(&mut trace, 0, CLIENT, Lane(2), "get", 5);
    trace.note(5_000, SERVER, Tone::Bad, "an account was charged two times for what was one payment");
    let view = View { width: 60, ..View::default() };
    assert_drawn(
        &trace,
        &view,
        r"
 ms  client         server                           ledger
0→5  ├── get ───────┼───────────────────────────────▶│
  5  │              ● an account was charged two     │
     │              │ times for what was one payment │
",
    );
    trace.note(6_000, CLIENT, Tone::Plain, "word ".repeat(80));
    assert_drawn(
        &trace,
        &view,
        r"
 ms  client server ledger
0→5  ├──────┼─────▶│  get
  5  │      ●      │  server: an account was charged two
     │      │      │  times for what was one payment
  6  ●      │      │  client: word word word word word word
     │      │      │  word word word word word word word
     │      │      │  word word word word word word word wo…
",
    );
}

#[test]
fn labels_move_beside_the_diagram_when_there_is_no_room_between_the_lanes() {
    let (trace, focus) = retried();
    assert_drawn(
        &trace,
        &View { width: 44, ..View::of(focus) },
        r"
… 2 events not shown; the replay shows them
all
     ms  client server
    0→5  ├─────▶│  charge #1
      5  │      ●  server: charged 10
      5  │   ╳──┤  ok #1: lost
      ⋮  ⋮      ⋮  95 ms
    100  ●      │  client: attempt 1 timed
         │      │  out
100→105  ├─────▶│  charge #2
    105  │      ●  server: charged twice ◀
",
    );
}

#[test]
fn nine_lanes_fit_on_a_terminal() {
    let mut trace = Trace::new((1..=9).map(|n| format!("n{n}")));
    trace.note(150_000, Lane(1), Tone::Plain, "election timeout, term 2");
    let votes: Vec<(Lane, MessageId)> =
        [0, 4, 8].map(|to| (Lane(to), trace.send(150_000, Lane(1), Lane(to), "vote for me, term 2"))).into();
    for (to, message) in votes {
        trace.receive(155_000, to, message);
        arrives(&mut trace, 155, to, Lane(1), "granted, term 2", 160);
    }
    trace.note(160_000, Lane(1), Tone::Good, "leader of term 2");
    assert_drawn(
        &trace,
        &View { width: 90, ..View::default() },
        r"
     ms  n1    n2    n3    n4    n5    n6    n7    n8    n9
    150  │     ●     │     │     │     │     │     │     │  n2: election timeout, term 2
    150  │  ╌──┤     │     │     │     │     │     │     │  vote for me, term 2 to n1
    150  │     ├──╌  │     │     │     │     │     │     │  vote for me, term 2 to n5
    150  │     ├──╌  │     │     │     │     │     │     │  vote for me, term 2 to n9
150→155  │◀─╌  │     │     │     │     │     │     │     │  vote for me, term 2 from n2
155→160  ├────▶│     │     │     │     │     │     │     │  granted, term 2
150→155  │     │     │     │  ╌─▶│     │     │     │     │  vote for me, term 2 from n2
155→160  │     │◀────┼─────┼─────┤     │     │     │     │  granted, term 2
150→155  │     │     │     │     │     │     │     │  ╌─▶│  vote for me, term 2 from n2
155→160  │     │◀────┼─────┼─────┼─────┼─────┼─────┼─────┤  granted, term 2
    160  │     ●     │     │     │     │     │     │     │  n2: leader of term 2
",
    );
}

#[test]
fn a_list_takes_over_where_no_diagram_fits() {
    let (trace, _) = retried();
    assert_drawn(
        &trace,
        &View { width: 28, ..View::default() },
        r"
     ms
    0→5  client → server:
         charge #1
      5  server: charged 10
      5  server → client: ok
         #1: lost
      ⋮  95 ms
    100  client: attempt 1
         timed out
100→105  client → server:
         charge #2
    105  server: charged
         twice
105→110  server → client: ok
         #2
",
    );
}

#[test]
fn a_list_names_those_who_were_told_in_order() {
    let mut trace = Trace::new((1..=5).map(|node| format!("n{node}")));
    let sent = [4, 2, 1, 3].map(|to| (trace.send(0, Lane(0), Lane(to), "hello"), Lane(to)));
    trace.note(5_000, Lane(0), Tone::Plain, "waits");
    for (message, to) in sent {
        trace.receive(10_000, to, message);
    }
    let drawn = diagram(&trace, &View { width: 28, max_rows: 6, ..View::default() }).to_plain();
    assert!(drawn.contains("n1 → n2 to n5: hello"), "{drawn}");
}

#[test]
fn no_events_no_text() {
    assert!(diagram(&rpc(), &View::default()).is_empty());
    assert!(diagram(&Trace::new(Vec::<String>::new()), &View::default()).is_empty());
}

#[test]
fn a_world_without_anybody_has_its_events_all_the_same() {
    let mut trace = Trace::new(Vec::<String>::new());
    trace.world(0, Tone::Plain, "network heals");
    assert_drawn(&trace, &View::default(), "ms\n 0     network heals");
}

#[test]
fn a_line_break_in_a_label_does_not_break_the_diagram() {
    let mut trace = rpc();
    trace.note(0, CLIENT, Tone::Plain, "two\nlines");
    assert_eq!(diagram(&trace, &View::default()).to_plain(), "ms  client         server\n 0  ● two lines    │");
}

#[test]
fn tones_and_losses_have_their_styles() {
    let (trace, focus) = retried();
    let styled = |view: &View, words: &str| {
        let text = diagram(&trace, view);
        let spans: Vec<_> = text.lines.into_iter().flatten().filter(|span| span.text.contains(words)).collect();
        assert!(!spans.is_empty(), "{words} is drawn");
        spans.last().map(|span| span.style)
    };
    assert_eq!(styled(&View::default(), "client"), Some(Style::Strong));
    assert_eq!(styled(&View::default(), "95 ms"), Some(Style::Dim));
    assert_eq!(styled(&View::default(), "╳"), Some(Style::Fault));
    assert_eq!(styled(&View::default(), "charged 10"), Some(Style::Plain));
    assert_eq!(styled(&View::default(), "charged twice"), Some(Style::Bad));
    assert_eq!(styled(&View::of(focus), "◀"), Some(Style::Bad));
    assert_eq!(styled(&View::of(focus), "not shown"), Some(Style::Dim));
}

#[test]
fn no_trace_draws_beyond_the_width_and_rows_asked_for() {
    for seed in 0..400 {
        let trace = random(seed);
        let random = &mut Choice::new(seed).stream("view");
        let focus = random.random_bool(0.5).then(|| EventId(random.random_range(0..trace.events.len() as u32)));
        let view =
            View { focus, max_rows: random.random_range(3..60), width: random.random_range(20..140), silence_ms: 50 };
        let text = diagram(&trace, &view);
        let plain = text.to_plain();
        let widest = plain.lines().map(|line| line.chars().count()).max().unwrap_or(0);
        assert!(widest <= view.width, "seed {seed}: {widest} columns instead of {}\n{plain}", view.width);
        // Besides, the names of the lanes, and how much is not shown in up to three lines.
        assert!(text.lines.len() <= view.max_rows + 4, "seed {seed}: {} lines\n{plain}", text.lines.len());
        let marks = text.lines.iter().flatten().filter(|span| span.style == Style::Bad && span.text.contains('◀'));
        assert_eq!(marks.count() > 0, focus.is_some(), "seed {seed}: the focus, and only it, is marked\n{plain}");
        assert_eq!(text, diagram(&trace, &view), "seed {seed}: the same arguments, the same drawing");
    }
}

#[test]
fn every_event_of_a_whole_trace_is_drawn() {
    for seed in 0..100 {
        let plain = diagram(&random(seed), &View::whole()).to_plain();
        assert!(!plain.contains("not shown"), "seed {seed}\n{plain}");
    }
}
