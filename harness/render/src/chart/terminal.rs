//! The chart in characters.

use report::{Span, Style, Text};

use super::axis::Axis;
use super::{Chart, Curve, Series};
use crate::canvas::{Canvas, cut};

/// Marks of measured points, one a series; with more series they repeat.
const MARKS: [char; 4] = ['●', '◆', '○', '◇'];
const IDEAL: char = '·';
/// What leads from one measured point to the next.
const BETWEEN: char = '-';

/// The area between the axes: `height` rows from the top, `width` columns from the left edge on.
struct Plot {
    left: usize,
    width: usize,
    height: usize,
    x: Axis,
    y: Axis,
}

pub(super) fn draw(chart: &Chart, width: usize, height: usize) -> Text {
    let (x, y) = chart.axes((width / 10).min(10), height / 3);
    let height = evenly(height, &y);
    let labels: Vec<(usize, String)> = y.ticks().iter().map(|tick| (row(&y, height, *tick), y.label(*tick))).collect();
    let left = labels.iter().map(|(_, label)| label.chars().count()).max().unwrap_or(0) + 2;
    // The label of the last tick reaches beyond the end of the axis.
    let plot = Plot { left, width: evenly(width.saturating_sub(left + 4), &x), height, x, y };

    let mut rows: Vec<Canvas> = (0..height).map(|_| Canvas::new(width)).collect();
    for line in &mut rows {
        line.put(left - 1, '│', Style::Dim);
    }
    for (row, label) in &labels {
        rows[*row].write(left - 2 - label.chars().count(), label, Style::Dim);
        rows[*row].put(left - 1, '┤', Style::Dim);
    }
    for (series, mark) in marked(chart) {
        curve(&mut rows, &plot, series, mark);
    }

    let mut text = Text::default();
    text.line().push(Style::Strong, cut(&chart.title, width));
    text.line().push(Style::Dim, cut(&chart.y_title, width));
    text.lines.extend(rows.into_iter().map(Canvas::finish));
    text.lines.extend(x_axis(chart, &plot, width));
    text.lines.push(legend(chart, left, width));
    text
}

/// The most of `cells` that have the ticks of the axis the same number of cells apart, one on the first and one on the
/// last cell.
fn evenly(cells: usize, axis: &Axis) -> usize {
    let steps = axis.ticks().len() - 1;
    (cells.saturating_sub(1) / steps).max(1) * steps + 1
}

/// The row of a value, from the top.
fn row(y: &Axis, height: usize, value: f64) -> usize {
    let up = (y.place(value) * (height - 1) as f64).round() as usize;
    (height - 1).saturating_sub(up)
}

/// The series with their marks.
fn marked(chart: &Chart) -> impl Iterator<Item = (&Series, char)> {
    let mut marks = MARKS.into_iter().cycle();
    chart.series.iter().map(move |series| match series.curve {
        Curve::Ideal => (series, IDEAL),
        Curve::Measured => (series, marks.next().expect("the marks repeat")),
    })
}

fn style(curve: Curve) -> Style {
    match curve {
        Curve::Ideal => Style::Dim,
        Curve::Measured => Style::Strong,
    }
}

fn curve(rows: &mut [Canvas], plot: &Plot, series: &Series, mark: char) {
    let points = series.sorted();
    let column = |x: f64| (plot.x.place(x) * (plot.width - 1) as f64).round() as usize;
    let mut put = |column: usize, y: f64, c: char| {
        rows[row(&plot.y, plot.height, y)].put(plot.left + column, c, style(series.curve));
    };
    let between = if series.curve == Curve::Ideal { mark } else { BETWEEN };
    for pair in points.windows(2) {
        let (from, to) = (column(pair[0].0), column(pair[1].0));
        for x in from + 1..to {
            let part = (x - from) as f64 / (to - from) as f64;
            put(x, pair[0].1 + part * (pair[1].1 - pair[0].1), between);
        }
    }
    for (x, y) in points {
        put(column(x), y, mark);
    }
}

/// The axis to the right, its labels and its title.
fn x_axis(chart: &Chart, plot: &Plot, width: usize) -> [Vec<Span>; 3] {
    let mut line = Canvas::new(width);
    line.write(plot.left - 1, &format!("└{}", "─".repeat(plot.width)), Style::Dim);
    let mut labels = Canvas::new(width);
    for tick in plot.x.ticks() {
        let x = plot.left + (plot.x.place(tick) * (plot.width - 1) as f64).round() as usize;
        line.put(x, '┬', Style::Dim);
        let label = plot.x.label(tick);
        labels.write(x.saturating_sub(label.chars().count() / 2), &label, Style::Dim);
    }
    let mut title = Canvas::new(width);
    let words = cut(&chart.x_title, width - plot.left);
    title.write(plot.left + plot.width.saturating_sub(words.chars().count()) / 2, &words, Style::Dim);
    [line.finish(), labels.finish(), title.finish()]
}

fn legend(chart: &Chart, left: usize, width: usize) -> Vec<Span> {
    let mut canvas = Canvas::new(width);
    let mut x = left;
    for (series, mark) in marked(chart) {
        let sample = match series.curve {
            Curve::Ideal => mark.to_string().repeat(3),
            Curve::Measured => format!("{BETWEEN}{mark}{BETWEEN}"),
        };
        canvas.write(x, &sample, style(series.curve));
        canvas.write(x + 4, &series.name, Style::Plain);
        x += 4 + series.name.chars().count() + 3;
    }
    canvas.finish()
}
