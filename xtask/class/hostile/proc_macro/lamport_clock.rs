//! Brings a crate of procedural macros, which run inside the compiler.
//!
//! The compiler is given the crates of the course and no other.

extern crate borrowed_macros;

borrowed_macros::take_everything!();
