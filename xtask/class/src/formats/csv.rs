//! `--csv`: a grade book, one row a submission.
//!
//! Columns: `name`, `score`, `max_score`, `trust`, then what each exercise earned, by its id, in the order of the course.
//! Separated by commas, lines ended as RFC 4180 has it, UTF-8.
//!
//! A spreadsheet takes a cell that begins with `=`, `+`, `-` or `@` for a formula, quoted or not, and a formula can run
//! programs. Names are chosen by those who submit, so a cell that could be one begins with `'` instead, which spreadsheets
//! show as text; one that begins with `'` already gets another. So no two names become one, and leaving out a leading `'`
//! gives every name back.

use crate::formats::plain;
use crate::model::ClassReport;

/// The report as CSV.
pub fn write(report: &ClassReport) -> String {
    let exercises = exercises(report);
    let mut writer = ::csv::WriterBuilder::new().terminator(::csv::Terminator::CRLF).from_writer(Vec::new());
    let header = ["name", "score", "max_score", "trust"].into_iter().chain(exercises.iter().copied());
    let mut row = |cells: Vec<String>| writer.write_record(cells).expect("memory takes everything, rows are even");
    row(header.map(guarded).collect());
    for graded in &report.submissions {
        let points = [plain::points(graded.score), plain::points(graded.max_score)];
        let mut cells = vec![guarded(&graded.name)];
        cells.extend(points);
        cells.push(graded.trust.as_str().to_owned());
        // An exercise that this submission was not graded for has no points, not none.
        let earned = |id: &&str| graded.mark(id).map(|mark| plain::points(mark.score)).unwrap_or_default();
        cells.extend(exercises.iter().map(earned));
        row(cells);
    }
    let bytes = writer.into_inner().expect("memory takes everything");
    String::from_utf8(bytes).expect("every cell is UTF-8")
}

/// The exercises of all submissions, each once, in the order in which they come.
pub(crate) fn exercises(report: &ClassReport) -> Vec<&str> {
    let mut ids: Vec<&str> = Vec::new();
    for mark in report.submissions.iter().flat_map(|graded| &graded.marks) {
        if !ids.contains(&mark.exercise.as_str()) {
            ids.push(&mark.exercise);
        }
    }
    ids
}

/// `cell`, unless a spreadsheet could take it for a formula. The wide forms are those of Chinese and Japanese keyboards.
fn guarded(cell: &str) -> String {
    const STARTS_A_FORMULA: [char; 12] = ['=', '+', '-', '@', '\t', '\r', '\n', '\'', '＝', '＋', '－', '＠'];
    if cell.starts_with(STARTS_A_FORMULA) { format!("'{cell}") } else { cell.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::fixture;

    fn read(text: &str) -> Vec<Vec<String>> {
        let mut reader = ::csv::ReaderBuilder::new().has_headers(false).from_reader(text.as_bytes());
        reader.records().map(|row| row.expect("rows are even").iter().map(str::to_owned).collect()).collect()
    }

    #[test]
    fn a_reader_of_csv_finds_every_name_and_every_point() {
        let report = fixture::class();
        let rows = read(&write(&report));
        assert_eq!(rows[0], ["name", "score", "max_score", "trust", "flaky_rpc", "raft"]);
        assert_eq!(rows.len(), 1 + report.submissions.len());
        for (row, graded) in rows[1..].iter().zip(&report.submissions) {
            assert_eq!(row[0].strip_prefix('\'').unwrap_or(&row[0]), graded.name);
            let points: Vec<f64> = [1, 2, 4, 5].map(|at| row[at].parse().expect("a number")).into();
            let marks: Vec<f64> = graded.marks.iter().map(|mark| mark.score).collect();
            assert_eq!(points, [&[graded.score, graded.max_score][..], &marks].concat());
            assert_eq!(row[3], graded.trust.as_str());
        }
    }

    #[test]
    fn no_cell_begins_as_a_formula_does() {
        let mut report = fixture::class();
        let names = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1", "'=1", "a=1"];
        report.submissions.truncate(1);
        report.submissions = names
            .map(|name| {
                let mut it = report.submissions[0].clone();
                it.name = name.to_owned();
                it
            })
            .into();
        let rows = read(&write(&report));
        let written: Vec<&str> = rows[1..].iter().map(|row| row[0].as_str()).collect();
        assert_eq!(written, ["'=1+1", "'+1", "'-1", "'@SUM(A1)", "'\t=1", "'\r=1", "'\n=1", "'＝1", "''=1", "a=1"]);
        let begins = |cell: &String| cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠']);
        assert!(!rows.iter().flatten().any(begins));
    }

    #[test]
    fn an_exercise_that_was_not_graded_has_an_empty_cell() {
        let mut report = fixture::class();
        report.submissions[1].marks.remove(0);
        let rows = read(&write(&report));
        assert_eq!(rows[2][4..].len(), 2);
        assert_eq!(rows[2].iter().filter(|cell| cell.is_empty()).count(), 1);
    }

    #[test]
    fn a_class_looks_like_this() {
        insta::assert_snapshot!(write(&fixture::class()));
    }
}
