//! Questions that are wrong, and how that is told.

use libtest_mimic::Trial;

use crate::command::Desk;
use crate::trial;

pub fn trials() -> Vec<Trial> {
    vec![
        trial("a_folder_that_is_not_there_is_answered_with_what_was_meant", not_there),
        trial("a_stopped_run_is_not_overwritten_by_accident", stopped),
        trial("a_folder_called_merge_is_graded_by_its_path", called_merge),
        trial("a_share_that_there_is_not_is_refused_before_anything_is_graded", no_such_share),
        trial("a_report_on_one_submission_is_refused_for_a_class_before_it_is_graded", of_one),
        trial("help_names_all_there_is_to_do", help),
        trial("more_jobs_than_cores_are_a_note", jobs),
    ]
}

fn refused(desk: &Desk, line: &str) -> String {
    let ran = desk.run(line);
    assert_eq!((ran.status, ran.stdout.as_str()), (Some(2), ""), "{}", ran.stderr);
    ran.stderr
}

fn not_there() {
    let desk = Desk::new(1);
    assert_eq!(refused(&desk, "clas"), "There is no folder clas.\n\nDid you mean `class`?\n");
    assert_eq!(refused(&desk, "merg"), "There is no folder merg.\n\nDid you mean the command `merge`?\n");
    assert!(refused(&desk, "hw3").contains("SUBMISSIONS is the folder in which"));
    let far = desk.path("clas").display().to_string();
    assert!(refused(&desk, &far).ends_with(&format!("Did you mean `{}`?\n", desk.path("class").display())));
    assert!(!refused(&desk, &desk.path("nowhere").display().to_string()).contains("Did you mean"));
    assert!(refused(&desk, "merge class").starts_with("There are no results in class"));
    assert!(refused(&desk, "merge nowhere").contains("nowhere can't be read"));
}

fn stopped() {
    let desk = Desk::new(2);
    desk.write("out/parts/ada/first.json", "{}");
    assert!(refused(&desk, "class --out out").contains("Add --resume to go on with it"));
    desk.write("out/thesis.tex", "years of work");
    assert!(refused(&desk, "class --out out --resume").contains("something else than results: `thesis.tex`"));
}

fn called_merge() {
    let desk = Desk::new(0);
    desk.write("merge/ada/first.rs", "fn first() {}");
    assert!(desk.run("./merge --out out").whole().starts_with("ada,"));
}

fn no_such_share() {
    let desk = Desk::new(1);
    assert!(refused(&desk, "class --partition 2/1").contains("there is no share 2 of 1"));
    assert_eq!(desk.graded(), [""; 0]);
}

fn of_one() {
    let desk = Desk::new(2);
    let told = refused(&desk, "class --out out --gradescope results.json");
    assert!(refused(&desk, "class --out out --html pages --handout pages").contains("the same folder"));
    assert!(told.starts_with("--gradescope reports on a single submission, and here are 2."), "{told}");
    assert_eq!(desk.graded(), [""; 0]);
    desk.run("class --out out").whole();
    assert!(refused(&desk, "merge out --github").contains("--github reports on a single submission"));
}

fn help() {
    let help = Desk::new(0).run("--help").whole();
    for word in ["merge", "autograder", "--partition <I/N>", "--resume", "Exit status:", "Reports:"] {
        assert!(help.contains(word), "{word} is missing in\n{help}");
    }
}

fn jobs() {
    let desk = Desk::new(1);
    let ran = desk.run("class --out out --jobs 4000");
    assert!(ran.stderr.contains("note: 4000 jobs on"), "{}", ran.stderr);
    assert_eq!(ran.status, Some(0));
}
