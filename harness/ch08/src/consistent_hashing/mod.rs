//! **Who holds this key?** Place keys on the members of a fleet so that everybody comes to the same answer without asking,
//! everyone has its share, and a change of the fleet moves little.
//!
//! - [`contract`]: what you implement ([`Placement`]) and what you are given ([`hash64`], [`bound`]).
//! - `fleets`, `histories`: what each promise is put to the test with.
//! - `promises`, `bounded`: what is checked.
//! - `figure`: what a join moves, measured and drawn.
//! - `instance`, `remote`: the learner's code as the promises use it, in this process and in others.

mod bounded;
pub mod contract;
mod figure;
mod fleets;
mod histories;
mod instance;
mod promises;
mod remote;

use harness::exercise::Exercise;
use harness::serve::Service;

pub use contract::{FAIR_KEYS, LEAST_PERCENT, MOST_PERCENT, Member, Placement, bound, hash64};

/// Makes a placement without members.
type Make = fn() -> Box<dyn instance::Instance>;

/// The exercise, with `P` as the placement.
pub fn exercise<P: Placement>() -> Exercise {
    made_by(|| Box::new(P::new()))
}

/// The exercise with every placement in a process of its own, for a judge.
pub fn remote() -> Exercise {
    made_by(|| Box::new(remote::Remote::new()))
}

/// What such a process serves.
pub fn serve<P: Placement>() -> Box<dyn Service> {
    Box::new(remote::Served::<P>::new())
}

fn made_by(make: Make) -> Exercise {
    let exercise = Exercise { chapter: "ch08", id: "consistent_hashing", checks: promises::all(make), figure: None };
    exercise.with_figure(move || figure::draw(make))
}
