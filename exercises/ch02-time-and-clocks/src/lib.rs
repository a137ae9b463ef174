//! Chapter 2: time and clocks.

#[cfg(feature = "lamport_clock")]
pub mod lamport_clock;

#[cfg(feature = "vector_clock")]
pub mod vector_clock;

#[cfg(feature = "hybrid_clock")]
pub mod hybrid_clock;
