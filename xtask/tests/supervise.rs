//! The watcher against programs that misbehave.
//!
//! The programs are a small shell script that speaks the frames of a grading program, so these tests are for systems
//! with a shell; what they test is the same code everywhere.
#![cfg(unix)]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use report::CheckStatus::{self, Aborted, Holds, TimedOut, Undecided};
use xtask::course::Budget;
use xtask::supervise::{self, Job, Outcome};

/// Runs the checks named after `--check`; what a check does is in its name.
const SCRIPT: &str = r#"#!/bin/sh
frame() { printf '\n\036%s %s\n' "$FAULTLINES_FRAMES" "$1"; }
holds() { frame "{\"finished\":{\"name\":\"$1\",\"status\":\"holds\",\"schedules\":1,\"millis\":0,\"message\":\"$2\"}}"; }
run() {
    [ "$1" = unknown ] && return
    frame "{\"started\":{\"exercise\":\"e\",\"check\":\"$1\"}}"
    case "$1" in
        hangs*) while :; do :; done ;;
        floods_slowly) while :; do echo 'again and again and again and again and again and again'; sleep 0.005; done ;;
        chatters) while :; do echo again; sleep 0.05; done ;;
        floods) while :; do echo 'again and again and again and again and again and again'; done ;;
        floods_a_line) while :; do printf 'again and again and again and again and again and again'; done ;;
        exits) exit 3 ;;
        leaves) exit 0 ;;
        aborts) kill -ABRT $$ ;;
        overflows) echo "thread 'checks' (77) has overflowed its stack" >&2; kill -ABRT $$ ;;
        grows) echo 'memory allocation of 5 bytes failed' >&2; kill -ABRT $$ ;;
        prints) printf 'to stdout'; echo ' and to stderr' >&2; holds "$1" ;;
        twice) holds "$1" first; holds "$1" second; holds somebody_else '' ;;
        dies_late) holds "$1"; echo 'last words'; exit 4 ;;
        mute) exec >/dev/null 2>&1; while :; do :; done ;;
        *) holds "$1" ;;
    esac
}
frame '{"hello":{"seeded_select":false}}'
while [ $# -gt 0 ]; do
    if [ "$1" = --check ]; then run "$2"; fi
    shift
done
frame '"done"'
"#;

const BUDGET: Budget = Budget { schedule_ms: 300, exercise_ms: 1000, memory_mib: 300, output_kib: 64 };

fn job(program: PathBuf, checks: &[&str]) -> Job {
    let checks = checks.iter().map(|name| (*name).to_owned()).collect();
    let exercise = "e".to_owned();
    Job { program, exercise, checks, unlisted: false, options: Vec::new(), budget: BUDGET }
}

fn run(checks: &[&str]) -> Outcome {
    supervise::run(&job(program(), checks), &|_, _| {})
}

fn program() -> PathBuf {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("misbehaving.sh");
    // Written once: a running script must not be overwritten by the next test.
    static WRITTEN: std::sync::Once = std::sync::Once::new();
    WRITTEN.call_once(|| {
        fs::write(&path, SCRIPT).expect("the folder for tests is writable");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("our own file");
    });
    path
}

fn statuses(outcome: &Outcome) -> Vec<CheckStatus> {
    outcome.checks.iter().map(|check| check.status).collect()
}

fn message(check: &str) -> String {
    let outcome = run(&["before", check, "after"]);
    let [Holds, Aborted, Holds] = statuses(&outcome)[..] else { panic!("{outcome:#?}") };
    assert_eq!(outcome.checks[1].name, check);
    outcome.checks[1].message.clone()
}

#[test]
fn a_check_that_hangs_is_timed_out_and_the_others_get_their_verdicts() {
    let outcome = run(&["before", "hangs", "after"]);
    assert_eq!(statuses(&outcome), [Holds, TimedOut, Holds]);
    assert!(outcome.checks[1].message.contains("std::thread::sleep"));
}

#[test]
fn printing_is_no_sign_of_life() {
    assert_eq!(statuses(&run(&["chatters", "after"])), [TimedOut, Holds]);
}

#[test]
fn nobody_waits_longer_than_the_budget_of_the_exercise() {
    let began = Instant::now();
    let outcome = run(&["hangs_1", "hangs_2", "hangs_3", "hangs_4", "hangs_5", "hangs_6", "after"]);
    assert!(began.elapsed() < Duration::from_secs(10), "{:?}", began.elapsed());
    assert!(outcome.checks.iter().all(|check| check.status == TimedOut));
    let not_run = outcome.checks.iter().filter(|check| check.message.starts_with("Not run:")).count();
    assert!(not_run >= 4, "three hangs of 300 ms fit into a second: {outcome:#?}");
}

#[test]
fn every_way_to_die_is_named_by_its_likely_cause() {
    assert!(message("exits").contains("exit status 3"));
    assert!(message("leaves").contains("exit status 0"));
    assert!(message("aborts").contains("SIGABRT"));
    assert!(message("overflows").contains("calls itself"));
    assert!(message("grows").contains("300 MiB"));
    assert!(message("mute").contains("closed its output"));
}

#[test]
fn a_flood_is_stopped_whether_it_has_lines_or_not_and_however_slow() {
    for check in ["floods", "floods_a_line", "floods_slowly"] {
        assert!(message(check).contains("printed without end"), "{check}");
    }
}

#[test]
fn what_is_printed_belongs_to_the_check_that_printed_it() {
    let outcome = run(&["before", "prints", "after"]);
    assert_eq!(outcome.checks[1].printed, "to stdout and to stderr");
    assert!(outcome.checks[0].printed.is_empty() && outcome.checks[2].printed.is_empty());
}

#[test]
fn a_flood_is_kept_only_in_part() {
    let printed = &run(&["floods"]).checks[0].printed;
    assert!(printed.len() < 5000 && printed.ends_with("(the rest is left out)"));
}

#[test]
fn the_first_result_of_a_check_counts_and_strangers_are_ignored() {
    let outcome = run(&["twice", "after"]);
    assert_eq!(statuses(&outcome), [Holds, Holds]);
    assert_eq!(outcome.checks[0].message, "first");
    assert_eq!(outcome.unlisted.iter().collect::<Vec<_>>(), ["somebody_else"]);
}

#[test]
fn a_check_that_the_program_does_not_know_is_undecided() {
    let outcome = run(&["before", "unknown"]);
    assert_eq!(statuses(&outcome), [Holds, Undecided]);
    assert!(outcome.checks[1].message.contains("course.toml"));
}

#[test]
fn a_death_between_two_checks_costs_the_next_one() {
    let outcome = run(&["dies_late", "next", "after"]);
    assert_eq!(statuses(&outcome), [Holds, Aborted, Holds]);
    assert_eq!(outcome.checks[0].printed, "last words");
    assert!(outcome.checks[1].message.contains("no check was running"));
}

#[test]
fn an_unseeded_select_is_told() {
    assert!(!run(&["before"]).seeded_select);
}

#[test]
fn a_program_that_can_not_be_started_is_no_verdict() {
    let job = job("/nowhere/at/all".into(), &["a", "b"]);
    assert_eq!(statuses(&supervise::run(&job, &|_, _| {})), [Undecided, Undecided]);
}
