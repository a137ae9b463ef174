//! Histories small enough to be judged by eye. A row is a client; every column is a moment.

use super::*;

/// Draws a history of a register: `w1` writes, `r1` reads, `c12` swaps 1 for 2 and `x12` fails to; `r-` finds nothing.
/// An operation lasts from `[` to `]`, or for ever with `[` alone. Rows may not do anything in the same column.
pub(crate) fn drawn(rows: &[&str]) -> Recorded<Register<u8>> {
    let mut events: Vec<(usize, usize, String)> = Vec::new();
    for (client, row) in rows.iter().enumerate() {
        for (column, _) in row.match_indices('[') {
            events.push((column, client, row[column + 1..].chars().take_while(|c| !" ]".contains(*c)).collect()));
        }
        events.extend(row.match_indices(']').map(|(column, _)| (column, client, String::new())));
    }
    events.sort();
    let mut history = History::new();
    let mut under_way = BTreeMap::new();
    for (column, client, what) in events {
        let digit = |place: usize| what.as_bytes()[place] - b'0';
        match what.as_bytes().first() {
            None => {
                let (id, output) = under_way.remove(&client).unwrap();
                history.complete(column as u64, id, output);
            }
            Some(kind) => {
                let (input, output) = match kind {
                    b'w' => (RegisterInput::Write(digit(1)), RegisterOutput::Written),
                    b'r' if what == "r-" => (RegisterInput::Read, RegisterOutput::Value(None)),
                    b'r' => (RegisterInput::Read, RegisterOutput::Value(Some(digit(1)))),
                    _ => {
                        let cas = RegisterInput::Cas { from: digit(1), to: digit(2) };
                        (cas, RegisterOutput::Swapped(*kind == b'c'))
                    }
                };
                let id = history.invoke(column as u64, Client(client as u64 + 1), input);
                under_way.insert(client, (id, output));
            }
        }
    }
    history
}

fn judge(rows: &[&str]) -> Verdict {
    let history = drawn(rows);
    assert_verdict(&Register::default(), &history);
    check(&Register::default(), &history, Limits::default())
}

#[track_caller]
fn accepted(rows: &[&str]) {
    assert!(judge(rows).is_linearizable());
}

/// The history is refused, and the culprit and the order before it are these.
#[track_caller]
fn refused(rows: &[&str], in_words: &str) {
    let Verdict::NotLinearizable(why) = judge(rows) else { panic!("accepted") };
    assert_eq!(why.in_words(), in_words);
}

#[test]
fn nothing_at_all_is_linearizable() {
    accepted(&[]);
}

#[test]
fn an_operation_takes_effect_somewhere_between_call_and_return() {
    accepted(&["[w1     ]", "  [r-]", "       [r1]"]);
    accepted(&["[w1     ]", "  [r1]", "       [r1]"]);
}

#[test]
fn what_returned_before_must_be_seen() {
    refused(&["[w1]", "    [r-]"], "c2's `read → nil` fits nowhere behind `write 1`");
}

#[test]
fn once_somebody_has_seen_a_value_nobody_sees_the_one_before_it() {
    refused(
        &["[w1]  [w2         ]", "       [r2]", "            [r1]"],
        "c3's `read → 1` fits nowhere behind `write 1`, `write 2`, `read → 2`",
    );
}

#[test]
fn two_readers_at_the_same_time_may_differ() {
    accepted(&["[w1]  [w2         ]", "       [r2   ]", "        [r1    ]"]);
}

#[test]
fn an_unknown_write_may_take_effect_late_or_never() {
    accepted(&["[w1", " [r-]", "       [r-]"]);
    accepted(&["[w1", " [r-]", "       [r1]"]);
    refused(&["[w1", " [r1]", "       [r-]"], "c3's `read → nil` fits nowhere behind `write 1`, `read → 1`");
}

#[test]
fn an_unknown_write_takes_effect_once() {
    refused(
        &["[w1", " [r1]", "      [w2]", "           [r1]"],
        "c4's `read → 1` fits nowhere behind `write 1`, `read → 1`, `write 2`",
    );
    accepted(&["[w1", " [w1", "  [r1]", "      [w2]", "           [r1]"]);
}

#[test]
fn a_swap_that_failed_saw_another_value() {
    accepted(&["[w1]", "    [x21]", "         [r1]"]);
    refused(&["[w1]", "    [x12]"], "c2's `cas 1 to 2 → failed` fits nowhere behind `write 1`");
}

#[test]
fn of_two_swaps_of_the_same_value_one_succeeds() {
    refused(
        &["[w1]", "    [c12   ]", "      [c13  ]"],
        "c3's `cas 1 to 3 → ok` fits nowhere behind `write 1`, `cas 1 to 2 → ok`",
    );
    accepted(&["[w1]", "    [c12   ]", "      [c23  ]"]);
}

#[test]
fn what_happens_after_the_culprit_is_left_out() {
    let Verdict::NotLinearizable(why) = judge(&["[w1]      [w2  ]", "    [r2]    [r3]"]) else { panic!("accepted") };
    let labels: Vec<&str> = why.operations.iter().map(|operation| operation.label.as_str()).collect();
    assert_eq!(labels, ["write 1", "read → 2"]);
    assert_eq!((why.culprit, why.order.as_slice(), why.shortest), (1, [0].as_slice(), true));
}

#[test]
fn what_is_still_open_when_the_culprit_returns_has_no_answer_yet() {
    let Verdict::NotLinearizable(why) = judge(&["[w1]   [w2   ]", "     [r3  ]", "      [r2      ]"]) else {
        panic!("accepted")
    };
    let shown: Vec<_> =
        why.operations.iter().map(|operation| (operation.label.as_str(), operation.returned.is_some())).collect();
    assert_eq!(shown, [("write 1", true), ("read → 3", true), ("read", false), ("write 2", false)]);
}
