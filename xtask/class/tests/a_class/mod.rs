//! Classes that nobody taught.

#![allow(dead_code, reason = "each of those who share this file needs a part of it")]

use class::model::{ClassReport, Graded, Hidden, Mark, Trust, Weighed, sum};
use report::{
    ChapterResult, CheckResult, CheckStatus, Counterexample, ExerciseResult, ExerciseStatus, Points, Style, Text,
};

/// Characters and markup that a page must show and not obey.
pub const HOSTILE: &str = "</pre></title></style><script>alert(1)</script><img src=x onerror='alert(2)'>\"&amp;\u{0}\u{1b}[31m\
     \u{202e}evil\u{2066}\u{feff}\u{e0041} javascript:alert(3) <!-- ]]> --> <svg/onload=alert(4)>\r\n\ttab";

/// The exercises of the invented classes, by chapter, with their checks.
const EXERCISES: [(&str, &str, &str, &[&str]); 4] = [
    (
        "ch01",
        "flaky_rpc",
        "The network is reliable",
        &[
            "a_lost_request_is_retried",
            "every_attempt_has_its_own_time_out",
            "a_charge_is_applied_exactly_once",
            "waits_grow_exponentially_up_to_a_cap",
        ],
    ),
    (
        "ch02",
        "lamport_clock",
        "Lamport clocks",
        &["effects_come_after_their_causes", "ties_are_broken_the_same_way_everywhere"],
    ),
    (
        "ch06",
        "or_set",
        "Observed-remove set",
        &["an_addition_wins_over_a_removal", "replicas_converge", "nothing_comes_back"],
    ),
    (
        "ch07",
        "raft",
        "Raft",
        &[
            "at_most_one_leader_a_term",
            "what_is_committed_stays",
            "a_majority_makes_progress",
            "a_restart_forgets_nothing",
        ],
    ),
];

/// The same numbers every time.
struct Draw(u64);

impl Draw {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound
    }
}

/// A class of that many, some good, some not, with a hidden seed.
pub fn class(submissions: usize) -> ClassReport {
    let mut draw = Draw(2026);
    let submissions = (0..submissions).map(|nth| submission(&format!("student-{nth:03}"), &mut draw)).collect();
    ClassReport::new(Some("Homework 3: agreement".to_owned()), submissions)
}

fn submission(name: &str, draw: &mut Draw) -> Graded {
    let skill = 35 + draw.below(65);
    let chapters: Vec<ChapterResult> = EXERCISES.iter().map(|one| chapter(one, skill, draw)).collect();
    let mut hidden = chapters.clone();
    for check in hidden.iter_mut().flat_map(|chapter| &mut chapter.exercises).flat_map(|exercise| &mut exercise.checks)
    {
        if check.holds() && draw.below(25) == 0 {
            *check = broken(&check.name);
        }
    }
    let mut graded = graded(name, chapters, vec![hidden]);
    if draw.below(9) == 0 {
        graded.notes.push("Ignored: Cargo.toml, build.rs. Only the files of the exercises are used.".to_owned());
    }
    if draw.below(40) == 0 {
        graded.trust = Trust::InProcess;
    }
    graded
}

fn chapter((chapter, id, title, names): &(&str, &str, &str, &[&str]), skill: u64, draw: &mut Draw) -> ChapterResult {
    let fate = draw.below(20);
    let mut checks: Vec<CheckResult> =
        names.iter().map(|name| check(name, draw.below(100) < skill, draw.below(8))).collect();
    let mut compiler = String::new();
    if fate == 0 {
        checks = names.iter().map(|name| CheckResult::new(*name, CheckStatus::NotImplemented, "")).collect();
    } else if fate == 1 {
        checks.clear();
        "error[E0308]: mismatched types\n --> src/raft.rs:12:9\n  |\n12 |         \"term\"\n  |         ^^^^^^ expected `u64`\n"
            .clone_into(&mut compiler);
    }
    ChapterResult {
        id: (*chapter).to_owned(),
        title: "A chapter".to_owned(),
        passed: checks.iter().all(CheckResult::holds) && !checks.is_empty(),
        exercises: vec![exercise(id, title, checks, compiler)],
    }
}

/// An exercise with these checks, each worth a point.
pub fn exercise(id: &str, title: &str, checks: Vec<CheckResult>, compiler: String) -> ExerciseResult {
    let status = if compiler.is_empty() { ExerciseStatus::of(&checks) } else { ExerciseStatus::DoesNotCompile };
    let earned = checks.iter().filter(|check| check.holds()).count() as u32;
    let points = Points { earned, possible: checks.len().max(1) as u32 };
    ExerciseResult { id: id.to_owned(), title: title.to_owned(), status, points, checks, compiler, notes: Vec::new() }
}

fn check(name: &str, holds: bool, kind: u64) -> CheckResult {
    match kind {
        _ if holds => CheckResult { schedules: 120, millis: 8, ..CheckResult::new(name, CheckStatus::Holds, "") },
        0 => CheckResult::new(name, CheckStatus::TimedOut, "A schedule was still running after 2,000 ms of real time."),
        1 => CheckResult {
            printed: "granting n2 in term 4\n".repeat(3),
            ..CheckResult::new(
                name,
                CheckStatus::Panicked,
                "index out of bounds: the len is 0 but the index is 0, raft.rs:88:21",
            )
        },
        2 => CheckResult::new(
            name,
            CheckStatus::Undecided,
            "No request was lost in any schedule, so nothing was put to the test.",
        ),
        _ => broken(name),
    }
}

/// A check that is broken, with the whole story.
pub fn broken(name: &str) -> CheckResult {
    let mut diagram = Text::default();
    diagram.push(Style::Dim, "  ms  ").push(Style::Strong, "client              bank");
    diagram.line().push(Style::Dim, "   0  ").push(Style::Plain, "├── charge: 100 cents ──▶│");
    diagram.line().push(Style::Dim, "   5  ").push(Style::Fault, "│╳── receipt is lost ────┤");
    diagram.line().push(Style::Dim, " 150  ").push(Style::Bad, "● charges again under another key");
    CheckResult {
        schedules: 41,
        replay: Some(format!("flaky_rpc/{name}@1.0.all.eae2451f")),
        counterexample: Some(Counterexample {
            happened: "the card was charged twice: 200 cents instead of 100".to_owned(),
            expected: "one charge of 100 cents".to_owned(),
            actual: "charge 1: 100 cents\ncharge 2: 100 cents".to_owned(),
            schedule: vec![
                "client 1 charges 100 cents at 0 ms".to_owned(),
                "the reply to attempt 1 is lost".to_owned(),
            ],
            entries_before: 17,
            diagram,
            intervals: None,
            lesson: "ch01#flaky_rpc".to_owned(),
        }),
        ..CheckResult::new(name, CheckStatus::Violated, "the card was charged twice: 200 cents instead of 100")
    }
}

/// A submission with these results; each check is worth a point, which hidden seeds can take.
pub fn graded(name: &str, chapters: Vec<ChapterResult>, hidden: Vec<Vec<ChapterResult>>) -> Graded {
    let holds_in = |chapters: &[ChapterResult], id: &str, check: &str| {
        let exercises = chapters.iter().flat_map(|chapter| &chapter.exercises).filter(|exercise| exercise.id == id);
        exercises.flat_map(|exercise| &exercise.checks).any(|result| result.name == check && result.holds())
    };
    let marks = chapters.iter().flat_map(|chapter| &chapter.exercises).map(|exercise| {
        let weighed: Vec<Weighed> = exercise
            .checks
            .iter()
            .map(|check| {
                let holds = check.holds() && hidden.iter().all(|with| holds_in(with, &exercise.id, &check.name));
                Weighed { name: &check.name, points: 1, holds }
            })
            .collect();
        Mark::new(&*exercise.id, f64::from(exercise.points.possible), &weighed)
    });
    let marks: Vec<Mark> = marks.collect();
    let hidden = (1..).zip(hidden).map(|(number, chapters)| Hidden { number, chapters }).collect();
    Graded {
        name: name.to_owned(),
        score: sum(marks.iter().map(|mark| mark.score)),
        max_score: sum(marks.iter().map(|mark| mark.max_score)),
        trust: Trust::Isolated,
        chapters,
        marks,
        hidden,
        notes: Vec::new(),
    }
}

/// A class in which everything that a submission can influence is [`HOSTILE`].
pub fn hostile_class() -> ClassReport {
    let names = [HOSTILE, "../../etc/passwd", "javascript:alert(1)", "con", "", "Ada", "ada", "מרים", "\u{202e}adA"];
    let submissions = names.iter().map(|name| {
        let mut check = broken("a_promise");
        check.message = format!("more: {HOSTILE}");
        check.printed = HOSTILE.repeat(3);
        check.replay = Some(HOSTILE.to_owned());
        let example = check.counterexample.as_mut().expect("a broken check has one");
        for text in [&mut example.happened, &mut example.expected, &mut example.actual, &mut example.lesson] {
            HOSTILE.clone_into(text);
        }
        example.schedule = vec![HOSTILE.to_owned(); 3];
        example.diagram.push(Style::Bad, HOSTILE);
        example.intervals = Some(Text::plain(HOSTILE));
        let panicked = CheckResult::new("another_promise", CheckStatus::Panicked, HOSTILE);
        let mut exercises = vec![
            exercise("flaky_rpc", HOSTILE, vec![check, panicked], String::new()),
            exercise("raft", "Raft", Vec::new(), HOSTILE.to_owned()),
        ];
        exercises[0].notes.push(HOSTILE.to_owned());
        let chapter = ChapterResult { id: "ch01".to_owned(), title: HOSTILE.to_owned(), passed: false, exercises };
        let mut graded = graded(name, vec![chapter], Vec::new());
        graded.notes = vec![HOSTILE.to_owned(), "x".repeat(100_000)];
        graded
    });
    ClassReport::new(Some(HOSTILE.to_owned()), submissions.collect())
}
