//! Nothing is left behind, whoever ends the command.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::checkout::{Checkout, SOLUTION, temporary};

/// A learner's code that never comes back.
fn endless(checkout: &Checkout) -> String {
    checkout.read(SOLUTION).replacen(
        "let deadline =",
        "loop {}\n        #[allow(unreachable_code)]\n        let deadline =",
        1,
    )
}

/// The grading programs that run, as `ps` sees them.
fn grading() -> Vec<String> {
    let listed = Command::new("ps").args(["-eo", "pid=,args="]).output().expect("a Unix has ps").stdout;
    let programs = temporary("target");
    let programs = programs.to_str().expect("a path in UTF-8");
    let is_ours = |line: &&str| line.contains(programs) && line.contains("--exercise");
    String::from_utf8_lossy(&listed).lines().filter(is_ours).map(str::to_owned).collect()
}

fn until(what: &str, patience: Duration, condition: impl Fn() -> bool) {
    let end = Instant::now() + patience;
    while !condition() {
        assert!(Instant::now() < end, "{what}: {:?}", grading());
        thread::sleep(Duration::from_millis(20));
    }
}

fn start(checkout: &Checkout) -> Child {
    assert!(Path::new("/bin/ps").exists() || Path::new("/usr/bin/ps").exists(), "this test looks with ps");
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
    checkout.write(crate::checkout::FLAKY_RPC, endless(&checkout));
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
fn a_command_that_is_killed_leaves_no_child_behind() {
    let checkout = checkout_that_hangs_long();
    let mut child = start(&checkout);
    signal(&child, "-KILL");
    child.wait().expect("it was started");
    until("a child is left", Duration::from_secs(5), || grading().is_empty());
}
