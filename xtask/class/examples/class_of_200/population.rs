//! The class: solutions, solutions of other designs, mutants, stubs, and the hostile ones, one exercise each.

use std::fmt;
use std::fs;
use std::path::Path;

use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_pcg::Pcg64;
use xtask::{Course, Failure};

use crate::Args;
use crate::corpus::Corpus;
use crate::expected::Expected;
use crate::specimens::{self, Specimens};

/// Of a hundred submissions so many are of this kind; the hostile ones are the rest.
const SOLUTIONS: usize = 20;
const VARIANTS: usize = 20;
const MUTANTS: usize = 40;
const STUBS: usize = 5;

/// Where the hostile ones are.
const CORPUS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/hostile");

/// Who is in the class.
pub struct Population {
    /// What must come of whom.
    pub expected: Vec<Expected>,
    kinds: [(&'static str, usize); 5],
}

impl fmt::Display for Population {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kinds: Vec<String> = self.kinds.iter().map(|(kind, count)| format!("{count} {kind}")).collect();
        write!(f, "a class of {}: {}", self.expected.len(), kinds.join(", "))
    }
}

/// Puts the class into a folder that is there and empty.
///
/// # Errors
/// When the corpus can't be read, has not enough entries, or the disk refuses.
pub fn place(args: &Args, class: &Path) -> Result<Population, Failure> {
    let mut rng = Pcg64::seed_from_u64(args.seed);
    let mut specimens = specimens::of_the_course();
    specimens.retain(|one| !args.without.contains(&one.exercise));
    specimens.shuffle(&mut rng);
    let count = args.submissions.get();
    let [solutions, variants, mutants, stubs] =
        [SOLUTIONS, VARIANTS, MUTANTS, STUBS].map(|share| (count * share).div_ceil(100));
    let hostile = count.saturating_sub(solutions + variants + mutants + stubs);
    let hand_in = |kind: &str, number: usize, one: &Specimens, name: &str, text: &str| {
        let folder = class.join(format!("{kind}-{number:03}-{name}"));
        let written =
            fs::create_dir(&folder).and_then(|()| fs::write(folder.join(format!("{}.rs", one.exercise)), text));
        written.map_err(|error| cannot(&folder, &error))?;
        Ok::<_, Failure>(Expected::of(kind, &folder, &one.exercise))
    };
    let mut expected = Vec::new();
    for (number, one) in specimens.iter().cycle().take(solutions).enumerate() {
        expected.push(hand_in("solution", number, one, &one.exercise, &one.solution)?);
    }
    for (number, (one, name, text)) in spread(&specimens, |one| &one.variants, variants, &mut rng).enumerate() {
        expected.push(hand_in("variant", number, one, name, text)?);
    }
    for (number, (one, name, text)) in spread(&specimens, |one| &one.mutants, mutants, &mut rng).enumerate() {
        expected.push(hand_in("mutant", number, one, name, text)?);
    }
    for (number, one) in specimens.iter().rev().cycle().take(stubs).enumerate() {
        expected.push(hand_in("stub", number, one, &one.exercise, &one.stub)?);
    }
    expected.extend(place_hostile(args, hostile, class, &mut rng)?);
    let kinds = [
        ("solutions", solutions),
        ("variants", variants),
        ("mutants", mutants),
        ("stubs", stubs),
        ("hostile", hostile),
    ];
    Ok(Population { expected, kinds })
}

/// So many of the sources that exercises have, one exercise after the other, and of each exercise no source a second
/// time before all others were there.
fn spread<'s>(
    specimens: &'s [Specimens],
    sources: fn(&Specimens) -> &Vec<(String, String)>,
    count: usize,
    rng: &mut Pcg64,
) -> impl Iterator<Item = (&'s Specimens, &'s String, &'s String)> {
    let shuffled = |one: &'s Specimens| {
        let mut texts: Vec<&(String, String)> = sources(one).iter().collect();
        texts.shuffle(rng);
        (one, texts)
    };
    let all: Vec<_> = specimens.iter().map(shuffled).filter(|(_, texts)| !texts.is_empty()).collect();
    (0..count).map(move |number| {
        let (one, texts) = &all[number % all.len()];
        let (name, text) = texts[number / all.len() % texts.len()];
        (*one, name, text)
    })
}

fn place_hostile(args: &Args, count: usize, class: &Path, rng: &mut Pcg64) -> Result<Vec<Expected>, Failure> {
    let course = Course::load(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../.."))?;
    let mut entries = Corpus::load(Path::new(CORPUS)).map_err(Failure::new)?.entries;
    entries.retain(|entry| !args.without.contains(&entry.exercise));
    entries.shuffle(rng);
    if entries.len() < count {
        return Err(Failure::new(format!("There are only {} hostile submissions, not {count}.", entries.len())));
    }
    let place = |entry: &crate::corpus::Entry| {
        let placed = entry.place(Path::new(CORPUS), class).map_err(|error| cannot(class, &error))?;
        let (_, exercise) = course.exercise(&entry.exercise).expect("the corpus is about this course");
        Ok(Expected::hostile(&placed, entry, entry.score.points(exercise)))
    };
    entries[..count].iter().map(place).collect()
}

fn cannot(path: &Path, error: &std::io::Error) -> Failure {
    Failure::new(format!("{} can't be written: {error}.", path.display()))
}
