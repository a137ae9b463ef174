//! How much memory the learner's objects hold, in whichever process they are.

use super::bridge::{self, Bridge};
use super::{Gauge, Order};
use crate::memory;
use std::sync::Arc;

/// Looks for the largest number of bytes that are held at any moment, as [`memory::Watch`] does; while a schedule is played
/// with the learner's code in another process, by that process. Only one at a time.
pub struct MemoryWatch {
    before_bytes: usize,
    place: Place,
}

enum Place {
    Here(memory::Watch),
    There(Arc<Bridge>),
}

impl MemoryWatch {
    /// Begins now.
    pub fn begin() -> Self {
        match bridge::current() {
            None => MemoryWatch { before_bytes: memory::in_use_bytes(), place: Place::Here(memory::Watch::begin()) },
            Some(bridge) => {
                let before_bytes = bytes(bridge.gauge(Gauge::Begin));
                MemoryWatch { before_bytes, place: Place::There(bridge) }
            }
        }
    }

    /// What was held when it began.
    pub fn before_bytes(&self) -> usize {
        self.before_bytes
    }

    /// The peak so far, beyond that.
    pub fn peak_bytes(&self) -> usize {
        match &self.place {
            Place::Here(watch) => watch.peak_bytes(),
            Place::There(bridge) => bytes(bridge.gauge(Gauge::Peak)),
        }
    }
}

/// Where the worker is gone, nobody looks at the number.
fn bytes(answer: Option<u64>) -> usize {
    answer.map_or(0, |bytes| usize::try_from(bytes).unwrap_or(usize::MAX))
}

impl Bridge {
    fn gauge(&self, gauge: Gauge) -> Option<u64> {
        self.ask(&Order::Gauge { hello: self.hello(), gauge })
    }
}
