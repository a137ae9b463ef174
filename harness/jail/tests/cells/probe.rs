//! The probe: does one thing and says whether it worked.

use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, Read, Write};
use std::net::{TcpStream, UdpSocket};
use std::os::fd::AsFd;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::{SocketAddr, UnixDatagram, UnixStream};
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use nix::fcntl::OFlag;
use nix::sys::memfd::{MFdFlags, memfd_create};
use nix::sys::stat::Mode;
use nix::unistd::Pid;

/// The arguments with which this program becomes the probe. To the test harness what follows are more names of tests,
/// of which there are none.
pub fn arguments(act: &str, on: &[&str]) -> Vec<String> {
    let harness = ["probe::becomes_the_probe", "--exact", "--ignored", "--nocapture", "--test-threads=1", "@"];
    harness.iter().chain(&[act]).chain(on).map(|&argument| argument.to_owned()).collect()
}

#[test]
#[ignore = "it is what the other tests start"]
fn becomes_the_probe() {
    let arguments: Vec<String> = std::env::args().skip_while(|argument| argument != "@").skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let [act, on @ ..] = &arguments[..] else { return };
    tell(perform(act, on));
}

/// Says how it went, on a line of its own.
fn tell(result: io::Result<String>) {
    match result {
        Ok(done) => println!("\n@done {done}"),
        Err(error) => println!("\n@failed {error}"),
    }
}

fn perform(act: &str, on: &[&str]) -> io::Result<String> {
    let done = |()| "it worked".to_owned();
    match act {
        "locked" => locked(on),
        "fork and wait" => fork_and_wait(|| 0).map(|status| format!("{status:?}")),
        "fork and abort" => fork_and_wait(|| std::process::abort()).map(|status| format!("{status:?}")),
        act => None
            .or_else(|| on_files(act, on))
            .or_else(|| on_others(act, on))
            .or_else(|| on_itself(act, on))
            .unwrap_or_else(|| panic!("the probe knows no `{act}`"))
            .map(|told| if told.is_empty() { done(()) } else { told }),
    }
}

/// Does something in a second stage: in a forked process that has called `no_more_processes`.
fn locked(on: &[&str]) -> io::Result<String> {
    let [act, on @ ..] = on else { panic!("something has to be done there") };
    let status = fork_and_wait(|| {
        jail::no_more_processes().expect("the kernel has filters");
        tell(perform(act, on));
        0
    })?;
    Ok(format!("{status:?}"))
}

fn fork_and_wait(child: impl FnOnce() -> i32) -> io::Result<nix::sys::wait::WaitStatus> {
    match fork::fork()? {
        fork::Fork::Child => std::process::exit(child()),
        fork::Fork::Parent(pid) => Ok(nix::sys::wait::waitpid(Pid::from_raw(pid), None)?),
    }
}

type Told = Option<io::Result<String>>;

fn on_files(act: &str, on: &[&str]) -> Told {
    let path = on.first().copied().unwrap_or_default();
    let nothing = |result: io::Result<()>| result.map(|()| String::new());
    let opened = |flags: OFlag| Ok(nix::fcntl::open(path, flags, Mode::empty()).map(drop)?);
    let mut written = OpenOptions::new();
    Some(match act {
        "read" => fs::read_to_string(path),
        "list" => fs::read_dir(path).map(|entries| entries.count().to_string()),
        "look" => fs::metadata(path).map(|seen| seen.len().to_string()),
        "write" => nothing(written.write(true).open(path).and_then(|mut file| file.write_all(b"changed"))),
        "append" => nothing(written.append(true).open(path).and_then(|mut file| file.write_all(b"changed"))),
        "create" => nothing(fs::write(path, "made")),
        "make a folder" => nothing(fs::create_dir(path)),
        "remove" => nothing(fs::remove_file(path)),
        "move" => nothing(fs::rename(path, on[1])),
        "link" => nothing(fs::hard_link(path, on[1])),
        "link softly" => nothing(std::os::unix::fs::symlink(path, on[1])),
        "make a pipe" => nothing(nix::unistd::mkfifo(path, Mode::S_IRWXU).map_err(Into::into)),
        "empty" => nothing(Ok(nix::unistd::truncate(path, 0)).and_then(|done| Ok(done?))),
        "empty while reading" => nothing(opened(OFlag::O_RDONLY | OFlag::O_TRUNC)),
        "empty with neither" => nothing(opened(OFlag::O_ACCMODE | OFlag::O_TRUNC)),
        "change the mode" => nothing(fs::set_permissions(path, Permissions::from_mode(0o777))),
        "change the owner" => nothing(std::os::unix::fs::chown(path, Some(nix::unistd::getuid().as_raw()), None)),
        "change the times" => nothing(
            File::open(path).and_then(|file| file.set_modified(SystemTime::UNIX_EPOCH + Duration::from_secs(1))),
        ),
        "run" => Command::new(path).arg("--list").output().map(|output| output.status.to_string()),
        "run what is only in memory" => run_from_memory(path),
        "lock" => nothing(File::open(path).and_then(lock)),
        "write much" => on[1].parse().map_err(io::Error::other).and_then(|count: usize| {
            let mut file = File::create(path)?;
            (0..count).try_for_each(|_| file.write_all(&[7; 1 << 10]))?;
            Ok(String::new())
        }),
        "open many" => {
            let files = (0..100).map(|_| File::open(path)).collect::<io::Result<Vec<_>>>();
            files.map(|files| files.len().to_string())
        }
        "create later" => {
            thread::sleep(Duration::from_secs(2));
            nothing(fs::write(path, "too late"))
        }
        _ => return None,
    })
}

fn lock(file: File) -> io::Result<()> {
    use nix::fcntl::{Flock, FlockArg};
    Flock::lock(file, FlockArg::LockExclusiveNonblock).map(drop).map_err(|(_, error)| error.into())
}

/// A program that is on no disk, so that no list of paths has it.
fn run_from_memory(program: &str) -> io::Result<String> {
    let mut file = File::from(memfd_create(c"program", MFdFlags::empty())?);
    io::copy(&mut File::open(program)?, &mut file)?;
    let path = format!("/proc/self/fd/{}", std::os::fd::AsRawFd::as_raw_fd(&file));
    Command::new(path).arg("--list").output().map(|output| output.status.to_string())
}

fn on_others(act: &str, on: &[&str]) -> Told {
    let first = on.first().copied().unwrap_or_default();
    let nothing = |result: io::Result<()>| result.map(|()| String::new());
    let system = |result: nix::Result<()>| result.map(|()| String::new()).map_err(Into::into);
    let pid = || Pid::from_raw(first.parse().expect("a process number"));
    Some(match act {
        "connect to" => nothing(TcpStream::connect(first).map(drop)),
        "listen" => nothing(std::net::TcpListener::bind("127.0.0.1:0").map(drop)),
        "send a datagram" => {
            nothing(UdpSocket::bind("127.0.0.1:0").and_then(|socket| socket.send_to(b"x", first)).map(drop))
        }
        "connect to the path" => nothing(UnixStream::connect(first).map(drop)),
        "connect to the name" => {
            nothing(SocketAddr::from_abstract_name(first).and_then(|name| UnixStream::connect_addr(&name)).map(drop))
        }
        "make a pair of sockets" => nothing(UnixDatagram::pair().map(drop)),
        "signal" => system(nix::sys::signal::kill(pid(), None)),
        "signal the group" => system(nix::sys::signal::killpg(pid(), None)),
        "trace" => system(nix::sys::ptrace::seize(pid(), nix::sys::ptrace::Options::empty())),
        "peek" => {
            let mut byte = [0];
            let remote = nix::sys::uio::RemoteIoVec { base: 0x1000, len: 1 };
            let read = nix::sys::uio::process_vm_readv(pid(), &mut [io::IoSliceMut::new(&mut byte)], &[remote]);
            // There is nothing at that address; to be told so, one must be allowed to look.
            if read == Err(nix::Error::EFAULT) { Ok(String::new()) } else { Err(read.unwrap_err().into()) }
        }
        "leave the session" => in_a_child(|| nix::unistd::setsid().map(drop)),
        "leave the group" => in_a_child(|| nix::unistd::setpgid(Pid::from_raw(0), Pid::from_raw(0))),
        "make a queue" => {
            use nix::mqueue::{MQ_OFlag, MqAttr, mq_close, mq_open, mq_unlink};
            let name = format!("/jail-{}", std::process::id());
            let name = name.as_str();
            let flags = MQ_OFlag::O_CREAT | MQ_OFlag::O_RDWR;
            system(
                mq_open(name, flags, Mode::S_IRWXU, Some(&MqAttr::new(0, 1, 16, 0)))
                    .and_then(mq_close)
                    .and_then(|()| mq_unlink(name)),
            )
        }
        "watch" => {
            use nix::sys::inotify::{AddWatchFlags, InitFlags, Inotify};
            let watch = Inotify::init(InitFlags::empty());
            system(watch.and_then(|watch| watch.add_watch(first, AddWatchFlags::IN_ALL_EVENTS).map(drop)))
        }
        "raise a limit" => {
            use nix::sys::resource::{Resource, getrlimit, setrlimit};
            let limit = getrlimit(Resource::RLIMIT_NOFILE);
            system(limit.and_then(|(soft, hard)| setrlimit(Resource::RLIMIT_NOFILE, soft, hard)))
        }
        "yield to others" => nothing(rustix::process::setpriority_process(None, 19).map_err(Into::into)),
        "make a namespace" => in_a_child(|| nix::sched::unshare(nix::sched::CloneFlags::CLONE_NEWUTS)),
        _ => return None,
    })
}

/// For what a leader of a group can't do anyway: tries it in a process forked for it.
fn in_a_child(what: impl FnOnce() -> nix::Result<()>) -> io::Result<String> {
    let status = fork_and_wait(|| match what() {
        Ok(()) => 0,
        Err(error) => error as i32,
    })?;
    match status {
        nix::sys::wait::WaitStatus::Exited(_, 0) => Ok(String::new()),
        nix::sys::wait::WaitStatus::Exited(_, error) => Err(io::Error::from_raw_os_error(error)),
        other => Err(io::Error::other(format!("{other:?}"))),
    }
}

fn on_itself(act: &str, on: &[&str]) -> Told {
    let first = on.first().copied().unwrap_or_default();
    Some(match act {
        "say the environment" => Ok(format!("{:?}", std::env::vars_os().collect::<Vec<_>>())),
        "say the folder" => std::env::current_dir().map(|path| path.display().to_string()),
        "say what is open" => {
            let open = (3..200).filter(|&descriptor| nix::unistd::close(descriptor).is_ok()).count();
            Ok(format!("{open} more"))
        }
        "say the group" => Ok(format!("{} {}", nix::unistd::getpid(), nix::unistd::getpgrp())),
        "allocate" => {
            let mut bytes: Vec<u8> = Vec::new();
            let count = first.parse().expect("a number of bytes");
            bytes.try_reserve_exact(count).map(|()| String::new()).map_err(io::Error::other)
        }
        "spin" => {
            let begin = Instant::now();
            while begin.elapsed() < Duration::from_secs(10) {}
            Ok(String::new())
        }
        "sleep" => {
            thread::sleep(Duration::from_secs(20));
            Ok(String::new())
        }
        "start a thread" => Ok(thread::spawn(|| "from a thread".to_owned()).join().expect("it doesn't panic")),
        "leave somebody behind" => {
            let mut command = Command::new(on[1]);
            command.args(arguments("create later", &[first])).spawn().map(|child| child.id().to_string())
        }
        "hang and leave somebody behind" => {
            let mut command = Command::new(on[1]);
            let child = command.args(arguments("create later", &[first])).spawn();
            child.and_then(|mut child| child.wait()).expect("a compiler may start programs");
            loop {
                thread::sleep(Duration::from_secs(60));
            }
        }
        "compute" => {
            let random = std::collections::HashMap::<u8, u8>::new();
            thread::sleep(Duration::from_millis(1));
            Ok(format!("{} {:?}", random.len(), SystemTime::now().elapsed().is_ok()))
        }
        "talk over standard input" => {
            io::stdin().as_fd().try_clone_to_owned().map(UnixStream::from).and_then(|mut socket| {
                let mut word = [0; 4];
                socket.read_exact(&mut word)?;
                word.reverse();
                socket.write_all(&word)?;
                Ok(String::new())
            })
        }
        "receive a file over standard input" => received(),
        "abort" => std::process::abort(),
        "overflow the stack" => {
            let deep = thread::spawn(|| overflow(1));
            Ok(deep.join().expect("it doesn't come back").to_string())
        }
        "flood" => {
            let chunk = [b'x'; 1 << 16];
            (0..64).try_for_each(|_| io::stdout().write_all(&chunk)).map(|()| String::new())
        }
        "end the grader's signal" => {
            rustix::process::set_parent_process_death_signal(None).map(|()| String::new()).map_err(Into::into)
        }
        _ => return None,
    })
}

#[allow(unconditional_recursion, reason = "that is how to overflow a stack")]
fn overflow(depth: u64) -> u64 {
    let room = std::hint::black_box([depth; 64]);
    overflow(depth + 1) + room[1]
}

/// A file whose descriptor comes over the socket that is standard input.
fn received() -> io::Result<String> {
    use nix::sys::socket::{ControlMessageOwned, MsgFlags, recvmsg};
    let mut byte = [0];
    let mut space = nix::cmsg_space!(std::os::fd::RawFd);
    let mut parts = [io::IoSliceMut::new(&mut byte)];
    let message = recvmsg::<()>(0, &mut parts, Some(&mut space), MsgFlags::empty())?;
    let rights =
        message.cmsgs()?.any(|message| matches!(message, ControlMessageOwned::ScmRights(files) if files.len() == 1));
    if rights { Ok("a descriptor".to_owned()) } else { Err(io::Error::other("nothing came with it")) }
}
