//! The system calls that a jailed program may make, and with which arguments.
//!
//! What isn't here doesn't exist for it. Left out on purpose, because landlock does not rule over them: whatever
//! changes the mode, owner, times or attributes of a path; truncation by a path; `inotify` and `fanotify`; leases and
//! `SIGIO` owners (`fcntl`); System V and POSIX queues, semaphores and shared memory, which outlive a process;
//! anonymous files (`memfd_create`), which could be run. And what concerns other processes or the whole machine:
//! sockets, signals, tracing, sessions, namespaces, mounts, keys, `io_uring`, BPF, performance counters, affinity,
//! priorities, limits, `sync`.

use std::ffi::CStr;

use libc::c_long;

use crate::Conduct;

/// What an argument must be like.
#[derive(Clone, Copy, Debug)]
pub(super) enum Must {
    /// The lower 32 bits are this: for what the kernel takes as an `int`.
    Be(u8, u32),
    /// The lower 32 bits are not this.
    NotBe(u8, u32),
    /// All bits are this: for pointers.
    Point(u8, u64),
    /// Of the lower 32 bits, those in the mask are this.
    Have(u8, u32, u32),
}

/// A call, and the ways in which it may be made: one of these lists has to hold entirely. None at all: any way.
pub(super) type Allowed = (c_long, Vec<Vec<Must>>);

/// Flags of `clone` that make a namespace, or a child of somebody else, or one that can't be traced or is.
const CLONE_FORBIDDEN: i32 = libc::CLONE_NEWNS
    | libc::CLONE_NEWCGROUP
    | libc::CLONE_NEWUTS
    | libc::CLONE_NEWIPC
    | libc::CLONE_NEWUSER
    | libc::CLONE_NEWPID
    | libc::CLONE_NEWNET
    | libc::CLONE_PARENT
    | libc::CLONE_PTRACE
    | libc::CLONE_UNTRACED;

/// The bits of a socket's type that aren't flags: `SOCK_TYPE_MASK` of Linux.
const SOCKET_TYPE: u32 = 0xf;

/// Allowed to all, with any arguments.
const COMMON: &[c_long] = &[
    // Memory.
    libc::SYS_brk,
    libc::SYS_mmap,
    libc::SYS_munmap,
    libc::SYS_mremap,
    libc::SYS_mprotect,
    libc::SYS_madvise,
    libc::SYS_mincore,
    libc::SYS_msync,
    libc::SYS_membarrier,
    // Files, which landlock watches when they are opened.
    libc::SYS_read,
    libc::SYS_readv,
    libc::SYS_pread64,
    libc::SYS_preadv,
    libc::SYS_preadv2,
    libc::SYS_write,
    libc::SYS_writev,
    libc::SYS_pwrite64,
    libc::SYS_pwritev,
    libc::SYS_pwritev2,
    libc::SYS_lseek,
    libc::SYS_close,
    libc::SYS_close_range,
    libc::SYS_dup,
    libc::SYS_dup3,
    libc::SYS_fstat,
    libc::SYS_newfstatat,
    libc::SYS_statx,
    libc::SYS_statfs,
    libc::SYS_fstatfs,
    libc::SYS_faccessat,
    libc::SYS_faccessat2,
    libc::SYS_readlinkat,
    libc::SYS_getdents64,
    libc::SYS_getcwd,
    // Pipes and waiting.
    libc::SYS_pipe2,
    libc::SYS_ppoll,
    libc::SYS_pselect6,
    libc::SYS_epoll_create1,
    libc::SYS_epoll_ctl,
    libc::SYS_epoll_pwait,
    libc::SYS_epoll_pwait2,
    libc::SYS_eventfd2,
    libc::SYS_timerfd_create,
    libc::SYS_timerfd_settime,
    libc::SYS_timerfd_gettime,
    // Time, randomness, and who I am.
    libc::SYS_clock_gettime,
    libc::SYS_clock_getres,
    libc::SYS_clock_nanosleep,
    libc::SYS_nanosleep,
    libc::SYS_gettimeofday,
    libc::SYS_times,
    libc::SYS_getrusage,
    libc::SYS_getrandom,
    libc::SYS_sysinfo,
    libc::SYS_uname,
    libc::SYS_getpid,
    libc::SYS_getppid,
    libc::SYS_gettid,
    libc::SYS_getpgid,
    libc::SYS_getsid,
    libc::SYS_getuid,
    libc::SYS_geteuid,
    libc::SYS_getresuid,
    libc::SYS_getgid,
    libc::SYS_getegid,
    libc::SYS_getresgid,
    libc::SYS_getgroups,
    // Threads, and the end of processes.
    libc::SYS_futex,
    libc::SYS_futex_waitv,
    libc::SYS_set_robust_list,
    libc::SYS_set_tid_address,
    libc::SYS_rseq,
    libc::SYS_sched_yield,
    libc::SYS_sched_getaffinity,
    libc::SYS_getcpu,
    libc::SYS_wait4,
    libc::SYS_waitid,
    libc::SYS_exit,
    libc::SYS_exit_group,
    libc::SYS_restart_syscall,
    // Signals that arrive.
    libc::SYS_rt_sigaction,
    libc::SYS_rt_sigprocmask,
    libc::SYS_rt_sigreturn,
    libc::SYS_rt_sigpending,
    libc::SYS_rt_sigsuspend,
    libc::SYS_rt_sigtimedwait,
    libc::SYS_sigaltstack,
];

/// Older names of the same, which only this architecture has.
#[cfg(target_arch = "x86_64")]
const COMMON_OLDER: &[c_long] = &[
    libc::SYS_arch_prctl,
    libc::SYS_access,
    libc::SYS_stat,
    libc::SYS_lstat,
    libc::SYS_readlink,
    libc::SYS_dup2,
    libc::SYS_pipe,
    libc::SYS_poll,
    libc::SYS_select,
    libc::SYS_epoll_create,
    libc::SYS_epoll_wait,
    libc::SYS_eventfd,
    libc::SYS_time,
    libc::SYS_getpgrp,
    libc::SYS_getrlimit,
    libc::SYS_fork,
    libc::SYS_vfork,
    libc::SYS_pause,
];
#[cfg(target_arch = "riscv64")]
const COMMON_OLDER: &[c_long] = &[libc::SYS_riscv_hwprobe, libc::SYS_riscv_flush_icache];
#[cfg(target_arch = "aarch64")]
const COMMON_OLDER: &[c_long] = &[];

/// What a compiler needs as well: to start programs, and to write files where landlock lets it.
const COMPILER: &[c_long] = &[
    libc::SYS_execve,
    libc::SYS_chdir,
    libc::SYS_fchdir,
    libc::SYS_mkdirat,
    libc::SYS_unlinkat,
    libc::SYS_renameat2,
    libc::SYS_linkat,
    // Only for what could be opened. rustc gives copied files their mode with it, and a linker makes programs of them.
    libc::SYS_fchmod,
    libc::SYS_ftruncate,
    libc::SYS_fallocate,
    libc::SYS_fadvise64,
    libc::SYS_fsync,
    libc::SYS_fdatasync,
    libc::SYS_copy_file_range,
    libc::SYS_sendfile,
    libc::SYS_umask,
    // Rust's library learns over a pair of sockets (below) whether a program that it forked for could be started.
    libc::SYS_recvfrom,
    libc::SYS_recvmsg,
    libc::SYS_sendto,
    libc::SYS_sendmsg,
];
#[cfg(target_arch = "x86_64")]
const COMPILER_OLDER: &[c_long] = &[
    libc::SYS_creat,
    libc::SYS_mkdir,
    libc::SYS_rmdir,
    libc::SYS_unlink,
    libc::SYS_rename,
    libc::SYS_renameat,
    libc::SYS_link,
];
#[cfg(target_arch = "aarch64")]
const COMPILER_OLDER: &[c_long] = &[libc::SYS_renameat];
#[cfg(target_arch = "riscv64")]
const COMPILER_OLDER: &[c_long] = &[];

/// What a worker needs as well: to talk over the sockets it was given, and to lock its processes in for good.
const WORKER: &[c_long] = &[
    libc::SYS_recvfrom,
    libc::SYS_recvmsg,
    libc::SYS_sendto,
    libc::SYS_sendmsg,
    libc::SYS_shutdown,
    libc::SYS_seccomp,
];

/// What a process that has called `no_more_processes` can't do any more, in any way. Everything that takes a path is
/// here, so that it can't even tell which paths exist; and what would leave a trace on a file that others have open
/// too.
#[rustfmt::skip]
pub(super) const GIVEN_UP: &[c_long] = &[
    libc::SYS_execve, libc::SYS_execveat, libc::SYS_clone3, libc::SYS_wait4, libc::SYS_waitid,
    libc::SYS_recvmsg, libc::SYS_sendmsg, libc::SYS_recvmmsg, libc::SYS_sendmmsg, libc::SYS_seccomp,
    libc::SYS_kill, libc::SYS_tkill, libc::SYS_rt_sigqueueinfo, libc::SYS_rt_tgsigqueueinfo, libc::SYS_pidfd_send_signal,
    libc::SYS_openat, libc::SYS_openat2, libc::SYS_newfstatat, libc::SYS_statx, libc::SYS_statfs,
    libc::SYS_faccessat, libc::SYS_faccessat2, libc::SYS_readlinkat, libc::SYS_getcwd, libc::SYS_getdents64,
];
#[cfg(target_arch = "x86_64")]
#[rustfmt::skip]
pub(super) const GIVEN_UP_OLDER: &[c_long] = &[
    libc::SYS_fork, libc::SYS_vfork, libc::SYS_open, libc::SYS_creat, libc::SYS_stat, libc::SYS_lstat, libc::SYS_access,
    libc::SYS_readlink,
];
#[cfg(not(target_arch = "x86_64"))]
pub(super) const GIVEN_UP_OLDER: &[c_long] = &[];

/// What a program of this conduct may do. `pid` is the launcher's process, which becomes the program's; `program` is
/// what the launcher itself will hand to `execve`.
pub(super) fn allowed(conduct: Conduct, pid: u32, program: &CStr) -> Vec<Allowed> {
    let of_conduct = match conduct {
        Conduct::Compiler => [COMPILER, COMPILER_OLDER],
        Conduct::Worker => [WORKER, &[]],
    };
    let lists = [COMMON, COMMON_OLDER].into_iter().chain(of_conduct);
    let mut allowed: Vec<Allowed> = lists.flatten().map(|&call| (call, Vec::new())).collect();
    allowed.extend(opening());
    allowed.extend(with_arguments(conduct));
    if conduct == Conduct::Compiler {
        // A pair, connected to itself for good. Not of datagrams: these could go to any socket of the system.
        let pair = vec![Must::Be(0, libc::AF_UNIX as u32), Must::Have(1, SOCKET_TYPE, libc::SOCK_SEQPACKET as u32)];
        allowed.push((libc::SYS_socketpair, vec![pair]));
    }
    allowed.push(match conduct {
        // rustc ends its helper threads with signals. What it starts may not: nobody knows its process's number yet.
        Conduct::Compiler => (libc::SYS_tgkill, vec![vec![Must::Be(0, pid)]]),
        // To abort. The processes that a worker forks narrow it down to their own number.
        Conduct::Worker => (libc::SYS_tgkill, vec![vec![Must::Be(2, libc::SIGABRT as u32)]]),
    });
    if conduct == Conduct::Worker {
        // The one `execve` that there has to be is the launcher's own, so it is told by its address. Afterwards that
        // is an arbitrary number which the program doesn't know, in memory laid out anew. Who guessed it, among some
        // 2^28, could run what landlock lets run: the same program once more.
        allowed.push((libc::SYS_execve, vec![vec![Must::Point(0, program.as_ptr().addr() as u64)]]));
    }
    allowed
}

/// Opening files, but not emptying one that is opened for reading only: before ABI 3, landlock takes that for reading.
fn opening() -> Vec<Allowed> {
    let ways = |flags: u8| {
        let access = |mode: i32| Must::Have(flags, libc::O_ACCMODE as u32, mode as u32);
        vec![vec![Must::Have(flags, libc::O_TRUNC as u32, 0)], vec![access(libc::O_WRONLY)], vec![access(libc::O_RDWR)]]
    };
    vec![
        (libc::SYS_openat, ways(2)),
        #[cfg(target_arch = "x86_64")]
        (libc::SYS_open, ways(1)),
    ]
}

fn with_arguments(conduct: Conduct) -> Vec<Allowed> {
    let one_of = |argument: u8, values: &[u32]| values.iter().map(|&value| vec![Must::Be(argument, value)]).collect();
    let ioctls = [libc::TCGETS, libc::TIOCGWINSZ, libc::FIONREAD, libc::FIONBIO, libc::FIOCLEX, libc::FIONCLEX];
    let ioctls = ioctls.map(|request| request as u32);
    let mut fcntls = vec![
        libc::F_DUPFD,
        libc::F_DUPFD_CLOEXEC,
        libc::F_GETFD,
        libc::F_SETFD,
        libc::F_GETFL,
        libc::F_SETFL,
        libc::F_GETPIPE_SZ,
    ];
    let mut prctls = vec![libc::PR_SET_NAME, libc::PR_GET_NAME, libc::PR_SET_VMA];
    match conduct {
        Conduct::Compiler => fcntls.extend([libc::F_GETLK, libc::F_SETLK, libc::F_SETLKW]),
        // What `no_more_processes` begins with.
        Conduct::Worker => prctls.extend([libc::PR_SET_NO_NEW_PRIVS, libc::PR_SET_PDEATHSIG]),
    }
    vec![
        (libc::SYS_ioctl, one_of(1, &ioctls)),
        (libc::SYS_fcntl, one_of(1, &fcntls.iter().map(|&command| command as u32).collect::<Vec<_>>())),
        (libc::SYS_prctl, one_of(0, &prctls.iter().map(|&option| option as u32).collect::<Vec<_>>())),
        // `clone3` hides its flags in memory, where a filter can't see them. It isn't here, and libraries fall back.
        (libc::SYS_clone, vec![vec![Must::Have(0, CLONE_FORBIDDEN as u32, 0)]]),
        // To read one's own limits, not to set any.
        (libc::SYS_prlimit64, vec![vec![Must::Be(0, 0), Must::Point(2, 0)]]),
    ]
}
