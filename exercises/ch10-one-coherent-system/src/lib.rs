//! Chapter 10: one coherent system.

#[cfg(feature = "byzantine_broadcast")]
pub mod byzantine_broadcast;
