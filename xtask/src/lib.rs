//! The command of the course, as a library, so that its parts can be tested without a process.

pub mod course;
pub mod files;
pub mod progress;
pub mod stubs;
