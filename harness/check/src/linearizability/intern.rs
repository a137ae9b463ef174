//! Values as small numbers: a search meets the same state again and again and should compare it once.

use std::collections::HashMap;
use std::hash::{BuildHasher, BuildHasherDefault, Hash, Hasher};

/// A fast hash without a seed. Nobody feeds the search keys that collide on purpose, and if they did it would only be
/// slower: what is equal is always decided by comparing.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Mixer(u64);

impl Mixer {
    fn word(&mut self, word: u64) {
        self.0 = (self.0.rotate_left(5) ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }
}

impl Hasher for Mixer {
    fn write(&mut self, bytes: &[u8]) {
        let (words, rest) = bytes.as_chunks::<8>();
        for word in words {
            self.word(u64::from_le_bytes(*word));
        }
        for byte in rest {
            self.word(u64::from(*byte));
        }
    }

    fn write_u8(&mut self, n: u8) {
        self.word(u64::from(n));
    }

    fn write_u32(&mut self, n: u32) {
        self.word(u64::from(n));
    }

    fn write_u64(&mut self, n: u64) {
        self.word(n);
    }

    fn write_usize(&mut self, n: usize) {
        self.word(n as u64);
    }

    fn finish(&self) -> u64 {
        // A table takes the lowest and the highest bits, and a multiplication mixes only upwards.
        (self.0 ^ (self.0 >> 32)).wrapping_mul(0xd6e8_feb8_6659_fd93)
    }
}

pub(crate) type Hashing = BuildHasherDefault<Mixer>;

/// No further value with that hash.
const END: u32 = u32::MAX;

/// The distinct values met so far, each by the number it got when it was first met.
#[derive(Clone, Debug)]
pub(crate) struct Interner<T> {
    values: Vec<T>,
    /// For each value, the one met before it with the same hash.
    previous: Vec<u32>,
    latest: HashMap<u64, u32, Hashing>,
}

impl<T: Hash + Eq> Interner<T> {
    pub fn new() -> Self {
        Interner { values: Vec::new(), previous: Vec::new(), latest: HashMap::default() }
    }

    /// How many distinct values there are.
    pub fn len(&self) -> usize {
        self.values.len()
    }

    pub fn get(&self, number: u32) -> &T {
        &self.values[number as usize]
    }

    /// The number of `value`, and whether it is new.
    pub fn number(&mut self, value: T) -> (u32, bool) {
        let hash = Hashing::default().hash_one(&value);
        match self.find(hash, &value) {
            Some(number) => (number, false),
            None => (self.add(hash, value), true),
        }
    }

    /// The number of something equal to `value`.
    pub fn number_of(&mut self, value: &T) -> u32
    where
        T: Clone,
    {
        let hash = Hashing::default().hash_one(value);
        self.find(hash, value).unwrap_or_else(|| self.add(hash, value.clone()))
    }

    fn find(&self, hash: u64, value: &T) -> Option<u32> {
        let mut number = *self.latest.get(&hash)?;
        while number != END {
            if self.get(number) == value {
                return Some(number);
            }
            number = self.previous[number as usize];
        }
        None
    }

    fn add(&mut self, hash: u64, value: T) -> u32 {
        let number = u32::try_from(self.values.len()).expect("memory ends before the numbers do");
        self.values.push(value);
        self.previous.push(self.latest.insert(hash, number).unwrap_or(END));
        number
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// All values have the same hash.
    #[derive(Clone, PartialEq, Eq)]
    struct Colliding(u32);

    impl Hash for Colliding {
        fn hash<H: Hasher>(&self, _: &mut H) {}
    }

    #[test]
    fn values_with_the_same_hash_keep_their_own_numbers() {
        let mut numbers = Interner::new();
        let given: Vec<_> = [7, 8, 9, 8, 7].map(|value| numbers.number(Colliding(value))).into();
        assert_eq!(given, [(0, true), (1, true), (2, true), (1, false), (0, false)]);
        assert_eq!((numbers.number_of(&Colliding(9)), numbers.number_of(&Colliding(5))), (2, 3));
        assert_eq!((numbers.len(), numbers.get(3).0), (4, 5));
    }
}
