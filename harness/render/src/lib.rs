//! Pictures of what happened.
//!
//! - [mod@diagram]: a space-time diagram of a run, for a terminal ([`diagram()`]).
//! - [`chart`]: a figure of measured against ideal values, for a terminal and as SVG.
//! - [`export`]: a run for other viewers: JSON lines, ShiViz, Perfetto.
//! - [`page`]: the whole story of a failure, for a browser.
//! - [`explain`]: small things said in words: "the 2nd request", "1,500 ms".
//!
//! Whatever is drawn here is a function of its arguments, character by character: the same run looks the same on every
//! machine, so diagrams can be pinned in tests and compared by eye.
//!
//! Start at [`diagram()`].

mod canvas;
pub mod chart;
pub mod diagram;
pub mod explain;
pub mod export;
pub mod intervals;
pub mod page;
mod run;
#[cfg(test)]
mod specimens;

pub use diagram::{View, diagram};
pub use page::page;
