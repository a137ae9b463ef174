//! Chapter 1: what is a distributed system?

#[cfg(feature = "flaky_rpc")]
pub mod flaky_rpc;

#[cfg(feature = "thin_pipe")]
pub mod thin_pipe;
