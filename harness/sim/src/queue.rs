//! What is to happen: a queue ordered by time and, within an instant, by what was put there first.
//!
//! The heap orders tickets, each a single number, and the events lie still beside it: a heap compares and moves some ten
//! entries for each event of a busy world.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// A queue of events that are to happen.
pub(crate) struct Queue<E> {
    /// The time in 64 bits, how many were put before it in 32, and where its event lies in 32.
    tickets: BinaryHeap<Reverse<u128>>,
    events: Vec<E>,
    free: Vec<u32>,
    pushed: u32,
}

impl<E: Copy> Queue<E> {
    pub fn new() -> Self {
        Queue { tickets: BinaryHeap::new(), events: Vec::new(), free: Vec::new(), pushed: 0 }
    }

    /// Has the event happen at that time, after all that is to happen then already.
    pub fn push(&mut self, at_us: u64, event: E) {
        let slot = match self.free.pop() {
            Some(slot) => {
                self.events[slot as usize] = event;
                slot
            }
            None => {
                self.events.push(event);
                self.events.len() as u32 - 1
            }
        };
        let ticket = u128::from(at_us) << 64 | u128::from(self.pushed) << 32 | u128::from(slot);
        self.pushed = self.pushed.checked_add(1).expect("a run has fewer than four billion events");
        self.tickets.push(Reverse(ticket));
    }

    /// When the next event is to happen.
    pub fn next_us(&self) -> Option<u64> {
        self.tickets.peek().map(|Reverse(ticket)| (ticket >> 64) as u64)
    }

    /// The next event.
    pub fn pop(&mut self) -> Option<(u64, E)> {
        let Reverse(ticket) = self.tickets.pop()?;
        let slot = ticket as u32;
        self.free.push(slot);
        Some(((ticket >> 64) as u64, self.events[slot as usize]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_come_by_time_and_at_one_instant_in_the_order_in_which_they_were_put() {
        let mut queue = Queue::new();
        for (at_us, event) in [(5, 'c'), (1, 'a'), (5, 'd'), (3, 'b')] {
            queue.push(at_us, event);
        }
        assert_eq!((queue.next_us(), queue.pop()), (Some(1), Some((1, 'a'))));
        // Takes the slot that has just become free, the lowest number of all; it is still the last of its instant.
        queue.push(5, 'e');
        let rest: Vec<_> = std::iter::from_fn(|| queue.pop()).collect();
        assert_eq!(rest, [(3, 'b'), (5, 'c'), (5, 'd'), (5, 'e')]);
        assert_eq!(queue.next_us(), None);
    }
}
