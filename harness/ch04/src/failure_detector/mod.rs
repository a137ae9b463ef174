//! **Dead or slow?** Nodes that watch each other, and say whom they take for dead.
//!
//! - [`contract`]: what you implement ([`FailureDetector`]), and the bounds.
//! - `world`: nodes that crash, pause and stutter, and who suspects whom when.
//! - `schedules`: which schedules put each promise to the test.
//! - `promises`: what is checked.

pub mod contract;
mod promises;
mod schedules;
mod world;

use harness::exercise::Exercise;
use sim::Local;

pub use contract::{
    DETECT_MS, FailureDetector, LEARN_MS, MESSAGES_A_WINDOW, SETTLE_MS, SLIP_MS, SLOW_MS, START_MS, STILL_MS, TRUST_MS,
    WINDOW_MS,
};

/// The exercise, with `N` as the nodes.
pub fn exercise<N: FailureDetector>() -> Exercise {
    let nodes: world::Nodes = |count| Box::new(Local::<_, N>::new(vec![(); count], N::suspects));
    Exercise::in_world("ch04", "failure_detector", world::Watch { nodes }, promises::all())
}
