//! What a program in a cell can't do, tried from inside, and what it still can.
//!
//! The program is this test itself, started once more as a probe (`probe`). Whatever is forbidden is also tried without
//! a jail, where it has to work: a test that only ever sees failures would not notice if the attempt itself were wrong.
#![cfg(target_os = "linux")]

mod compiler;
mod files;
mod harmless;
mod launcher;
mod limits;
mod locked;
mod others;
mod probe;
mod runs;
mod support;
