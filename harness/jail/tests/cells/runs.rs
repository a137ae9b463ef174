//! `run`: until the end, and no longer.

use std::fs;
use std::io::Read;
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use jail::{Conduct, Jailer, Run, run};

use crate::support::{AMPLE, Folder, answer, cell, jailer, probe};

/// Whoever is left behind writes a file after 2 s.
const LONGER: Duration = Duration::from_millis(3_500);

#[test]
fn somebody_left_behind_does_not_live_on() {
    let folder = Folder::new();
    let program = std::env::current_exe().unwrap();
    let on = [&folder.at("sign of life"), program.to_str().unwrap()];
    let compiler = jail::Cell { writes: vec![folder.path().into()], ..cell(Conduct::Compiler) };

    // With nobody to kill it, it does leave the sign.
    let command = probe(&jailer(), &compiler, "leave somebody behind", &on);
    free(command);
    thread::sleep(LONGER);
    fs::remove_file(folder.at("sign of life")).expect("the sign that the test is about");

    for jailer in [jailer(), Jailer::unsandboxed()] {
        let ended = run(probe(&jailer, &compiler, "leave somebody behind", &on), &AMPLE).unwrap();
        answer(&ended).expect("it was started");
        thread::sleep(LONGER);
        assert!(!fs::exists(folder.at("sign of life")).unwrap());
    }
}

/// Runs it without `run`.
fn free(mut command: Command) {
    assert!(command.stdout(Stdio::null()).status().unwrap().success());
}

#[test]
fn when_its_time_is_over_all_of_it_is_killed() {
    let folder = Folder::new();
    let program = std::env::current_exe().unwrap();
    let on = [&folder.at("sign of life"), program.to_str().unwrap()];
    let compiler = jail::Cell { writes: vec![folder.path().into()], ..cell(Conduct::Compiler) };
    let limit = Run { wall_ms: 300, ..AMPLE };
    let ended = run(probe(&jailer(), &compiler, "hang and leave somebody behind", &on), &limit).unwrap();
    assert!(ended.timed_out);
    assert_eq!(ended.status.and_then(|status| status.signal()), Some(9));
    thread::sleep(LONGER);
    assert!(!fs::exists(folder.at("sign of life")).unwrap());
}

#[test]
fn who_ends_in_time_has_not_timed_out() {
    let ended = run(probe(&jailer(), &cell(Conduct::Worker), "compute", &[]), &AMPLE).unwrap();
    assert!(!ended.timed_out && !ended.cut);
    assert!(ended.status.is_some_and(|status| status.success()));
}

#[test]
fn of_a_flood_the_beginning_is_kept_and_the_program_ends_as_it_would() {
    let limit = Run { output_bytes: 1_000, ..AMPLE };
    let ended = run(probe(&jailer(), &cell(Conduct::Worker), "flood", &[]), &limit).unwrap();
    assert!(ended.cut && !ended.timed_out);
    assert_eq!(ended.stdout.len(), 1_000);
    assert!(ended.stdout.ends_with(b"xxxx"));
    assert!(ended.status.is_some_and(|status| status.success()));
}

#[test]
fn a_program_ends_with_the_thread_that_started_it() {
    let mut command = probe(&jailer(), &cell(Conduct::Worker), "sleep", &[]);
    command.stdout(Stdio::piped());
    let starter = thread::spawn(move || {
        let mut child = command.spawn().unwrap();
        // Until it has said something, it may not have asked for that yet.
        let mut word = [0; 8];
        child.stdout.as_mut().unwrap().read_exact(&mut word).unwrap();
        child
    });
    let mut child = starter.join().unwrap();
    let begin = Instant::now();
    assert_eq!(child.wait().unwrap().signal(), Some(9));
    assert!(begin.elapsed() < Duration::from_secs(10));
}
