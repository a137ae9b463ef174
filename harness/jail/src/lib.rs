//! Runs a program that nobody trusts, so that it can neither learn nor change anything it was not given.
//!
//! [`Cell`] says what a program may touch and use up, [`Jailer::command`] makes an ordinary
//! [`Command`](std::process::Command) of it, and [`run`] runs that to its end within a time limit. The command starts
//! the small program `jail`, which puts everything on itself and then becomes the program:
//!
//! - **landlock** for files: what the cell doesn't list can't be opened, listed, made, moved or run, `/proc` included;
//! - **seccomp** for everything else a process may ask the kernel for ([what is left](Conduct));
//! - **limits** of the kernel for time, memory, files and descriptors; no core dumps;
//! - no new privileges and no capabilities, also for root; a session of its own; an empty environment; no descriptors
//!   above 2; killed when the thread that started it ends.
//!
//! Nothing of this needs root, a namespace or a container, so it works inside of those too.
//!
//! # Decision: a list of what is allowed, and the rest doesn't exist
//!
//! A filter may forbid what is known to be harmful, or allow what is known to be needed. The first never breaks an
//! honest program, but it is only as good as its author's memory, and every new kernel brings calls that he has not
//! heard of. What a jailed program may ask for is small here: a compiler reads and writes files, starts programs and
//! waits for them; a worker computes. So the filter is a list of what is allowed, and it stays short.
//!
//! A call that is not on it fails with `ENOSYS`, as on a kernel that has never heard of it. That is what keeps such a
//! list from breaking with the next C library: a library that tries a new call first (`clone3`, `openat2`,
//! `faccessat2`) takes this answer for an old kernel and falls back, while it would take "not permitted" for the last
//! word. It also answers for the other calling conventions of x86: the numbers of x32 are on no list, and the 32-bit
//! entry ends the process.
//!
//! # What it takes
//!
//! Linux 5.19 or later on x86-64, 64-bit Arm or RISC-V, with landlock switched on (its ABI 2). Later versions of
//! landlock can do more (truncation, TCP, abstract sockets, signals, ioctls on devices), and what the kernel offers is
//! used; but the promise doesn't rest on it, because the filter forbids the same things. ABI 1 would do for the
//! promise, but with it no file can be moved from one folder to another, which rustc does with each library it writes.
//!
//! # What it cannot promise
//!
//! - Landlock rules over opening, not over looking: `stat` still tells a program in its first stage whether a path
//!   exists and how long the file is. A worker that called [`no_more_processes`] can't do that either.
//! - Linux counts the threads of a user, not those of a program (and doesn't count root's at all), so there is no limit
//!   that one cell could have for itself. What bounds threads is [`Limits::memory_bytes`]: each needs a stack.
//! - [`Limits`] are per process. How many processes a [`Conduct::Compiler`] starts is bounded by [`Run::wall_ms`]
//!   alone.
//! - What is handed in as standard input, output or error can be used, whatever it is. Hand in pipes or a stream
//!   socket: a regular file has an offset that all who inherited it share, and a datagram socket can send to anyone.
//!
//! # What rustc needs
//!
//! To compile and link in a job's folder, on a usual Linux with glibc, as the tests of this crate do it:
//!
//! - `reads`: `/lib`, `/lib64`, `/usr/lib`, `/usr/lib64`, `/etc/ld.so.cache`;
//! - `executes`: `bin` and `lib` of the toolchain (`rustc --print sysroot`), `/usr/bin` for `cc` and `ld`,
//!   `/usr/lib/gcc` and `/usr/libexec/gcc` for what these start, and the loader (`/lib64/ld-linux-x86-64.so.2`);
//! - `writes`: the job's folder, which is also where the command starts and what `TMPDIR` says. `PATH` has to be
//!   `/usr/bin`.
//!
//! Not every system has all of them, so pass them through [`present`]. Start the `rustc` in the toolchain and not the
//! one that rustup puts before it, which wants to read rustup's settings. GNU's linker makes a program executable with
//! `chmod`, which doesn't exist here (lld, which rustc takes by itself on x86-64, opens the file so at once): give the
//! program its mode afterwards. A program of one line compiles in 512 MiB of address space.

#[cfg_attr(not(target_os = "linux"), allow(dead_code, reason = "elsewhere the launcher asks for nothing"))]
mod arguments;
mod jailer;
mod run;

// The systems whose calls the filter knows.
#[cfg_attr(
    all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64", target_arch = "riscv64")),
    path = "linux/mod.rs"
)]
#[cfg_attr(
    not(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64", target_arch = "riscv64"))),
    path = "elsewhere.rs"
)]
mod here;

use std::path::PathBuf;

#[doc(hidden)]
pub use here::main;
pub use here::{no_more_processes, prepare};
pub use jailer::{Jailer, Lack};
pub use run::{Ended, Run, run};

/// The exit status with which the launcher says that it could not start the program; why is on standard error. The
/// program itself may end with the same status: nobody should take it for more than "it did not work".
pub const NOT_STARTED: i32 = 125;

/// What a jailed program may touch and use up.
///
/// Paths may be files or folders; a folder stands for everything in it. All must exist when the program starts
/// ([`present`] picks those that do), and symbolic links are followed then, once. `/dev/null` is always open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cell {
    /// What it may read and list.
    pub reads: Vec<PathBuf>,
    /// What it may run and read. The program itself is always among them, the loader that it names is not.
    pub executes: Vec<PathBuf>,
    /// Where it may read, write, create, move and remove, but not run anything.
    pub writes: Vec<PathBuf>,
    /// What it may use up.
    pub limits: Limits,
    /// What it may do.
    pub conduct: Conduct,
}

/// What each process of a jailed program may use up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Processor time in seconds. Whoever uses it up gets SIGXCPU, and a second later SIGKILL.
    pub cpu_s: u64,
    /// Address space in bytes. Allocating more fails, which ends a Rust program with SIGABRT.
    pub memory_bytes: u64,
    /// Length of a file it writes, in bytes. Writing more ends it with SIGXFSZ.
    pub file_bytes: u64,
    /// Descriptors open at a time, the three it starts with included.
    pub open_files: u64,
}

/// What a jailed program may do, apart from files.
///
/// Both may compute, allocate, start threads, read clocks and random numbers, use pipes, and send signals to
/// themselves. Neither may make sockets, signal others, trace others, leave its session or group, change the mode,
/// owner, times or attributes of a file by its path, watch folders, use System V or POSIX queues and shared memory,
/// mount, or raise a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Conduct {
    /// May start programs and wait for them.
    Compiler,
    /// May fork itself, and use the sockets that it was given, descriptors that arrive over them included. May start no
    /// program. For code that nobody trusts it forks and has the new process call [`no_more_processes`].
    Worker,
}

/// Those of `paths` that exist: for lists of folders that not every system has, such as `/lib64`.
pub fn present<P: Into<PathBuf>>(paths: impl IntoIterator<Item = P>) -> Vec<PathBuf> {
    paths.into_iter().map(Into::into).filter(|path: &PathBuf| path.exists()).collect()
}
