//! Chapter 1: what is a distributed system?

#[cfg(feature = "flaky_rpc")]
pub mod flaky_rpc;
#[cfg(feature = "secure_channel")]
pub mod secure_channel;
