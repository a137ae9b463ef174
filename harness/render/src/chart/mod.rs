//! A figure of several curves over one quantity, such as throughput against the number of workers.
//!
//! The same [`Chart`] is drawn twice: for a terminal ([`Chart::terminal`]) when a check measures something, and as SVG
//! ([`Chart::svg`]) for the lesson, so that the figure a learner reads about is the one they get. Both axes start at
//! zero unless there are values below it: a curve that flattens out is judged by its height above nothing, and an axis
//! that starts elsewhere is the usual way to lie about that.

mod axis;
mod svg;
mod terminal;
#[cfg(test)]
mod tests;

use report::Text;

use self::axis::Axis;

/// What a curve stands for; it decides how the curve is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Curve {
    /// What would be, if only: a dashed line.
    Ideal,
    /// What was seen: a line with a mark at every point.
    Measured,
}

/// One curve.
#[derive(Clone, Debug, PartialEq)]
pub struct Series {
    /// Its name in the legend.
    pub name: String,
    /// What it stands for.
    pub curve: Curve,
    /// Its points, `(x, y)`, in the units that the axes of the chart name; finite, in any order.
    pub points: Vec<(f64, f64)>,
}

impl Series {
    /// What would be, if only.
    pub fn ideal(name: impl Into<String>, points: Vec<(f64, f64)>) -> Self {
        Series { name: name.into(), curve: Curve::Ideal, points }
    }

    /// What was seen.
    pub fn measured(name: impl Into<String>, points: Vec<(f64, f64)>) -> Self {
        Series { name: name.into(), curve: Curve::Measured, points }
    }

    fn sorted(&self) -> Vec<(f64, f64)> {
        let mut points = self.points.clone();
        points.sort_by(|a, b| a.0.total_cmp(&b.0));
        points
    }
}

/// A figure.
#[derive(Clone, Debug, PartialEq)]
pub struct Chart {
    /// What it shows, as a heading.
    pub title: String,
    /// What there is to see in it, in a sentence or two, for those who can't see it.
    pub description: String,
    /// What is to the right, with its unit: `workers`.
    pub x_title: String,
    /// What is upwards, with its unit: `jobs per second`.
    pub y_title: String,
    /// The curves; where they meet, a later one covers an earlier one.
    pub series: Vec<Series>,
}

impl Chart {
    /// Drawn for a terminal in at most `width` columns (fewer than 40 count as 40) and with at most
    /// `height` rows between the axes (fewer than 6 count as 6), as many as put the ticks at equal distances.
    ///
    /// # Panics
    ///
    /// If a point isn't finite.
    pub fn terminal(&self, width: usize, height: usize) -> Text {
        terminal::draw(self, width.max(40), height.max(6))
    }

    /// Drawn as an SVG document without any outside reference. Inside a page of mdBook it takes the page's colours; as a
    /// picture of its own it has a light ground, so that it is readable on a dark page too. It has no empty lines, so
    /// it can also be pasted into Markdown.
    ///
    /// # Panics
    ///
    /// If a point isn't finite.
    pub fn svg(&self) -> String {
        svg::draw(self)
    }

    /// The axes to the right and upwards, with at most so many steps each.
    fn axes(&self, x_steps: usize, y_steps: usize) -> (Axis, Axis) {
        let points = || self.series.iter().flat_map(|series| &series.points);
        (Axis::over(points().map(|point| point.0), x_steps), Axis::over(points().map(|point| point.1), y_steps))
    }
}
