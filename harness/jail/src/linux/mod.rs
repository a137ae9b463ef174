//! The jail itself, where there can be one.

mod calls;
mod files;
mod filter;
mod launch;
mod tree;

pub use filter::{no_more_processes, prepare};
pub use launch::main;
