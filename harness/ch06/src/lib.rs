//! Chapter 6: convergence. Copies that are changed apart and end up the same, without asking each other first.

pub mod counters;

// pub mod or_set;

harness::chapter! { $crate;
    "counters": counters::<Growing, Both, Node>;

    // "or_set": or_set::<…>;
}
