//! Chapter 7: consensus.

#[cfg(feature = "paxos")]
pub mod paxos;

#[cfg(feature = "raft")]
pub mod raft;
