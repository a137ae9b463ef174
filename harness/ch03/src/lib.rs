//! Chapter 3: messages, their delivery and their order. What it takes to be heard exactly once, and by everybody.

pub mod exactly_once;

pub mod gossip_broadcast;

harness::chapter! { $crate;
    "exactly_once": exactly_once::<Server, Client>;

    "gossip_broadcast": gossip_broadcast::<Node>;
}
