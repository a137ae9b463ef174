//! Chapter 6: convergence. Copies that are changed apart and end up the same, without asking each other first.

pub mod counters;
mod joins;
pub mod or_set;
mod remote;
mod replicas;

harness::chapter! { $crate;
    "counters": counters::<Growing, Both, Node>;

    "or_set": or_set::<Set, Node>;
}
