//! The loop that forks, and what a fork does.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::process::ExitCode;
use std::time::Duration;

use fork::Fork;
use harness::grade::STACK_BYTES;
use harness::serve::{self, Service};
use rustix::process::{WaitOptions, WaitStatus, wait};

use crate::orders::{Order, Status};

/// How many ends of processes are remembered. The judge asks for the last one.
const REMEMBERED: usize = 64;

/// How often, and how far apart, a process is looked for that has hung up and should be gone.
const LOOKS: u32 = 100;
const LOOK_EVERY: Duration = Duration::from_millis(2);

/// The argument that says that there is a jail, which every process is to close behind itself.
pub const JAILED: &str = "--jailed";

/// What a worker program is: forks, each of which serves what `service` makes. `--memory-mib N` bounds what each may allocate.
pub fn main(service: fn() -> Box<dyn Service>) -> ExitCode {
    let mut args = std::env::args().skip_while(|arg| arg != "--memory-mib").skip(1);
    if let Some(mib) = args.next() {
        harness::memory::limit_mib(mib.parse().expect("--memory-mib is a number"));
    }
    if is_jailed() {
        jail::prepare();
    }
    // Forks go on with the thread that forks. On this one an overflow of the stack comes at the same depth as in a check
    // that shares the process with its judge.
    let thread = std::thread::Builder::new().name("checks".to_owned()).stack_size(STACK_BYTES);
    let forks = thread.spawn(move || Forks::default().run(service)).expect("a process can start one thread");
    match forks.join() {
        Ok(Ok(())) => ExitCode::SUCCESS,
        _ => ExitCode::FAILURE,
    }
}

#[derive(Default)]
struct Forks {
    count: u32,
    running: BTreeMap<i32, u32>,
    ended: BTreeMap<u32, Status>,
}

impl Forks {
    fn run(mut self, service: fn() -> Box<dyn Service>) -> io::Result<()> {
        let control = rustix::stdio::stdin();
        while let Some((order, fds)) = Order::receive(control)? {
            match order {
                Order::Fork => match fork::fork()? {
                    Fork::Child => serve_and_leave(fds, service),
                    Fork::Parent(pid) => {
                        self.running.insert(pid, self.count);
                        self.count += 1;
                        self.reap();
                    }
                },
                Order::Autopsy(number) => {
                    let status = self.look_for(number);
                    rustix::io::write(rustix::stdio::stdin(), &status.to_bytes())?;
                }
            }
        }
        Ok(())
    }

    fn reap(&mut self) {
        while let Ok(Some((pid, status))) = wait(WaitOptions::NOHANG) {
            let Some(number) = self.running.remove(&pid.as_raw_nonzero().get()) else { continue };
            self.ended.insert(number, read_status(status));
            if self.ended.len() > REMEMBERED {
                self.ended.pop_first();
            }
        }
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "no code of a learner's runs here, and what it waits for is a real process"
    )]
    fn look_for(&mut self, number: u32) -> Status {
        for _ in 0..LOOKS {
            self.reap();
            if let Some(status) = self.ended.get(&number) {
                return *status;
            }
            std::thread::sleep(LOOK_EVERY);
        }
        Status::Unknown
    }
}

fn read_status(status: WaitStatus) -> Status {
    match (status.exit_status(), status.terminating_signal()) {
        (Some(code), _) => Status::Exited(code),
        (_, Some(signal)) => Status::Signaled(signal),
        _ => Status::Unknown,
    }
}

fn serve_and_leave(fds: Vec<OwnedFd>, service: fn() -> Box<dyn Service>) -> ! {
    let mut fds = fds.into_iter();
    let socket = fds.next().expect("the judge sends a socket along");
    if prepare(fds.next()).is_err() {
        std::process::exit(1);
    }
    let mut channel = UnixStream::from(socket);
    serve::run(&mut channel, &mut *service());
    // What was printed without a line break is still in a buffer.
    let _ = io::stdout().flush();
    std::process::exit(0);
}

/// Takes away what the learner's code has no business with.
fn prepare(prints: Option<OwnedFd>) -> io::Result<()> {
    if let Some(prints) = prints {
        rustix::stdio::dup2_stdout(&prints)?;
        rustix::stdio::dup2_stderr(&prints)?;
    }
    // In the place of the judge's orders: what the worker itself prints into, which is nowhere.
    let nowhere = rustix::io::dup(rustix::stdio::stdout())?;
    rustix::stdio::dup2_stdin(&nowhere)?;
    if is_jailed() { jail::no_more_processes() } else { Ok(()) }
}

fn is_jailed() -> bool {
    std::env::args().any(|arg| arg == JAILED)
}
