//! Where everything goes.
//!
//! Two ways to place words. *Between* the lifelines is the better one to read: an arrow carries its label, a note stands
//! beside its mark. It needs room between every two lanes for the longest label there. When there isn't enough, the words
//! go *beside* the diagram, into a column at the right, and the lanes stand as close as they like: nine nodes fit on a
//! terminal that way, with no label cut. And where even that is too wide, a drawing would be a riddle: what is left is a
//! list that says who sent what to whom.

use super::cut::Shown;
use super::rows::{Part, Row, What};
use crate::explain::ms_of_us;

/// No words are worth more lines than this.
pub(super) const NOTE_LINES: usize = 3;
/// Times with fractions of a millisecond may take so many columns.
const TIME_WIDTH: usize = 15;
/// The names of lanes take no more lines than this.
const NAME_LINES: usize = 3;
/// A note takes another line rather than more columns than this.
const NOTE_WIDTH: usize = 40;
/// A note takes more columns rather than many lines of fewer than this.
const NOTE_WIDTH_TIGHT: usize = 18;
/// Words beside the diagram need this much to be of use.
const BESIDE_WIDTH: usize = 18;
/// The narrowest and the widest gap between two lanes with the words beside them.
const GAP_BESIDE: (usize, usize) = (3, 11);
/// The gap between lanes that are many, and the columns that words beside them need to be worth it.
const GAP_MANY: usize = 1;
const BESIDE_MANY: usize = 28;
/// The columns that an arrow takes besides its label, with room to breathe and without.
pub(super) const ARROW: usize = 8;
const ARROW_TIGHT: usize = 5;

/// The columns of a diagram.
pub(super) struct Layout<'a> {
    pub width: usize,
    /// How wide the time column is.
    pub time: usize,
    /// Whether times have fractions of a millisecond: not where they would take room from everything else.
    pub fractions: bool,
    /// The lanes that are drawn; none if a list takes the place of the diagram.
    pub lanes: Vec<Line<'a>>,
    /// Where the words begin that stand beside the diagram, if that is where they stand.
    pub beside: Option<usize>,
    /// In how many lines the names of the lanes stand, by turns, so that none runs into the next.
    pub name_lines: usize,
    names: Vec<&'a str>,
}

/// A lane's lifeline.
pub(super) struct Line<'a> {
    pub name: &'a str,
    /// Its column.
    pub x: usize,
    /// How many columns are free between it and the next one, or the right edge.
    pub gap: usize,
}

/// Columns wanted in the gap to the right of a lane.
#[derive(Clone, Copy)]
struct Need {
    comfortable: usize,
    tight: usize,
}

impl<'a> Layout<'a> {
    pub fn of(shown: &Shown<'a>, rows: &[Row], width: usize) -> Self {
        let widest = |fractions| rows.iter().map(|row| count(&row.time(fractions))).max().unwrap_or(0).max(2);
        let fractions = widest(true) <= TIME_WIDTH;
        let time = widest(fractions);
        let names = shown.lanes.clone();
        let mut layout = Layout { width, time, fractions, lanes: Vec::new(), beside: None, name_lines: 1, names };
        let lanes = shown.lanes.len().max(1);
        let left = time + 2;
        let room = width.saturating_sub(left + lanes);
        let gaps = if let Some(gaps) = between(&needs(&layout, rows), room) {
            gaps
        } else if room >= (lanes - 1) * GAP_BESIDE.0 + 2 + BESIDE_WIDTH {
            let words = rows.iter().map(|row| count(&layout.words_beside(row))).max().unwrap_or(0);
            let names = layout.names.iter().map(|name| count(name)).max().unwrap_or(0);
            let spare = |words: usize| room.saturating_sub(words + 2) / (lanes - 1).max(1);
            let gap = spare(words.min(NOTE_WIDTH)).max(names.min(spare(BESIDE_WIDTH)));
            let gap = gap.clamp(GAP_BESIDE.0, GAP_BESIDE.1);
            layout.beside = Some(left + (lanes - 1) * (gap + 1) + 3);
            vec![gap; lanes]
        } else if room >= (lanes - 1) * GAP_MANY + 2 + BESIDE_MANY {
            let longest = layout.names.iter().map(|name| count(name)).max().unwrap_or(0);
            layout.name_lines = (longest + 1).div_ceil(GAP_MANY + 1).min(NAME_LINES);
            layout.beside = Some(left + (lanes - 1) * (GAP_MANY + 1) + 3);
            vec![GAP_MANY; lanes]
        } else {
            layout.beside = Some(left);
            return layout;
        };
        let mut x = left;
        for (name, gap) in shown.lanes.iter().zip(gaps) {
            layout.lanes.push(Line { name, x, gap });
            x += gap + 1;
        }
        layout
    }

    /// The label of a message between lifelines. A row that shows one end only says where the other one is, unless that
    /// is the next lane.
    pub fn label_between(&self, what: &What) -> String {
        match what {
            What::Message { from, to, .. } if from.abs_diff(*to) > 1 => self.addressed(what),
            What::Message { label, .. } => label.clone(),
            _ => String::new(),
        }
    }

    /// The words of a row that stand beside the diagram, or in the list.
    pub fn words_beside(&self, row: &Row) -> String {
        match &row.what {
            What::Silence { duration_us } => format!("{} ms", ms_of_us(*duration_us)),
            What::Mark { lanes, text, .. } => format!("{}: {text}", self.named(lanes)),
            What::World { text, .. } | What::Folded { text } => text.clone(),
            What::Many { lane, others, label, arrive } if self.is_list() => {
                let (lane, others) = (self.names[*lane], self.named(others));
                if *arrive {
                    format!("{others} → {lane}: {label} arrives")
                } else {
                    format!("{lane} → {others}: {label}")
                }
            }
            What::Many { .. } => self.many(&row.what),
            What::Message { part: Part::WholeLost { why } | Part::Lost { why }, .. } => {
                format!("{}: {why}", self.addressed(&row.what))
            }
            What::Message { .. } => self.addressed(&row.what),
        }
    }

    /// "n1, n2", "n1 to n5".
    fn named(&self, lanes: &[usize]) -> String {
        let mut lanes = lanes.to_vec();
        lanes.sort_unstable();
        let names: Vec<&str> = lanes.iter().map(|lane| self.names[*lane]).collect();
        match (&lanes[..], &names[..]) {
            ([first, .., last], [from, _, .., to]) if last - first + 1 == lanes.len() && lanes.len() > 2 => {
                format!("{from} to {to}")
            }
            _ => names.join(", "),
        }
    }

    /// The label of messages to or from several lanes.
    pub fn many(&self, what: &What) -> String {
        let What::Many { lane, others, label, arrive } = what else { return String::new() };
        let word = if *arrive { "from" } else { "to" };
        if others.len() > 2 && others.len() + 1 == self.names.len() && !others.contains(lane) {
            return format!("{label} {word} the others");
        }
        format!("{label} {word} {}", self.named(others))
    }

    /// The label of a message, with what the row doesn't show of where it comes from and goes to.
    fn addressed(&self, what: &What) -> String {
        let What::Message { from, to, label, part } = what else { return String::new() };
        let (from, to) = (self.names[*from], self.names[*to]);
        match part {
            _ if self.is_list() => {
                let end = if matches!(part, Part::Arrival) { " arrives" } else { "" };
                format!("{from} → {to}: {label}{end}")
            }
            Part::Whole => label.clone(),
            _ if self.names.len() <= 2 => label.clone(),
            Part::Arrival => format!("{label} from {from}"),
            Part::Departure | Part::WholeLost { .. } | Part::Lost { .. } => format!("{label} to {to}"),
        }
    }

    /// Whether there is no room for a drawing, and a list takes its place.
    fn is_list(&self) -> bool {
        self.beside == Some(self.time + 2)
    }
}

/// Gaps for words between the lifelines, if `room` is enough for all of them.
fn between(needs: &[Need], room: usize) -> Option<Vec<usize>> {
    let mut gaps: Vec<usize> = needs.iter().map(|need| need.tight).collect();
    let mut spare = room.checked_sub(gaps.iter().sum())?;
    while spare > 0 {
        let mut grown = 0;
        for (gap, need) in gaps.iter_mut().zip(needs) {
            if *gap < need.comfortable && grown < spare {
                *gap += 1;
                grown += 1;
            }
        }
        if grown == 0 {
            break;
        }
        spare -= grown;
    }
    // The last lane has nobody to its right.
    *gaps.last_mut()? += spare;
    Some(gaps)
}

fn needs(layout: &Layout, rows: &[Row]) -> Vec<Need> {
    let name = |name: &&str| Need { comfortable: (count(name) + 2).max(14), tight: (count(name) + 1).max(6) };
    let mut needs: Vec<Need> = layout.names.iter().map(name).collect();
    // Nothing but a name and the mark of the focus needs to stand to the right of the last lane.
    if let (Some(need), Some(last)) = (needs.last_mut(), layout.names.last()) {
        *need = Need { comfortable: count(last).max(3), tight: count(last).max(3) };
    }
    for row in rows {
        let (gap, comfortable, tight) = match &row.what {
            What::Silence { duration_us } => {
                let length = count(&ms_of_us(*duration_us)) + 3;
                (0, length + 3, length + 3)
            }
            What::Mark { lanes, text, .. } => {
                let length = count(text) + if row.focus { 2 } else { 0 };
                // A third of a line more, for what breaking at spaces wastes.
                let lines = (length / NOTE_LINES * 4 / 3).max(NOTE_WIDTH_TIGHT);
                let lane = *lanes.last().expect("a mark is on a lane");
                (lane, length.min(NOTE_WIDTH.max(lines)) + 3, length.min(lines) + 2)
            }
            What::Many { lane, .. } => {
                let length = count(&layout.many(&row.what));
                (*lane, length.min(NOTE_WIDTH) + ARROW_TIGHT, length.min(NOTE_WIDTH_TIGHT) + ARROW_TIGHT)
            }
            What::World { .. } | What::Folded { .. } => continue,
            What::Message { from, to, part, .. } => {
                let why = match part {
                    Part::WholeLost { why } | Part::Lost { why } => count(why) + 2,
                    Part::Whole | Part::Departure | Part::Arrival => 0,
                };
                let length = count(&layout.label_between(&row.what)) + why;
                (gap_of(*from, *to, part), length + ARROW, length + ARROW_TIGHT)
            }
        };
        needs[gap].comfortable = needs[gap].comfortable.max(comfortable);
        needs[gap].tight = needs[gap].tight.max(tight);
    }
    needs
}

/// The gap in which the label of a message stands: at its receiver where it arrives, otherwise at its sender.
pub(super) fn gap_of(from: usize, to: usize, part: &Part) -> usize {
    match (part, to > from) {
        (Part::Arrival, true) => to - 1,
        (Part::Arrival, false) => to,
        (_, true) => from,
        (_, false) => from - 1,
    }
}

/// The width of a text, by the rule that a character is one column wide.
pub(super) fn count(text: &str) -> usize {
    text.chars().count()
}
