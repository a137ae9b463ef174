//! Chapter 5: replication and consistency.

#[cfg(feature = "quorum_register")]
pub mod quorum_register;

#[cfg(feature = "linearizability")]
pub mod linearizability;
