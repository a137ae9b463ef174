//! A history as people see it: a row an operation, time to the right.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::contract::Operation;

/// Of longer histories only the first and the last ones are shown.
const MOST_ROWS: usize = 16;

/// Columns for each moment at which something happens.
const WIDE: usize = 3;

/// The operations as bars over the moments at which something is called or returns; how long things take is not to scale.
pub fn drawn(history: &[Operation]) -> String {
    if history.is_empty() {
        return "a history without operations".to_owned();
    }
    let left_out = history.len().saturating_sub(MOST_ROWS);
    let head = if left_out > 0 { MOST_ROWS / 2 } else { history.len() };
    let shown: Vec<&Operation> = history[..head].iter().chain(&history[head + left_out..]).collect();
    let bars = if left_out > 0 { vec![String::new(); shown.len()] } else { bars(history) };
    let names: Vec<String> = shown.iter().map(|operation| operation.to_string()).collect();
    let widest = names.iter().map(|name| name.chars().count()).max().unwrap_or(0);
    let mut out = format!("{} operations:", history.len());
    for (row, ((operation, name), bar)) in shown.iter().zip(&names).zip(&bars).enumerate() {
        if left_out > 0 && row == head {
            let _ = write!(out, "\n… {left_out} more …");
        }
        let client = format!("c{}", operation.client);
        let until = operation.returned.map_or_else(|| "     ".to_owned(), |returned| format!("{:<5}", returned.at));
        let line = format!("{:>5}→{until} {client:<3} {name:<widest$}  {bar}", operation.called);
        let _ = write!(out, "\n{}", line.trim_end());
    }
    out
}

fn bars(history: &[Operation]) -> Vec<String> {
    let returns = history.iter().filter_map(|operation| operation.returned).map(|returned| returned.at);
    let moments: BTreeSet<u64> = history.iter().map(|operation| operation.called).chain(returns).collect();
    let column = |at: u64| WIDE * moments.range(..at).count();
    let bar = |operation: &Operation| {
        let from = column(operation.called);
        let until = operation.returned.map_or(WIDE * moments.len(), |returned| column(returned.at));
        let end = if operation.returned.is_some() { "┤" } else { "╌ ?" };
        format!("{}├{}{end}", " ".repeat(from), "─".repeat(until - from - 1))
    };
    history.iter().map(bar).collect()
}
