//! Nothing is left behind, whoever ends the command.

use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::checkout::{Checkout, FLAKY_RPC, SOLUTION, temporary};

/// A learner's code that never comes back.
fn endless(checkout: &Checkout) -> String {
    checkout.read(SOLUTION).replacen(
        "let deadline =",
        "loop {}\n        #[allow(unreachable_code)]\n        let deadline =",
        1,
    )
}

/// Numbers and command lines of all processes.
fn processes() -> Vec<String> {
    let listed = Command::new("ps").args(["-eo", "pid=,args="]).output().expect("a Unix has ps").stdout;
    String::from_utf8_lossy(&listed).lines().map(str::to_owned).collect()
}

/// The grading programs that run.
fn grading() -> Vec<String> {
    let programs = temporary("target");
    let programs = programs.to_str().expect("a path in UTF-8");
    processes().into_iter().filter(|line| line.contains(programs) && line.contains("--exercise")).collect()
}

fn until(what: &str, patience: Duration, condition: impl Fn() -> bool) {
    let end = Instant::now() + patience;
    while !condition() {
        assert!(Instant::now() < end, "{what}: {:?}", grading());
        thread::sleep(Duration::from_millis(20));
    }
}

fn start(checkout: &Checkout) -> Child {
    let mut command = checkout.command(&["check", "flaky_rpc"]);
    let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("the command is there");
    until("no grading program comes up", Duration::from_secs(120), || !grading().is_empty());
    child
}

fn signal(child: &Child, name: &str) {
    let sent = Command::new("kill").args([name, &child.id().to_string()]).status().expect("a Unix has kill");
    assert!(sent.success());
}

/// Time enough to see that nothing hangs for the budget of a hang.
fn checkout_that_hangs_long() -> Checkout {
    let checkout = Checkout::fresh();
    let course = checkout.read("course.toml");
    let patient = course.replacen("schedule_ms = 2000", "schedule_ms = 600000", 1);
    assert_ne!(course, patient, "course.toml still has the budget that this test changes");
    checkout.write("course.toml", patient);
    checkout.write(FLAKY_RPC, endless(&checkout));
    checkout
}

#[test]
fn ctrl_c_leaves_no_child_behind() {
    let checkout = checkout_that_hangs_long();
    let mut child = start(&checkout);
    signal(&child, "-INT");
    let status = child.wait().expect("it was started");
    assert_eq!(status.code(), Some(130));
    until("a child is left", Duration::from_secs(2), || grading().is_empty());
}

#[test]
fn what_a_learners_code_started_ends_with_it() {
    let checkout = checkout_that_hangs_long();
    let starts = "let _sleeper = std::process::Command::new(\"sleep\").arg(\"12321\").spawn();\n        loop {}";
    let source = checkout.read(FLAKY_RPC).replacen("loop {}", starts, 1);
    checkout.write(FLAKY_RPC, source);
    let sleepers = || processes().into_iter().filter(|line| line.ends_with("sleep 12321")).count();
    let mut child = start(&checkout);
    until("no sleeper comes up", Duration::from_secs(10), || sleepers() > 0);
    signal(&child, "-INT");
    child.wait().expect("it was started");
    until("a sleeper is left", Duration::from_secs(2), || sleepers() == 0);
}

#[test]
fn a_command_that_is_killed_leaves_no_child_behind() {
    let checkout = checkout_that_hangs_long();
    let mut child = start(&checkout);
    signal(&child, "-KILL");
    child.wait().expect("it was started");
    until("a child is left", Duration::from_secs(5), || grading().is_empty());
}
