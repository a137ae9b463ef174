//! A filter for system calls as a search tree.
//!
//! # Decision: made here, although a library makes filters
//!
//! seccompiler asks for each call in turn, and installs what it made; the second is used, the first is not. When a
//! filter is installed, the kernel runs it once for every call there is, so what counts is the number of steps to an
//! answer. With a search tree over ranges of numbers it is about ten instead of a hundred, and a worker's second
//! filter, which is installed for each process that a learner's code runs in, takes a fraction of the time. In the tests
//! the library says what the answers are.

use std::collections::BTreeMap;

use seccompiler::{BpfProgram, sock_filter};

use super::calls::Must;

/// How the kernel names this architecture (`linux/audit.h`).
#[cfg(target_arch = "x86_64")]
const ARCHITECTURE: u32 = 0xC000_003E;
#[cfg(target_arch = "aarch64")]
const ARCHITECTURE: u32 = 0xC000_00B7;
#[cfg(target_arch = "riscv64")]
const ARCHITECTURE: u32 = 0xC000_00F3;

/// Where `struct seccomp_data` has the number, the architecture and the arguments, in bytes.
const NUMBER_AT: u32 = 0;
const ARCHITECTURE_AT: u32 = 4;
const ARGUMENTS_AT: u32 = 16;

/// The answer to the calls of a range that begins at a number and ends before the next range.
enum Answer<'a> {
    Always(u32),
    /// One answer if one of these ways holds, and the other if none does.
    Depends(&'a [Vec<Must>]),
}

/// A filter that answers `hit` to the calls listed, if they are made in one of their ways (with none: in any), and
/// `otherwise` to all others. A call of another architecture ends the process.
pub(super) fn filter(calls: &BTreeMap<u32, Vec<Vec<Must>>>, hit: u32, otherwise: u32) -> BpfProgram {
    let mut ranges: Vec<(u32, Answer<'_>)> = vec![(0, Answer::Always(otherwise))];
    for (&call, ways) in calls {
        let answer = if ways.is_empty() { Answer::Always(hit) } else { Answer::Depends(ways) };
        begin(&mut ranges, call, answer);
        begin(&mut ranges, call + 1, Answer::Always(otherwise));
    }
    let mut filter = vec![
        load(ARCHITECTURE_AT),
        jump(libc::BPF_JEQ, ARCHITECTURE, 1, 0),
        end(libc::SECCOMP_RET_KILL_PROCESS),
        load(NUMBER_AT),
    ];
    filter.extend(search(&ranges, hit, otherwise));
    filter
}

/// Adds a range, unless the answer stays the same, and in place of one that would be empty.
fn begin<'a>(ranges: &mut Vec<(u32, Answer<'a>)>, at: u32, answer: Answer<'a>) {
    ranges.pop_if(|(start, _)| *start == at);
    match (ranges.last(), &answer) {
        (Some((_, Answer::Always(before))), Answer::Always(now)) if before == now => {}
        _ => ranges.push((at, answer)),
    }
}

/// Halves the ranges until one is left.
fn search(ranges: &[(u32, Answer<'_>)], hit: u32, otherwise: u32) -> BpfProgram {
    match ranges {
        [(_, Answer::Always(answer))] => vec![end(*answer)],
        [(_, Answer::Depends(ways))] => {
            let ways = ways.iter().flat_map(|musts| way(musts, hit));
            ways.chain([end(otherwise)]).collect()
        }
        ranges => {
            let (lower, upper) = ranges.split_at(ranges.len() / 2);
            let lower = search(lower, hit, otherwise);
            let to_upper = u32::try_from(lower.len()).expect("a filter has at most 4096 instructions");
            // Conditional jumps reach 255 instructions, others any number.
            let mut code =
                vec![jump(libc::BPF_JGE, upper[0].0, 0, 1), statement(libc::BPF_JMP | libc::BPF_JA, to_upper)];
            code.extend(lower);
            code.extend(search(upper, hit, otherwise));
            code
        }
    }
}

/// Answers `hit` if all of these hold, and falls through if not.
fn way(musts: &[Must], hit: u32) -> BpfProgram {
    // From the end, so that it is known how far it is to there.
    let mut code = vec![end(hit)];
    for must in musts.iter().rev() {
        match *must {
            Must::Be(argument, value) => require(&mut code, argument_at(argument), None, value),
            Must::Have(argument, mask, value) => require(&mut code, argument_at(argument), Some(mask), value),
            Must::Point(argument, value) => {
                require(&mut code, argument_at(argument) + 4, None, (value >> 32) as u32);
                require(&mut code, argument_at(argument), None, value as u32);
            }
            Must::NotBe(argument, value) => {
                let over = distance(&code);
                code.splice(0..0, [load(argument_at(argument)), jump(libc::BPF_JEQ, value, over, 0)]);
            }
        }
    }
    code
}

/// Puts in front of `code` that a word, under a mask, has this value, and else goes past it.
fn require(code: &mut BpfProgram, at: u32, mask: Option<u32>, value: u32) {
    let compare = jump(libc::BPF_JEQ, value, 0, distance(code));
    let mask = mask.map(|mask| statement(libc::BPF_ALU | libc::BPF_AND | libc::BPF_K, mask));
    code.splice(0..0, [load(at)].into_iter().chain(mask).chain([compare]));
}

fn distance(code: &BpfProgram) -> u8 {
    u8::try_from(code.len()).expect("a way has few conditions")
}

/// Where the lower half of an argument is, on machines that store the lower half first: all that this is for.
fn argument_at(argument: u8) -> u32 {
    ARGUMENTS_AT + 8 * u32::from(argument)
}

fn load(at: u32) -> sock_filter {
    statement(libc::BPF_LD | libc::BPF_W | libc::BPF_ABS, at)
}

fn end(answer: u32) -> sock_filter {
    statement(libc::BPF_RET | libc::BPF_K, answer)
}

fn statement(code: u32, k: u32) -> sock_filter {
    sock_filter { code: code as u16, jt: 0, jf: 0, k }
}

fn jump(condition: u32, k: u32, jt: u8, jf: u8) -> sock_filter {
    sock_filter { code: (libc::BPF_JMP | condition | libc::BPF_K) as u16, jt, jf, k }
}
