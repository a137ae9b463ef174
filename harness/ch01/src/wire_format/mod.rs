//! **The network is homogeneous.** Encode and decode a record so that any machine reads it, and take it off a stream of
//! bytes that nobody vouches for.
//!
//! - [`contract`]: what you implement ([`WireFormat`]) and the record ([`Reading`]).
//! - `peer`: an independent implementation of the same schema, made with prost.
//! - `craft`: bytes that no honest writer writes, and honest ones that few writers write.
//! - `show`: readings and inputs as a learner reads them.
//! - `values`, `inputs`, `faults`, `streams`: what each promise is put to the test with.
//! - `promises`, `receiving`: what is checked.

pub mod contract;
mod craft;
mod faults;
mod inputs;
mod peer;
mod promises;
mod receiving;
mod show;
mod streams;
mod values;

use harness::exercise::Exercise;

pub use contract::{
    BYTES_PER_INPUT_BYTE, DecodeError, DecodeFault, FrameError, MAX_DEPTH, MAX_PAYLOAD_BYTES, Reading, SLACK_BYTES,
    WireFormat, crc32c,
};

/// Makes one end of a connection.
type Make = fn() -> Box<dyn WireFormat>;

/// The exercise, with `C` as one end of a connection.
pub fn exercise<C: WireFormat>() -> Exercise {
    let make: Make = || Box::new(C::new());
    Exercise { chapter: "ch01", id: "wire_format", checks: promises::all(make), figure: None }
}
