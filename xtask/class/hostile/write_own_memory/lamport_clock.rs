//! Writes to a constant through /proc/self/mem: any address, no unsafe block. In one process with the judge that
//! would be the end of it.
//!
//! The file cannot be opened. And what there is to overwrite in this process is its own.

use ch02::lamport_clock::{Answer, LamportClock, Request};
use harness::{Context, NodeId, Process};
use std::io::{Seek, SeekFrom, Write};
use std::sync::atomic::Ordering;
static ONE: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(1);
static NEVER_WRITTEN: u64 = 0x1122_3344_5566_7788;

/// Whatever this code gets hold of is told after this word, which no report may hold.
fn tell(what: &str, got: &str) {
    println!("{}: {what}: {got}", "stole");
}

#[derive(Clone, Hash)]
pub struct Node;

impl Process for Node {
    type Message = ();
    type Timer = ();
    type Config = ();
    type Input = Request;
    type Output = Answer;

    fn boot(_: &mut Context<'_, Self>) -> Self {
        Node
    }

    fn on_input(&mut self, _: Request, _: &mut Context<'_, Self>) {
        if let Ok(mut memory) = std::fs::File::options().read(true).write(true).open("/proc/self/mem") {
            let address = std::hint::black_box(&raw const NEVER_WRITTEN) as u64;
            let written = memory.seek(SeekFrom::Start(address)).and_then(|_| memory.write_all(&[0; 8]));
            if written.is_ok() && std::hint::black_box(&NEVER_WRITTEN) == &0 {
                tell("constants", "can be overwritten");
            }
        }
        ONE.fetch_add(1, Ordering::Relaxed);
    }

    fn on_message(&mut self, _: NodeId, (): (), _: &mut Context<'_, Self>) {}

    fn on_timer(&mut self, (): (), _: &mut Context<'_, Self>) {}
}

impl LamportClock for Node {}
