//! The proof for a person.

use std::fmt::Write as _;

use comfy_table::{Cell, CellAlignment, ContentArrangement, Table, presets};

use super::{Proof, Proven};
use crate::Context;

/// A table for each exercise, then what is wrong, then one line.
pub fn text(context: &Context, proof: &Proof) -> String {
    let paint = context.paint;
    let mut out = String::new();
    for exercise in &proof.exercises {
        let _ = writeln!(out, "{}", paint.strong(&heading(exercise)));
        if !exercise.mutants.is_empty() {
            let _ = writeln!(out, "{}", table(exercise));
        }
        out.push('\n');
    }
    for exercise in &proof.exercises {
        for problem in &exercise.problems {
            let _ = writeln!(out, "{} {problem}", paint.bad(&format!("{}:", exercise.id)));
        }
    }
    let problems: usize = proof.exercises.iter().map(|exercise| exercise.problems.len()).sum();
    let mutants: usize = proof.exercises.iter().map(|exercise| exercise.mutants.len()).sum();
    let _ = writeln!(out, "{} exercises, {mutants} mutants, {problems} problems", proof.exercises.len());
    out
}

fn heading(exercise: &Proven) -> String {
    let median = exercise.median_entries.map_or_else(|| "none".to_owned(), |median| median.to_string());
    format!(
        "{}: {} checks, {} mutants, {} variants, median size of a shrunk schedule {median}",
        exercise.id,
        exercise.checks,
        exercise.mutants.len(),
        exercise.variants
    )
}

fn table(exercise: &Proven) -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Disabled);
    table.set_header(["", "mutant", "caught by", "entries", "shrunk"]);
    for mutant in &exercise.mutants {
        let number = |number: Option<usize>| {
            let text = number.map_or_else(|| "-".to_owned(), |number| number.to_string());
            Cell::new(text).set_alignment(CellAlignment::Right)
        };
        table.add_row([
            Cell::new(if mutant.as_described { "✓" } else { "✗" }),
            Cell::new(&mutant.name),
            Cell::new(&mutant.caught_by),
            number(mutant.entries_before),
            number(mutant.entries),
        ]);
    }
    table
}
