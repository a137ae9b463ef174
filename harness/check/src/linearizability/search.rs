//! The search for an order of one key's operations.
//!
//! Wing and Gong (1993) try the operations that may come next, one after another: those called before the first return
//! of an operation that is not placed yet. Lowe (2017, "Testing for Linearizability") remembers the configurations that
//! led nowhere. This is their search, without recursion, in steps that can be interrupted and resumed. Three things make
//! the tree smaller, and none of them loses an order:
//!
//! - An operation that only observes is placed as soon as it fits ([`Model::observes`]).
//! - One with an unknown outcome is tried after all others, only where the next one would notice it, and after an earlier
//!   one of the same input: whatever the later can do, the earlier can.
//! - A state that the next answers contradict is left at once ([`Model::hopeless`]).

use std::cell::Cell;

use super::intern::Interner;
use super::seen::{Bits, Configuration, Seen};
use crate::history::{History, OperationId, Outcome};
use crate::model::{Ahead, Model};

/// An operation of the key.
struct Op<'a, M: Model> {
    id: OperationId,
    input: &'a M::Input,
    output: Option<&'a M::Output>,
    /// The entry of its call.
    call: u32,
    /// The entry of its return; none if its outcome is unknown.
    ret: Option<u32>,
    /// Its number among the operations that overlap, or among those with an unknown outcome.
    slot: u32,
    observes: bool,
    /// The last operation before it with the same input, where both outcomes are unknown.
    twin: Option<u32>,
    /// The operations that would notice it, if its outcome is unknown and these are few.
    noticed_by: Option<Vec<u32>>,
}

/// A call or a return, in the order of the history.
#[derive(Clone, Copy)]
enum Entry {
    /// Before the first and behind the last.
    Rim,
    Call(u32),
    Return(u32),
}

/// Where the search chose one of several operations.
struct Choice {
    /// What stood before.
    before: Configuration,
    /// How many operations were placed before.
    placed: usize,
}

/// How a search stands when it pauses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Progress {
    /// There is an order: [`Search::order`].
    Found,
    /// There is none.
    None,
    /// The steps are used up.
    OutOfSteps,
    /// The memory is used up.
    OutOfMemory,
}

/// So many small comparisons count as a step.
const LOOKS_A_STEP: u64 = 16;

/// The search over one key, up to some place in the history.
pub(super) struct Search<'a, M: Model> {
    model: &'a M,
    ops: Vec<Op<'a, M>>,
    entries: Vec<Entry>,
    /// The place in the history of each entry.
    places: Vec<usize>,
    /// The entries of operations that are not placed, as a ring through the rim.
    next: Vec<u32>,
    prev: Vec<u32>,
    returns_left: usize,
    now: Configuration,
    /// The sets that `now` has the numbers of.
    open: Bits,
    guesses: Bits,
    /// The operations placed so far, in their order.
    placed: Vec<u32>,
    choices: Vec<Choice>,
    /// The entry to try next, and whether it is the turn of operations with an unknown outcome.
    cursor: u32,
    guessing: bool,
    states: Interner<M::State>,
    sets: Interner<Bits>,
    seen: Seen,
    /// The furthest front.
    reached: u32,
    steps: u64,
    heap_bytes: usize,
    started: bool,
}

impl<'a, M: Model> Search<'a, M> {
    /// A search for an order of `operations` as they stand right before the moment number `end`: what is called later is
    /// left out, and what returns later has an unknown outcome.
    pub fn new(
        model: &'a M,
        history: &'a History<M::Input, M::Output>,
        operations: &[OperationId],
        end: usize,
    ) -> Self {
        let mut ops: Vec<Op<'a, M>> = Vec::new();
        let mut moments = Vec::new();
        for &id in operations {
            let operation = history.operation(id);
            if operation.invoked.place >= end || matches!(operation.outcome, Outcome::Failed) {
                continue;
            }
            let number = u32::try_from(ops.len()).expect("a history has fewer than four billion operations");
            moments.push((operation.invoked.place, Entry::Call(number)));
            let returned = operation.returned().filter(|at| at.place < end);
            moments.extend(returned.map(|at| (at.place, Entry::Return(number))));
            let output = operation.output().filter(|_| returned.is_some());
            let observes = output.is_some_and(|output| model.observes(&operation.input, output));
            let input = &operation.input;
            ops.push(Op { id, input, output, call: 0, ret: None, slot: 0, observes, twin: None, noticed_by: None });
        }
        moments.sort_unstable_by_key(|(place, _)| *place);
        let entries: Vec<Entry> = [Entry::Rim].into_iter().chain(moments.iter().map(|(_, entry)| *entry)).collect();
        let places = [0].into_iter().chain(moments.iter().map(|(place, _)| *place)).collect();
        link(&mut ops, &entries);
        let slots = number_overlapping(&mut ops, &entries);
        let unknown = number_unknown(&mut ops);
        find_who_notices(model, &mut ops);

        let count = u32::try_from(entries.len()).expect("a history has fewer than four billion moments");
        let mut states = Interner::new();
        states.number(model.init());
        Search {
            model,
            returns_left: ops.iter().filter(|op| op.ret.is_some()).count(),
            ops,
            entries,
            places,
            next: (1..count).chain([0]).collect(),
            prev: [count - 1].into_iter().chain(0..count - 1).collect(),
            now: Configuration { front: 0, open: 0, state: 0, guesses: 0 },
            open: Bits::new(slots),
            guesses: Bits::new(unknown),
            placed: Vec::new(),
            choices: Vec::new(),
            cursor: 0,
            guessing: false,
            states,
            sets: Interner::new(),
            seen: Seen::default(),
            reached: 0,
            steps: 0,
            heap_bytes: 0,
            started: false,
        }
    }

    /// Goes on for so many more steps or until it holds so many bytes. A step is one operation tried in one state.
    pub fn run(&mut self, steps: u64, memory_bytes: usize) -> Progress {
        let until = self.steps.saturating_add(steps);
        if !self.started {
            self.started = true;
            if !self.settle() {
                return Progress::None;
            }
        }
        loop {
            if self.returns_left == 0 {
                return Progress::Found;
            }
            if self.steps >= until {
                return Progress::OutOfSteps;
            }
            if self.bytes() > memory_bytes {
                return Progress::OutOfMemory;
            }
            match self.entries[self.cursor as usize] {
                Entry::Call(op) => {
                    if !self.choose(op) {
                        self.cursor = self.next[self.cursor as usize];
                    } else if !self.settle() {
                        let back = self.backtrack();
                        debug_assert!(back, "the choice was just made");
                    }
                }
                Entry::Return(_) if !self.guessing => {
                    self.guessing = true;
                    self.cursor = self.next[0];
                }
                Entry::Return(_) => {
                    if !self.backtrack() {
                        return Progress::None;
                    }
                }
                Entry::Rim => unreachable!("a return is left, and it stands before the rim"),
            }
        }
    }

    /// The order found so far.
    pub fn order(&self) -> Vec<OperationId> {
        self.placed.iter().map(|&op| self.ops[op as usize].id).collect()
    }

    /// The place in the history of the first return that no order got past; everything before it can be ordered.
    pub fn reached(&self) -> usize {
        self.places[self.reached as usize]
    }

    /// The steps taken so far.
    pub fn steps(&self) -> u64 {
        self.steps
    }

    /// An estimate of the memory that the search holds, on the high side: tables double when they are full.
    pub fn bytes(&self) -> usize {
        const PER_CONFIGURATION: usize = 90;
        const PER_VALUE: usize = 80;
        const PER_ENTRY: usize = 40;
        let states = self.states.len() * (PER_VALUE + 2 * size_of::<M::State>());
        let sets = self.sets.len()
            * (PER_VALUE + 2 * size_of::<Bits>() + self.open.heap_bytes().max(self.guesses.heap_bytes()));
        let fixed = self.entries.len() * PER_ENTRY + self.ops.len() * size_of::<Op<'a, M>>();
        self.seen.len() * PER_CONFIGURATION + states + sets + fixed + self.heap_bytes
    }

    /// Places `number` next, if it may come next and that is worth a try.
    fn choose(&mut self, number: u32) -> bool {
        let op = &self.ops[number as usize];
        let unknown = op.ret.is_none();
        let waits_for_twin = op.twin.is_some_and(|twin| !self.guesses.contains(self.ops[twin as usize].slot));
        // An observation that fits was placed when the search settled here.
        if op.observes || unknown != self.guessing || waits_for_twin {
            return false;
        }
        if op.noticed_by.as_ref().is_some_and(|few| !few.iter().any(|other| self.may_come_next(*other))) {
            return false;
        }
        self.steps += 1;
        let before = self.states.get(self.now.state);
        let Some(state) = self.model.step(before, op.input, op.output) else { return false };
        if unknown && !self.is_noticed(number, &state) {
            return false;
        }
        let placed = self.placed.len();
        self.place(number);
        if self.is_hopeless(&state) {
            self.unplace();
            return false;
        }
        self.choices.push(Choice { before: self.now, placed });
        let heap_bytes = self.model.heap_bytes(&state);
        let (state, new) = self.states.number(state);
        if new {
            self.heap_bytes += heap_bytes;
        }
        self.now.state = state;
        true
    }

    /// Whether an operation is not placed and was called before the first return of one that is not.
    fn may_come_next(&self, number: u32) -> bool {
        let call = self.ops[number as usize].call;
        // What was taken out of the ring still knows where it stood, but nobody there knows it.
        call < self.now.front && self.next[self.prev[call as usize] as usize] == call
    }

    /// Whether something that may come next behaves otherwise once `guess` has left `after` behind. If not, the guess can
    /// as well be left out.
    fn is_noticed(&mut self, guess: u32, after: &M::State) -> bool {
        let before = self.states.get(self.now.state);
        let mut at = self.next[0];
        let mut looked_at = 0;
        let noticed = before != after
            && loop {
                let Entry::Call(number) = self.entries[at as usize] else { break false };
                let Op { input, output, .. } = self.ops[number as usize];
                looked_at += 1;
                let step = |state| self.model.step(state, input, output);
                if number != guess {
                    let next = step(after);
                    if next.is_some() && next != step(before) {
                        break true;
                    }
                }
                at = self.next[at as usize];
            };
        self.steps += looked_at / LOOKS_A_STEP;
        noticed
    }

    /// Whether no order of what is left can be right from `state` on, as far as the model can tell.
    fn is_hopeless(&mut self, state: &M::State) -> bool {
        let looked_at = Cell::new(0);
        let hopeless = self.model.hopeless(state, &mut self.ahead().inspect(|_| looked_at.set(looked_at.get() + 1)));
        self.steps += looked_at.get() / LOOKS_A_STEP;
        hopeless
    }

    /// Undoes the last choice and goes on behind it. Nothing to undo: no.
    fn backtrack(&mut self) -> bool {
        let Some(Choice { before, placed }) = self.choices.pop() else { return false };
        let chosen = self.placed[placed];
        while self.placed.len() > placed {
            self.unplace();
        }
        self.now = before;
        self.open.clone_from(self.sets.get(before.open));
        self.guesses.clone_from(self.sets.get(before.guesses));
        let chosen = &self.ops[chosen as usize];
        self.guessing = chosen.ret.is_none();
        self.cursor = self.next[chosen.call as usize];
        true
    }

    /// Places the observations that fit and looks at where that leads: whether nobody has been there.
    fn settle(&mut self) -> bool {
        let front = self.observe();
        if self.returns_left == 0 {
            return true;
        }
        self.advance(front);
        self.reached = self.reached.max(front);
        self.now.open = self.sets.number_of(&self.open);
        self.now.guesses = self.sets.number_of(&self.guesses);
        let (new, compared) = self.seen.insert(self.now, &self.sets);
        self.steps += compared / LOOKS_A_STEP;
        self.cursor = self.next[0];
        self.guessing = false;
        new
    }

    /// Brings the sets up to what was placed since the last choice, now that the search has come to `front`.
    fn advance(&mut self, front: u32) {
        for entry in self.now.front..front {
            if let Entry::Return(op) = self.entries[entry as usize] {
                self.open.remove(self.ops[op as usize].slot);
            }
        }
        self.now.front = front;
        // Only now: what was placed last may have the number of something that the front has passed.
        let since = self.choices.last().map_or(0, |choice| choice.placed);
        for &op in &self.placed[since..] {
            let Op { ret, slot, .. } = self.ops[op as usize];
            match ret {
                Some(ret) if ret > front => self.open.insert(slot),
                Some(_) => {}
                None => self.guesses.insert(slot),
            }
        }
    }

    /// Places every observation that fits before the first return that is left, and says where that is.
    fn observe(&mut self) -> u32 {
        let mut at = self.next[0];
        loop {
            match self.entries[at as usize] {
                Entry::Call(number) => {
                    let op = &self.ops[number as usize];
                    let mut fits = false;
                    if op.observes {
                        self.steps += 1;
                        fits = self.model.step(self.states.get(self.now.state), op.input, op.output).is_some();
                    }
                    let before = self.prev[at as usize];
                    if fits {
                        self.place(number);
                        at = self.next[before as usize];
                    } else {
                        at = self.next[at as usize];
                    }
                }
                Entry::Return(_) | Entry::Rim => return at,
            }
        }
    }

    /// Takes an operation out of the ring and puts it at the end of the order.
    fn place(&mut self, number: u32) {
        let Op { call, ret, .. } = self.ops[number as usize];
        self.unlink(call);
        if let Some(ret) = ret {
            self.unlink(ret);
            self.returns_left -= 1;
        }
        self.placed.push(number);
    }

    /// Undoes the last [`Search::place`].
    fn unplace(&mut self) {
        let number = self.placed.pop().expect("only what was placed is taken back");
        let Op { call, ret, .. } = self.ops[number as usize];
        if let Some(ret) = ret {
            self.relink(ret);
            self.returns_left += 1;
        }
        self.relink(call);
    }

    fn unlink(&mut self, entry: u32) {
        let (prev, next) = (self.prev[entry as usize], self.next[entry as usize]);
        self.next[prev as usize] = next;
        self.prev[next as usize] = prev;
    }

    /// Knuth's dancing links: what was taken out last still knows where it stood.
    fn relink(&mut self, entry: u32) {
        let (prev, next) = (self.prev[entry as usize], self.next[entry as usize]);
        self.next[prev as usize] = entry;
        self.prev[next as usize] = entry;
    }

    /// What is not placed, for [`Model::hopeless`].
    fn ahead(&self) -> impl Iterator<Item = Ahead<'a, M::Input, M::Output>> {
        /// Looking further costs more than it saves.
        const HORIZON: usize = 4096;
        let mut at = 0;
        let entries = std::iter::from_fn(move || {
            at = self.next[at as usize];
            let call = |op: u32| &self.ops[op as usize];
            match self.entries[at as usize] {
                Entry::Call(op) => Some(Ahead::Call(call(op).input, call(op).output)),
                Entry::Return(op) => {
                    Some(Ahead::Return(call(op).input, call(op).output.expect("what returned has an output")))
                }
                Entry::Rim => None,
            }
        });
        entries.take(HORIZON)
    }
}

/// Tells every operation where its entries are.
fn link<M: Model>(ops: &mut [Op<'_, M>], entries: &[Entry]) {
    for (place, entry) in (0..).zip(entries) {
        match entry {
            Entry::Rim => {}
            Entry::Call(op) => ops[*op as usize].call = place,
            Entry::Return(op) => ops[*op as usize].ret = Some(place),
        }
    }
}

/// Numbers the operations that return so that no two that overlap share a number; says how many numbers that takes.
fn number_overlapping<M: Model>(ops: &mut [Op<'_, M>], entries: &[Entry]) -> usize {
    let (mut free, mut count) = (Vec::new(), 0);
    for entry in entries {
        match entry {
            Entry::Call(op) if ops[*op as usize].ret.is_some() => {
                ops[*op as usize].slot = free.pop().unwrap_or_else(|| {
                    count += 1;
                    count - 1
                });
            }
            Entry::Return(op) => free.push(ops[*op as usize].slot),
            Entry::Call(_) | Entry::Rim => {}
        }
    }
    count as usize
}

/// Numbers the operations with an unknown outcome and finds their twins; says how many there are.
fn number_unknown<M: Model>(ops: &mut [Op<'_, M>]) -> usize {
    let unknown: Vec<usize> = (0..ops.len()).filter(|op| ops[*op].ret.is_none()).collect();
    for (slot, &op) in unknown.iter().enumerate() {
        let earlier = unknown[..slot].iter().rev().find(|earlier| ops[**earlier].input == ops[op].input);
        ops[op].twin = earlier.map(|earlier| *earlier as u32);
        ops[op].slot = slot as u32;
    }
    unknown.len()
}

/// Finds out for every operation with an unknown outcome who would notice it.
fn find_who_notices<M: Model>(model: &M, ops: &mut [Op<'_, M>]) {
    const FEW: usize = 64;
    for guess in 0..ops.len() {
        if ops[guess].ret.is_some() {
            continue;
        }
        let notices =
            |other: &usize| *other != guess && model.notices(ops[*other].input, ops[*other].output, ops[guess].input);
        let noticed_by: Vec<u32> = (0..ops.len()).filter(notices).take(FEW + 1).map(|other| other as u32).collect();
        ops[guess].noticed_by = (noticed_by.len() <= FEW).then_some(noticed_by);
    }
}
