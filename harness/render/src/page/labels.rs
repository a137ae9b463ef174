//! Labels that do not lie on top of one another.

use std::collections::BTreeMap;

/// How high a band of the paper is in which boxes are looked up together.
const BAND: i32 = 64;

/// A box: left, top, right, bottom.
#[derive(Clone, Copy)]
pub(super) struct Box(pub i32, pub i32, pub i32, pub i32);

/// The places that are taken.
#[derive(Default)]
pub(super) struct Taken {
    bands: BTreeMap<i32, Vec<Box>>,
}

impl Taken {
    /// Takes a place if it is free.
    pub fn take(&mut self, place: Box) -> bool {
        let free = self.is_free(place);
        if free {
            self.mark(place);
        }
        free
    }

    /// Takes a place, free or not.
    pub fn mark(&mut self, place: Box) {
        for band in bands(place) {
            self.bands.entry(band).or_default().push(place);
        }
    }

    fn is_free(&self, Box(left, top, right, bottom): Box) -> bool {
        let apart = |other: &Box| right <= other.0 || other.2 <= left || bottom <= other.1 || other.3 <= top;
        bands(Box(left, top, right, bottom))
            .all(|band| self.bands.get(&band).is_none_or(|boxes| boxes.iter().all(apart)))
    }
}

fn bands(Box(_, top, _, bottom): Box) -> std::ops::RangeInclusive<i32> {
    top.div_euclid(BAND)..=bottom.div_euclid(BAND)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_taken_once() {
        let mut taken = Taken::default();
        assert!(taken.take(Box(0, 0, 10, 10)));
        assert!(!taken.take(Box(9, 9, 20, 20)));
        assert!(taken.take(Box(10, 0, 20, 10)), "touching is no overlap");
        assert!(taken.take(Box(0, 60, 10, 70)));
        assert!(!taken.take(Box(0, 69, 10, 200)), "also where a band of the paper ends in between");
    }
}
