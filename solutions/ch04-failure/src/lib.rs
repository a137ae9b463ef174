//! Chapter 4: failure, membership, leadership.

#[cfg(feature = "failure_detector")]
pub mod failure_detector;

#[cfg(feature = "fenced_lock")]
pub mod fenced_lock;
