//! A small class in which nearly every text tries to be something else.

use report::{
    ChapterResult, CheckResult, CheckStatus, Counterexample, ExerciseResult, ExerciseStatus, Points, Style, Text,
};

use crate::model::{ClassReport, Graded, Hidden, Mark, Trust, Weighed, sum};

/// What a hostile learner prints: it would end CDATA, tags, fences and quotes, start commands of a build server, move the
/// cursor, and hold what XML can't.
pub const HOSTILE: &str = "]]></failure><script>alert(1)</script>\n::error::pwned\n ::set-output name=a::b\n##[error]pwned\n\
     ::stop-commands::x\n```\n````` <img src=x onerror=1>\n\u{0}\u{b}\u{1b}[31mred\u{1b}[0m \u{ffff} \u{202e}abc %0A::debug::x\r\n| a | b |";

const CHECKS: [(&str, u32); 3] =
    [("a_lost_request_is_retried", 1), ("a_charge_is_applied_exactly_once", 2), ("two_calls_never_share_a_key", 3)];
const RAFT: [(&str, u32); 3] = [("one_leader_a_term", 1), ("committed_entries_stay", 1), ("a_leader_is_elected", 1)];

/// The class: all of it right, a broken promise, one that does not compile, one that fails with a hidden seed alone, one
/// without a file.
pub fn class() -> ClassReport {
    ClassReport::new(
        Some("Homework 3 & \"more\" <b>, 100%".to_owned()),
        vec![right(), broken(), unsound(), unlucky(), empty()],
    )
}

/// The one of that name.
pub fn submission(name: &str) -> Graded {
    class().submissions.into_iter().find(|graded| graded.name == name).expect("the fixture has it")
}

fn check(name: &str, status: CheckStatus, message: &str) -> CheckResult {
    CheckResult { schedules: 40, millis: 12, ..CheckResult::new(name, status, message) }
}

fn exercise(id: &str, status: ExerciseStatus, checks: Vec<CheckResult>) -> ExerciseResult {
    let kept = checks.iter().filter(|check| check.holds()).count() as u32;
    ExerciseResult {
        id: id.to_owned(),
        title: if id == "raft" { "Consensus" } else { "The network is reliable" }.to_owned(),
        status,
        points: Points { earned: kept, possible: 3 },
        checks,
        compiler: String::new(),
        notes: Vec::new(),
    }
}

fn graded(id: &str, statuses: [CheckStatus; 3]) -> ExerciseResult {
    let names = if id == "raft" { RAFT } else { CHECKS };
    let message = |status| if status == CheckStatus::Holds { "" } else { "It was broken." };
    let checks: Vec<CheckResult> =
        names.iter().zip(statuses).map(|((name, _), status)| check(name, status, message(status))).collect();
    exercise(id, ExerciseStatus::of(&checks), checks)
}

fn chapters(rpc: ExerciseResult, raft: ExerciseResult) -> Vec<ChapterResult> {
    let chapter = |id: &str, title: &str, exercise| ChapterResult {
        id: id.to_owned(),
        title: title.to_owned(),
        passed: false,
        exercises: vec![exercise],
    };
    vec![chapter("ch01", "What is a distributed system?", rpc), chapter("ch07", "Consensus", raft)]
}

fn put_together(name: &str, trust: Trust, chapters: Vec<ChapterResult>, hidden: Vec<Vec<ChapterResult>>) -> Graded {
    let holds = |chapters: &[ChapterResult], id: &str, name: &str| {
        let mut checks = chapters.iter().flat_map(|c| &c.exercises).filter(|e| e.id == id).flat_map(|e| &e.checks);
        checks.any(|check| check.name == name && check.holds())
    };
    let mark = |id: &str, worth: f64, checks: &[(&'static str, u32)]| {
        let everywhere =
            |name: &str| holds(&chapters, id, name) && hidden.iter().all(|chapters| holds(chapters, id, name));
        let weighed: Vec<Weighed<'_>> =
            checks.iter().map(|(name, points)| Weighed { name, points: *points, holds: everywhere(name) }).collect();
        Mark::new(id, worth, &weighed)
    };
    let marks = vec![mark("flaky_rpc", 12.0, &CHECKS), mark("raft", 10.0, &RAFT)];
    let hidden = hidden.into_iter().enumerate().map(|(at, chapters)| Hidden { number: at + 1, chapters });
    Graded {
        name: name.to_owned(),
        score: sum(marks.iter().map(|mark| mark.score)),
        max_score: sum(marks.iter().map(|mark| mark.max_score)),
        trust,
        chapters: chapters.clone(),
        marks,
        hidden: hidden.collect(),
        notes: Vec::new(),
    }
}

const ALL: [CheckStatus; 3] = [CheckStatus::Holds; 3];

fn right() -> Graded {
    let all = || chapters(graded("flaky_rpc", ALL), graded("raft", ALL));
    put_together("=cmd|'/C calc'!A0", Trust::Isolated, all(), vec![all(), all()])
}

fn broken() -> Graded {
    let mut diagram = Text::default();
    diagram.push(Style::Strong, "client        server").line();
    diagram.push(Style::Dim, "12 ms ").push(Style::Fault, "──── ✗ lost").line();
    diagram.push(Style::Bad, "charged twice: 500 + 500");
    let story = Counterexample {
        happened: "The account was charged 1,000 cents instead of 500.".to_owned(),
        expected: "One charge: {\"cents\": 500}".to_owned(),
        actual: "Two charges: <500>, <500>".to_owned(),
        schedule: vec!["the reply to attempt 1 is lost".to_owned()],
        entries_before: 17,
        diagram,
        intervals: Some(Text::plain("client 1  ├── put(1) ──┤")),
        lesson: "ch01#flaky_rpc".to_owned(),
    };
    let mut rpc = graded("flaky_rpc", [CheckStatus::Holds, CheckStatus::Violated, CheckStatus::Holds]);
    rpc.checks[1] = CheckResult {
        counterexample: Some(story),
        replay: Some("flaky_rpc/a_charge_is_applied_exactly_once:1,2".to_owned()),
        page: Some("/home/teacher/pages/1.html".to_owned()),
        printed: HOSTILE.to_owned(),
        ..check(CHECKS[1].0, CheckStatus::Violated, "The account was charged 1,000 cents instead of 500.")
    };
    let mut raft = graded("raft", [CheckStatus::Holds, CheckStatus::Panicked, CheckStatus::Undecided]);
    raft.checks[1].message = "Your code panicked at src/raft.rs:42:7: ::error::index 3, len 3".to_owned();
    put_together("Ødegård, \"Åse\" <b>&%0A::error::x", Trust::InProcess, chapters(rpc, raft), Vec::new())
}

fn unsound() -> Graded {
    let mut rpc = exercise("flaky_rpc", ExerciseStatus::DoesNotCompile, Vec::new());
    rpc.compiler = format!("error[E0308]: mismatched types\n  --> flaky_rpc.rs:7:13\n   |\n 7 | {HOSTILE}\n");
    let raft = graded("raft", [CheckStatus::NotImplemented; 3]);
    let mut graded = put_together("no `compile`\n::warning::x", Trust::Unsandboxed, chapters(rpc, raft), Vec::new());
    graded.notes.push("Cargo.toml was ignored: only the files of exercises are used. | <i>".to_owned());
    graded
}

/// The name of the submission that fails with the second hidden seed alone.
pub const UNLUCKY: &str = "@SUM(1+1)";

fn unlucky() -> Graded {
    let usual = || chapters(graded("flaky_rpc", ALL), graded("raft", [ALL[0], CheckStatus::TimedOut, ALL[0]]));
    let mut second = usual();
    second[0].exercises[0].checks[1] =
        check(CHECKS[1].0, CheckStatus::Violated, "Secret: with the seed 1234 it was charged twice.");
    put_together(UNLUCKY, Trust::Isolated, usual(), vec![usual(), second])
}

fn empty() -> Graded {
    let mut rpc = exercise("flaky_rpc", ExerciseStatus::NotStarted, Vec::new());
    rpc.notes.push("There is no file flaky_rpc.rs.".to_owned());
    let raft = graded("raft", [CheckStatus::NotImplemented; 3]);
    put_together("\t+1", Trust::Isolated, chapters(rpc, raft), Vec::new())
}
