//! **Bandwidth is infinite.** Ship telemetry over a link of few bytes a second into a small buffer: compressed, in
//! frames that show damage, and never faster than the other end takes it.
//!
//! - [`contract`]: what you implement ([`TelemetrySender`], [`TelemetryReceiver`]), the format on the wire, and what
//!   you are given ([`LinkWriter`], [`LinkReader`], [`Policy`]).
//! - `link`: the link, with its bandwidth, its latency, its buffer and its faults.
//! - `peer`: the harness's own end of the link, and forged frames.
//! - `world`: schedules, and what is seen when they are played.
//! - `schedules`: which schedules put each promise to the test.
//! - `promises`: what is checked; `sending` and `receiving`: how.
//! - `apart`: the two ends in another process.

mod apart;
pub mod contract;
mod link;
mod peer;
mod promises;
mod receiving;
mod schedules;
mod sending;
mod world;

use std::sync::Arc;

use harness::exercise::Exercise;
use harness::serve::Service;

pub use contract::{
    FrameKind, HEADER_BYTES, LENGTH_BYTES, LinkBroken, LinkReader, LinkWriter, Policy, ReceiveError, SendError,
    TelemetryReceiver, TelemetrySender,
};

/// The exercise, with `S` and `R` as the two ends.
pub fn exercise<S: TelemetrySender, R: TelemetryReceiver>() -> Exercise {
    let ends = world::Ends {
        sender: |link, policy| Arc::new(S::new(link, policy)),
        receiver: |link, frame_bytes| Box::new(R::new(link, frame_bytes)),
    };
    Exercise::in_world("ch01", "thin_pipe", world::Pipe { ends }, promises::all())
}

/// The exercise, with the two ends in a process of their own.
pub fn remote() -> Exercise {
    exercise::<apart::Sender, apart::Receiver>()
}

/// What such a process serves, with `S` and `R` as the two ends.
pub fn serve<S: TelemetrySender, R: TelemetryReceiver>() -> Box<dyn Service> {
    apart::serve::<S, R>()
}
