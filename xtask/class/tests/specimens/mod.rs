//! Code whose kinship is known: the reference solutions of this course, their mutants, and solutions of another design.

#![allow(dead_code, reason = "each of those who share this file needs a part of it")]

use std::fs;
use std::path::{Path, PathBuf};

use class::similarity::fingerprint::{self, Fingerprint, grams, winnow};
use class::similarity::tokens::Tokens;
use serde::Deserialize;
use xtask::Course;
use xtask::course::{Chapter, Exercise};
use xtask::prove::specimen::Mutant;

/// All code of an exercise.
pub struct Specimens {
    pub exercise: String,
    pub stub: String,
    pub contract: String,
    pub solution: String,
    /// The solution with one passage changed, each.
    pub mutants: Vec<(String, String)>,
    /// Solutions that were written for another design.
    pub variants: Vec<(String, String)>,
}

#[derive(Deserialize)]
struct MutantFile {
    #[serde(rename = "mutant")]
    mutants: Vec<Mutant>,
}

/// The specimens of every exercise of this course.
pub fn of_the_course() -> Vec<Specimens> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let course = Course::load(&root).expect("these tests stand in the course's checkout");
    let exercises = course.chapters.iter().flat_map(|chapter| chapter.exercises.iter().map(move |e| (chapter, e)));
    exercises.map(|(chapter, exercise)| of_the_exercise(&root, chapter, exercise)).collect()
}

fn of_the_exercise(root: &Path, chapter: &Chapter, exercise: &Exercise) -> Specimens {
    let (chapter_id, id) = (&chapter.id, &exercise.id);
    let solution = read(&root.join("solutions").join(&chapter.dir).join("src").join(format!("{id}.rs")));
    let mutants = read(&root.join(format!("harness/mutants/{chapter_id}/{id}.toml")));
    let mutants: MutantFile = toml::from_str(&mutants).expect("the mutants are well-formed");
    let mutants = mutants.mutants.iter().map(|mutant| {
        let text = mutant.apply(&solution).expect("a mutant fits its solution");
        (mutant.name.clone(), text)
    });
    let mut variants: Vec<PathBuf> = fs::read_dir(root.join(format!("harness/variants/{chapter_id}/{id}")))
        .expect("every exercise has variants")
        .map(|entry| entry.expect("the folder can be read").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "rs"))
        .collect();
    variants.sort();
    let name = |path: &Path| path.file_stem().expect("a file has a name").to_string_lossy().into_owned();
    Specimens {
        exercise: id.clone(),
        stub: read(&root.join("exercises").join(&chapter.dir).join("src").join(format!("{id}.rs"))),
        contract: read(&root.join(format!("harness/{chapter_id}/src/{id}/contract.rs"))),
        mutants: mutants.collect(),
        variants: variants.iter().map(|path| (name(path), read(path))).collect(),
        solution,
    }
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

impl Specimens {
    /// How alike two texts are, as [`class::similarity::Alike::share`] has it, without a threshold.
    pub fn share(&self, one: &str, other: &str) -> f64 {
        let given = [&self.stub, &self.contract].into_iter().flat_map(|text| grams(&Tokens::of(text))).collect();
        let set = |text: &str| {
            let chosen = winnow(&fingerprint::grams(&Tokens::of(text)), &given);
            chosen.iter().map(|Fingerprint { hash, .. }| *hash).collect::<std::collections::BTreeSet<u64>>()
        };
        let (one, other) = (set(one), set(other));
        one.intersection(&other).count() as f64 / one.len().min(other.len()).max(1) as f64
    }

    /// Each mutant against the solution it was made of.
    pub fn copies(&self) -> Vec<(String, f64)> {
        let share = |(name, text): &(String, String)| (name.clone(), self.share(&self.solution, text));
        self.mutants.iter().map(share).collect()
    }

    /// Each two of the solution and the variants.
    pub fn designs(&self) -> Vec<(String, f64)> {
        let solution = ("solution".to_owned(), self.solution.clone());
        let all: Vec<&(String, String)> = [&solution].into_iter().chain(&self.variants).collect();
        let mut shares = Vec::new();
        for (nth, (one, one_text)) in all.iter().enumerate() {
            for (other, other_text) in &all[nth + 1..] {
                shares.push((format!("{one} and {other}"), self.share(one_text, other_text)));
            }
        }
        shares
    }
}
