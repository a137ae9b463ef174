//! Chapter 1: what is a distributed system? One exercise for each of the eight fallacies, and one for why we bother.

pub mod chatty_reads;
pub mod egress_bill;
pub mod flaky_rpc;
pub mod moving_targets;
pub mod scale_out;
pub mod schema_drift;
pub mod secure_channel;
pub mod thin_pipe;
pub mod wire_format;
