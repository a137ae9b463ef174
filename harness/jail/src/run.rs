//! One program, run to its end and not beyond.
//!
//! # Decision: drain, don't kill
//!
//! A program that prints more than anyone will read could be killed for it. It isn't: what comes after the first
//! [`Run::output_bytes`] is read and thrown away, so that a program's end never depends on how much it says, and a
//! compiler's flood of errors is still a compiler's verdict. It costs this side about as much time as the flood costs
//! the program, which has a limit.

use std::io::{self, ErrorKind, Read};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

/// How long output may take to arrive once everyone who could write is dead, in milliseconds. Only a program that was
/// not jailed can have left somebody behind who keeps a pipe open.
const LEAVE_MS: u64 = 1_000;

/// How long killed descendants may take to be gone, in milliseconds. They don't run any more; but where process 1
/// buries nobody, as in some containers, they stay on the list.
#[cfg(unix)]
const BURIAL_MS: u64 = 100;

/// How much is read at a time, in bytes: what a pipe holds.
const CHUNK_BYTES: usize = 64 << 10;

/// What a run may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Run {
    /// Time on the clock, in milliseconds. Then everything is killed.
    pub wall_ms: u64,
    /// How much of standard output, and how much of standard error, is kept, in bytes.
    pub output_bytes: usize,
}

/// How a run ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ended {
    /// How the program itself ended. After a time-out it is the death that followed; none if not even that can be told.
    pub status: Option<ExitStatus>,
    /// The beginning of what it printed.
    pub stdout: Vec<u8>,
    /// The beginning of what it printed to standard error.
    pub stderr: Vec<u8>,
    /// Whether it printed more than was kept.
    pub cut: bool,
    /// Whether it was killed because its time was over.
    pub timed_out: bool,
}

/// Runs a command of [`Jailer::command`](crate::Jailer::command) to its end, and kills what is left of its process
/// group, whatever happened. When this returns, nothing that the command started runs any more.
///
/// # Errors
/// If the program can't be started, or waited for. Then, too, nothing is left.
pub fn run(mut command: Command, run: &Run) -> io::Result<Ended> {
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
    let stdout = Reader::start(child.stdout.take().expect("it is a pipe"), run.output_bytes);
    let stderr = Reader::start(child.stderr.take().expect("it is a pipe"), run.output_bytes);
    let in_time = ends_within(&mut child, Duration::from_millis(run.wall_ms));
    let status = end(&mut child);
    let leave = Instant::now() + Duration::from_millis(LEAVE_MS);
    let (stdout, stderr) = (stdout.finish(leave), stderr.finish(leave));
    let (timed_out, status) = (!in_time?, status?);
    Ok(Ended {
        status: Some(status),
        cut: stdout.cut || stderr.cut,
        stdout: stdout.bytes,
        stderr: stderr.bytes,
        timed_out,
    })
}

/// The beginning of a stream.
#[derive(Default)]
struct Kept {
    bytes: Vec<u8>,
    cut: bool,
}

/// Reads a pipe to its end on a thread, so that nobody who writes to it waits.
struct Reader {
    kept: Arc<Mutex<Kept>>,
    /// Disconnected when the end has come.
    end: Receiver<()>,
}

impl Reader {
    fn start(mut pipe: impl Read + Send + 'static, most: usize) -> Self {
        let kept = Arc::new(Mutex::new(Kept::default()));
        let (open, end) = channel();
        let shared = Arc::clone(&kept);
        thread::spawn(move || {
            let _open: Sender<()> = open;
            let mut chunk = vec![0; CHUNK_BYTES];
            loop {
                let length = match pipe.read(&mut chunk) {
                    Ok(0) => return,
                    Ok(length) => length,
                    Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                    Err(_) => return,
                };
                let mut kept = shared.lock().expect("nobody panics while holding it");
                let room = most - kept.bytes.len();
                kept.bytes.extend_from_slice(&chunk[..length.min(room)]);
                kept.cut |= length > room;
            }
        });
        Reader { kept, end }
    }

    /// What was read up to the end of the stream, or up to `leave` if it has none.
    fn finish(self, leave: Instant) -> Kept {
        let _ = self.end.recv_timeout(leave.saturating_duration_since(Instant::now()));
        std::mem::take(&mut *self.kept.lock().expect("nobody panics while holding it"))
    }
}

/// Whether the program ends within this time. It isn't reaped: until it is, nobody else can get its number, which is
/// also that of its group.
#[cfg(unix)]
fn ends_within(child: &mut Child, time: Duration) -> io::Result<bool> {
    use rustix::process::{WaitId, WaitIdOptions, waitid};
    let pid = pid(child);
    let (tell, told) = channel();
    thread::spawn(move || {
        loop {
            match waitid(WaitId::Pid(pid), WaitIdOptions::EXITED | WaitIdOptions::NOWAIT) {
                Err(rustix::io::Errno::INTR) => {}
                ended => break tell.send(ended.map(drop)),
            }
        }
    });
    match told.recv_timeout(time) {
        Ok(ended) => ended.map(|()| true).map_err(Into::into),
        Err(_) => Ok(false),
    }
}

/// Kills the program and its group, then reaps the program. In this order: once it is dead, it can't make itself the
/// leader of a group that we would miss, and until it is reaped, the group's number is no one else's.
#[cfg(unix)]
fn end(child: &mut Child) -> io::Result<ExitStatus> {
    use rustix::process::{Signal, kill_process_group, test_kill_process_group};
    let group = pid(child);
    // Both fail if there is nobody left to kill.
    let _ = child.kill();
    let _ = kill_process_group(group, Signal::KILL);
    let status = child.wait();
    let late = Instant::now() + Duration::from_millis(BURIAL_MS);
    while test_kill_process_group(group).is_ok() && Instant::now() < late {
        thread::sleep(Duration::from_millis(1));
    }
    status
}

#[cfg(unix)]
fn pid(child: &Child) -> rustix::process::Pid {
    rustix::process::Pid::from_child(child)
}

/// Whether the program ends within this time.
#[cfg(not(unix))]
fn ends_within(child: &mut Child, time: Duration) -> io::Result<bool> {
    let late = Instant::now() + time;
    loop {
        if child.try_wait()?.is_some() {
            return Ok(true);
        }
        if Instant::now() >= late {
            return Ok(false);
        }
        thread::sleep(Duration::from_millis(5));
    }
}

/// Kills the program. Here nothing is known of those that it started.
#[cfg(not(unix))]
fn end(child: &mut Child) -> io::Result<ExitStatus> {
    let _ = child.kill();
    child.wait()
}
