//! Where a judge's workers come from.

use std::io::{self, Read};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use harness::remote::{Channel, Employer, Gone};
use jail::{Cell, Conduct, Jailer, Limits};
use report::CheckStatus;
use rustix::process::{Pid, Signal, kill_process_group};
use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};
use worker::{Order, Status};

/// How much is kept of what workers print, in bytes.
const HEARD_BYTES: usize = 1 << 20;

/// What a process of a worker may use up beside its heap. The time is that of one process: one schedule, one node.
const CPU_S: u64 = 10;
const BESIDE_HEAP_BYTES: u64 = 512 << 20;
const OPEN_FILES: u64 = 64;

/// Where the loader is, and the libraries that every program is started with.
const LOADER: [&str; 5] = ["/lib", "/lib64", "/usr/lib", "/usr/lib64", "/etc/ld.so.cache"];

/// How long an order may take, in real time. It only ends what never ends; a healthy one takes microseconds.
const STEP: Duration = Duration::from_secs(5);

/// How long a worker may take to say how one of its processes ended.
const AUTOPSY: Duration = Duration::from_secs(2);

/// Hires workers of one program.
pub struct Office {
    program: PathBuf,
    jailer: Jailer,
    jailed: bool,
    memory_mib: u64,
    worker: Option<Worker>,
    ear: Option<Ear>,
}

/// The process that forks.
struct Worker {
    child: Child,
    control: UnixStream,
    forks: u32,
}

impl Office {
    /// Takes the arguments that are for the office, and gives back the others.
    pub fn from_args(args: impl Iterator<Item = String>) -> (Self, Vec<String>) {
        let mut office = Office {
            program: PathBuf::new(),
            jailer: Jailer::unsandboxed(),
            jailed: false,
            memory_mib: 300,
            worker: None,
            ear: None,
        };
        let (mut others, mut args) = (Vec::new(), args);
        while let Some(arg) = args.next() {
            let mut value = || args.next().unwrap_or_else(|| panic!("{arg} has a value"));
            match arg.as_str() {
                "--worker" => office.program = value().into(),
                "--jailer" => (office.jailer, office.jailed) = (Jailer::new(value()), true),
                "--core" => stay_on(value().parse().expect("--core is a number")),
                "--memory-mib" => {
                    let mib = value();
                    office.memory_mib = mib.parse().expect("--memory-mib is a number");
                    others.extend([arg, mib]);
                }
                _ => others.push(arg),
            }
        }
        (office, others)
    }

    fn command(&self) -> Command {
        let cell = Cell {
            reads: Vec::new(),
            executes: jail::present(LOADER),
            writes: Vec::new(),
            limits: Limits {
                cpu_s: CPU_S,
                memory_bytes: (self.memory_mib << 20) + BESIDE_HEAP_BYTES,
                file_bytes: 0,
                open_files: OPEN_FILES,
            },
            conduct: Conduct::Worker,
        };
        self.jailer.command(&cell, &self.program)
    }

    fn worker(&mut self) -> io::Result<&mut Worker> {
        if self.worker.is_none() {
            let (control, theirs) = UnixStream::pair()?;
            control.set_read_timeout(Some(AUTOPSY))?;
            let mut command = self.command();
            command.args(["--memory-mib", &self.memory_mib.to_string()]);
            if self.jailed {
                command.arg(worker::JAILED);
            }
            command.stdin(OwnedFd::from(theirs)).stdout(Stdio::null()).stderr(Stdio::null());
            self.worker = Some(Worker { child: command.spawn()?, control, forks: 0 });
        }
        Ok(self.worker.as_mut().expect("it has just been started"))
    }
}

impl Employer for Office {
    fn hire(&mut self, heard: bool) -> io::Result<Box<dyn Channel>> {
        let mouth = if heard {
            if self.ear.is_none() {
                self.ear = Some(Ear::open()?);
            }
            self.ear.as_ref().map(|ear| ear.mouth.try_clone()).transpose()?
        } else {
            None
        };
        let worker = self.worker()?;
        let (ours, theirs) = UnixStream::pair()?;
        ours.set_read_timeout(Some(STEP))?;
        ours.set_write_timeout(Some(STEP))?;
        let fds: Vec<_> = [Some(theirs.as_fd()), mouth.as_ref().map(AsFd::as_fd)].into_iter().flatten().collect();
        Order::Fork.send(&worker.control, &fds)?;
        worker.forks += 1;
        Ok(Box::new(ours))
    }

    fn heard(&mut self) -> Vec<u8> {
        self.ear.take().map(Ear::close).unwrap_or_default()
    }

    fn autopsy(&mut self, late: bool) -> Gone {
        // Whatever else it has left behind goes with it.
        let worker = self.worker.take().filter(|_| !late);
        let status = worker.map_or(Ok(Status::Unknown), |mut worker| {
            Order::Autopsy(worker.forks.saturating_sub(1)).send(&worker.control, &[])?;
            Status::read(&mut worker.control)
        });
        told(late, status.unwrap_or(Status::Unknown), self.memory_mib)
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        // Everything that it has forked is in its group. It may be gone already.
        if let Ok(pid) = i32::try_from(self.child.id()) {
            let _ = Pid::from_raw(pid).map(|pid| kill_process_group(pid, Signal::KILL));
        }
        let _ = self.child.wait();
    }
}

/// Hears what workers print.
struct Ear {
    mouth: OwnedFd,
    kept: Arc<Mutex<Vec<u8>>>,
    thread: JoinHandle<()>,
}

impl Ear {
    #[expect(clippy::disallowed_methods, reason = "the thread takes no part in a check, it only empties a pipe")]
    fn open() -> io::Result<Self> {
        let (mut pipe, mouth) = io::pipe()?;
        let kept = Arc::new(Mutex::new(Vec::new()));
        let keeps = kept.clone();
        let thread = std::thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(length @ 1..) = pipe.read(&mut buffer) {
                let mut kept: std::sync::MutexGuard<'_, Vec<u8>> = keeps.lock().unwrap_or_else(PoisonError::into_inner);
                let room = HEARD_BYTES - kept.len();
                kept.extend(&buffer[..length.min(room)]);
            }
        });
        Ok(Ear { mouth: mouth.into(), kept, thread })
    }

    /// Everything, when all who could print are gone.
    fn close(self) -> Vec<u8> {
        drop(self.mouth);
        // A thread that only reads does not panic.
        let _ = self.thread.join();
        std::mem::take(&mut *self.kept.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

fn told(late: bool, status: Status, memory_mib: u64) -> Gone {
    const ABRT: i32 = 6;
    const KILL: i32 = 9;
    const SEGV: i32 = 11;
    const XCPU: i32 = 24;
    const XFSZ: i32 = 25;
    const SYS: i32 = 31;
    if late || matches!(status, Status::Signaled(KILL | XCPU)) {
        let message = "your code did not come to an end: an endless loop, or something that waits for what never comes";
        return Gone { status: CheckStatus::TimedOut, message: message.to_owned() };
    }
    let how = match status {
        Status::Exited(code) => format!("it ended itself with exit status {code}, as `std::process::exit` does"),
        Status::Signaled(ABRT) => format!(
            "it was aborted. Usual causes: an endless recursion, more than {memory_mib} MiB of memory, a panic while \
             panicking, `std::process::abort`"
        ),
        Status::Signaled(SEGV) => "it touched memory that is not its own (signal 11)".to_owned(),
        Status::Signaled(XFSZ) => "it wrote a file that is too long (signal 25)".to_owned(),
        Status::Signaled(SYS) => "it asked the operating system for what it may not do (signal 31)".to_owned(),
        Status::Signaled(signal) => format!("signal {signal} ended it"),
        Status::Unknown => "nobody knows how it ended".to_owned(),
    };
    Gone { status: CheckStatus::Aborted, message: format!("the process that your code ran in is gone: {how}") }
}

/// Keeps this process, and those it starts, on one of the processors that it may use.
fn stay_on(core: usize) {
    let Ok(may) = sched_getaffinity(None) else { return };
    let cores: Vec<usize> = (0..CpuSet::MAX_CPU).filter(|core| may.is_set(*core)).collect();
    if let Some(core) = cores.get(core % cores.len().max(1)) {
        let mut only = CpuSet::new();
        only.set(*core);
        // Where that is not allowed everything is slower, and right.
        let _ = sched_setaffinity(None, &only);
    }
}
