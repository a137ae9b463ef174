//! The launcher itself.

use std::path::Path;
use std::process::Command;

use jail::{Conduct, NOT_STARTED, run};

use crate::support::{AMPLE, cell, jailer};

#[test]
fn the_probe_finds_that_this_machine_has_all_it_takes() {
    assert_eq!(jailer().probe(), Ok(()));
}

#[test]
fn a_program_that_is_not_there_is_named() {
    for conduct in crate::support::BOTH {
        let ended = run(jailer().command(&cell(conduct), Path::new("/nowhere/program")), &AMPLE).unwrap();
        assert_eq!(ended.status.and_then(|status| status.code()), Some(NOT_STARTED));
        assert!(String::from_utf8_lossy(&ended.stderr).contains("/nowhere/program"), "{ended:?}");
    }
}

#[test]
fn a_program_whose_loader_is_not_in_the_cell_is_told_apart() {
    let cell = jail::Cell { executes: Vec::new(), ..cell(Conduct::Worker) };
    let ended = run(jailer().command(&cell, Path::new("/bin/true")), &AMPLE).unwrap();
    assert!(String::from_utf8_lossy(&ended.stderr).contains("the loader that it names"), "{ended:?}");
}

#[test]
fn a_launcher_whose_parent_has_ended_starts_nothing() {
    let command = jailer().command(&cell(Conduct::Compiler), Path::new("/bin/true"));
    let me = std::process::id().to_string();
    let arguments = command.get_args().map(|argument| if argument == me.as_str() { "1".as_ref() } else { argument });
    let output = Command::new(command.get_program()).args(arguments).output().unwrap();
    assert_eq!(output.status.code(), Some(NOT_STARTED));
    assert!(String::from_utf8_lossy(&output.stderr).contains("has ended meanwhile"), "{output:?}");
}

#[test]
fn a_launcher_that_is_started_by_hand_says_what_is_wrong() {
    let output = Command::new(env!("CARGO_BIN_EXE_jail")).arg("/bin/true").output().unwrap();
    assert_eq!(output.status.code(), Some(NOT_STARTED));
    assert!(!output.stderr.is_empty());
}
