//! How far apart copies and independent solutions are, on the code of this course:
//!
//! ```text
//! cargo run -p class --example separation
//! ```
//!
//! Mutants are copies with one passage changed; variants were written for another design. The threshold of
//! `class::similarity::Options` stands between the two.

#[path = "../tests/specimens/mod.rs"]
mod specimens;

fn main() {
    let (mut copies, mut designs) = (Vec::new(), Vec::new());
    println!("{:24} {:>8} {:>8}   {:>8} {:>8}", "", "mutants", "lowest", "designs", "highest");
    for specimens in specimens::of_the_course() {
        let (mutants, pairs) = (specimens.copies(), specimens.designs());
        let lowest = mutants.iter().map(|(_, share)| *share).fold(1.0, f64::min);
        let highest = pairs.iter().map(|(_, share)| *share).fold(0.0, f64::max);
        println!("{:24} {:8} {lowest:8.2}   {:8} {highest:8.2}", specimens.exercise, mutants.len(), pairs.len());
        copies.extend(mutants.into_iter().map(|(name, share)| (share, specimens.exercise.clone(), name)));
        designs.extend(pairs.into_iter().map(|(name, share)| (share, specimens.exercise.clone(), name)));
    }
    for (what, shares) in [("a mutant and its solution", &mut copies), ("two designs", &mut designs)] {
        shares.sort_by(|one, other| one.0.total_cmp(&other.0));
        let at = |percent: usize| shares[(shares.len() - 1) * percent / 100].0;
        println!(
            "\n{what}, {} pairs: lowest {:.2}, 1 % {:.2}, 5 % {:.2}, median {:.2}, 95 % {:.2}, 99 % {:.2}, highest {:.2}",
            shares.len(),
            at(0),
            at(1),
            at(5),
            at(50),
            at(95),
            at(99),
            at(100)
        );
    }
    println!("\nthe most alike of those of different design:");
    for (share, exercise, pair) in designs.iter().rev().take(8) {
        println!("  {share:.2}  {exercise}: {pair}");
    }
}
