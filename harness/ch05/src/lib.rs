//! Chapter 5: replication and consistency. Several copies that look like one, and how to know whether they do.

pub mod linearizability;

pub mod quorum_register;

harness::chapter! { $crate;
    "quorum_register": quorum_register::<Node>;

    "linearizability": linearizability::<Judge>;
}
