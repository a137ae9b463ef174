//! Removes entries from a failing schedule until none can go.
//!
//! Delta debugging (Zeller and Hildebrandt 2002, *ddmin*): first large pieces, then ever smaller ones, and at the end
//! single entries until a whole round removes nothing. What is left is 1-minimal: without any one entry it no longer
//! fails. Order is kept, for entries are told in the order in which they strike.

/// The least subset of `0..len`, in order, for which `fails` still says yes.
///
/// The full set is taken to fail. The number of questions is bounded by a few times `len`² in the worst case and is
/// near `len` in practice.
pub fn shrink(len: usize, mut fails: impl FnMut(&[usize]) -> bool) -> Vec<usize> {
    let mut kept: Vec<usize> = (0..len).collect();
    if kept.is_empty() || fails(&[]) {
        return Vec::new();
    }
    let mut piece = len.div_ceil(2);
    loop {
        let before = kept.len();
        let mut start = 0;
        while start < kept.len() {
            let end = (start + piece).min(kept.len());
            let rest: Vec<usize> = kept[..start].iter().chain(&kept[end..]).copied().collect();
            if !rest.is_empty() && fails(&rest) {
                kept = rest;
            } else {
                start = end;
            }
        }
        if piece > 1 {
            piece = piece.div_ceil(2);
        } else if kept.len() == before {
            return kept;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_is_what_is_needed() {
        for needed in [vec![], vec![0], vec![19], vec![3, 4], vec![0, 7, 19]] {
            let kept = shrink(20, |kept| needed.iter().all(|place| kept.contains(place)));
            assert_eq!(kept, needed);
        }
    }

    #[test]
    fn no_single_entry_can_be_left_out_of_the_rest() {
        let fails = |kept: &[usize]| kept.iter().filter(|place| **place % 3 == 0).count() >= 2;
        let kept = shrink(30, fails);
        assert!(fails(&kept));
        for place in 0..kept.len() {
            let mut without = kept.clone();
            without.remove(place);
            assert!(!fails(&without), "{kept:?} without entry {place}");
        }
    }

    #[test]
    fn few_questions_are_asked_about_a_long_schedule() {
        let mut questions = 0;
        shrink(1000, |kept| {
            questions += 1;
            kept.contains(&500)
        });
        assert_eq!(questions, 20);
    }
}
