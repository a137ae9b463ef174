//! The threshold of similarity, on code whose kinship is known.

mod specimens;

use class::similarity::{Exercise, Options, compare};

/// Variants that were made by changing the solution, as their first lines say: they are like it, and are to be found.
const TAKEN_FROM_THE_SOLUTION: [(&str, &str); 4] =
    [("or_set", "lazy"), ("failure_detector", "beating"), ("raft", "textbook"), ("vector_clock", "confirmed")];

#[test]
fn a_copy_with_one_passage_changed_stays_far_above_the_threshold() {
    for specimens in specimens::of_the_course() {
        for (mutant, share) in specimens.copies() {
            assert!(share > Options::default().share + 0.3, "{}: {mutant} {share:.2}", specimens.exercise);
        }
    }
}

#[test]
fn solutions_of_another_design_stay_below_the_threshold() {
    for specimens in specimens::of_the_course() {
        for (pair, share) in specimens.designs() {
            let taken = TAKEN_FROM_THE_SOLUTION.iter().any(|(exercise, variant)| {
                specimens.exercise == *exercise && pair == format!("solution and {variant}")
            });
            let threshold = Options::default().share;
            assert_eq!(share >= threshold, taken, "{}: {pair} {share:.2}", specimens.exercise);
        }
    }
}

#[test]
fn a_class_of_designs_with_one_copy_lists_that_copy_alone() {
    let all = specimens::of_the_course();
    for specimens in all.iter().filter(|one| TAKEN_FROM_THE_SOLUTION.iter().all(|(id, _)| one.exercise != *id)) {
        let mut sources: Vec<(&str, &str)> = specimens.variants.iter().map(|(name, text)| (&**name, &**text)).collect();
        let (_, copy) = &specimens.mutants[0];
        sources.extend([("zoe", &*specimens.solution), ("yan", &**copy), ("stub", &*specimens.stub)]);
        let given = vec![&*specimens.stub, &*specimens.contract];
        let exercise = Exercise { id: &specimens.exercise, given, sources };
        let found = compare(&[exercise], &Options::default());
        let names: Vec<(&str, &str)> = found.pairs.iter().map(|pair| (&*pair.one, &*pair.other)).collect();
        assert_eq!(names, [("yan", "zoe")], "{}", specimens.exercise);
    }
}
