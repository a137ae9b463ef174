//! The filters, asked what they would say: about calls that no safe program can make.

use libc::c_long;
use seccompiler::{
    SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter, SeccompRule, sock_filter,
};

use super::*;

const ALLOW: u32 = libc::SECCOMP_RET_ALLOW;

/// What the kernel is told of a call, as 32-bit words: number, architecture, address (two), six arguments (two each).
fn data(architecture: u32, call: c_long, arguments: &[u64]) -> [u32; 16] {
    let mut data = [0; 16];
    data[0] = call as u32;
    data[1] = architecture;
    for (at, argument) in arguments.iter().enumerate() {
        data[4 + 2 * at] = *argument as u32;
        data[5 + 2 * at] = (argument >> 32) as u32;
    }
    data
}

/// Runs a filter as the kernel does (Linux, `Documentation/networking/filter.rst`), as far as these use its
/// instructions.
fn verdict(filter: &[sock_filter], data: [u32; 16]) -> u32 {
    play(filter, data).0
}

fn steps(filter: &[sock_filter], data: [u32; 16]) -> usize {
    play(filter, data).1
}

fn play(filter: &[sock_filter], data: [u32; 16]) -> (u32, usize) {
    let (mut at, mut accumulator) = (0, 0_u32);
    for steps in 1.. {
        let sock_filter { code, jt, jf, k } = filter[at].clone();
        let jump = |holds: bool| usize::from(if holds { jt } else { jf });
        at += 1 + match u32::from(code) {
            0x20 => {
                accumulator = data[k as usize / 4];
                0
            }
            0x54 => {
                accumulator &= k;
                0
            }
            0x05 => k as usize,
            0x15 => jump(accumulator == k),
            0x25 => jump(accumulator > k),
            0x35 => jump(accumulator >= k),
            0x06 => return (k, steps),
            code => panic!("instruction {code:#x}"),
        };
    }
    unreachable!("every jump goes forward")
}

/// The architecture that a filter asks for, in its second instruction.
fn native(filter: &[sock_filter]) -> u32 {
    filter[1].k
}

fn says(filter: &[sock_filter], call: c_long, arguments: &[u64]) -> u32 {
    verdict(filter, data(native(filter), call, arguments))
}

fn first(conduct: Conduct) -> BpfProgram {
    allow_only(conduct, 77, c"/program")
}

fn second() -> BpfProgram {
    Template::new().of(77).clone()
}

#[test]
fn a_call_that_nobody_has_heard_of_does_not_exist() {
    for conduct in [Conduct::Compiler, Conduct::Worker] {
        let filter = first(conduct);
        for call in [1_000, c_long::from(i32::MAX), libc::SYS_openat | 0x4000_0000, libc::SYS_io_uring_setup] {
            assert_eq!(says(&filter, call, &[]), MISSING, "{call}");
        }
        assert_eq!(says(&filter, libc::SYS_read, &[]), ALLOW);
    }
}

#[test]
fn a_call_of_another_architecture_ends_the_process() {
    const I386: u32 = 0x4000_0003;
    for filter in [first(Conduct::Compiler), first(Conduct::Worker), second()] {
        assert_eq!(verdict(&filter, data(I386, libc::SYS_read, &[])), libc::SECCOMP_RET_KILL_PROCESS);
    }
}

#[test]
fn signals_go_to_oneself_only() {
    let (own, other, abort, kill) = (77, 78, libc::SIGABRT as u64, libc::SIGKILL as u64);
    let compiler = first(Conduct::Compiler);
    assert_eq!(says(&compiler, libc::SYS_tgkill, &[own, own, kill]), ALLOW);
    assert_eq!(says(&compiler, libc::SYS_tgkill, &[other, other, kill]), MISSING);
    let worker = first(Conduct::Worker);
    assert_eq!(says(&worker, libc::SYS_tgkill, &[other, other, abort]), ALLOW);
    assert_eq!(says(&worker, libc::SYS_tgkill, &[other, other, kill]), MISSING);
    assert_eq!(says(&second(), libc::SYS_tgkill, &[own, own, abort]), ALLOW);
    assert_eq!(says(&second(), libc::SYS_tgkill, &[other, other, abort]), MISSING);
    for call in [libc::SYS_kill, libc::SYS_tkill, libc::SYS_pidfd_send_signal, libc::SYS_rt_tgsigqueueinfo] {
        assert_eq!(says(&compiler, call, &[own]), MISSING);
        assert_eq!(says(&worker, call, &[own]), MISSING);
        assert_eq!(says(&second(), call, &[own]), MISSING);
    }
}

#[test]
fn clone_makes_no_namespaces_and_in_the_second_stage_only_threads() {
    let fork = libc::SIGCHLD as u64;
    let thread = (libc::CLONE_VM | libc::CLONE_FS | libc::CLONE_SIGHAND | libc::CLONE_THREAD) as u64;
    for conduct in [Conduct::Compiler, Conduct::Worker] {
        let filter = first(conduct);
        for flags in [fork, thread] {
            assert_eq!(says(&filter, libc::SYS_clone, &[flags]), ALLOW);
        }
        for flag in [libc::CLONE_NEWUSER, libc::CLONE_NEWNET, libc::CLONE_NEWNS, libc::CLONE_PARENT] {
            assert_eq!(says(&filter, libc::SYS_clone, &[fork | flag as u64]), MISSING, "{flag:#x}");
        }
        assert_eq!(says(&filter, libc::SYS_clone3, &[]), MISSING);
    }
    assert_eq!(says(&second(), libc::SYS_clone, &[thread]), ALLOW);
    assert_eq!(says(&second(), libc::SYS_clone, &[fork]), MISSING);
    assert_eq!(says(&second(), libc::SYS_clone, &[(libc::CLONE_VM | libc::CLONE_VFORK) as u64]), MISSING);
}

#[test]
fn a_worker_can_run_nothing_but_what_the_launcher_hands_over_at_that_very_place() {
    let program = c"/program";
    let filter = allow_only(Conduct::Worker, 77, program);
    let place = program.as_ptr().addr() as u64;
    assert_eq!(says(&filter, libc::SYS_execve, &[place]), ALLOW);
    for other in [place + 1, place ^ (1 << 40), 0] {
        assert_eq!(says(&filter, libc::SYS_execve, &[other]), MISSING);
    }
    for filter in [first(Conduct::Compiler), filter] {
        assert_eq!(says(&filter, libc::SYS_execveat, &[3, place]), MISSING);
    }
    assert_eq!(says(&second(), libc::SYS_execve, &[place]), MISSING);
}

#[test]
fn opening_for_reading_empties_no_file() {
    for conduct in [Conduct::Compiler, Conduct::Worker] {
        let filter = first(conduct);
        let opened = |flags: i32| says(&filter, libc::SYS_openat, &[0, 0, flags as u64]);
        for flags in [libc::O_RDONLY, libc::O_RDWR | libc::O_TRUNC, libc::O_WRONLY | libc::O_TRUNC | libc::O_CREAT] {
            assert_eq!(opened(flags), ALLOW, "{flags:#o}");
        }
        for flags in [libc::O_RDONLY | libc::O_TRUNC, libc::O_ACCMODE | libc::O_TRUNC] {
            assert_eq!(opened(flags), MISSING, "{flags:#o}");
        }
        assert_eq!(says(&filter, libc::SYS_openat2, &[]), MISSING);
    }
}

#[test]
fn of_sockets_there_are_only_pairs_that_can_reach_nobody_else() {
    let (unix, inet) = (libc::AF_UNIX as u64, libc::AF_INET as u64);
    let (packets, datagrams) = (libc::SOCK_SEQPACKET as u64, libc::SOCK_DGRAM as u64);
    let closed = libc::SOCK_CLOEXEC as u64;
    let (compiler, worker) = (first(Conduct::Compiler), first(Conduct::Worker));
    assert_eq!(says(&compiler, libc::SYS_socketpair, &[unix, packets | closed]), ALLOW);
    assert_eq!(says(&compiler, libc::SYS_socketpair, &[unix, datagrams | closed]), MISSING);
    assert_eq!(says(&compiler, libc::SYS_socketpair, &[inet, packets]), MISSING);
    assert_eq!(says(&worker, libc::SYS_socketpair, &[unix, packets]), MISSING);
    for call in [libc::SYS_socket, libc::SYS_connect, libc::SYS_bind, libc::SYS_listen, libc::SYS_accept4] {
        assert_eq!(says(&compiler, call, &[unix, packets]), MISSING);
        assert_eq!(says(&worker, call, &[unix, packets]), MISSING);
    }
}

#[test]
fn limits_can_be_read_and_not_set_and_terminals_not_written_to() {
    for conduct in [Conduct::Compiler, Conduct::Worker] {
        let filter = first(conduct);
        assert_eq!(says(&filter, libc::SYS_prlimit64, &[0, 7, 0, 0x1000]), ALLOW);
        assert_eq!(says(&filter, libc::SYS_prlimit64, &[0, 7, 0x1000, 0]), MISSING);
        assert_eq!(says(&filter, libc::SYS_prlimit64, &[0, 7, 1 << 40, 0]), MISSING);
        assert_eq!(says(&filter, libc::SYS_prlimit64, &[1, 7, 0, 0x1000]), MISSING);
        assert_eq!(says(&filter, libc::SYS_ioctl, &[0, libc::TCGETS]), ALLOW);
        assert_eq!(says(&filter, libc::SYS_ioctl, &[0, libc::TIOCSTI]), MISSING);
        assert_eq!(says(&filter, libc::SYS_fcntl, &[0, libc::F_SETOWN as u64]), MISSING);
        assert_eq!(says(&filter, libc::SYS_fcntl, &[0, libc::F_SETLEASE as u64]), MISSING);
    }
}

#[test]
fn the_second_stage_leaves_no_mark_on_what_others_have_open() {
    assert_eq!(says(&second(), libc::SYS_fcntl, &[0, libc::F_SETFL as u64]), MISSING);
    assert_eq!(says(&second(), libc::SYS_ioctl, &[0, libc::FIONBIO]), MISSING);
    assert_eq!(says(&second(), libc::SYS_fcntl, &[0, libc::F_GETFL as u64]), ALLOW);
    assert_eq!(says(&second(), libc::SYS_prctl, &[libc::PR_SET_PDEATHSIG as u64]), MISSING);
    assert_eq!(says(&second(), libc::SYS_prctl, &[libc::PR_SET_NAME as u64]), ALLOW);
}

#[test]
fn no_call_is_listed_twice() {
    for conduct in [Conduct::Compiler, Conduct::Worker] {
        let mut calls: Vec<c_long> = calls::allowed(conduct, 77, c"").into_iter().map(|(call, _)| call).collect();
        calls.sort_unstable();
        assert!(calls.windows(2).all(|pair| pair[0] != pair[1]), "{calls:?}");
    }
}

/// The same filter as a library makes it.
fn by_the_library(calls: &Calls, hit: SeccompAction, otherwise: SeccompAction) -> BpfProgram {
    use SeccompCmpArgLen::{Dword, Qword};
    use SeccompCmpOp::{Eq, MaskedEq, Ne};
    let condition = |must: &Must| match *must {
        Must::Be(argument, value) => SeccompCondition::new(argument, Dword, Eq, value.into()).unwrap(),
        Must::NotBe(argument, value) => SeccompCondition::new(argument, Dword, Ne, value.into()).unwrap(),
        Must::Point(argument, value) => SeccompCondition::new(argument, Qword, Eq, value).unwrap(),
        Must::Have(argument, mask, value) => {
            SeccompCondition::new(argument, Dword, MaskedEq(mask.into()), value.into()).unwrap()
        }
    };
    let rule = |way: &Vec<Must>| SeccompRule::new(way.iter().map(condition).collect()).unwrap();
    let rules = calls.iter().map(|(&call, ways)| (i64::from(call), ways.iter().map(rule).collect()));
    let architecture = std::env::consts::ARCH.try_into().unwrap();
    SeccompFilter::new(rules.collect(), otherwise, hit, architecture).unwrap().try_into().unwrap()
}

#[test]
fn the_tree_answers_as_the_librarys_filter_does() {
    let missing = SeccompAction::Errno(libc::ENOSYS as u32);
    let place = c"/program".as_ptr().addr() as u64;
    let worker = first_stage(Conduct::Worker, 77, c"/program");
    let compiler = first_stage(Conduct::Compiler, 77, c"/program");
    let pairs = [
        (allow_only(Conduct::Worker, 77, c"/program"), by_the_library(&worker, SeccompAction::Allow, missing.clone())),
        (
            allow_only(Conduct::Compiler, 77, c"/program"),
            by_the_library(&compiler, SeccompAction::Allow, missing.clone()),
        ),
        (Template::new().filter, by_the_library(&given_up(), missing.clone(), SeccompAction::Allow)),
    ];
    // All that the filters compare with, its neighbours, and the same in the upper half.
    let mut words: Vec<u64> = vec![0, 1, u64::MAX, place, u64::from(PID)];
    let given_up = given_up();
    let musts = [&worker, &compiler, &given_up].into_iter().flat_map(Calls::values).flatten().flatten();
    words.extend(musts.flat_map(|must| match *must {
        Must::Be(_, value) | Must::NotBe(_, value) => [u64::from(value), u64::from(value) << 32],
        Must::Point(_, value) => [value, value ^ (1 << 33)],
        Must::Have(_, mask, value) => [u64::from(mask | value), u64::from(value)],
    }));
    words.sort_unstable();
    words.dedup();
    let calls = (0..600).chain([0x4000_0000, 0x4000_0101, c_long::from(u32::MAX)]);
    let mut answers = std::collections::BTreeMap::new();
    for call in calls {
        let asks = |calls: &&Calls| calls.get(&(call as u32)).is_some_and(|ways| !ways.is_empty());
        let depends = [&worker, &compiler, &given_up].iter().any(asks);
        for &word in if depends { &words[..] } else { &[0, u64::MAX] } {
            for arguments in [[word; 4], [word, 0, 0, 0], [0, word, 0, 0], [0, 0, word, 0], [1, word, word, 0]] {
                for (tree, library) in &pairs {
                    let said = says(tree, call, &arguments);
                    assert_eq!(said, says(library, call, &arguments), "call {call} with {arguments:x?}");
                    *answers.entry(said).or_insert(0) += 1;
                }
            }
        }
    }
    assert!(answers.values().all(|&count| count > 5_000) && answers.len() == 2, "{answers:?}");
}

#[test]
fn an_answer_is_found_in_a_few_steps() {
    // The kernel runs a new filter once for every call, so this is what installing it costs.
    for filter in [first(Conduct::Compiler), first(Conduct::Worker), second()] {
        let (mut most, mut sum) = (0, 0);
        for call in 0..460 {
            let steps = steps(&filter, data(native(&filter), call, &[]));
            (most, sum) = (most.max(steps), sum + steps);
        }
        assert!(most < 60 && sum / 460 < 20, "{most} at most, {} on average", sum / 460);
    }
}
