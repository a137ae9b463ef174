//! Makes a reference out of a number, by a hole in the compiler that needs no unsafe code, and writes through it.
//!
//! It is its own process that dies of it. The check is aborted.

use ch02::lamport_clock::{Answer, LamportClock, Request};
use harness::{Context, NodeId, Process};

/// Stretches a borrow to any length, by a hole in the compiler that has been known for long (issue 25860 of
/// rust-lang/rust): that `'b` outlives `'a` follows from the first parameter, and is forgotten when that changes.
fn stretch<'a, 'b, T: ?Sized>(it: &'a mut T) -> &'b mut T {
    fn shorten<'a, 'b, T: ?Sized>(_: &'a &'b (), it: &'b mut T) -> &'a mut T {
        it
    }
    static NOTHING: &&() = &&();
    let forgetful: for<'x> fn(_, &'x mut T) -> &'b mut T = shorten;
    forgetful(NOTHING, it)
}

/// One thing or the other, never both.
enum Either<A, B> {
    From(#[allow(dead_code)] Option<Box<A>>),
    To(Option<Box<B>>),
}

/// Gives out the bytes of one type as another: the borrow of what is not there yet is stretched beyond the moment at
/// which the other takes its place.
fn transmute<A, B>(from: A) -> B {
    #[inline(never)]
    fn swap<A, B>(either: &mut Either<A, B>, from: A) -> B {
        let Either::To(to) = either else { unreachable!() };
        let to = stretch(to);
        *either = Either::From(Some(Box::new(from)));
        std::hint::black_box(either);
        *to.take().unwrap()
    }
    swap(std::hint::black_box(&mut Either::To(None)), from)
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
        let nowhere: &mut u64 = transmute(16usize);
        *nowhere = 1;
    }

    fn on_message(&mut self, _: NodeId, (): (), _: &mut Context<'_, Self>) {}

    fn on_timer(&mut self, (): (), _: &mut Context<'_, Self>) {}
}

impl LamportClock for Node {}
