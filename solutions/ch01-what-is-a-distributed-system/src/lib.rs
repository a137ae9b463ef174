//! Chapter 1: what is a distributed system?

#[cfg(feature = "flaky_rpc")]
pub mod flaky_rpc;

#[cfg(feature = "wire_format")]
pub mod wire_format;
