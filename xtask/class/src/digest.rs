//! Fingerprints that are the same on every machine and with every compiler, so that a run can go on where another stopped.
//!
//! SHA-256, because submissions are written by people who may want two different ones to look the same.

use sha2::{Digest as _, Sha256};

/// A fingerprint in the making.
pub struct Digest(Sha256);

impl Digest {
    /// Of something of that kind: what differs in kind never has the same fingerprint.
    pub fn new(kind: &str) -> Digest {
        let mut digest = Digest(Sha256::new());
        digest.add(kind.as_bytes());
        digest
    }

    /// Adds a part. Its length goes first, so that two parts are never the same as another two with the border moved.
    pub fn add(&mut self, part: &[u8]) {
        self.0.update((part.len() as u64).to_le_bytes());
        self.0.update(part);
    }

    /// 128 bits in 32 hexadecimal digits.
    pub fn finish(self) -> String {
        self.0.finalize().iter().take(16).map(|byte| format!("{byte:02x}")).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(parts: &[&str]) -> String {
        let mut digest = Digest::new("test");
        parts.iter().for_each(|part| digest.add(part.as_bytes()));
        digest.finish()
    }

    #[test]
    fn borders_between_parts_count() {
        assert_ne!(of(&["ab", "c"]), of(&["a", "bc"]));
        assert_ne!(of(&[]), of(&[""]));
    }

    #[test]
    fn a_fingerprint_is_the_same_everywhere() {
        // Made with Python's hashlib: sha256(length of 8 bytes, little-endian, then the part; "test", then "ab").
        assert_eq!(of(&["ab"]), "c0549f868f1980963ac9738d2b398a90");
    }
}
