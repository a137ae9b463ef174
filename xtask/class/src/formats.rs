//! What a graded class looks like to people and to their tools.
//!
//! | module | who reads it | how much of the class |
//! |---|---|---|
//! | [`table`] | an instructor, on a terminal | all |
//! | [`json`] | programs: `faultlines/grade/v1` | all |
//! | [`csv`] | grade books and spreadsheets | all |
//! | [`junit`] | build servers | all |
//! | [`gradescope`] | Gradescope: `results.json` | one submission |
//! | [`autograder`] | Gradescope: the folder that makes it grade | none, it comes before |
//! | [`classroom50`] | Classroom 50: `result.json` | one submission |
//! | [`github`] | GitHub Actions: annotations, log, step summary | one submission |
//!
//! Each is a pure function from the report to text; the caller decides where that goes. So every one of them can be tested
//! by what reads it: a schema, a parser, the runner's own rules.
//!
//! [`items`] is a submission as the tools see it that know only tests.
//!
//! Nearly everything here was written by somebody who may want to harm the reader's tools: names, what their code printed,
//! what the compiler quotes of it. [`plain`] takes out what no reader needs; each module then escapes for its own reader, in
//! one place, and its test reads the hostile class back.

pub mod autograder;
pub mod classroom50;
pub mod csv;
pub mod github;
pub mod gradescope;
pub mod items;
pub mod json;
pub mod junit;
pub mod plain;
pub mod table;

#[cfg(test)]
pub(crate) mod fixture;
