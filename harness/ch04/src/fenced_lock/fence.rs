//! What the storage has to answer to those who ask it directly.
//!
//! A write that a crash left without an answer may have been taken or not. So there may be several states that the storage
//! can be in; each answer leaves those that agree with it.

use sim::NodeId;

use super::contract::{Token, Write};
use super::seen::Wrong;

/// The greatest token that was taken, and whose it is.
type State = Option<(Token, NodeId)>;

/// The states in which the storage may be.
pub struct Fence {
    states: Vec<State>,
    pending: Option<(Write, u64)>,
}

/// What is wrong with an answer.
#[derive(Debug, PartialEq, Eq)]
pub struct WrongVerdict {
    pub wrong: Wrong,
    /// What was taken before, in words.
    pub before: String,
}

impl Fence {
    pub fn new() -> Self {
        Fence { states: vec![None], pending: None }
    }

    /// Somebody asks for a write, at that time in milliseconds.
    pub fn asked(&mut self, write: Write, at_ms: u64) {
        self.pending = Some((write, at_ms));
    }

    /// What was asked and has no answer yet, and since when.
    pub fn pending(&self) -> Option<(Write, u64)> {
        self.pending
    }

    /// The storage crashes: the write that has no answer may have been taken.
    pub fn crashed(&mut self) {
        let Some((write, _)) = self.pending.take() else { return };
        let taken = self.states.iter().filter(|state| takes(**state, &write));
        let after: Vec<State> = taken.map(|_| Some((write.token, write.holder))).collect();
        self.states.extend(after);
        self.states.dedup();
    }

    /// The storage answers to the write of this value. Answers that nobody waits for are let be.
    pub fn answered(&mut self, value: u64, taken: bool) -> Result<Option<Write>, (Write, WrongVerdict)> {
        let Some((write, _)) = self.pending.take_if(|(write, _)| write.value == value) else { return Ok(None) };
        let before = self.states.clone();
        self.states.retain(|state| takes(*state, &write) == taken);
        let fits = !self.states.is_empty();
        if taken {
            self.states = vec![Some((write.token, write.holder))];
        } else if !fits {
            self.states.clone_from(&before);
        }
        if fits {
            return Ok(Some(write));
        }
        let equal = before.iter().all(|state| state.is_some_and(|(token, _)| token == write.token));
        let wrong = if taken && equal { Wrong::EqualToken } else { Wrong::Fence };
        let before = match before.iter().flatten().max() {
            Some((token, holder)) => format!("a write of {holder} with {token} was taken before"),
            None => "no write was taken before".to_owned(),
        };
        Err((write, WrongVerdict { wrong, before }))
    }
}

/// Whether the storage takes a write.
fn takes(state: State, write: &Write) -> bool {
    match state {
        None => true,
        Some((token, holder)) => write.token > token || (write.token == token && write.holder == holder),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(holder: usize, token: u64, value: u64) -> Write {
        Write { holder: NodeId::new(holder), token: Token(token), value }
    }

    fn ask(fence: &mut Fence, write: Write, taken: bool) -> Option<Wrong> {
        fence.asked(write, 0);
        fence.answered(write.value, taken).err().map(|(_, wrong)| wrong.wrong)
    }

    #[test]
    fn tokens_may_stay_and_grow_and_an_equal_one_has_to_be_of_the_same_holder() {
        let mut fence = Fence::new();
        assert_eq!(ask(&mut fence, write(1, 5, 1), true), None);
        assert_eq!(ask(&mut fence, write(1, 5, 2), true), None);
        assert_eq!(ask(&mut fence, write(2, 5, 3), false), None);
        assert_eq!(ask(&mut fence, write(2, 4, 4), false), None);
        assert_eq!(ask(&mut fence, write(2, 6, 5), true), None);
    }

    #[test]
    fn what_is_wrong_is_told_apart() {
        let wrong = |second: Write, taken| {
            let mut fence = Fence::new();
            ask(&mut fence, write(1, 5, 1), true);
            ask(&mut fence, second, taken)
        };
        assert_eq!(wrong(write(2, 4, 2), true), Some(Wrong::Fence));
        assert_eq!(wrong(write(2, 5, 2), true), Some(Wrong::EqualToken));
        assert_eq!(wrong(write(1, 5, 2), false), Some(Wrong::Fence));
        assert_eq!(wrong(write(2, 6, 2), false), Some(Wrong::Fence));
    }

    #[test]
    fn after_a_crash_the_write_without_an_answer_may_have_been_taken_or_not() {
        for taken in [false, true] {
            let mut fence = Fence::new();
            fence.asked(write(1, 5, 1), 0);
            fence.crashed();
            assert_eq!(ask(&mut fence, write(2, 3, 2), taken), None);
            assert_eq!(ask(&mut fence, write(2, 3, 3), !taken), Some(Wrong::Fence), "but it has to stay with it");
        }
    }
}
