//! **The network is secure.** Open a channel over a wire that anybody may read and change: both ends know whom they talk
//! to, nobody else understands a word, and whatever is changed on the way is noticed.
//!
//! - [`contract`]: what you implement ([`SecureChannel`]) and what you are given ([`Wire`], [`Credentials`], [`Limits`]).
//! - `world`: schedules, and what is seen when they are played.
//! - `script`: what each end does in a play.
//! - `network`: the wire, and the one who sits in between.
//! - `peer` and `identities`: the ends that are not under test, and the certificates of everybody.
//! - `schedules`: which schedules put each promise to the test.
//! - `promises` and `words`: what is checked, and how it is told.
//! - `apart`: both ends in another process.
//!
//! TLS is rustls, for real. Its keys are random, so what is sealed differs from run to run; no verdict depends on it.

mod apart;
pub mod contract;
mod identities;
mod network;
mod peer;
mod promises;
mod schedules;
mod script;
#[cfg(test)]
mod tests;
mod words;
mod world;

use std::sync::Arc;

use harness::exercise::Exercise;
use harness::serve::Service;

pub use contract::{ChannelError, Credentials, Limits, SecureChannel, Wire};

/// The exercise, with `C` as both ends of the channel.
pub fn exercise<C: SecureChannel>() -> Exercise {
    let make = world::Make {
        connect: |wire, credentials, name, limits| Ok(Arc::new(C::connect(wire, credentials, name, limits)?)),
        accept: |wire, credentials, limits| Ok(Arc::new(C::accept(wire, credentials, limits)?)),
    };
    Exercise::in_world("ch01", "secure_channel", world::Between { make }, promises::all())
}

/// The exercise, with both ends in a process of their own.
pub fn remote() -> Exercise {
    exercise::<apart::StandIn>()
}

/// What such a process serves, with `C` as both ends of the channel.
pub fn serve<C: SecureChannel>() -> Box<dyn Service> {
    apart::serve::<C>()
}
