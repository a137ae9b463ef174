//! Chapter 9: transactions.

#[cfg(feature = "two_phase_commit")]
pub mod two_phase_commit;
