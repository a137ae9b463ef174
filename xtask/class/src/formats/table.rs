//! The table an instructor sees at the end of a run.
//!
//! A row a submission, a column an exercise as long as those fit the terminal, or else a column a chapter: a line that
//! wraps is worse than one that says less, and the JSON, the CSV and the pages have everything.

use comfy_table::{Attribute, Cell, CellAlignment, Color, ContentArrangement, Table, presets};
use report::{ExerciseStatus, Style};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};
use xtask::{Paint, wrap};

use crate::formats::{csv, plain};
use crate::model::{ClassReport, Graded, Trust, hundredths};

/// The widest a name or an exercise's id is shown, in columns.
const NAME_COLUMNS: usize = 32;
const ID_COLUMNS: usize = 16;

/// The least a name is cut to, in columns.
const LEAST_NAME_COLUMNS: usize = 8;

/// Between two columns.
const GAP: usize = 2;

/// The table and the lines below it, at most `width` columns wide; coloured as `paint` says.
pub fn write(report: &ClassReport, paint: Paint, width: usize) -> String {
    if report.submissions.is_empty() {
        return "There are no submissions.\n".to_owned();
    }
    let grid = Grid::fitting(report, width);
    format!("{}\n\n{}", grid.draw(paint), below(report, paint, width))
}

/// Words and what they mean.
struct Shown {
    text: String,
    style: Style,
}

fn shown(style: Style, text: impl Into<String>) -> Shown {
    Shown { text: text.into(), style }
}

struct Grid {
    header: Vec<String>,
    rows: Vec<Vec<Shown>>,
}

impl Grid {
    /// With as many columns between the score and the trust as fit: one an exercise, one a chapter, or none.
    fn fitting(report: &ClassReport, width: usize) -> Grid {
        let mut grids = [by_exercise, by_chapter, |_: &ClassReport| (Vec::new(), Vec::new())]
            .map(|middle| Grid::new(report, middle(report)));
        let at = grids.iter().position(|grid| grid.columns() <= width).unwrap_or(grids.len() - 1);
        let grid = std::mem::replace(&mut grids[at], Grid { header: Vec::new(), rows: Vec::new() });
        grid.with_names_in(width)
    }

    fn new(report: &ClassReport, (middle, cells): (Vec<String>, Vec<Vec<Shown>>)) -> Grid {
        let header = ["Name", "Score"].map(str::to_owned).into_iter().chain(middle).chain(["Trust".to_owned()]);
        let mut cells = cells.into_iter();
        let rows = report.submissions.iter().map(|graded| {
            let mut row = vec![shown(Style::Plain, fit(&plain::line(&graded.name), NAME_COLUMNS)), score(graded)];
            row.extend(cells.next().unwrap_or_default());
            row.push(trust(graded.trust));
            row
        });
        Grid { header: header.collect(), rows: rows.collect() }
    }

    /// The columns it takes with its names cut as far as they may be.
    fn columns(&self) -> usize {
        let widths = self.widths();
        widths[0].min(LEAST_NAME_COLUMNS) + widths[1..].iter().sum::<usize>() + GAP * (widths.len() - 1)
    }

    fn widths(&self) -> Vec<usize> {
        let widest = |at: usize| {
            let cells = self.rows.iter().map(|row| row[at].text.width());
            cells.chain([self.header[at].width()]).max().unwrap_or(0)
        };
        (0..self.header.len()).map(widest).collect()
    }

    fn with_names_in(mut self, width: usize) -> Grid {
        let widths = self.widths();
        let others = widths[1..].iter().map(|column| column + GAP).sum::<usize>();
        let room = width.saturating_sub(others).max(LEAST_NAME_COLUMNS);
        for row in &mut self.rows {
            row[0].text = fit(&row[0].text, room);
        }
        self
    }

    fn draw(&self, paint: Paint) -> String {
        let mut table = Table::new();
        table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Disabled);
        if paint.is_colour() {
            table.enforce_styling()
        } else {
            table.force_no_tty()
        };
        table.set_header(self.header.iter().map(|name| Cell::new(name).add_attribute(Attribute::Dim)));
        table.add_rows(self.rows.iter().map(|row| row.iter().map(cell)));
        let last = self.header.len() - 1;
        for (at, column) in table.column_iter_mut().enumerate() {
            column.set_padding((0, if at == last { 0 } else { GAP as u16 }));
        }
        table.column_mut(1).expect("there is a score").set_cell_alignment(CellAlignment::Right);
        table.trim_fmt()
    }
}

fn cell(shown: &Shown) -> Cell {
    let cell = Cell::new(&shown.text);
    match shown.style {
        Style::Plain => cell,
        Style::Dim => cell.add_attribute(Attribute::Dim),
        Style::Strong => cell.add_attribute(Attribute::Bold),
        Style::Good => cell.fg(Color::Green),
        Style::Fault => cell.fg(Color::Yellow),
        Style::Bad => cell.fg(Color::Red),
    }
}

fn score(graded: &Graded) -> Shown {
    shown(Style::Strong, format!("{}/{}", plain::points(graded.score), plain::points(graded.max_score)))
}

fn trust(trust: Trust) -> Shown {
    match trust {
        Trust::Isolated => shown(Style::Dim, "isolated"),
        Trust::InProcess => shown(Style::Fault, "in process"),
        Trust::Unsandboxed => shown(Style::Bad, "unsandboxed"),
    }
}

type Middle = (Vec<String>, Vec<Vec<Shown>>);

fn by_exercise(report: &ClassReport) -> Middle {
    let ids = csv::exercises(report);
    let row = |graded| ids.iter().map(|id| state(graded, id)).collect();
    (ids.iter().map(|id| fit(id, ID_COLUMNS)).collect(), report.submissions.iter().map(row).collect())
}

/// What became of an exercise, in a word or in points.
fn state(graded: &Graded, id: &str) -> Shown {
    let result = graded.exercises().find(|exercise| exercise.id == id);
    let (Some(result), Some(mark)) = (result, graded.mark(id)) else { return shown(Style::Dim, "") };
    let points = format!("{}/{}", plain::points(mark.score), plain::points(mark.max_score));
    let full = hundredths(mark.score) == hundredths(mark.max_score);
    match result.status {
        ExerciseStatus::Passed if full => shown(Style::Good, "passed"),
        // All is well with the usual seed, so what is missing was lost to a hidden one.
        ExerciseStatus::Passed => shown(Style::Fault, format!("{points} hidden")),
        ExerciseStatus::Failed => shown(Style::Bad, points),
        ExerciseStatus::NotStarted => shown(Style::Dim, "not started"),
        ExerciseStatus::DoesNotCompile => shown(Style::Bad, "no compile"),
    }
}

fn by_chapter(report: &ClassReport) -> Middle {
    let mut ids: Vec<&str> = Vec::new();
    for chapter in report.submissions.iter().flat_map(|graded| &graded.chapters) {
        if !ids.contains(&chapter.id.as_str()) {
            ids.push(&chapter.id);
        }
    }
    let row = |graded| ids.iter().map(|id| passed_of(graded, id)).collect();
    (ids.iter().map(|id| fit(id, ID_COLUMNS)).collect(), report.submissions.iter().map(row).collect())
}

/// `2/3`: the exercises of a chapter that earned everything.
fn passed_of(graded: &Graded, chapter: &str) -> Shown {
    let Some(chapter) = graded.chapters.iter().find(|result| result.id == chapter) else {
        return shown(Style::Dim, "");
    };
    let full = |id: &str| graded.mark(id).is_some_and(|mark| hundredths(mark.score) == hundredths(mark.max_score));
    let passed = |status| status == ExerciseStatus::Passed;
    let count = chapter.exercises.iter().filter(|exercise| passed(exercise.status) && full(&exercise.id)).count();
    let style = match count {
        0 => Style::Dim,
        all if all == chapter.exercises.len() => Style::Good,
        _ => Style::Plain,
    };
    shown(style, format!("{count}/{}", chapter.exercises.len()))
}

/// How the class did, and what the reader has to know before they use the scores.
fn below(report: &ClassReport, paint: Paint, width: usize) -> String {
    let count = report.submissions.len();
    // Where nothing could be earned, nothing was passed.
    let full = |graded: &&Graded| graded.max_score > 0.0 && hundredths(graded.score) == hundredths(graded.max_score);
    let everything = report.submissions.iter().filter(full);
    let how = match &report.submissions[..] {
        [one] => format!("1 submission: {} of {} points", plain::points(one.score), plain::points(one.max_score)),
        _ => format!("{count} submissions: {}; {} passed everything", middle(report), everything.count()),
    };
    let mut out = wrap::paragraphs(&how, "", width);
    for (trust, what) in [
        (Trust::InProcess, "shared a process with what judged them: in_process in the reports"),
        (Trust::Unsandboxed, "ran without a jail and could do whatever you may do: unsandboxed in the reports"),
    ] {
        let such = report.submissions.iter().filter(|graded| graded.trust == trust).count();
        if such > 0 {
            let warning = wrap::paragraphs(&format!("{such} of {count} {what}"), "", width);
            warning.lines().for_each(|line| out.extend([&paint.fault(line), "\n"]));
        }
    }
    out
}

/// Mean and median: in points where all can earn the same, in per cent where they can't.
fn middle(report: &ClassReport) -> String {
    let most = report.submissions.first().map_or(0.0, |graded| graded.max_score);
    let alike = report.submissions.iter().all(|graded| hundredths(graded.max_score) == hundredths(most));
    let part = |graded: &Graded| if graded.max_score > 0.0 { 100.0 * graded.score / graded.max_score } else { 0.0 };
    let mut scores: Vec<f64> =
        report.submissions.iter().map(|graded| if alike { graded.score } else { part(graded) }).collect();
    scores.sort_by(f64::total_cmp);
    let (count, half) = (scores.len(), scores.len() / 2);
    let mean = scores.iter().sum::<f64>() / count as f64;
    let median = if count % 2 == 1 { scores[half] } else { f64::midpoint(scores[half - 1], scores[half]) };
    let (mean, median) = (plain::points(mean), plain::points(median));
    if alike {
        format!("mean {mean}, median {median} of {} points", plain::points(most))
    } else {
        format!("mean {mean} %, median {median} % of the points")
    }
}

/// `text` in at most `columns` columns, with an ellipsis where something is missing.
fn fit(text: &str, columns: usize) -> String {
    if text.width() <= columns {
        return text.to_owned();
    }
    let (mut out, mut taken) = (String::new(), 1);
    for c in text.chars() {
        taken += c.width().unwrap_or(0);
        if taken > columns {
            break;
        }
        out.push(c);
    }
    format!("{out}…")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::fixture;

    fn plain(report: &ClassReport, width: usize) -> String {
        write(report, Paint::plain(), width)
    }

    #[test]
    fn a_class_looks_like_this() {
        insta::assert_snapshot!(plain(&fixture::class(), 100));
    }

    #[test]
    fn in_a_narrow_terminal_it_has_a_column_a_chapter() {
        insta::assert_snapshot!(plain(&fixture::class(), 50));
    }

    #[test]
    fn no_line_is_wider_than_it_may_be() {
        let mut report = fixture::class();
        report.submissions[0].name = "共".repeat(60);
        for width in [40, 50, 60, 80, 100, 200] {
            let text = plain(&report, width);
            assert!(text.lines().all(|line| line.width() <= width), "{width}:\n{text}");
            let table = text.split("\n\n").next().expect("there is a table");
            assert_eq!(table.lines().count(), 1 + report.submissions.len(), "a row wraps:\n{table}");
        }
    }

    #[test]
    fn a_pipe_gets_no_escape_sequence_and_a_terminal_only_ours() {
        assert!(!plain(&fixture::class(), 100).contains('\u{1b}'));
        let mut report = fixture::class();
        report.submissions[0].name = "\u{1b}[2J\u{1b}]0;title\u{7}x".to_owned();
        assert!(plain(&report, 100).contains("\nx "));
    }

    #[test]
    fn the_line_below_says_how_the_class_did() {
        let mut report = fixture::class();
        let last =
            |report: &ClassReport| plain(report, 100).lines().find(|line| line.contains("mean")).map(str::to_owned);
        assert_eq!(
            last(&report).as_deref(),
            Some("5 submissions: mean 9.6, median 11.33 of 22 points; 1 passed everything")
        );
        for graded in &mut report.submissions {
            (graded.score, graded.max_score) = (0.0, 0.0);
        }
        assert!(last(&report).expect("a line").ends_with("of 0 points; 0 passed everything"));
        report.submissions[0].max_score = 44.0;
        assert!(last(&report).expect("a line").contains(" % of the points"));
        report.submissions.truncate(1);
        assert!(plain(&report, 100).ends_with("\n1 submission: 0 of 44 points\n"), "one has no mean");
        report.submissions.clear();
        assert_eq!(plain(&report, 100), "There are no submissions.\n");
    }

    #[test]
    fn a_cut_name_says_that_it_is_cut() {
        assert_eq!(fit("abcdef", 6), "abcdef");
        assert_eq!(fit("abcdef", 5), "abcd…");
        assert_eq!(fit("共共共", 5), "共共…");
    }
}
