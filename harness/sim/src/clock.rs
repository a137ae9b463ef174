//! A node's two clocks, and how far they are from the truth.

use crate::seam::Moment;

/// What a right clock on the wall shows when a run begins: 1,000,000 ms, so that what clocks show and how long a run has
/// lasted are told apart at a glance, and a clock may lag without going below zero.
pub const WALL_START_US: u64 = 1_000_000_000;

/// The clocks of one node.
#[derive(Clone, Debug)]
pub(crate) struct Clock {
    ppm: i64,
    /// Difference of the wall clock to the node's own time, in microseconds.
    offset_us: i64,
    /// Where the wall clock stands while it stands still.
    frozen_us: Option<u64>,
    booted_us: u64,
}

impl Clock {
    pub fn new() -> Self {
        Clock { ppm: 0, offset_us: 0, frozen_us: None, booted_us: 0 }
    }

    pub fn boot(&mut self, now_us: u64) {
        self.booted_us = now_us;
    }

    pub fn drift(&mut self, ppm: i32) {
        self.ppm = i64::from(ppm);
    }

    pub fn shift(&mut self, by_ms: i64) {
        match &mut self.frozen_us {
            Some(stands_us) => *stands_us = stands_us.saturating_add_signed(by_ms * 1000),
            None => self.offset_us += by_ms * 1000,
        }
    }

    pub fn freeze(&mut self, now_us: u64) {
        self.frozen_us.get_or_insert(self.wall_us(now_us));
    }

    pub fn thaw(&mut self, now_us: u64) {
        if let Some(stood_us) = self.frozen_us.take() {
            self.offset_us -= self.wall_us(now_us) as i64 - stood_us as i64;
        }
    }

    pub fn moment(&self, now_us: u64) -> Moment {
        let clock_us = self.frozen_us.unwrap_or_else(|| self.wall_us(now_us));
        Moment { clock_us, elapsed_us: self.own_us(now_us) - self.own_us(self.booted_us) }
    }

    /// How long in truth a time takes that the node measures.
    pub fn true_us(&self, own_us: u64) -> u64 {
        if self.ppm == 0 {
            return own_us;
        }
        let scaled = i128::from(own_us) * 1_000_000 / i128::from(1_000_000 + self.ppm);
        u64::try_from(scaled).unwrap_or(u64::MAX)
    }

    fn wall_us(&self, now_us: u64) -> u64 {
        (WALL_START_US + self.own_us(now_us)).saturating_add_signed(self.offset_us)
    }

    fn own_us(&self, now_us: u64) -> u64 {
        if self.ppm == 0 {
            return now_us;
        }
        let scaled = i128::from(now_us) * i128::from(1_000_000 + self.ppm) / 1_000_000;
        u64::try_from(scaled).unwrap_or(u64::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown_ms(clock: &Clock, now_ms: u64) -> (u64, u64) {
        let moment = clock.moment(now_ms * 1000);
        ((moment.clock_us - WALL_START_US) / 1000, moment.elapsed_us / 1000)
    }

    #[test]
    fn a_jump_moves_the_wall_clock_alone() {
        let mut clock = Clock::new();
        clock.boot(100_000);
        assert_eq!(shown_ms(&clock, 150), (150, 50));
        clock.shift(-30);
        assert_eq!(shown_ms(&clock, 150), (120, 50));
    }

    #[test]
    fn drift_moves_both_and_timers_with_them() {
        let mut clock = Clock::new();
        clock.drift(100_000);
        assert_eq!(shown_ms(&clock, 1000), (1100, 1100));
        assert_eq!(clock.true_us(1_100_000), 1_000_000);
    }

    #[test]
    fn a_clock_that_stood_still_goes_on_from_there() {
        let mut clock = Clock::new();
        clock.freeze(100_000);
        assert_eq!(shown_ms(&clock, 400), (100, 400));
        clock.thaw(400_000);
        assert_eq!(shown_ms(&clock, 450), (150, 450));
    }
}
