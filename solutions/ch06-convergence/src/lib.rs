//! Chapter 6: convergence.

#[cfg(feature = "counters")]
pub mod counters;

#[cfg(feature = "or_set")]
pub mod or_set;
