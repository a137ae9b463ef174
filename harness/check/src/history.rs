//! What clients saw: operations with the time they took, some with an unknown outcome.
//!
//! Whether two operations overlap is decided by their places in the order of recording, not by their times: in virtual
//! time many things happen at the same microsecond, and "at the same time" would leave open which came first. Times are
//! kept for drawing.

use std::fmt;

/// Who calls operations, one after another: a client, a process, a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Client(pub u64);

impl fmt::Display for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "c{}", self.0)
    }
}

/// An operation, by its place in [`History::operations`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OperationId(pub usize);

/// When a call or a return happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Moment {
    /// The place among all calls and returns of the history, from 0. This alone decides what came first.
    pub place: usize,
    /// Virtual time in microseconds.
    pub at_us: u64,
}

/// How an operation ended.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Outcome<O> {
    /// Nobody knows: it may have taken effect at any time since its call, may still do so, or never.
    Unknown,
    /// It returned.
    Returned {
        /// What.
        output: O,
        /// When.
        at: Moment,
    },
    /// It is known to have had no effect and to have observed nothing. Checkers pass over it.
    Failed,
}

/// One call of a client, and what became of it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Operation<I, O> {
    /// Who called.
    pub client: Client,
    /// What was asked for.
    pub input: I,
    /// When.
    pub invoked: Moment,
    /// How it ended.
    pub outcome: Outcome<O>,
}

impl<I, O> Operation<I, O> {
    /// What it returned, if it did.
    pub fn output(&self) -> Option<&O> {
        match &self.outcome {
            Outcome::Returned { output, .. } => Some(output),
            Outcome::Unknown | Outcome::Failed => None,
        }
    }

    /// When it returned, if it did.
    pub fn returned(&self) -> Option<Moment> {
        match self.outcome {
            Outcome::Returned { at, .. } => Some(at),
            Outcome::Unknown | Outcome::Failed => None,
        }
    }
}

/// The operations of all clients, recorded in the order in which they were called and returned.
///
/// ```
/// use check::{Client, History};
///
/// let mut history = History::new();
/// let write = history.invoke(1_000, Client(1), "write 1");
/// let read = history.invoke(2_000, Client(2), "read");
/// history.complete(3_000, read, Some(1));
/// assert_eq!(history.operation(read).output(), Some(&Some(1)));
/// assert_eq!(history.operation(write).returned(), None, "its outcome is unknown");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct History<I, O> {
    operations: Vec<Operation<I, O>>,
    places: usize,
    now_us: u64,
}

impl<I, O> Default for History<I, O> {
    fn default() -> Self {
        History { operations: Vec::new(), places: 0, now_us: 0 }
    }
}

impl<I, O> History<I, O> {
    /// Nothing has been called yet.
    pub fn new() -> Self {
        History::default()
    }

    /// `client` calls. Until it is known how that ends, the outcome is [`Outcome::Unknown`].
    ///
    /// # Panics
    ///
    /// If time goes back.
    pub fn invoke(&mut self, at_us: u64, client: Client, input: I) -> OperationId {
        let invoked = self.moment(at_us);
        self.operations.push(Operation { client, input, invoked, outcome: Outcome::Unknown });
        OperationId(self.operations.len() - 1)
    }

    /// The operation returns `output`.
    ///
    /// # Panics
    ///
    /// If time goes back, or the operation has ended before.
    pub fn complete(&mut self, at_us: u64, operation: OperationId, output: O) {
        let at = self.moment(at_us);
        self.end(operation, Outcome::Returned { output, at });
    }

    /// The operation turns out to have had no effect, and its client learned nothing from it.
    ///
    /// # Panics
    ///
    /// If the operation has ended before.
    pub fn fail(&mut self, operation: OperationId) {
        self.end(operation, Outcome::Failed);
    }

    /// All operations, in the order of their calls.
    pub fn operations(&self) -> &[Operation<I, O>] {
        &self.operations
    }

    /// One operation.
    pub fn operation(&self, id: OperationId) -> &Operation<I, O> {
        &self.operations[id.0]
    }

    /// How many operations were called.
    pub fn len(&self) -> usize {
        self.operations.len()
    }

    /// Whether nothing was called.
    pub fn is_empty(&self) -> bool {
        self.operations.is_empty()
    }

    /// How many calls and returns were recorded.
    pub fn moments(&self) -> usize {
        self.places
    }

    /// How many operations returned: without any, a verdict says nothing.
    pub fn completed(&self) -> usize {
        self.operations.iter().filter(|operation| operation.output().is_some()).count()
    }

    fn moment(&mut self, at_us: u64) -> Moment {
        assert!(at_us >= self.now_us, "a history is recorded in order of time: {at_us} µs after {} µs", self.now_us);
        self.now_us = at_us;
        self.places += 1;
        Moment { place: self.places - 1, at_us }
    }

    fn end(&mut self, id: OperationId, outcome: Outcome<O>) {
        let operation = &mut self.operations[id.0];
        assert!(matches!(operation.outcome, Outcome::Unknown), "operation {} ends twice", id.0);
        operation.outcome = outcome;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_happens_at_the_same_microsecond_keeps_its_order() {
        let mut history = History::new();
        let first = history.invoke(5, Client(1), 'a');
        history.complete(5, first, 1);
        let second = history.invoke(5, Client(2), 'b');
        assert!(history.operation(first).returned().unwrap() < history.operation(second).invoked);
        assert_eq!((history.len(), history.completed(), history.moments()), (2, 1, 3));
    }

    #[test]
    fn a_failed_operation_has_neither_output_nor_return() {
        let mut history: History<char, u8> = History::new();
        let call = history.invoke(0, Client(1), 'a');
        history.fail(call);
        assert_eq!(history.operation(call).output(), None);
        assert_eq!(history.operation(call).outcome, Outcome::Failed);
    }

    #[test]
    #[should_panic(expected = "operation 0 ends twice")]
    fn an_operation_ends_once() {
        let mut history = History::new();
        let call = history.invoke(0, Client(1), 'a');
        history.complete(1, call, 1);
        history.complete(2, call, 2);
    }

    #[test]
    #[should_panic(expected = "in order of time: 4 µs after 5 µs")]
    fn time_does_not_go_back() {
        let mut history: History<char, u8> = History::new();
        history.invoke(5, Client(1), 'a');
        history.invoke(4, Client(1), 'b');
    }
}
