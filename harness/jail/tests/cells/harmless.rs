//! What a program in a cell still can, and what it is like there.

use std::fs::File;
use std::io::{IoSlice, Read, Write};
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::process::{Command, Stdio};

use jail::{Conduct, Ended, run};
use nix::fcntl::{FcntlArg, FdFlag, fcntl};
use nix::sys::socket::{ControlMessage, MsgFlags, sendmsg};

use crate::support::{AMPLE, BOTH, answer, cell, inside, jailer, probe};

#[test]
fn the_environment_holds_what_the_caller_says_and_nothing_else() {
    for conduct in BOTH {
        assert_eq!(inside(&cell(conduct), "say the environment", &[]), Ok("[]".to_owned()));
        let mut command = probe(&jailer(), &cell(conduct), "say the environment", &[]);
        command.env("WORD", "a b=c");
        assert_eq!(answer(&run(command, &AMPLE).unwrap()), Ok(r#"[("WORD", "a b=c")]"#.to_owned()));
    }
}

#[test]
fn it_starts_in_the_root_folder_unless_the_caller_says_otherwise() {
    assert_eq!(inside(&cell(Conduct::Worker), "say the folder", &[]), Ok("/".to_owned()));
    let mut command = probe(&jailer(), &cell(Conduct::Compiler), "say the folder", &[]);
    command.current_dir("/usr");
    assert_eq!(answer(&run(command, &AMPLE).unwrap()), Ok("/usr".to_owned()));
}

#[test]
fn a_descriptor_that_somebody_left_open_does_not_get_in() {
    let leaked: Vec<File> = (0..5).map(|_| File::open("/etc/passwd").unwrap()).collect();
    for file in &leaked {
        fcntl(file, FcntlArg::F_SETFD(FdFlag::empty())).unwrap();
    }
    // That they are inherited is what makes the next line say something.
    let shell = Command::new("sh").args(["-c", "ls /proc/self/fd"]).output().unwrap();
    let listed = String::from_utf8(shell.stdout).unwrap();
    assert!(leaked.iter().all(|file| listed.lines().any(|line| line == file.as_raw_fd().to_string())), "{listed}");
    for conduct in BOTH {
        assert_eq!(inside(&cell(conduct), "say what is open", &[]), Ok("0 more".to_owned()));
    }
}

#[test]
fn threads_time_sleep_and_random_numbers_work() {
    for conduct in BOTH {
        assert_eq!(inside(&cell(conduct), "start a thread", &[]), Ok("from a thread".to_owned()));
        assert_eq!(inside(&cell(conduct), "compute", &[]), Ok("0 true".to_owned()));
    }
}

#[test]
fn aborting_is_seen_as_such() {
    for conduct in BOTH {
        let told = inside(&cell(conduct), "abort", &[]).unwrap_err();
        assert!(told.starts_with("signal 6"), "SIGABRT, not {told}");
    }
}

#[test]
fn an_overflowing_stack_is_reported() {
    for conduct in BOTH {
        let told = inside(&cell(conduct), "overflow the stack", &[]).unwrap_err();
        assert!(told.starts_with("signal 6") && told.contains("has overflowed its stack"), "{told}");
    }
}

/// Runs the probe with one end of a socket pair as standard input; `talk` has the other.
fn over_a_socket(act: &str, on: &[&str], talk: impl FnOnce(&mut UnixStream)) -> (Ended, UnixStream) {
    let (mut mine, theirs) = UnixStream::pair().unwrap();
    talk(&mut mine);
    let mut command = probe(&jailer(), &cell(Conduct::Worker), act, on);
    command.stdin(Stdio::from(OwnedFd::from(theirs)));
    (run(command, &AMPLE).unwrap(), mine)
}

#[test]
fn a_worker_can_use_the_socket_that_it_was_given() {
    let (ended, mut mine) = over_a_socket("talk over standard input", &[], |mine| mine.write_all(b"ABCD").unwrap());
    assert_eq!(answer(&ended), Ok("it worked".to_owned()));
    let mut word = [0; 4];
    mine.read_exact(&mut word).unwrap();
    assert_eq!(&word, b"DCBA");
}

/// Sends a descriptor along with a byte.
pub fn send_a_file(socket: &mut UnixStream) {
    let file = File::open("/etc/passwd").unwrap();
    let files = [file.as_raw_fd()];
    let parts = [IoSlice::new(b"x")];
    sendmsg::<()>(socket.as_raw_fd(), &parts, &[ControlMessage::ScmRights(&files)], MsgFlags::empty(), None).unwrap();
}

#[test]
fn a_worker_may_be_sent_descriptors_and_one_that_is_locked_in_may_not() {
    let (ended, _mine) = over_a_socket("receive a file over standard input", &[], send_a_file);
    assert_eq!(answer(&ended), Ok("a descriptor".to_owned()));
    let (ended, _mine) = over_a_socket("locked", &["receive a file over standard input"], send_a_file);
    assert!(answer(&ended).unwrap_err().contains("os error 38)"));
    let (ended, _mine) =
        over_a_socket("locked", &["talk over standard input"], |mine| mine.write_all(b"ABCD").unwrap());
    assert_eq!(answer(&ended), Ok("it worked".to_owned()));
}
