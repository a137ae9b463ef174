//! A run in the formats of other tools.
//!
//! - [`json_lines`]: one JSON object an event, for a script.
//! - [`shiviz`]: a log for [ShiViz](https://bestchai.bitbucket.io/shiviz/), which draws who could know what.
//! - [`chrome_trace`]: for [Perfetto](https://ui.perfetto.dev) and `chrome://tracing`, which draw it over time.
//!
//! All three hold the whole trace, not only what led to a breach: somebody who opens a viewer wants to look around. Each
//! is a function of the trace alone, so two runs of one schedule give the same bytes.

mod chrome;
mod clocks;
mod lines;
mod shiviz;

pub use chrome::chrome_trace;
pub(crate) use chrome::{Lasting, spans};
pub use clocks::{Clock, clocks};
pub use lines::json_lines;
pub use shiviz::shiviz;

/// Text without what would break a line, in any of the ways in which a reader may break lines.
pub(crate) fn one_line(text: &str) -> String {
    let breaks = |c: char| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}');
    text.trim().chars().map(|c| if breaks(c) { ' ' } else { c }).collect()
}
