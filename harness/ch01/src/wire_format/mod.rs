//! **The network is homogeneous.** Encode and decode a record so that any machine reads it, and take it off a stream of
//! bytes that nobody vouches for.
//!
//! - [`contract`]: what you implement ([`WireFormat`]) and the record ([`Reading`]).
//! - `peer`: an independent implementation of the same schema, made with prost.
//! - `craft`: bytes that no honest writer writes, and honest ones that few writers write.
//! - `show`: readings and inputs as a learner reads them.
//! - `values`, `inputs`, `faults`, `streams`: what each promise is put to the test with.
//! - `promises`, `receiving`: what is checked.
//! - `end`, `remote`: the learner's code as the promises use it, in this process and in others.

pub mod contract;
mod craft;
mod end;
mod faults;
mod inputs;
mod peer;
mod promises;
mod receiving;
mod remote;
mod show;
mod streams;
mod values;

use harness::exercise::Exercise;
use harness::serve::Service;

pub use contract::{
    BYTES_PER_INPUT_BYTE, DecodeError, DecodeFault, FrameError, MAX_DEPTH, MAX_PAYLOAD_BYTES, Reading, SLACK_BYTES,
    WireFormat, crc32c,
};

/// Makes one end of a connection.
type Make = fn() -> Box<dyn end::End>;

/// Measures what a new end holds; see [`end::hold`].
type Hold = fn(&[&[u8]], usize, usize) -> Vec<end::Held>;

/// The exercise, with `C` as one end of a connection.
pub fn exercise<C: WireFormat>() -> Exercise {
    made_by(|| Box::new(C::new()), end::hold::<C>)
}

/// The exercise with every end of a connection in a process of its own, for a judge.
pub fn remote() -> Exercise {
    made_by(|| Box::new(remote::Remote::new()), remote::hold)
}

/// What such a process serves.
pub fn serve<C: WireFormat>() -> Box<dyn Service> {
    Box::new(remote::Served::<C>::new())
}

fn made_by(make: Make, hold: Hold) -> Exercise {
    Exercise { chapter: "ch01", id: "wire_format", checks: promises::all(make, hold), figure: None }
}
