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
use harness::processes::{self, Nodes};
use harness::serve::Service;
use sim::Local;

pub use contract::{
    DETECT_MS, FailureDetector, LEARN_MS, MESSAGES_A_WINDOW, SETTLE_MS, SLIP_MS, SLOW_MS, START_MS, STILL_MS, TRUST_MS,
    WINDOW_MS,
};

/// The exercise, with `N` as the nodes.
pub fn exercise<N: FailureDetector>() -> Exercise {
    with(|configs| Box::new(nodes::<N>(configs)))
}

/// The exercise, with every node in a process of its own.
pub fn remote() -> Exercise {
    with(processes::remote)
}

/// What such a process serves, with `N` as every node.
pub fn serve<N: FailureDetector>() -> Box<dyn Service> {
    processes::serve(nodes::<N>)
}

fn nodes<N: FailureDetector>(configs: Vec<()>) -> Local<contract::Detection, N> {
    Local::new(configs, N::suspects)
}

fn with(nodes: Nodes<contract::Detection>) -> Exercise {
    Exercise::in_world("ch04", "failure_detector", world::Watch { nodes }, promises::all())
}
