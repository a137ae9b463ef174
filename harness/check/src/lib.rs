//! Histories, and checkers of what they promise.
//!
//! Everything here judges what was observed and knows nothing of how it came about: no simulator, no protocol, no
//! learner's code.
//!
//! Of clients, by what they called and what they got:
//!
//! - [`history`]: what clients saw ([`History`]).
//! - [`model`]: what objects do when they are used by one client at a time ([`Model`]).
//! - [`linearizability`]: whether a history looks like that, in real time.
//! - [`sequential`]: whether it looks like that to every client by itself.
//! - [`mod@format`]: histories out of files, to judge those of other systems.
//!
//! Of nodes, by what they were seen to do. Each rule names the observations that contradict each other ([`Violation`]):
//!
//! - [`causality`]: which events could have influenced which ([`HappensBefore`]).
//! - [`replicas`]: convergence, and causal order.
//! - [`agreement`]: consensus, broadcast, elections.
//! - [`log`]: log matching, and state-machine safety.
//! - [`commitment`]: atomic commitment.
//!
//! You can judge a history of your own, in one of the formats of [`mod@format`]:
//!
//! ```text
//! cargo run --release -p check --example judge -- --model register|kv FILE…
//! ```
//!
//! Start at [`linearizability`].

pub mod agreement;
pub mod causality;
pub mod commitment;
pub mod format;
pub mod history;
pub mod linearizability;
pub mod log;
pub mod model;
pub mod replicas;
pub mod sequential;
pub mod violation;

pub use causality::HappensBefore;
pub use history::{Client, History, OperationId};
pub use model::Model;
pub use violation::{Rule, Violation};
