//! Chapter 1: what is a distributed system?

#[cfg(feature = "flaky_rpc")]
pub mod flaky_rpc;

#[cfg(feature = "egress_bill")]
pub mod egress_bill;
