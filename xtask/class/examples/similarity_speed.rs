//! How long it takes to compare a class, beside comparing everybody with everybody:
//!
//! ```text
//! cargo run --release -p class --example similarity_speed
//! ```
//!
//! The class is made of the code of this course: 200 submissions of 25 exercises. In the first, everybody hands in passages
//! drawn from all of that code, so that most pairs have little in common. In the second, everybody hands in a mutant of the
//! same solution, which is as much alike as a class can be.

#[path = "../tests/specimens/mod.rs"]
mod specimens;

use std::collections::HashSet;
use std::time::{Duration, Instant};

use class::similarity::fingerprint::{grams, winnow};
use class::similarity::index::Index;
use class::similarity::tokens::Tokens;
use class::similarity::{Exercise, Options, compare};
use specimens::Specimens;

const SUBMISSIONS: usize = 200;

fn main() {
    let course = specimens::of_the_course();
    measure("passages drawn from all code", &course, &drawn(&course));
    measure("mutants of one solution", &course, &mutants(&course));
}

/// For every exercise, everybody's text.
type Class = Vec<Vec<String>>;

fn measure(what: &str, course: &[Specimens], class: &Class) {
    let names: Vec<String> = (0..SUBMISSIONS).map(|nth| format!("s{nth:03}")).collect();
    let exercises: Vec<Exercise> = course
        .iter()
        .zip(class)
        .map(|(specimens, texts)| Exercise {
            id: &specimens.exercise,
            given: vec![&specimens.stub, &specimens.contract],
            sources: names.iter().zip(texts).map(|(name, text)| (&**name, &**text)).collect(),
        })
        .collect();
    let bytes: usize = class.iter().flatten().map(String::len).sum();
    println!("{what}: {} texts, {:.1} MB", class.iter().map(Vec::len).sum::<usize>(), bytes as f64 / 1e6);
    let (sets, reading) = timed(|| sets(&exercises));
    let (naive, by_pairs) = timed(|| everybody_with_everybody(&sets));
    let (indexed, by_index) = timed(|| by_index(&sets));
    assert_eq!(naive, indexed, "both find the same pairs");
    let (found, whole) = timed(|| compare(&exercises, &Options::default()));
    println!("  reading and fingerprints, on one core     {:6} ms", reading.as_millis());
    println!("  pairs, everybody with everybody           {:6} ms, {naive} alike", by_pairs.as_millis());
    println!("  pairs, by the index                       {:6} ms, the same", by_index.as_millis());
    println!("  the index takes {:.2} of the time", by_index.as_secs_f64() / by_pairs.as_secs_f64());
    let listed = found.pairs.len() + found.more;
    println!("  compare, whole, on all cores              {:6} ms, {listed} listed\n", whole.as_millis());
}

fn timed<T>(work: impl FnOnce() -> T) -> (T, Duration) {
    let start = Instant::now();
    let result = work();
    (result, start.elapsed())
}

fn sets(exercises: &[Exercise]) -> Vec<Vec<Vec<u64>>> {
    let of_exercise = |exercise: &Exercise| {
        let given: HashSet<u64> = exercise.given.iter().flat_map(|text| grams(&Tokens::of(text))).collect();
        let set = |text: &str| {
            let mut set: Vec<u64> = winnow(&grams(&Tokens::of(text)), &given).iter().map(|one| one.hash).collect();
            set.sort_unstable();
            set.dedup();
            set
        };
        exercise.sources.iter().map(|(_, text)| set(text)).collect()
    };
    exercises.iter().map(of_exercise).collect()
}

/// The same by an index of every exercise, in which nothing is too common to count.
fn by_index(sets: &[Vec<Vec<u64>>]) -> usize {
    let alike = |sets: &Vec<Vec<u64>>| {
        let pairs = Index::of(sets, sets.len());
        pairs.pairs().filter(|(one, other, shared)| is_alike(*shared, &sets[*one], &sets[*other])).count()
    };
    sets.iter().map(alike).sum()
}

fn is_alike(shared: usize, one: &[u64], other: &[u64]) -> bool {
    let Options { share, shared: least, .. } = Options::default();
    shared >= least && shared as f64 / one.len().min(other.len()) as f64 >= share
}

/// Each two of every exercise, their sorted fingerprints side by side.
fn everybody_with_everybody(sets: &[Vec<Vec<u64>>]) -> usize {
    let mut alike = 0;
    for sets in sets {
        for (nth, one) in sets.iter().enumerate() {
            for other in &sets[nth + 1..] {
                alike += usize::from(is_alike(shared(one, other), one, other));
            }
        }
    }
    alike
}

fn shared(one: &[u64], other: &[u64]) -> usize {
    let (mut here, mut there, mut shared) = (0, 0, 0);
    while here < one.len() && there < other.len() {
        match one[here].cmp(&other[there]) {
            std::cmp::Ordering::Less => here += 1,
            std::cmp::Ordering::Greater => there += 1,
            std::cmp::Ordering::Equal => {
                (here, there, shared) = (here + 1, there + 1, shared + 1);
            }
        }
    }
    shared
}

/// Everybody's text is put together from passages of twelve lines, drawn from all code, as long as the solution is.
fn drawn(course: &[Specimens]) -> Class {
    let all =
        course.iter().flat_map(|one| one.variants.iter().map(|(_, text)| text.as_str()).chain([one.solution.as_str()]));
    let lines: Vec<&str> = all.flat_map(str::lines).collect();
    let mut state = 1u64;
    let mut below = |bound: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % bound
    };
    let mut text = |solution: &str| {
        let passages = solution.lines().count() / 12;
        let passage = |_| {
            let at = below(lines.len() - 12);
            lines[at..at + 12].join("\n")
        };
        (0..passages).map(passage).collect::<Vec<String>>().join("\n")
    };
    course.iter().map(|one| (0..SUBMISSIONS).map(|_| text(&one.solution)).collect()).collect()
}

fn mutants(course: &[Specimens]) -> Class {
    let texts = |one: &Specimens| one.mutants.iter().map(|(_, text)| text.clone()).cycle().take(SUBMISSIONS).collect();
    course.iter().map(texts).collect()
}
