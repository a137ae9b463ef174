//! Chapter 1: what is a distributed system?

#[cfg(feature = "flaky_rpc")]
pub mod flaky_rpc;

#[cfg(feature = "chatty_reads")]
pub mod chatty_reads;

#[cfg(feature = "thin_pipe")]
pub mod thin_pipe;

#[cfg(feature = "secure_channel")]
pub mod secure_channel;

#[cfg(feature = "moving_targets")]
pub mod moving_targets;

#[cfg(feature = "schema_drift")]
pub mod schema_drift;

#[cfg(feature = "egress_bill")]
pub mod egress_bill;

#[cfg(feature = "wire_format")]
pub mod wire_format;

#[cfg(feature = "scale_out")]
pub mod scale_out;
