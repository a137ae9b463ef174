//! Chapter 8: partitioning. Data that no machine can hold alone: who holds what, and who moves when somebody joins.

pub mod consistent_hashing;

harness::chapter! { $crate;
    "consistent_hashing": consistent_hashing::<Ring>;
}
