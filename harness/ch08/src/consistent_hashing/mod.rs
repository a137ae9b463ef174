//! **Who holds this key?** Place keys on the members of a fleet so that everybody comes to the same answer without asking,
//! everyone has its share, and a change of the fleet moves little.
//!
//! - [`contract`]: what you implement ([`Placement`]) and what you are given ([`hash64`], [`bound`]).
//! - `fleets`, `histories`: what each promise is put to the test with.
//! - `promises`, `bounded`: what is checked.
//! - `figure`: what a join moves, measured and drawn.

mod bounded;
pub mod contract;
mod figure;
mod fleets;
mod histories;
mod promises;

use harness::exercise::Exercise;

pub use contract::{FAIR_KEYS, LEAST_PERCENT, MOST_PERCENT, Member, Placement, bound, hash64};

/// Makes a placement without members.
type Make = fn() -> Box<dyn Placement>;

/// The exercise, with `P` as the placement.
pub fn exercise<P: Placement>() -> Exercise {
    let make: Make = || Box::new(P::new());
    let exercise = Exercise { chapter: "ch08", id: "consistent_hashing", checks: promises::all(make), figure: None };
    exercise.with_figure(move || figure::draw(make))
}
