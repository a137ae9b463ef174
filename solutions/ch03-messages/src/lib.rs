//! Chapter 3: messages, their delivery and their order.

#[cfg(feature = "exactly_once")]
pub mod exactly_once;

#[cfg(feature = "gossip_broadcast")]
pub mod gossip_broadcast;
