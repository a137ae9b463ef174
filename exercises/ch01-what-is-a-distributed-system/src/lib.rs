//! Chapter 1: what is a distributed system?

#[cfg(feature = "flaky_rpc")]
pub mod flaky_rpc;
#[cfg(feature = "scale_out")]
pub mod scale_out;
