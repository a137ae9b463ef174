//! Labels that do not lie on top of one another.

use std::collections::BTreeMap;

/// How high a band of the paper is in which areas are looked up together.
const BAND: i32 = 64;

/// A part of the paper: left, top, right, bottom.
#[derive(Clone, Copy)]
pub(super) struct Area(pub i32, pub i32, pub i32, pub i32);

/// The places that are taken.
#[derive(Default)]
pub(super) struct Taken {
    bands: BTreeMap<i32, Vec<Area>>,
}

impl Taken {
    /// Takes a place if it is free.
    pub fn take(&mut self, place: Area) -> bool {
        let free = self.is_free(place);
        if free {
            self.mark(place);
        }
        free
    }

    /// Takes a place, free or not.
    pub fn mark(&mut self, place: Area) {
        for band in bands(place) {
            self.bands.entry(band).or_default().push(place);
        }
    }

    fn is_free(&self, Area(left, top, right, bottom): Area) -> bool {
        let apart = |other: &Area| right <= other.0 || other.2 <= left || bottom <= other.1 || other.3 <= top;
        bands(Area(left, top, right, bottom))
            .all(|band| self.bands.get(&band).is_none_or(|areas| areas.iter().all(apart)))
    }
}

fn bands(Area(_, top, _, bottom): Area) -> std::ops::RangeInclusive<i32> {
    top.div_euclid(BAND)..=bottom.div_euclid(BAND)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_taken_once() {
        let mut taken = Taken::default();
        assert!(taken.take(Area(0, 0, 10, 10)));
        assert!(!taken.take(Area(9, 9, 20, 20)));
        assert!(taken.take(Area(10, 0, 20, 10)), "touching is no overlap");
        assert!(taken.take(Area(0, 60, 10, 70)));
        assert!(!taken.take(Area(0, 69, 10, 200)), "also where a band of the paper ends in between");
    }
}
