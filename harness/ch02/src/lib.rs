//! Chapter 2: time and clocks. What can be said about before and after without a clock that all agree on.

pub mod hybrid_clock;

pub mod lamport_clock;

pub mod vector_clock;

mod traffic;

harness::chapter! { $crate;
    "lamport_clock": lamport_clock::<Node>;

    "vector_clock": vector_clock::<Node>;

    "hybrid_clock": hybrid_clock::<Node>;
}
