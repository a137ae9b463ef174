//! Writes to private fields of a value of the course, by a hole in the compiler: a search without end gets all the
//! steps it likes.
//!
//! Steps are counted where they are taken, and time as well. A search that tries every order finds small histories
//! out and is lost in long ones: it gets what it would get honestly.

use ch05::linearizability::{Action, Checker, Operation, OutOfSteps, Outcome, Steps, Verdict};

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

pub struct Judge;

impl Checker for Judge {
    fn new() -> Self {
        Judge
    }

    fn check(&self, history: Vec<Operation>, steps: &mut Steps) -> Result<Verdict, OutOfSteps> {
        // Two numbers: how many were taken, how many there are.
        let counts: &mut [u64; 2] = transmute(steps);
        *counts = [0, u64::MAX];
        let mut order = Vec::new();
        Ok(if try_all(&history, None, &mut order) { Verdict::Linearizable(order) } else { Verdict::NotLinearizable })
    }
}

/// Tries every order, and looks at the same situation again and again.
fn try_all(history: &[Operation], value: Option<u32>, order: &mut Vec<usize>) -> bool {
    let open: Vec<usize> = (0..history.len()).filter(|place| !order.contains(place)).collect();
    if open.iter().all(|place| history[*place].returned.is_none()) {
        return true;
    }
    let first_return = open.iter().filter_map(|place| history[*place].returned).map(|it| it.at).min();
    for place in open {
        let operation = &history[place];
        if first_return.is_some_and(|at| operation.called > at) {
            continue;
        }
        let outcome = operation.returned.map(|returned| returned.outcome);
        let next = match operation.action {
            Action::Read => (outcome.is_none_or(|it| it == Outcome::Value(value))).then_some(value),
            Action::Write(written) => Some(Some(written)),
            Action::Cas { from, to } => {
                let swaps = value == Some(from);
                outcome.is_none_or(|it| it == Outcome::Swapped(swaps)).then_some(if swaps { Some(to) } else { value })
            }
        };
        if let Some(next) = next {
            order.push(place);
            if try_all(history, next, order) {
                return true;
            }
            order.pop();
        }
    }
    false
}
