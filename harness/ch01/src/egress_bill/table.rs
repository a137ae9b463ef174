//! The table, and what a single machine would answer that holds all of it.
//!
//! Regions and the judge compute with the same function, over the partitions of a subquery and over all of them. That is
//! what makes the right answer right: there is no second opinion on what a sum is.

use std::collections::BTreeMap;
use std::fmt;

use render::explain::plural;

use super::contract::*;

/// A row of the table as it is stored: a value for each [`Column`], in order.
pub type Stored = [i64; 5];

/// Bytes of a reply before its first row.
pub const REPLY_BYTES: u64 = 64;

/// Bytes of a value in a reply.
pub const VALUE_BYTES: u64 = 8;

/// How long a reply is.
pub fn reply_bytes(rows: u64, values: u64) -> u64 {
    REPLY_BYTES + VALUE_BYTES * rows * values
}

fn at(row: &Stored, column: Column) -> i64 {
    row[column as usize]
}

fn passes(row: &Stored, filter: &[Condition]) -> bool {
    filter.iter().all(|condition| {
        let value = at(row, condition.column);
        match condition.is {
            Comparison::AtLeast => value >= condition.value,
            Comparison::AtMost => value <= condition.value,
            Comparison::Equal => value == condition.value,
        }
    })
}

/// What a single machine answers over these rows.
pub fn answer<'a>(rows: impl IntoIterator<Item = &'a Stored>, filter: &[Condition], select: &Select) -> Vec<Row> {
    let rows = rows.into_iter().filter(|row| passes(row, filter));
    match select {
        Select::Rows(columns) => {
            let project = |row: &Stored| columns.iter().map(|column| Value::Int(at(row, *column).into())).collect();
            rows.map(project).collect()
        }
        Select::Groups { by, of } => {
            let mut groups: BTreeMap<Option<i64>, Vec<&Stored>> = BTreeMap::new();
            if by.is_none() {
                groups.insert(None, Vec::new());
            }
            for row in rows {
                groups.entry(by.map(|by| at(row, by))).or_default().push(row);
            }
            let row = |(key, rows): (Option<i64>, Vec<&Stored>)| {
                let key = key.map(|key| Value::Int(key.into()));
                key.into_iter().chain(of.iter().map(|of| aggregate(*of, &rows))).collect()
            };
            groups.into_iter().map(row).collect()
        }
    }
}

fn aggregate(of: Aggregate, rows: &[&Stored]) -> Value {
    let values = |column| rows.iter().map(move |row| i128::from(at(row, column)));
    let sum = |column| values(column).sum::<i128>();
    if rows.is_empty() && of != Aggregate::Count {
        return Value::Null;
    }
    match of {
        Aggregate::Count => Value::Int(rows.len() as i128),
        Aggregate::Sum(column) => Value::Int(sum(column)),
        Aggregate::Min(column) => values(column).min().map_or(Value::Null, Value::Int),
        Aggregate::Max(column) => values(column).max().map_or(Value::Null, Value::Int),
        Aggregate::Average(column) => Value::Float(sum(column) as f64 / rows.len() as f64),
    }
}

/// How many values a row that crosses a border may have.
pub fn values_needed(select: &Select) -> u64 {
    match select {
        Select::Rows(columns) => columns.len() as u64,
        Select::Groups { by, of } => {
            let value = |of: &Aggregate| if matches!(of, Aggregate::Average(_)) { 2 } else { 1 };
            u64::from(by.is_some()) + of.iter().map(value).sum::<u64>()
        }
    }
}

/// Whether two answers are the same, in whatever order their rows come.
pub fn same(one: &[Row], other: &[Row]) -> bool {
    let (one, other) = (sorted(one), sorted(other));
    one.len() == other.len() && one.iter().zip(&other).all(|(one, other)| same_row(one, other))
}

/// The rows in an order of their own, averages last: they alone may differ a little.
pub fn sorted(rows: &[Row]) -> Vec<Row> {
    let mut rows = rows.to_vec();
    rows.sort_by_key(|row| {
        let exact = |value: &Value| if let Value::Int(value) = value { Some(*value) } else { None };
        row.iter().map(exact).collect::<Vec<_>>()
    });
    rows
}

fn same_row(one: &Row, other: &Row) -> bool {
    let same = |(one, other): (&Value, &Value)| match (one, other) {
        (Value::Float(one), Value::Float(other)) => (one - other).abs() <= 1e-9 * one.abs().max(other.abs()),
        _ => one == other,
    };
    one.len() == other.len() && one.iter().zip(other).all(same)
}

/// An answer in words: its rows, the first few of them if they are many.
pub fn show(rows: &[Row]) -> String {
    const SHOWN: usize = 24;
    if rows.is_empty() {
        return "no rows".to_owned();
    }
    let value = |value: &Value| match value {
        Value::Null => "Null".to_owned(),
        Value::Int(value) => value.to_string(),
        Value::Float(value) => format!("{value:?}"),
    };
    let row = |row: &Row| format!("[{}]", row.iter().map(value).collect::<Vec<_>>().join(", "));
    let mut shown: Vec<String> = sorted(rows).iter().take(SHOWN).map(row).collect();
    if rows.len() > SHOWN {
        shown.push(format!("and {} more", rows.len() - SHOWN));
    }
    shown.join(" ")
}

/// An answer in a few words: its rows where they are short, otherwise how many there are.
pub fn brief(rows: &[Row]) -> String {
    const SHORT: usize = 40;
    let shown = show(rows);
    if shown.len() <= SHORT { shown } else { plural(rows.len() as u64, "row") }
}

fn name(column: Column) -> String {
    format!("{column:?}").to_lowercase()
}

/// A query or a subquery in words: `sum(cents) by country where items >= 3`.
pub struct Words<'a>(pub &'a Select, pub &'a [Condition]);

impl fmt::Display for Words<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |words: Vec<String>| if words.is_empty() { "nothing".to_owned() } else { words.join(", ") };
        match self.0 {
            Select::Rows(columns) => out.write_str(&list(columns.iter().copied().map(name).collect()))?,
            Select::Groups { by, of } => {
                let aggregate = |of: &Aggregate| match *of {
                    Aggregate::Count => "count".to_owned(),
                    Aggregate::Sum(column) => format!("sum({})", name(column)),
                    Aggregate::Min(column) => format!("min({})", name(column)),
                    Aggregate::Max(column) => format!("max({})", name(column)),
                    Aggregate::Average(column) => format!("average({})", name(column)),
                };
                out.write_str(&list(of.iter().map(aggregate).collect()))?;
                if let Some(by) = by {
                    write!(out, " by {}", name(*by))?;
                }
            }
        }
        for (place, condition) in self.1.iter().enumerate() {
            let is = match condition.is {
                Comparison::AtLeast => ">=",
                Comparison::AtMost => "<=",
                Comparison::Equal => "=",
            };
            let joint = if place == 0 { "where" } else { "and" };
            write!(out, " {joint} {} {is} {}", name(condition.column), condition.value)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROWS: [Stored; 3] = [[1, 10, 49, 2, 500], [2, 11, 49, 1, 101], [3, 10, 61, 5, 700]];

    fn groups(by: Option<Column>, of: &[Aggregate]) -> Select {
        Select::Groups { by, of: of.to_vec() }
    }

    #[test]
    fn groups_are_counted_summed_and_averaged() {
        let select = groups(Some(Column::Country), &[Aggregate::Count, Aggregate::Average(Column::Cents)]);
        assert_eq!(show(&answer(&ROWS, &[], &select)), "[49, 2, 300.5] [61, 1, 700.0]");
    }

    #[test]
    fn one_group_over_no_rows_is_there_and_holds_nothing() {
        let filter = [Condition { column: Column::Items, is: Comparison::AtLeast, value: 9 }];
        let all = [Aggregate::Count, Aggregate::Sum(Column::Cents), Aggregate::Average(Column::Cents)];
        assert_eq!(show(&answer(&ROWS, &filter, &groups(None, &all))), "[0, Null, Null]");
        assert_eq!(show(&answer(&ROWS, &filter, &groups(Some(Column::Country), &all))), "no rows");
    }

    #[test]
    fn the_order_of_rows_does_not_matter_and_their_number_does() {
        let mut rows = answer(&ROWS, &[], &Select::Rows(vec![Column::Country]));
        let before = rows.clone();
        rows.reverse();
        assert!(same(&before, &rows));
        rows.pop();
        assert!(!same(&before, &rows));
    }

    #[test]
    fn averages_may_differ_in_their_last_digits_and_nothing_else_may() {
        assert!(same(&[vec![Value::Float(0.1 + 0.2)]], &[vec![Value::Float(0.3)]]));
        assert!(!same(&[vec![Value::Float(0.31)]], &[vec![Value::Float(0.3)]]));
        assert!(!same(&[vec![Value::Null]], &[vec![Value::Int(0)]]));
    }
}
