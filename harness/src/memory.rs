//! How much the process has allocated, and a bound on it.
//!
//! The allocator keeps the account, because that works the same on every platform; a limit of the operating system
//! would have to be set before the process starts and exists on some of them only.

use std::sync::Once;
use std::sync::atomic::{AtomicUsize, Ordering};

use cap::Cap;
use peak_alloc::PeakAlloc;

#[global_allocator]
static ALLOCATOR: Cap<PeakAlloc> = Cap::new(PEAK, usize::MAX);
static PEAK: PeakAlloc = PeakAlloc;

/// Ends the process with an allocation error once it holds more than this. The first limit is for good: the code that it is for
/// could call this as well.
pub fn limit_mib(mib: u64) {
    static LIMITED: Once = Once::new();
    let bytes = usize::try_from(mib.saturating_mul(1024 * 1024)).unwrap_or(usize::MAX);
    // It fails only where more than that is in use already; the next allocation then finds out.
    LIMITED.call_once(|| {
        let _ = ALLOCATOR.set_limit(bytes);
    });
}

/// Bytes allocated now.
pub fn in_use_bytes() -> usize {
    ALLOCATOR.allocated()
}

/// Looks for the largest number of bytes that are held at any moment, beyond what is held when it begins.
///
/// Only one at a time, and only meaningful while no other thread allocates. Whoever begins another one while it looks takes
/// its sight away, and it then has seen an endless number: code under a watch that begins one of its own hides nothing.
pub struct Watch {
    number: usize,
    before: usize,
}

/// How many watches have begun.
static BEGUN: AtomicUsize = AtomicUsize::new(0);

impl Watch {
    /// Begins now.
    pub fn begin() -> Self {
        let (before, number) = (in_use_bytes(), BEGUN.fetch_add(1, Ordering::Relaxed) + 1);
        PEAK.reset_peak_usage();
        Watch { number, before }
    }

    /// The peak so far.
    pub fn peak_bytes(&self) -> usize {
        if BEGUN.load(Ordering::Relaxed) != self.number {
            return usize::MAX;
        }
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
        let (peak, _) = peak_bytes(Watch::begin);
        assert_eq!(peak, usize::MAX, "who resets the meter is not measured to have used nothing");
    }
}
