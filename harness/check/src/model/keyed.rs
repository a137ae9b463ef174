//! Many objects of the same kind, each under a key.

use std::fmt::Display;
use std::marker::PhantomData;

use super::{Ahead, AllAhead, Model};

/// A model of `M` under every key. An input is a key and what is asked of the object there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Keyed<K, M> {
    each: M,
    key: PhantomData<K>,
}

impl<K, M> Keyed<K, M> {
    /// Objects like `each`.
    pub fn new(each: M) -> Self {
        Keyed { each, key: PhantomData }
    }
}

impl<K: Ord + Clone + Display, M: Model> Model for Keyed<K, M> {
    type Input = (K, M::Input);
    type Output = M::Output;
    type State = M::State;
    type Key = (K, M::Key);

    fn key(&self, (key, input): &Self::Input) -> Self::Key {
        (key.clone(), self.each.key(input))
    }

    fn init(&self) -> M::State {
        self.each.init()
    }

    fn step(&self, state: &M::State, (_, input): &Self::Input, output: Option<&M::Output>) -> Option<M::State> {
        self.each.step(state, input, output)
    }

    fn label(&self, (key, input): &Self::Input, output: Option<&M::Output>) -> String {
        format!("{key}: {}", self.each.label(input, output))
    }

    fn observes(&self, (_, input): &Self::Input, output: &M::Output) -> bool {
        self.each.observes(input, output)
    }

    fn notices(&self, (_, input): &Self::Input, output: Option<&M::Output>, (_, guess): &Self::Input) -> bool {
        self.each.notices(input, output, guess)
    }

    fn hopeless(&self, state: &Self::State, ahead: AllAhead<'_, '_, Self::Input, Self::Output>) -> bool {
        let mut inner = ahead.map(|event| match event {
            Ahead::Call((_, input), output) => Ahead::Call(input, output),
            Ahead::Return((_, input), output) => Ahead::Return(input, output),
        });
        self.each.hopeless(state, &mut inner)
    }

    fn heap_bytes(&self, state: &M::State) -> usize {
        self.each.heap_bytes(state)
    }
}
