//! The second stage: a forked process that has called `no_more_processes`.

use jail::{Cell, Conduct};

use crate::support::{Folder, cell, inside, outside};

/// Does something in the second stage of a worker.
fn locked(cell: &Cell, act: &str, on: &[&str]) -> Result<String, String> {
    inside(cell, "locked", &[&[act], on].concat())
}

/// Asserts that something works in the first stage and not in the second.
#[track_caller]
fn given_up(cell: &Cell, act: &str, on: &[&str]) {
    let before = inside(cell, act, on);
    assert!(before.is_ok(), "`{act}` has to work in the first stage, or else this test shows nothing: {before:?}");
    let told = locked(cell, act, on).expect_err(act);
    assert!(told.contains("os error 38)"), "ENOSYS, not {told}");
}

#[test]
fn it_can_start_no_process_and_no_program() {
    given_up(&cell(Conduct::Worker), "fork and wait", &[]);
    // Without the launcher too, so that it isn't the first stage which forbids it.
    assert!(outside("run", &["/bin/true"]).is_ok());
    assert!(outside("locked", &["run", "/bin/true"]).is_err());
}

#[test]
fn it_can_open_nothing_and_not_even_tell_what_is_there() {
    let folder = Folder::new();
    let file = folder.file("file");
    let cell = cell(Conduct::Worker);
    let cell = Cell { reads: [cell.reads.clone(), vec![folder.path().into()]].concat(), ..cell };
    given_up(&cell, "read", &[&file]);
    given_up(&cell, "read", &["/dev/null"]);
    given_up(&cell, "list", &[folder.path().to_str().unwrap()]);
    given_up(&cell, "look", &[&file]);
    given_up(&cell, "look", &["/"]);
    given_up(&cell, "say the folder", &[]);
}

#[test]
fn it_can_signal_nobody_else() {
    // Without the launcher, as the first stage forbids it already.
    let me = std::process::id().to_string();
    assert!(outside("signal", &[&me]).is_ok());
    assert!(outside("locked", &["signal", &me]).is_err());
}

#[test]
fn it_can_abort_and_starts_threads() {
    let cell = cell(Conduct::Worker);
    assert_eq!(locked(&cell, "start a thread", &[]), Ok("from a thread".to_owned()));
    assert_eq!(locked(&cell, "compute", &[]), Ok("0 true".to_owned()));
    let told = locked(&cell, "abort", &[]).expect("the process that forked it tells");
    assert!(told.contains("SIGABRT"), "{told}");
}

#[test]
fn it_can_not_outlive_the_process_that_forked_it() {
    given_up(&cell(Conduct::Worker), "end the grader's signal", &[]);
}
