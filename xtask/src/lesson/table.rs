//! A table of a lesson.

use comfy_table::{Cell, CellAlignment, ContentArrangement, Row, presets};
use pulldown_cmark::Alignment;

/// A table while its cells arrive.
#[derive(Debug)]
pub struct Table {
    alignments: Vec<CellAlignment>,
    rows: Vec<Vec<String>>,
    current: Vec<String>,
}

impl Table {
    /// Without rows yet.
    pub fn new(alignments: &[Alignment]) -> Self {
        let alignments = alignments.iter().map(|alignment| match alignment {
            Alignment::None | Alignment::Left => CellAlignment::Left,
            Alignment::Center => CellAlignment::Center,
            Alignment::Right => CellAlignment::Right,
        });
        Table { alignments: alignments.collect(), rows: Vec::new(), current: Vec::new() }
    }

    /// The next cell of the row at hand.
    pub fn cell(&mut self, text: String) {
        self.current.push(text);
    }

    /// Ends the row at hand; the first is the heading.
    pub fn row(&mut self) {
        self.rows.push(std::mem::take(&mut self.current));
    }

    /// Drawn, at most `width` columns wide where the words allow it.
    pub fn lines(&self, width: usize) -> Vec<String> {
        let mut table = comfy_table::Table::new();
        table.load_style(presets::UTF8_HORIZONTAL_ONLY).set_content_arrangement(ContentArrangement::Dynamic);
        table.set_width(u16::try_from(width).unwrap_or(u16::MAX)).force_no_tty();
        let row = |cells: &Vec<String>| {
            let pairs = cells.iter().zip(&self.alignments);
            Row::from(pairs.map(|(text, alignment)| Cell::new(text).set_alignment(*alignment)).collect::<Vec<_>>())
        };
        if let Some((head, body)) = self.rows.split_first() {
            table.set_header(row(head));
            table.add_rows(body.iter().map(row));
        }
        table.lines().map(|line| line.trim_end().to_owned()).collect()
    }
}
