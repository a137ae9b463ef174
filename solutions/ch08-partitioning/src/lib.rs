//! Chapter 8: partitioning.

#[cfg(feature = "consistent_hashing")]
pub mod consistent_hashing;
