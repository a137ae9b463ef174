//! Diagrams of processes that crash, in networks that split, and of more than fits on a screen.

use sim::{Lane, Life, Tone, Trace};

use super::tests::{arrives, assert_drawn};
use super::{View, diagram};
use crate::specimens::cluster;

const N1: Lane = Lane(0);
const N2: Lane = Lane(1);
const N3: Lane = Lane(2);

fn three() -> Trace {
    Trace::new(["n1", "n2", "n3"])
}

#[test]
fn a_lane_that_is_down_has_no_lifeline_until_it_boots() {
    let mut trace = three();
    arrives(&mut trace, 1, N1, N2, "write 1", 4);
    trace.life(5_000, N2, Life::Down, "crashes");
    arrives(&mut trace, 6, N1, N3, "write 1", 9);
    let lost = trace.send(10_000, N3, N2, "write 1");
    trace.lost(12_000, N3, lost, "n2 is down");
    trace.note(200_000, N1, Tone::Plain, "waits");
    trace.life(300_000, N2, Life::Up, "boots from its disk");
    assert_drawn(
        &trace,
        &View::default(),
        r"
   ms  n1              n2                          n3
  1→4  ├── write 1 ───▶│                           │
    5  │               ╳ crashes                   │
  6→9  ├── write 1 ───────────────────────────────▶│
10→12  │                  n2 is down ╳── write 1 ──┤
    ⋮  ⋮  188 ms                                   ⋮
  200  ● waits                                     │
    ⋮  ⋮  100 ms                                   ⋮
  300  │               ▲ boots from its disk       │
",
    );
}

#[test]
fn what_boots_first_was_down_before() {
    let mut trace = three();
    trace.life(0, N1, Life::Up, "boots");
    trace.life(0, N2, Life::Up, "boots");
    trace.life(0, N3, Life::Down, "not there yet");
    arrives(&mut trace, 1, N1, N2, "hello", 4);
    trace.life(20_000, N3, Life::Up, "joins");
    arrives(&mut trace, 21, N1, N3, "hello", 24);
    assert_drawn(
        &trace,
        &View::default(),
        r"
   ms  n1             n2             n3
    0  ▲              ▲ boots
    0  │              │              ○ not there yet
  1→4  ├── hello ────▶│
   20  │              │              ▲ joins
21→24  ├── hello ─────┼─────────────▶│
",
    );
}

#[test]
fn a_paused_lane_has_a_double_line() {
    let mut trace = three();
    trace.note(0, N1, Tone::Plain, "takes the lock");
    trace.life(5_000, N2, Life::Paused, "pauses");
    arrives(&mut trace, 6, N1, N3, "write 1", 9);
    trace.note(100_000, N3, Tone::Plain, "waits");
    trace.life(110_000, N2, Life::Up, "goes on");
    assert_drawn(
        &trace,
        &View::default(),
        r"
 ms  n1                n2             n3
  0  ● takes the lock  │              │
  5  │                 ╥ pauses       │
6→9  ├── write 1 ──────╫─────────────▶│
  ⋮  ⋮  91 ms          ║              ⋮
100  │                 ║              ● waits
110  │                 ╨ goes on      │
",
    );
}

#[test]
fn what_happens_to_the_network_is_a_rule_across_all_lanes() {
    let mut trace = three();
    trace.world(0, Tone::Fault, "network splits: n1 n2 │ n3");
    let cut_off = trace.send(5_000, N1, N3, "write 1");
    trace.lost(5_000, N1, cut_off, "cut off");
    trace.world(9_000, Tone::Good, "network heals");
    assert_drawn(
        &trace,
        &View::default(),
        r"
ms  n1                             n2             n3
 0  ╌╌ network splits: n1 n2 │ n3 ╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌
 5  ├── write 1 to n3 ──╳ cut off  │              │
 9  ╌╌ network heals ╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌
",
    );
    assert_drawn(
        &trace,
        &View { width: 20, ..View::default() },
        r"
ms
 0  network splits:
    n1 n2 │ n3
 5  n1 → n3: write
    1: cut off
 9  network heals
",
    );
}

#[test]
fn the_world_can_be_what_is_in_focus() {
    let mut trace = three();
    let focus = trace.world(0, Tone::Bad, "nothing is decided any more");
    assert_drawn(
        &trace,
        &View::of(focus),
        r"
ms  n1             n2             n3
 0  ╌╌ nothing is decided any more ╌╌ ◀
",
    );
}

#[test]
fn crashes_and_splits_belong_to_what_led_to_the_focus() {
    let mut trace = Trace::new(["n1", "n2", "n3", "n4"]);
    let lost = trace.send(1_000, N1, N3, "write 1");
    trace.life(2_000, N3, Life::Down, "crashes");
    trace.lost(3_000, N1, lost, "n3 is down");
    trace.life(4_000, Lane(3), Life::Down, "crashes");
    trace.world(5_000, Tone::Fault, "network splits");
    arrives(&mut trace, 6, N1, N2, "done", 8);
    let focus = trace.note(9_000, N2, Tone::Bad, "says it is done");
    trace.life(10_000, N3, Life::Up, "boots");
    trace.world(11_000, Tone::Good, "network heals");
    assert_drawn(
        &trace,
        &View::of(focus),
        r"
… 3 events not shown; the replay shows them all
 ms  n1                                n2                   n3
  1  ├── write 1 to n3 ╌╌              │                    │
  2  │                                 │                    ╳ crashes
1→3  │╌╌ write 1 to n3 ──╳ n3 is down  │
  5  ╌╌ network splits ╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌
6→8  ├── done ────────────────────────▶│
  9  │                                 ● says it is done ◀
",
    );
}

#[test]
fn what_is_wrong_elsewhere_at_the_same_instant_belongs_to_the_story() {
    let mut trace = three();
    arrives(&mut trace, 1, N3, N1, "late lease", 6);
    trace.note(2_000, N3, Tone::Plain, "says nothing of this");
    arrives(&mut trace, 7, N3, N2, "lease", 9);
    trace.note(8_000, N1, Tone::Bad, "an earlier remark");
    let focus = trace.note(9_000, N2, Tone::Bad, "holds the lock");
    trace.note(9_000, N1, Tone::Bad, "holds it, too");
    trace.note(9_000, N1, Tone::Plain, "goes on");
    assert_drawn(
        &trace,
        &View::of(focus),
        r"
… 1 event not shown; the replay shows them all
 ms  n1                   n2                  n3
1→6  │◀───────────────────┼───── late lease ──┤
  2  │                    │                   ● says nothing of this
7→9  │                    │◀───────── lease ──┤
  8  ● an earlier remark  │                   │
  9  │                    ● holds the lock ◀  │
  9  ● holds it, too      │                   │
",
    );
}

#[test]
fn what_repeats_is_told_in_short_where_there_is_too_much() {
    let mut trace = three();
    trace.note(0, N1, Tone::Good, "leads");
    for beat in 1..30 {
        arrives(&mut trace, beat * 20, N1, N2, &format!("heartbeat({beat})"), beat * 20 + 3);
    }
    trace.note(601_000, N2, Tone::Plain, "asks");
    for tick in 0..20 {
        trace.note(610_000 + tick * 10_000, N2, Tone::Plain, "timer fires");
    }
    let focus = trace.note(900_000, N2, Tone::Bad, "follows nobody");
    assert_drawn(
        &trace,
        &View { max_rows: 10, ..View::of(focus) },
        r"
… 73 events told in short; the replay shows them all
     ms  n1                    n2                  n3
      0  ● leads               │                   │
 20→583  ├── heartbeat ×29 ───▶│                   │
    601  │                     ● asks              │
610→750  │                     ● timer fires ×15   │
    760  │                     ● timer fires       │
    770  │                     ● timer fires       │
    780  │                     ● timer fires       │
    790  │                     ● timer fires       │
    800  │                     ● timer fires       │
    900  │                     ● follows nobody ◀  │
",
    );
}

#[test]
fn five_nodes_and_a_leader_that_comes_back_fit_on_a_screen() {
    let (trace, focus) = cluster(5);
    assert_drawn(
        &trace,
        &View::of(focus),
        r"
… 500 events told in short; the replay shows them all
             ms  n1        n2        n3        n4        n5
              0  ▲         ▲         ▲         ▲         ▲  n1 to n5: boots
      150→160.2  ⋮         ⋮         ⋮         ⋮         ⋮  … vote? ×4 from n1, yes ×4, n1: election
                 ⋮         ⋮         ⋮         ⋮         ⋮  timeout, term 1
            162  ●         │         │         │         │  n1: leader of term 1
    200→1,660.2  ⋮         ⋮         ⋮         ⋮         ⋮  … append ×120 from n1, ok ×120
          1,670  ╌╌ network splits: n1 n2 │ n3 ╌╌╌╌╌╌╌╌╌╌╌
          1,675  ╳         │         │         │         │  n1: crashes, loses what was not synced
          1,676            │         ╥         │         │  n3: pauses
          1,820            ●         ║         │         │  n2: election timeout, term 2
          1,821            │         ╨         │         │  n3: goes on
        1,821.5  ╌╌ network heals ╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌
          1,822         ╌──┼──╌      │         │         │  vote? term 2 to the others
    1,822→1,825         ╳─╌│         │         │         │  vote? term 2 to n1: n1 is down
1,826.6→1,827.4            ⋮         ⋮         ⋮         ⋮  … vote? ×2 from n2, yes from n3
        1,827.4            │         │      ╌──┤         │  yes term 2 to n2
  1,822→1,828.2            │         │         │      ╌─▶│  vote? term 2 from n2
        1,828.2            │         │         │      ╌──┤  yes term 2 to n2
1,826.6→1,832.2            │◀─╌      │         │         │  yes term 2 from n3 to n5
          1,834            ●         │         │         │  n2: leader of term 2
          1,870         ╌──┼──╌      │         │         │  append term 2 to the others
    1,870→1,873         ╳─╌│         │         │         │  append term 2 to n1: n1 is down
  1,870→1,874.6            │      ╌─▶│         │         │  append term 2 from n2
        1,874.6            │      ╌──┤         │         │  ok to n2
  1,870→1,875.4            │         │      ╌─▶│         │  append term 2 from n2
        1,875.4            │         │      ╌──┤         │  ok to n2
  1,870→1,876.2            │         │         │      ╌─▶│  append term 2 from n2
        1,876.2            │         │         │      ╌──┤  ok to n2
1,874.6→1,880.2            │◀─╌      │         │         │  ok from n3 to n5
          1,890  ▲         │         │         │         │  n1: boots from its disk
          1,920  ├──╌      │         │         │         │  append term 1 to the others
  1,920→1,923.8  │      ╌─▶│         │         │         │  append term 1 from n1
        1,923.8  │      ╌──┤         │         │         │  no to n1
  1,920→1,924.6  │         │      ╌─▶│         │         │  append term 1 from n1
        1,924.6  │         │      ╌──┤         │         │  no to n1
  1,920→1,925.4  │         │         │      ╌─▶│         │  append term 1 from n1
        1,925.4  │         │         │      ╌──┤         │  no to n1
  1,920→1,926.2  │         │         │         │      ╌─▶│  append term 1 from n1
        1,926.2  │         │         │         │      ╌──┤  no to n1
1,923.8→1,930.2  │◀─╌      │         │         │         │  no from the others
          1,935  ●         │         │         │         │  n1: still leader of term 1 ◀
",
    );
}

#[test]
fn twenty_five_nodes_fit_on_a_terminal() {
    let (trace, focus) = cluster(25);
    assert_drawn(
        &trace,
        &View::of(focus),
        r"
… 3,170 events told in short; the replay shows them all
                 n1  n3  n5  n7  n9  n11 n13 n15 n17 n19 n21 n23 n25
             ms  │ n2│ n4│ n6│ n8│ n10 n12 n14 n16 n18 n20 n22 n24
              0  ▲ ▲ ▲ ▲ ▲ ▲ ▲ ▲ ▲ ▲ ▲ ▲ ▲ ▲ ▲ ▲ ▲ ▲ ▲ ▲ ▲ ▲ ▲ ▲ ▲  n1 to n25: boots
      150→160.8  ⋮ ⋮ ⋮ ⋮ ⋮ ⋮ ⋮ ⋮ ⋮ ⋮ ⋮ ⋮ ⋮ ⋮ ⋮ ⋮ ⋮ ⋮ ⋮ ⋮ ⋮ ⋮ ⋮ ⋮ ⋮  … vote? ×24 from n1, yes ×24,
                 ⋮ ⋮ ⋮ ⋮ ⋮ ⋮ ⋮ ⋮ ⋮ ⋮ ⋮ ⋮ ⋮ ⋮ ⋮ ⋮ ⋮ ⋮ ⋮ ⋮ ⋮ ⋮ ⋮ ⋮ ⋮  n1: election timeout, term 1
            162  ● │ │ │ │ │ │ │ │ │ │ │ │ │ │ │ │ │ │ │ │ │ │ │ │  n1: leader of term 1
    200→1,660.8  ⋮ ⋮ ⋮ ⋮ ⋮ ⋮ ⋮ ⋮ ⋮ ⋮ ⋮ ⋮ ⋮ ⋮ ⋮ ⋮ ⋮ ⋮ ⋮ ⋮ ⋮ ⋮ ⋮ ⋮ ⋮  … append ×720 from n1, ok ×720
          1,670  ╌╌ network splits: n1 n2 │ n3 ╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌
          1,675  ╳ │ │ │ │ │ │ │ │ │ │ │ │ │ │ │ │ │ │ │ │ │ │ │ │  n1: crashes, loses what was not
                   │ │ │ │ │ │ │ │ │ │ │ │ │ │ │ │ │ │ │ │ │ │ │ │  synced
          1,676    │ ╥ │ │ │ │ │ │ │ │ │ │ │ │ │ │ │ │ │ │ │ │ │ │  n3: pauses
          1,820    ● ║ │ │ │ │ │ │ │ │ │ │ │ │ │ │ │ │ │ │ │ │ │ │  n2: election timeout, term 2
          1,821    │ ╨ │ │ │ │ │ │ │ │ │ │ │ │ │ │ │ │ │ │ │ │ │ │  n3: goes on
        1,821.5  ╌╌ network heals ╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌
          1,822   ╌┼╌│ │ │ │ │ │ │ │ │ │ │ │ │ │ │ │ │ │ │ │ │ │ │  vote? term 2 to the others
    1,822→1,825   ╳│ │ │ │ │ │ │ │ │ │ │ │ │ │ │ │ │ │ │ │ │ │ │ │  vote? term 2 to n1: n1 is down
1,825.3→1,832.8    ⋮ ⋮ ⋮ ⋮ ⋮ ⋮ ⋮ ⋮ ⋮ ⋮ ⋮ ⋮ ⋮ ⋮ ⋮ ⋮ ⋮ ⋮ ⋮ ⋮ ⋮ ⋮ ⋮ ⋮  … vote? ×23 from n2, yes ×23
          1,834    ● │ │ │ │ │ │ │ │ │ │ │ │ │ │ │ │ │ │ │ │ │ │ │  n2: leader of term 2
          1,870   ╌┼╌│ │ │ │ │ │ │ │ │ │ │ │ │ │ │ │ │ │ │ │ │ │ │  append term 2 to the others
    1,870→1,873   ╳│ │ │ │ │ │ │ │ │ │ │ │ │ │ │ │ │ │ │ │ │ │ │ │  append term 2 to n1: n1 is down
1,873.3→1,880.8    ⋮ ⋮ ⋮ ⋮ ⋮ ⋮ ⋮ ⋮ ⋮ ⋮ ⋮ ⋮ ⋮ ⋮ ⋮ ⋮ ⋮ ⋮ ⋮ ⋮ ⋮ ⋮ ⋮ ⋮  … append ×23 from n2, ok ×23
          1,890  ▲ │ │ │ │ │ │ │ │ │ │ │ │ │ │ │ │ │ │ │ │ │ │ │ │  n1: boots from its disk
  1,920→1,925.5  ⋮ ⋮ ⋮ ⋮ ⋮ ⋮ ⋮ ⋮ ⋮ ⋮ ⋮ ⋮ ⋮ ⋮ ⋮ ⋮ ⋮ ⋮ ⋮ ⋮ ⋮ ⋮ ⋮ ⋮ ⋮  … append ×24 from n1, no ×15
        1,925.5  │ │ │ │ │ │ │ │ │ │ │ │ │ │ │ │╌┤ │ │ │ │ │ │ │ │  no to n1
  1,920→1,925.7  │ │ │ │ │ │ │ │ │ │ │ │ │ │ │ │ │▶│ │ │ │ │ │ │ │  append term 1 from n1
        1,925.7  │ │ │ │ │ │ │ │ │ │ │ │ │ │ │ │ │╌┤ │ │ │ │ │ │ │  no to n1
  1,920→1,925.8  │ │ │ │ │ │ │ │ │ │ │ │ │ │ │ │ │ │▶│ │ │ │ │ │ │  append term 1 from n1
        1,925.8  │ │ │ │ │ │ │ │ │ │ │ │ │ │ │ │ │ │╌┤ │ │ │ │ │ │  no to n1
    1,920→1,926  │ │ │ │ │ │ │ │ │ │ │ │ │ │ │ │ │ │ │▶│ │ │ │ │ │  append term 1 from n1
          1,926  │ │ │ │ │ │ │ │ │ │ │ │ │ │ │ │ │ │ │╌┤ │ │ │ │ │  no to n1
  1,920→1,926.2  │ │ │ │ │ │ │ │ │ │ │ │ │ │ │ │ │ │ │ │▶│ │ │ │ │  append term 1 from n1
        1,926.2  │ │ │ │ │ │ │ │ │ │ │ │ │ │ │ │ │ │ │ │╌┤ │ │ │ │  no to n1
  1,920→1,926.3  │ │ │ │ │ │ │ │ │ │ │ │ │ │ │ │ │ │ │ │ │▶│ │ │ │  append term 1 from n1
        1,926.3  │ │ │ │ │ │ │ │ │ │ │ │ │ │ │ │ │ │ │ │ │╌┤ │ │ │  no to n1
  1,920→1,926.5  │ │ │ │ │ │ │ │ │ │ │ │ │ │ │ │ │ │ │ │ │ │▶│ │ │  append term 1 from n1
        1,926.5  │ │ │ │ │ │ │ │ │ │ │ │ │ │ │ │ │ │ │ │ │ │╌┤ │ │  no to n1
  1,920→1,926.6  │ │ │ │ │ │ │ │ │ │ │ │ │ │ │ │ │ │ │ │ │ │ │▶│ │  append term 1 from n1
        1,926.6  │ │ │ │ │ │ │ │ │ │ │ │ │ │ │ │ │ │ │ │ │ │ │╌┤ │  no to n1
  1,920→1,926.8  │ │ │ │ │ │ │ │ │ │ │ │ │ │ │ │ │ │ │ │ │ │ │ │▶│  append term 1 from n1
        1,926.8  │ │ │ │ │ │ │ │ │ │ │ │ │ │ │ │ │ │ │ │ │ │ │ │╌┤  no to n1
1,923.1→1,930.8  │◀│ │ │ │ │ │ │ │ │ │ │ │ │ │ │ │ │ │ │ │ │ │ │ │  no from the others
          1,935  ● │ │ │ │ │ │ │ │ │ │ │ │ │ │ │ │ │ │ │ │ │ │ │ │  n1: still leader of term 1 ◀
",
    );
}

#[test]
fn nothing_is_told_in_short_where_everything_was_asked_for() {
    let (trace, _) = cluster(5);
    let drawn = diagram(&trace, &View::whole()).to_plain();
    assert!(!drawn.contains('…'), "{drawn}");
    assert_eq!(drawn.matches("append term 1 to n2").count(), 31);
}

#[test]
fn rows_told_in_short_and_left_out_account_for_every_event() {
    let (trace, focus) = cluster(5);
    for max_rows in 1..60 {
        let drawn = diagram(&trace, &View { max_rows, ..View::of(focus) });
        let plain = drawn.to_plain();
        assert!(drawn.lines.len() <= max_rows + 2, "{max_rows} rows:\n{plain}");
        assert!(plain.contains('◀'), "{max_rows} rows:\n{plain}");
        assert!(
            plain.starts_with("… ") && plain.contains("; the replay shows them all\n"),
            "{max_rows} rows:\n{plain}"
        );
    }
}

#[test]
fn a_lost_message_is_not_told_in_short_before_all_that_arrived() {
    let mut trace = three();
    for beat in 0..100 {
        if beat == 20 {
            let lost = trace.send(beat * 1_000, N1, N2, "append 20");
            trace.lost(beat * 1_000, N1, lost, "lost");
        }
        arrives(&mut trace, beat, N1, N3, &format!("append {beat}"), beat);
    }
    let drawn = diagram(&trace, &View { max_rows: 20, ..View::default() }).to_plain();
    assert!(drawn.contains("├── append 20 ──╳ lost"), "{drawn}");
    assert!(!drawn.contains("append 21 "), "{drawn}");
}
