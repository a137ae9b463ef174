use std::collections::BTreeMap;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

use super::*;
use crate::fakes::{By, EXERCISES, submission, verdict};
use crate::work::{Source, Verdict};

/// Keeps verdicts in memory, in the order in which they come.
#[derive(Default)]
struct Memory {
    parts: Mutex<Vec<Part>>,
    full: AtomicBool,
}

impl Keep for Memory {
    fn keep(&self, part: &Part) -> io::Result<()> {
        if self.full.load(Ordering::Relaxed) {
            return Err(io::Error::from(io::ErrorKind::StorageFull));
        }
        lock(&self.parts).push(part.clone());
        Ok(())
    }
}

impl Memory {
    fn sorted(&self) -> BTreeMap<(String, String), Verdict> {
        let parts = lock(&self.parts).clone();
        parts.into_iter().map(|part| ((part.submission, part.exercise), part.verdict)).collect()
    }
}

struct Unseen;

impl Watch for Unseen {
    fn begins(&self, _unit: Unit<'_>) {}
    fn ended(&self, _unit: Unit<'_>) {}
}

fn class(count: usize) -> Vec<Submission> {
    (0..count).map(|number| submission(&format!("student-{number:02}"))).collect()
}

fn units(class: &[Submission]) -> Vec<Unit<'_>> {
    class
        .iter()
        .flat_map(|submission| submission.answers.iter().map(move |answer| Unit { submission, answer }))
        .collect()
}

fn graded(
    class: &[Submission],
    workers: usize,
    by: impl Fn(&str, &str, &Source) -> Result<Verdict, Trouble> + Sync,
) -> (Memory, Finished) {
    let memory = Memory::default();
    let workers = NonZeroUsize::new(workers).expect("tests have workers");
    let finished = run(&units(class), workers, &By(by), &memory, &Unseen);
    (memory, finished)
}

/// A number that looks random, the same for the same name.
fn scatter(submission: &str, exercise: &str, below: u64) -> u64 {
    let mut digest = crate::digest::Digest::new("test");
    [submission, exercise].iter().for_each(|part| digest.add(part.as_bytes()));
    u64::from_str_radix(&digest.finish()[..8], 16).expect("a fingerprint is hexadecimal") % below
}

#[test]
fn eight_workers_who_answer_in_any_order_give_what_one_gives() {
    let class = class(30);
    let slow = |submission: &str, exercise: &str, source: &Source| {
        thread::sleep(Duration::from_micros(scatter(submission, exercise, 4000)));
        Ok(verdict(exercise, source))
    };
    let (one, _) = graded(&class, 1, slow);
    let (eight, finished) = graded(&class, 8, slow);
    assert_eq!(one.sorted().len(), 30 * EXERCISES.len());
    assert_eq!(one.sorted(), eight.sorted());
    assert_eq!(finished, Finished::default());
    let order = |memory: &Memory| lock(&memory.parts).iter().map(|part| part.submission.clone()).collect::<Vec<_>>();
    assert_ne!(order(&one), order(&eight), "the workers were not in each other's way at all");
}

#[test]
fn a_submission_that_hangs_holds_up_nobody_else() {
    let class = class(20);
    let others = AtomicUsize::new(0);
    let patience = Instant::now() + Duration::from_secs(20);
    // The hanging one is let go only by everybody else's verdicts: were it waited for, this would not end in time.
    let by = |submission: &str, exercise: &str, source: &Source| {
        if submission == "student-00" && exercise == "first" {
            while others.load(Ordering::SeqCst) < 39 && Instant::now() < patience {
                thread::sleep(Duration::from_millis(1));
            }
            assert!(Instant::now() < patience, "the others wait for the one that hangs");
        } else {
            others.fetch_add(1, Ordering::SeqCst);
        }
        Ok(verdict(exercise, source))
    };
    let (memory, finished) = graded(&class, 2, by);
    assert_eq!(finished, Finished::default());
    assert_eq!(memory.sorted().len(), 40);
}

#[test]
fn trouble_with_one_exercise_leaves_the_others_their_verdicts() {
    let class = class(10);
    let by = |submission: &str, exercise: &str, source: &Source| match (submission, exercise) {
        ("student-07", "second") => Err(Trouble::Here("the judge is not at home".to_owned())),
        ("student-03", "first") => panic!("a bug of ours"),
        _ => Ok(verdict(exercise, source)),
    };
    let (memory, finished) = graded(&class, 4, by);
    assert_eq!(memory.sorted().len(), 18);
    assert_eq!(finished.given_up, None);
    let [(one, first, panicked), (other, second, why)] = &finished.troubles[..] else { panic!("{finished:?}") };
    assert_eq!((one.as_str(), first.as_str()), ("student-03", "first"));
    assert!(panicked.contains("bug"), "{panicked}");
    assert_eq!((other.as_str(), second.as_str(), why.as_str()), ("student-07", "second", "the judge is not at home"));
}

#[test]
fn trouble_with_everything_ends_the_run() {
    let class = class(50);
    let by = |submission: &str, exercise: &str, source: &Source| match submission {
        "student-05" => Err(Trouble::Everywhere("no judge any more".to_owned())),
        _ => Ok(verdict(exercise, source)),
    };
    let (memory, finished) = graded(&class, 1, by);
    assert_eq!(finished.given_up.as_deref(), Some("no judge any more"));
    assert_eq!(memory.sorted().len(), 10, "those before it have their verdicts, those after it none");
}

#[test]
fn a_full_disk_is_nobodys_failure() {
    let class = class(5);
    let memory = Memory { full: AtomicBool::new(true), ..Memory::default() };
    let by = |_: &str, exercise: &str, source: &Source| Ok(verdict(exercise, source));
    let finished = run(&units(&class), NonZeroUsize::MIN, &By(by), &memory, &Unseen);
    assert!(finished.given_up.is_some_and(|why| why.contains("can't be written")));
    assert!(memory.sorted().is_empty() && finished.troubles.is_empty());
}
