//! How much the process has allocated, and a bound on it.
//!
//! The allocator keeps the account, because that works the same on every platform; a limit of the operating system
//! would have to be set before the process starts and exists on some of them only.

use cap::Cap;
use peak_alloc::PeakAlloc;

#[global_allocator]
static ALLOCATOR: Cap<PeakAlloc> = Cap::new(PEAK, usize::MAX);
static PEAK: PeakAlloc = PeakAlloc;

/// Ends the process with an allocation error once it holds more than this.
pub fn limit_mib(mib: u64) {
    let bytes = usize::try_from(mib.saturating_mul(1024 * 1024)).unwrap_or(usize::MAX);
    // It fails only where more than that is in use already; the next allocation then finds out.
    let _ = ALLOCATOR.set_limit(bytes);
}

/// Bytes allocated now.
pub fn in_use_bytes() -> usize {
    ALLOCATOR.allocated()
}

/// Looks for the largest number of bytes that are held at any moment, beyond what is held when it begins.
///
/// Only one at a time, and only meaningful while no other thread allocates.
pub struct Watch {
    before: usize,
}

impl Watch {
    /// Begins now.
    pub fn begin() -> Self {
        let before = in_use_bytes();
        PEAK.reset_peak_usage();
        Watch { before }
    }

    /// The peak so far.
    pub fn peak_bytes(&self) -> usize {
        PEAK.peak_usage().saturating_sub(self.before)
    }
}

/// The largest number of bytes that `work` held at any moment beyond what was held before, and what it returned.
pub fn peak_bytes<T>(work: impl FnOnce() -> T) -> (usize, T) {
    let watch = Watch::begin();
    let result = work();
    (watch.peak_bytes(), result)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_peak_counts_what_was_freed_again() {
        let (peak, ()) = peak_bytes(|| drop(std::hint::black_box(vec![0u8; 3_000_000])));
        assert!((3_000_000..4_000_000).contains(&peak), "{peak}");
    }
}
