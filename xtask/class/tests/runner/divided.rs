//! A class that is graded by many, at once or on many machines, gets the report of one.

use std::fs;

use libtest_mimic::Trial;

use crate::command::{Desk, Ran};
use crate::trial;
use crate::workshop::{COURSE, SLOW_MS};

pub fn trials() -> Vec<Trial> {
    vec![
        trial("eight_jobs_print_what_one_job_prints", eight_jobs),
        trial("json_is_one_object_and_all_that_is_printed", json),
        trial("shares_merged_are_byte_for_byte_the_whole", shares),
        trial("a_missing_share_is_named_and_is_no_success", missing_share),
        trial("shares_of_two_versions_of_the_course_are_refused", versions),
        trial("what_is_graded_already_is_not_graded_again", resumed),
        trial("what_could_not_be_graded_is_no_failure_and_is_resumed", trouble),
        trial("a_log_hears_of_every_twentieth_of_the_class", log),
    ]
}

fn eight_jobs() {
    let desk = Desk::new(40);
    let run = |jobs: u32| {
        let mut command = desk.command(&format!("class --json --similar --jobs {jobs} --out out-{jobs}"));
        let output = command.env(SLOW_MS, "5").output().expect("the test can start itself");
        Ran::new(output).whole()
    };
    assert_eq!(run(1), run(8));
}

fn json() {
    let desk = Desk::new(3);
    let printed = desk.run("class --json --out out --csv table.csv").whole();
    let report: class::model::ClassReport = serde_json::from_str(&printed).expect("it is one JSON object");
    let names: Vec<&str> = report.submissions.iter().map(|one| one.name.as_str()).collect();
    assert_eq!(names, ["Ada Müller 1", "bob Müller 2", "zoe Müller 0"]);
    assert_eq!(report.submissions[0].notes, ["read from a folder called Ada Müller 1"]);
    assert!(fs::read_to_string(desk.path("table.csv")).expect("it was asked for").starts_with("Ada Müller 1,"));
}

fn shares() {
    let desk = Desk::new(23);
    let whole = desk.run("class --json --similar --out whole").whole();
    assert_eq!(desk.graded().len(), 23 * 3);
    for of in [1, 2, 3, 7] {
        for share in 1..=of {
            desk.run(&format!("class --partition {share}/{of} --out {of}/{share}")).whole();
        }
        assert_eq!(desk.graded().len(), 23 * 3, "every exercise is graded in one share");
        let folders: Vec<String> = (1..=of).rev().map(|share| format!("{of}/{share}")).collect();
        assert_eq!(desk.run(&format!("merge --json --similar {}", folders.join(" "))).whole(), whole);
        let files: Vec<String> = folders.iter().map(|folder| format!("{folder}/results.json")).collect();
        assert_eq!(desk.run(&format!("merge --json --similar {}", files.join(" "))).whole(), whole);
    }
}

fn missing_share() {
    let desk = Desk::new(9);
    desk.run("class --partition 1/3 --out 1").whole();
    desk.run("class --partition 3/3 --out 3").whole();
    let merged = desk.run("merge 1 3");
    assert_eq!(merged.status, Some(1));
    assert!(merged.stderr.contains("This is not the whole class: share 2/3 was not given."), "{}", merged.stderr);
    assert_eq!(merged.stdout.lines().count(), 6);
}

fn versions() {
    let desk = Desk::new(4);
    desk.run("class --partition 1/2 --out 1").whole();
    let newer = desk.command("class --partition 2/2 --out 2").env(COURSE, "newer").output();
    Ran::new(newer.expect("the test can start itself")).whole();
    let merged = desk.run("merge 1 2 --json");
    assert_eq!((merged.status, merged.stdout.as_str()), (Some(2), ""));
    assert!(merged.stderr.contains("2 was graded with another version of the course than 1."), "{}", merged.stderr);
}

fn resumed() {
    let desk = Desk::new(5);
    let before = desk.run("class --json --out out").whole();
    assert_eq!(desk.graded().len(), 15);
    let again = desk.run("class --json --out out --resume");
    assert!(again.stderr.contains("15 of 15 results are there already."), "{}", again.stderr);
    assert_eq!(again.whole(), before);
    assert_eq!(desk.graded(), [""; 0]);
    desk.write("class/bob Müller 2/second.rs", "something new");
    let changed = desk.run("class --json --out out --resume");
    assert!(changed.stderr.contains("14 of 15 results are there already; 1 more"), "{}", changed.stderr);
    assert_eq!(desk.graded(), ["bob Müller 2 second"]);
    assert_eq!(changed.whole(), desk.run("class --json --out fresh").whole());
}

fn trouble() {
    let desk = Desk::new(4);
    desk.write("reason", "");
    let text = format!("trouble while {}", desk.path("reason").display());
    desk.write("class/bob Müller 2/second.rs", &text);
    let first = desk.run("class --out out");
    assert_eq!(first.status, Some(1));
    assert!(first.stderr.contains("`second` of bob Müller 2 could not be graded, which is not the submission's fault"));
    assert!(first.stderr.contains("1 submission not graded to the end, and not in the report: bob Müller 2"));
    assert!(first.stderr.contains("cargo xtask grade --resume class --out out"), "{}", first.stderr);
    assert_eq!(first.stdout.lines().count(), 3, "{}", first.stdout);
    desk.graded();
    fs::remove_file(desk.path("reason")).expect("it is ours");
    let resumed = desk.run("class --out out --resume").whole();
    assert_eq!(desk.graded(), ["bob Müller 2 second"]);
    assert_eq!(resumed.lines().count(), 4);
}

fn log() {
    let desk = Desk::new(40);
    let stderr = desk.run("class --out out --jobs 1").stderr;
    let lines: Vec<&str> = stderr.lines().filter(|line| line.contains(" graded")).collect();
    assert_eq!(lines.len(), 20, "{stderr}");
    assert_eq!((lines[0], lines[19]), ("2 of 40 submissions graded", "40 of 40 submissions graded"));
}
