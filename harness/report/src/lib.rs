//! The result model of the course.
//!
//! Everything that is printed, exported or graded is one of these values, so a table, the JSON and a test can't
//! disagree about what happened.
//!
//! - [`verdict`]: what became of one check ([`CheckResult`]), and the story of how it broke ([`Counterexample`]).
//! - [`summary`]: the whole run, `faultlines/check/v1` ([`Summary`]).
//! - [`frame`]: how a running check tells the process that watches it ([`frame::Frame`]).
//! - [`text`]: text with meaning instead of colours ([`Text`]), so that one place decides about colour.
//!
//! Start at [`CheckResult`].

pub mod frame;
pub mod summary;
pub mod text;
pub mod verdict;

pub use summary::{ChapterResult, ExerciseResult, ExerciseStatus, Points, Summary};
pub use text::{Span, Style, Text};
pub use verdict::{CheckResult, CheckStatus, Counterexample};
