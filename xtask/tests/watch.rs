//! `watch` as a learner meets it: the built binary on a terminal, a pseudo one.
//!
//! The course here is a small one without a Cargo.toml, so that no run takes long: cargo refuses it at once, which is also
//! one of the things that `watch` has to live with.
#![cfg(unix)]

use std::fs::{self, File};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{LocalModes, Winsize, tcgetattr, tcsetwinsize};

/// Nothing here takes a second; a machine under load may.
const PATIENCE: Duration = Duration::from_secs(30);

const COURSE: &str = include_str!("small_course.toml");

const STUB: &str = "fn f() {\n    todo!()\n}\n";

/// `watch` on a terminal, in a checkout of its own.
struct Session {
    root: PathBuf,
    child: Child,
    /// The learner's side of the terminal.
    screen: File,
    /// The program's side, kept open so that the terminal outlives the program.
    terminal: File,
    chunks: Receiver<Vec<u8>>,
    /// Everything drawn since the last key.
    drawn: String,
}

impl Session {
    fn start(name: &str) -> Self {
        let root = std::env::temp_dir().join(format!("faultlines-watch-{}-{name}", std::process::id()));
        let put = |path: &str, text: &str| {
            let path = root.join(path);
            fs::create_dir_all(path.parent().expect("it is below the root")).expect("the folder can be made");
            fs::write(path, text).expect("the folder can be written");
        };
        put("course.toml", COURSE);
        for id in ["first", "second"] {
            put(&format!("solutions/ch01-one/src/{id}.rs"), STUB);
            put(&format!("exercises/ch01-one/src/{id}.rs"), "// mine\n");
        }
        let (screen, terminal) = pseudo_terminal();
        let side = || terminal.try_clone().expect("a file can be cloned");
        let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
        command.arg("watch").current_dir(&root).env("TERM", "xterm").env_remove("NO_COLOR");
        let child = command.stdin(side()).stdout(side()).stderr(side()).spawn().expect("the binary was built");
        let (sender, chunks) = channel();
        let mut reader = screen.try_clone().expect("a file can be cloned");
        thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(read @ 1..) = reader.read(&mut buffer) {
                if sender.send(buffer[..read].to_vec()).is_err() {
                    return;
                }
            }
        });
        Session { root, child, screen, terminal, chunks, drawn: String::new() }
    }

    fn file(&self) -> PathBuf {
        self.root.join("exercises/ch01-one/src/first.rs")
    }

    /// Waits until `text` is drawn.
    #[track_caller]
    fn sees(&mut self, text: &str) {
        let until = Instant::now() + PATIENCE;
        while !self.drawn.contains(text) {
            let left = until.saturating_duration_since(Instant::now());
            let Ok(chunk) = self.chunks.recv_timeout(left) else { panic!("`{text}` is not in: {}", self.drawn) };
            self.drawn.push_str(&String::from_utf8_lossy(&chunk));
        }
    }

    fn press(&mut self, key: char) {
        self.drawn.clear();
        self.screen.write_all(&[u8::try_from(key).expect("a key of one byte")]).expect("the terminal is open");
    }

    fn takes_keys_one_by_one(&self) -> bool {
        !tcgetattr(&self.terminal).expect("it is a terminal").local_modes.contains(LocalModes::ICANON)
    }

    #[track_caller]
    fn ends(&mut self) -> ExitStatus {
        let until = Instant::now() + PATIENCE;
        while Instant::now() < until {
            if let Some(status) = self.child.try_wait().expect("it is our child") {
                return status;
            }
            thread::sleep(Duration::from_millis(5));
        }
        panic!("watch goes on: {}", self.drawn);
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = fs::remove_dir_all(&self.root);
    }
}

fn pseudo_terminal() -> (File, File) {
    let screen = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).expect("the system has pseudo terminals");
    grantpt(&screen).expect("it was just opened");
    unlockpt(&screen).expect("it was just opened");
    let name =
        ptsname(&screen, Vec::new()).expect("it has a name").into_string().expect("names of terminals are ASCII");
    let terminal = File::options().read(true).write(true).open(Path::new(&name)).expect("it is unlocked");
    tcsetwinsize(&terminal, Winsize { ws_row: 40, ws_col: 100, ws_xpixel: 0, ws_ypixel: 0 }).expect("it is a terminal");
    (File::from(screen), terminal)
}

#[test]
fn it_opens_on_the_first_exercise_and_q_leaves_the_terminal_as_it_was() {
    let mut session = Session::start("opens");
    session.sees("The first");
    session.sees("quit");
    assert!(session.takes_keys_one_by_one());
    session.press('q');
    assert!(session.ends().success());
    assert!(!session.takes_keys_one_by_one());
}

#[test]
fn keys_show_a_hint_the_list_and_the_next_exercise() {
    let mut session = Session::start("keys");
    session.sees("could not be run");
    session.press('h');
    session.sees("hint 1 of 3");
    session.press('h');
    session.sees("hint 2 of 3");
    session.press('l');
    session.sees("Last check");
    session.press('n');
    session.sees("The second");
}

#[test]
fn a_save_starts_another_run() {
    let mut session = Session::start("save");
    session.sees("could not be run");
    session.drawn.clear();
    fs::write(session.file(), "// mine, and more\n").expect("the folder can be written");
    session.sees("checking");
    session.sees("could not be run");
}

#[test]
fn reset_asks_before_it_keeps_and_writes() {
    let mut session = Session::start("reset");
    session.sees("could not be run");
    session.press('r');
    session.sees("[y/N]");
    session.press('x');
    session.sees("could not be run");
    assert_eq!(fs::read_to_string(session.file()).expect("it is there"), "// mine\n");
    session.press('r');
    session.sees("[y/N]");
    session.press('y');
    session.sees("is the stub again");
    assert_eq!(fs::read_to_string(session.file()).expect("it is there"), STUB);
}

#[test]
fn ctrl_c_leaves_the_terminal_as_it_was() {
    let mut session = Session::start("ctrl-c");
    session.sees("quit");
    session.press('\u{3}');
    assert!(session.ends().success());
    assert!(!session.takes_keys_one_by_one());
}

#[test]
fn a_signal_from_outside_leaves_the_terminal_as_it_was() {
    let mut session = Session::start("signal");
    session.sees("quit");
    let process = Pid::from_child(&session.child);
    kill_process(process, Signal::TERM).expect("it runs");
    assert_eq!(session.ends().code(), Some(130));
    assert!(!session.takes_keys_one_by_one());
}
