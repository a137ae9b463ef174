//! Workers are this program, started once more with a name in the environment and a socket as its standard input.

use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;

use harness::remote::{self, Channel, Employer, Gone};
use harness::serve;
use report::CheckStatus;

use crate::specimens::{ABROAD, BOTH};

/// Says which specimen a process is to serve.
const NAME_ENV: &str = "FAULTLINES_TEST_SPECIMEN";

/// Whose code the next worker has.
pub static NAME: Mutex<&str> = Mutex::new("");

/// Serves the judge, if this is a worker.
pub fn works() -> bool {
    let Ok(name) = std::env::var(NAME_ENV) else { return false };
    let mut specimens = BOTH.iter().chain(ABROAD.iter().map(|(specimen, _)| specimen));
    let specimen = specimens.find(|specimen| specimen.name == name).expect("the judge knows its specimens");
    let socket = io::stdin().as_fd().try_clone_to_owned().expect("it can be shared");
    serve::run(&mut UnixStream::from(socket), &mut *(specimen.serve)());
    true
}

/// Has workers started, from now on.
pub fn open() {
    remote::employ(Box::new(Office(None)));
}

struct Office(Option<Child>);

impl Employer for Office {
    fn hire(&mut self, _heard: bool) -> io::Result<Box<dyn Channel>> {
        self.dismiss()?;
        let (ours, theirs) = UnixStream::pair()?;
        let mut command = Command::new(std::env::current_exe()?);
        command.env(NAME_ENV, *NAME.lock().expect("nobody panics with it"));
        command.stdin(OwnedFd::from(theirs)).stdout(Stdio::null()).stderr(Stdio::null());
        self.0 = Some(command.spawn()?);
        Ok(Box::new(ours))
    }

    fn heard(&mut self) -> Vec<u8> {
        Vec::new()
    }

    fn autopsy(&mut self, late: bool) -> Gone {
        let status = self.0.take().map(|mut worker| worker.wait());
        Gone { status: CheckStatus::Aborted, message: format!("gone: {status:?}, late: {late}") }
    }
}

impl Office {
    /// The last worker; the judge has hung up.
    fn dismiss(&mut self) -> io::Result<()> {
        self.0.take().map_or(Ok(()), |mut worker| worker.wait().map(drop))
    }
}
