//! Telling what repeats in short, so that what matters fits on a screen.
//!
//! A leader's heartbeats fill pages and say one thing. When there are more rows than asked for, runs of rows become one
//! row that counts what they hold: "append ×48 from n1, ok ×48". What goes first is what repeats, then other messages and
//! plain notes, then losses, then crashes and splits, and of each of these the oldest: the rows just before the focus are
//! what a reader came for, so they stay as they are for as long as anything else can give way.

use std::collections::{BTreeMap, BTreeSet};

use sim::{MessageId, Tone};

use super::cut::Shown;
use super::rows::{Part, Row, What};
use crate::canvas::wrap;

/// What is seen so often repeats.
const OFTEN: usize = 3;
/// A run of fewer rows is not told in short.
const RUN: usize = 3;
/// In fewer rows than this there is no room for what is told in short.
const FEW: usize = 8;
/// So many rows before the focus are never told in short, or a quarter of the rows asked for if that is less.
const NEAR: usize = 12;
/// A row that tells others in short names so many things, and counts the rest.
const NAMED: usize = 4;

/// What has to give way before what: the levels at which rows are folded.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Worth {
    Silence,
    Repeated,
    Plain,
    Lost,
    Turn,
    Breach,
}

const LEVELS: [Worth; 4] = [Worth::Repeated, Worth::Plain, Worth::Lost, Worth::Turn];

/// Somebody's words, told in short, take no more columns than this.
const WORDS: usize = 30;

/// What makes two rows alike.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Key {
    /// Who sends and who receives; of those who are one of several, the other side is left open.
    Message {
        from: Vec<usize>,
        to: Vec<usize>,
        word: String,
        lost: bool,
    },
    Mark {
        lanes: Vec<usize>,
        text: String,
    },
    World {
        text: String,
    },
    Silence,
}

/// At most `max_rows` rows where folding can achieve that.
pub(super) fn fold(rows: Vec<Row>, shown: &Shown, max_rows: usize) -> Vec<Row> {
    if rows.len() <= max_rows || max_rows < FEW {
        return rows;
    }
    let keys: Vec<Key> = rows.iter().map(key).collect();
    let worths = worths(&rows, &keys);
    let focus = rows.iter().position(|row| row.focus).unwrap_or(rows.len() - 1);
    let near = NEAR.min(max_rows / 4);
    let runs = |level: Worth, far: usize| runs(&worths, focus, level, far);
    let plans = LEVELS.into_iter().flat_map(|level| (near..max_rows).rev().map(move |far| (level, far)));
    let fits = |plan: &(Worth, usize)| {
        let saved: usize = runs(plan.0, plan.1).iter().map(|(from, to)| to - from - 1).sum();
        rows.len() - saved <= max_rows
    };
    let (level, far) = plans.into_iter().find(fits).unwrap_or((Worth::Turn, near));
    let mut folded = Vec::new();
    let mut next = 0;
    for (from, to) in runs(level, far) {
        folded.extend_from_slice(&rows[next..from]);
        folded.push(in_short(shown, &rows[from..to], &keys[from..to]));
        next = to;
    }
    folded.extend_from_slice(&rows[next..]);
    folded
}

fn worths(rows: &[Row], keys: &[Key]) -> Vec<Worth> {
    let mut alike: BTreeMap<&Key, Vec<&Row>> = BTreeMap::new();
    for (row, key) in rows.iter().zip(keys) {
        alike.entry(key).or_default().push(row);
    }
    let often: BTreeSet<&Key> = alike
        .into_iter()
        .filter(|(_, rows)| rows.len() >= OFTEN && things(rows) >= OFTEN)
        .map(|(key, _)| key)
        .collect();
    let worth = |(row, key): (&Row, &Key)| match &row.what {
        _ if row.focus => Worth::Breach,
        What::Silence { .. } | What::Folded { .. } => Worth::Silence,
        What::World { .. } => Worth::Turn,
        What::Mark { .. } if row.is_life => Worth::Turn,
        What::Mark { tone: Tone::Bad, .. } => Worth::Breach,
        What::Mark { tone: Tone::Good, .. } => Worth::Turn,
        What::Mark { tone: Tone::Fault, .. } => Worth::Lost,
        What::Message { part: Part::WholeLost { .. } | Part::Lost { .. }, .. } => Worth::Lost,
        _ if often.contains(key) => Worth::Repeated,
        What::Mark { .. } | What::Message { .. } | What::Many { .. } => Worth::Plain,
    };
    rows.iter().zip(keys).map(worth).collect()
}

/// The runs of rows worth no more than `level` and further than `far` rows from the focus, as ranges. What comes after the
/// focus is twice as far away: it explains little.
fn runs(worths: &[Worth], focus: usize, level: Worth, far: usize) -> Vec<(usize, usize)> {
    let distance = |row: usize| if row <= focus { focus - row } else { 2 * (row - focus) };
    let folds = |row: usize| worths[row] <= level && distance(row) > far;
    let mut runs = Vec::new();
    let mut row = 0;
    while row < worths.len() {
        let from = row;
        while row < worths.len() && folds(row) {
            row += 1;
        }
        let events = worths[from..row].iter().filter(|worth| **worth > Worth::Silence).count();
        if row - from >= RUN && events >= 2 {
            runs.push((from, row));
        }
        row = row.max(from + 1);
    }
    runs
}

fn key(row: &Row) -> Key {
    // `Prepare(7)` and `Prepare { id: 7 }` are both a Prepare.
    let ends = |letter: char| letter.is_whitespace() || "({[".contains(letter);
    let word = |label: &str| label.split(ends).find(|word| !word.is_empty()).unwrap_or_default().to_owned();
    let message = |from: &[usize], to: &[usize], label: &str, lost| {
        let (from, to) = (from.to_vec(), to.to_vec());
        Key::Message { from, to, word: word(label), lost }
    };
    match &row.what {
        What::Silence { .. } | What::Folded { .. } => Key::Silence,
        What::World { text, .. } => Key::World { text: text.clone() },
        What::Mark { lanes, text, .. } => {
            let is_message = !row.messages.is_empty();
            Key::Mark { lanes: lanes.clone(), text: if is_message { word(text) } else { text.clone() } }
        }
        What::Many { lane, others, label, arrive: false } => message(&[*lane], others, label, false),
        What::Many { lane, others, label, arrive: true } => message(others, &[*lane], label, false),
        What::Message { from, to, label, part } => {
            message(&[*from], &[*to], label, matches!(part, Part::WholeLost { .. } | Part::Lost { .. }))
        }
    }
}

/// One row for several.
fn in_short(shown: &Shown, rows: &[Row], keys: &[Key]) -> Row {
    let (first, last) = (&rows[0], rows.last().expect("a run has rows"));
    let at_us = (first.at_us.0, last.at_us.1);
    let kinds: BTreeSet<&Key> = keys.iter().filter(|key| **key != Key::Silence).collect();
    let times = things(&rows.iter().collect::<Vec<_>>());
    let what = match kinds.into_iter().collect::<Vec<_>>()[..] {
        [Key::Message { from, to, word, lost: false }] if from.len() == 1 && to.len() == 1 => {
            What::Message { from: from[0], to: to[0], label: format!("{word} ×{times}"), part: Part::Whole }
        }
        [Key::Mark { lanes, text }] => {
            let drawn = rows
                .iter()
                .find_map(|row| if let What::Mark { mark, tone, .. } = row.what { Some((mark, tone)) } else { None });
            let (mark, tone) = drawn.expect("all rows that are no silence are marks");
            What::Mark { lanes: lanes.clone(), mark, text: format!("{text} ×{times}"), tone }
        }
        _ => What::Folded { text: format!("… {}", summary(shown, rows, keys)) },
    };
    Row {
        time_us: Some(at_us),
        what,
        focus: false,
        events: rows.iter().map(|row| row.events).sum(),
        at_us,
        messages: rows.iter().flat_map(|row| row.messages.iter().copied()).collect(),
        is_life: false,
        is_in_short: true,
        lives: last.lives.clone(),
    }
}

/// How many things these rows show: a message is one, whichever of its ends are there.
fn things(rows: &[&Row]) -> usize {
    let messages: BTreeSet<MessageId> = rows.iter().flat_map(|row| row.messages.iter().copied()).collect();
    messages.len() + rows.iter().filter(|row| row.messages.is_empty() && row.events > 0).count()
}

/// "append ×48 from n1, ok ×48, 3 others".
fn summary(shown: &Shown, rows: &[Row], keys: &[Key]) -> String {
    /// Where things of a kind happen, and the rows that show them.
    type Alike<'r> = (BTreeSet<usize>, Vec<&'r Row>);
    let mut groups: BTreeMap<(bool, String), Alike> = BTreeMap::new();
    for (row, key) in rows.iter().zip(keys) {
        let (kind, lanes) = match key {
            Key::Silence => continue,
            Key::World { text } => ((false, text.clone()), Vec::new()),
            Key::Mark { lanes, text } => ((false, text.clone()), lanes.clone()),
            Key::Message { from, word, lost, .. } => {
                ((true, if *lost { format!("{word} lost") } else { word.clone() }), from.clone())
            }
        };
        let group = groups.entry(kind).or_default();
        group.0.extend(lanes);
        group.1.push(row);
    }
    let counted = groups.into_iter().map(|((is_message, word), (lanes, rows))| {
        let lane = lanes.first().filter(|_| lanes.len() == 1).map(|lane| shown.lanes[*lane]);
        Group { word: wrap(&word, WORDS, 1).concat(), is_message, lane, times: things(&rows) }
    });
    let mut counted: Vec<Group> = counted.collect();
    counted.sort_by_key(|group| std::cmp::Reverse(group.times));
    let named = if counted.len() == NAMED + 1 { NAMED + 1 } else { NAMED.min(counted.len()) };
    let others: usize = counted[named..].iter().map(|group| group.times).sum();
    let mut said: Vec<String> = counted[..named].iter().map(Group::said).collect();
    if others > 0 {
        said.push(format!("{others} others"));
    }
    said.join(", ")
}

/// Things of one kind.
struct Group<'a> {
    word: String,
    is_message: bool,
    /// Where they happen or come from, if that is one lane.
    lane: Option<&'a str>,
    times: usize,
}

impl Group<'_> {
    fn said(&self) -> String {
        let times = if self.times > 1 { format!(" ×{}", self.times) } else { String::new() };
        match (self.lane, self.is_message) {
            (Some(lane), true) => format!("{}{times} from {lane}", self.word),
            (Some(lane), false) => format!("{lane}: {}{times}", self.word),
            (None, _) => format!("{}{times}", self.word),
        }
    }
}

/// Messages that say the same and leave one lane at one instant for several others, or arrive there one after another,
/// in one row.
pub(super) fn gather(rows: Vec<Row>) -> Vec<Row> {
    let mut merged: Vec<Row> = Vec::new();
    for row in rows {
        if let Some(last) = merged.last_mut()
            && let Some(what) = with_one_more(last, &row)
        {
            let times = [last.time_us, row.time_us].into_iter().flatten();
            last.time_us = times.reduce(|one, other| (one.0.min(other.0), one.1.max(other.1)));
            last.what = what;
            last.events += row.events;
            last.at_us.1 = row.at_us.1;
            last.messages.extend(row.messages);
            continue;
        }
        merged.push(row);
    }
    merged
}

/// What `row` shows if it takes in the message of the next one.
fn with_one_more(row: &Row, next: &Row) -> Option<What> {
    let (lane, other, label, arrive) = end_of(&next.what)?;
    let (same_lane, others, said, arrives) = match &row.what {
        What::Many { lane, others, label, arrive } => (*lane, others.clone(), label, *arrive),
        what => end_of(what).map(|(lane, other, label, arrive)| (lane, vec![other], label, arrive))?,
    };
    let together = arrive || row.at_us == next.at_us;
    let alike = same_lane == lane && said == label && arrives == arrive && !others.contains(&other);
    if row.focus || next.focus || !together || !alike {
        return None;
    }
    let others = others.into_iter().chain([other]).collect();
    Some(What::Many { lane, others, label: label.clone(), arrive })
}

/// Of a row with one end of a message: where that is, where the other end is, the label, and whether it arrives.
fn end_of(what: &What) -> Option<(usize, usize, &String, bool)> {
    match what {
        What::Message { from, to, label, part: Part::Departure } => Some((*from, *to, label, false)),
        What::Message { from, to, label, part: Part::Arrival } => Some((*to, *from, label, true)),
        _ => None,
    }
}
