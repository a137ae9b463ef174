//! The one source of choice.
//!
//! A run is a function of the learner's code and one number. Every concern (the faults, the latencies, the workload,
//! the numbers handed to the learner) draws from a stream of its own that is derived from that number and a label, so
//! that one more draw in one place shifts nothing in another. The generator is named, PCG (O'Neill 2014, XSL RR 128/64), because
//! `StdRng` and `SmallRng` may change with any release of `rand`, and a replay token must outlive that.

use rand::SeedableRng;

/// The generator handed out, also to the learner's code: seeded, `Clone`, the same on every machine.
pub type Random = rand_pcg::Pcg64;

/// Derives independent random streams from one seed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Choice {
    seed: u64,
}

impl Choice {
    /// All streams of this seed.
    pub fn new(seed: u64) -> Self {
        Choice { seed }
    }

    /// The seed itself.
    pub fn seed(self) -> u64 {
        self.seed
    }

    /// Choices that belong to one part of the whole: a check, a schedule, a node.
    pub fn part(self, label: &str, index: u64) -> Choice {
        let mut hash = Fnv::new();
        hash.bytes(&self.seed.to_le_bytes());
        hash.bytes(label.as_bytes());
        hash.bytes(&index.to_le_bytes());
        Choice { seed: mix(hash.finish()) }
    }

    /// The generator for one concern.
    pub fn stream(self, label: &str) -> Random {
        Random::seed_from_u64(self.part(label, 0).seed)
    }
}

/// FNV-1a, 64 bits: a hash whose value is written down, unlike that of the standard library.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fnv(u64);

impl Fnv {
    /// The empty hash.
    pub fn new() -> Self {
        Fnv(0xcbf2_9ce4_8422_2325)
    }

    /// Adds bytes.
    pub fn bytes(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    }

    /// Adds a number in one go.
    pub fn word(&mut self, word: u64) {
        self.0 = mix(self.0 ^ word);
    }

    /// The hash of everything added so far.
    pub fn finish(self) -> u64 {
        self.0
    }
}

impl Default for Fnv {
    fn default() -> Self {
        Fnv::new()
    }
}

/// The finalizer of SplitMix64 (Steele, Lea, Flood 2014): neighbouring inputs become unrelated seeds.
pub fn mix(value: u64) -> u64 {
    let value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::RngExt;

    #[test]
    fn a_stream_is_the_same_on_every_machine() {
        let mut stream = Choice::new(1).stream("faults");
        let drawn: Vec<u32> = (0..3).map(|_| stream.random_range(0..1000)).collect();
        assert_eq!(drawn, [162, 66, 26]);
    }

    #[test]
    fn streams_of_different_concerns_are_unrelated() {
        let choice = Choice::new(1);
        let mut one = choice.stream("faults");
        let mut other = choice.stream("latency");
        assert_ne!(one.random::<u64>(), other.random::<u64>());
        assert_ne!(choice.part("check", 0), choice.part("check", 1));
    }
}
