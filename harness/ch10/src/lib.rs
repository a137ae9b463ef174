//! Chapter 10: one coherent system. What is left when some of the machines lie.

pub mod byzantine_broadcast;

harness::chapter! { $crate;
    "byzantine_broadcast": byzantine_broadcast::<Node>;
}
