//! Bytes in a form that people can read, with the place that matters marked.
//!
//! A learner who has to find one wrong byte among thirty looks for it with a finger, so the mark stands right below the
//! byte and the row says the offset of its first one.

use std::fmt::Write;

const PER_ROW: usize = 16;

/// Rows shown at most. Longer input is cut in the middle; the row with the mark is always among those shown.
const MAX_ROWS: usize = 12;

/// A dump of `bytes`: rows of offset, sixteen bytes, and the characters among them. With a mark, `^^` points at that
/// byte; a mark just past the end points at where the next byte was missing.
pub fn dump(bytes: &[u8], mark: Option<usize>) -> String {
    if bytes.is_empty() {
        return "(no bytes)".to_owned();
    }
    let rows = bytes.len() / PER_ROW + 1;
    let marked = mark.map(|mark| mark.min(bytes.len()) / PER_ROW);
    let mut shown = String::new();
    let mut hidden = 0;
    for row in 0..rows {
        let chunk = &bytes[row * PER_ROW..bytes.len().min((row + 1) * PER_ROW)];
        if chunk.is_empty() && marked != Some(row) {
            continue;
        }
        if !is_shown(row, rows, marked) {
            hidden += chunk.len();
            continue;
        }
        skipped(&mut shown, &mut hidden);
        let column = mark.filter(|_| marked == Some(row)).map(|mark| mark.min(bytes.len()) % PER_ROW);
        line(&mut shown, row * PER_ROW, chunk, column);
    }
    skipped(&mut shown, &mut hidden);
    shown.trim_end().to_owned()
}

/// The offset of the first byte in which two differ; the length of the shorter where one begins with the other.
pub fn first_difference(left: &[u8], right: &[u8]) -> Option<usize> {
    let common = left.iter().zip(right).take_while(|(left, right)| left == right).count();
    (common < left.len().max(right.len())).then_some(common)
}

fn is_shown(row: usize, rows: usize, marked: Option<usize>) -> bool {
    rows <= MAX_ROWS || row < MAX_ROWS / 3 || row + MAX_ROWS / 3 >= rows || marked.is_some_and(|m| m.abs_diff(row) <= 1)
}

fn skipped(shown: &mut String, hidden: &mut usize) {
    if *hidden > 0 {
        let _ = writeln!(shown, "      … {hidden} more bytes …");
        *hidden = 0;
    }
}

fn line(shown: &mut String, offset: usize, chunk: &[u8], column: Option<usize>) {
    let hex: Vec<String> = chunk.iter().map(|byte| format!("{byte:02x}")).collect();
    let printable = |byte: &u8| if byte.is_ascii_graphic() || *byte == b' ' { char::from(*byte) } else { '.' };
    let text: String = chunk.iter().map(printable).collect();
    let _ = writeln!(shown, "{offset:>5} {:<width$}  {text}", hex.join(" "), width = PER_ROW * 3 - 1);
    if let Some(column) = column {
        let _ = writeln!(shown, "      {:indent$}^^ offset {}", "", offset + column, indent = column * 3);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mark_stands_below_its_byte() {
        let shown = dump(b"\x08\x96\x01", Some(1));
        let lines: Vec<&str> = shown.lines().collect();
        assert_eq!(lines[0].find("96"), lines[1].find("^^"));
        assert!(lines[1].ends_with("offset 1"), "{shown}");
        assert!(lines[0].ends_with("..."), "{shown}");
    }

    #[test]
    fn a_mark_past_the_end_shows_where_a_byte_is_missing() {
        for len in [3, 16] {
            let shown = dump(&vec![0xff; len], Some(len));
            assert!(shown.ends_with(&format!("^^ offset {len}")), "{shown}");
        }
    }

    #[test]
    fn long_input_is_cut_but_never_at_the_mark() {
        let bytes = vec![0xab; 1_000];
        let shown = dump(&bytes, Some(500));
        assert!(shown.lines().count() < 20, "{shown}");
        assert!(shown.contains("^^ offset 500") && shown.contains("more bytes"), "{shown}");
        let told: usize = shown
            .lines()
            .filter(|line| line.contains('…'))
            .filter_map(|l| l.split(' ').find_map(|w| w.parse::<usize>().ok()))
            .sum();
        assert_eq!(told + shown.matches("ab").count(), 1_000, "every byte is shown or counted");
    }

    #[test]
    fn the_first_difference_of_a_prefix_is_where_it_ends() {
        assert_eq!(first_difference(b"abc", b"abd"), Some(2));
        assert_eq!(first_difference(b"ab", b"abc"), Some(2));
        assert_eq!(first_difference(b"abc", b"abc"), None);
    }
}
