//! Runs that are killed or interrupted, and go on.

use std::fs;
use std::process::Child;
use std::thread;
use std::time::{Duration, Instant};

use libtest_mimic::Trial;
use rustix::process::{Pid, Signal, kill_process, test_kill_process};

use crate::command::{Desk, Ran};
use crate::trial;
use crate::workshop::SLOW_MS;

const STUDENTS: usize = 24;
const UNITS: usize = STUDENTS * 3;
const JOBS: usize = 8;

pub fn trials() -> Vec<Trial> {
    vec![
        trial("a_run_killed_at_ten_moments_and_resumed_is_byte_for_byte_one_that_was_not", killed_once),
        trial("a_run_killed_ten_times_comes_to_the_same_end", killed_again_and_again),
        trial("ctrl_c_ends_what_was_started_keeps_no_false_verdict_and_says_how_to_go_on", interrupted),
        trial("a_run_that_nobody_listens_to_any_more_can_still_be_ended", unheard),
        trial("a_scheduler_that_ends_a_whole_job_leaves_no_false_verdict", ended_from_outside),
        trial("a_folder_that_a_run_is_using_is_refused_and_free_after_a_kill", locked),
    ]
}

/// The run that is killed; it takes a while, of which no moment is like another.
fn start(desk: &Desk, out: &str) -> Child {
    let mut command = desk.command(&format!("class --json --similar --jobs {JOBS} --resume --out {out}"));
    command.env(SLOW_MS, "80").spawn().expect("the test can start itself")
}

fn finish(child: Child) -> Ran {
    Ran::new(child.wait_with_output().expect("it is our child"))
}

/// What a run that nobody kills prints, and how long it takes.
fn undisturbed(desk: &Desk) -> (String, Duration) {
    let began = Instant::now();
    let printed = finish(start(desk, "undisturbed")).whole();
    assert_eq!(desk.graded().len(), UNITS);
    (printed, began.elapsed())
}

/// Seven of thirteen places in time, and so on: no multiples of anything that the run does.
fn moment(number: u32, of: Duration) -> Duration {
    of * (number * 7 % 11 + 1) / 12
}

fn killed_once() {
    let desk = Desk::new(STUDENTS);
    let (expected, takes) = undisturbed(&desk);
    let mut in_the_middle = 0;
    for number in 0..10 {
        let out = format!("killed-{number}");
        let mut child = start(&desk, &out);
        thread::sleep(moment(number, takes));
        child.kill().expect("it is our child");
        child.wait().expect("it is our child");
        let (_, kept) = (desk.graded(), desk.verdicts(&out));
        in_the_middle += u32::from(kept > 0 && kept < UNITS);
        let resumed = finish(start(&desk, &out));
        assert_eq!(resumed.whole(), expected, "killed after {:?}", moment(number, takes));
        assert_eq!(desk.graded().len(), UNITS - kept, "what was kept is not graded again");
    }
    assert!(in_the_middle >= 5, "only {in_the_middle} of ten kills came in the middle, which shows little");
}

fn killed_again_and_again() {
    let desk = Desk::new(STUDENTS);
    let (expected, takes) = undisturbed(&desk);
    let mut kept = 0;
    for number in 0..10 {
        let mut child = start(&desk, "killed");
        thread::sleep(moment(number, takes) / 4);
        child.kill().expect("it is our child");
        child.wait().expect("it is our child");
        let now = desk.verdicts("killed");
        assert!(now >= kept, "verdicts were lost: {kept} before, {now} after");
        kept = now;
    }
    assert!(kept > 0, "no kill came late enough to show anything");
    assert_eq!(finish(start(&desk, "killed")).whole(), expected);
}

/// Waits until `path` is there, and reads it.
fn appears(path: &std::path::Path) -> String {
    let patience = Instant::now() + Duration::from_secs(30);
    while Instant::now() < patience {
        if let Ok(text) = fs::read_to_string(path) {
            return text;
        }
        thread::sleep(Duration::from_millis(5));
    }
    panic!("{} does not appear", path.display());
}

/// The processes that a shell wrote down.
fn numbers(text: &str) -> Vec<Pid> {
    let number = |word: &str| word.parse().ok().and_then(Pid::from_raw).expect("the shell writes numbers");
    text.split_whitespace().map(number).collect()
}

/// Whether a process is gone, or will be as soon as its new parent looks after it.
fn is_gone(pid: Pid) -> bool {
    let patience = Instant::now() + Duration::from_secs(10);
    while Instant::now() < patience {
        let zombie =
            fs::read_to_string(format!("/proc/{}/stat", pid.as_raw_nonzero())).is_ok_and(|stat| stat.contains(") Z "));
        if zombie || test_kill_process(pid).is_err() {
            return true;
        }
        thread::sleep(Duration::from_millis(5));
    }
    false
}

fn interrupted() {
    let desk = Desk::new(4);
    // Its last words are more than a pipe holds. So it is still there for as long as nobody listens, and has all the time
    // it could wish for to take the end of what it started for a verdict.
    let csv = format!("{}table.csv", "x/".repeat(40_000));
    for signal in [Signal::INT, Signal::TERM] {
        let (out, pids) = (format!("out-{}", signal.as_raw()), desk.path(&format!("pids-{}", signal.as_raw())));
        desk.write("class/bob Müller 2/second.rs", &format!("hang without {}", pids.display()));
        let child = desk.command(&format!("class --jobs 2 --csv {csv} --out {out}")).spawn();
        let child = child.expect("the test can start itself");
        let descendants = appears(&pids);
        kill_process(Pid::from_child(&child), signal).expect("it is our child");
        thread::sleep(Duration::from_millis(300));
        let ran = finish(child);
        assert_eq!((ran.status, ran.stdout.as_str()), (Some(130), ""), "{}", ran.stderr);
        let again = format!("cargo xtask grade --resume class --jobs 2 --csv {csv} --out {out}");
        assert!(ran.stderr.contains(&again), "{}", ran.stderr);
        assert!(!ran.stderr.contains("given up"), "{}", ran.stderr);
        for pid in numbers(&descendants) {
            assert!(is_gone(pid), "process {pid:?} is still there");
        }
        desk.graded();
        desk.run(&format!("class --out {out} --resume")).whole();
        assert!(desk.graded().contains(&"bob Müller 2 second".to_owned()), "the killed one was given a verdict");
    }
}

fn unheard() {
    let desk = Desk::new(4);
    let pids = desk.path("pids");
    desk.write("class/bob Müller 2/second.rs", &format!("hang without {}", pids.display()));
    let mut child = desk.command("class --jobs 2 --out out").spawn().expect("the test can start itself");
    let descendants = appears(&pids);
    // Whoever read its standard error is gone, so its last words can't be said.
    drop(child.stderr.take());
    kill_process(Pid::from_child(&child), Signal::TERM).expect("it is our child");
    assert_eq!(child.wait().expect("it is our child").code(), Some(130));
    for pid in numbers(&descendants) {
        assert!(is_gone(pid), "process {pid:?} is still there");
    }
}

/// A scheduler signals every process of a job, and the grader may be the last of them.
fn ended_from_outside() {
    let desk = Desk::new(4);
    let pids = desk.path("pids");
    desk.write("class/bob Müller 2/second.rs", &format!("hang without {}", pids.display()));
    let child = desk.command("class --jobs 2 --out out").spawn().expect("the test can start itself");
    for pid in numbers(&appears(&pids)) {
        kill_process(pid, Signal::KILL).expect("it is there");
    }
    thread::sleep(Duration::from_millis(40));
    kill_process(Pid::from_child(&child), Signal::TERM).expect("it is our child");
    assert_eq!(finish(child).status, Some(130));
    desk.graded();
    desk.run("class --out out --resume").whole();
    assert!(desk.graded().contains(&"bob Müller 2 second".to_owned()), "the one that was ended was given a verdict");
}

fn locked() {
    let desk = Desk::new(4);
    let pids = desk.path("pids");
    desk.write("class/Ada Müller 1/first.rs", &format!("hang without {}", pids.display()));
    let mut child = desk.command("class --jobs 1 --out out").spawn().expect("the test can start itself");
    let descendants = appears(&pids);
    let second = desk.run("class --out out --resume");
    assert_eq!(second.status, Some(2));
    let told = format!("Another run is using out (process {})", child.id());
    assert!(second.stderr.contains(&told), "{}", second.stderr);
    child.kill().expect("it is our child");
    child.wait().expect("it is our child");
    desk.run("class --out out --resume").whole();
    // A kill that can't be caught leaves what a real judge would notice by itself; here it is ours to end.
    for pid in numbers(&descendants) {
        let _ = kill_process(pid, Signal::KILL);
    }
}
