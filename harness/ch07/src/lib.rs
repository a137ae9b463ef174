//! Chapter 7: consensus. One decision among many machines, and then a whole log of them.

pub mod paxos;

pub mod raft;

harness::chapter! { $crate;
    "paxos": paxos::<Node>;

    "raft": raft::<Node>;
}
