//! Disks that keep what was synced, and of the rest only what a crash leaves.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// One change of a disk.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Write {
    /// A value is replaced as a whole.
    Put {
        /// Its name.
        name: String,
        /// What it is from now on.
        bytes: Vec<u8>,
    },
    /// A log grows.
    Append {
        /// Its name.
        log: String,
        /// The new record.
        bytes: Vec<u8>,
    },
    /// A log keeps the records `from..to`.
    Keep {
        /// Its name.
        log: String,
        /// The first record to keep.
        from: usize,
        /// The record after the last one to keep.
        to: usize,
    },
    /// A value or a log goes.
    Remove {
        /// Its name.
        name: String,
    },
}

/// What a disk holds. A record of a log that was torn is `None`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Image {
    values: BTreeMap<String, Vec<u8>>,
    logs: BTreeMap<String, Vec<Option<Vec<u8>>>>,
}

impl Image {
    /// The value of this name.
    pub fn value(&self, name: &str) -> Option<&[u8]> {
        self.values.get(name).map(Vec::as_slice)
    }

    /// The records of the log of this name.
    pub fn records(&self, log: &str) -> &[Option<Vec<u8>>] {
        self.logs.get(log).map_or(&[], Vec::as_slice)
    }

    /// What all values and records come to, without their names.
    pub fn size_bytes(&self) -> usize {
        let records = self.logs.values().flatten().flatten();
        self.values.values().chain(records).map(Vec::len).sum()
    }

    /// How many records all logs have.
    pub fn record_count(&self) -> usize {
        self.logs.values().map(Vec::len).sum()
    }

    /// Makes a change.
    pub fn apply(&mut self, write: &Write) {
        match write {
            Write::Put { name, bytes } => {
                self.values.insert(name.clone(), bytes.clone());
            }
            Write::Append { log, bytes } => self.logs.entry(log.clone()).or_default().push(Some(bytes.clone())),
            Write::Keep { log, from, to } => {
                if let Some(records) = self.logs.get_mut(log) {
                    records.truncate(*to);
                    records.drain(..(*from).min(records.len()));
                }
            }
            Write::Remove { name } => {
                self.values.remove(name);
                self.logs.remove(name);
            }
        }
    }

    fn tear(&mut self, write: &Write) -> bool {
        let Write::Append { log, .. } = write else { return false };
        self.logs.entry(log.clone()).or_default().push(None);
        true
    }
}

/// How much of what was not synced a crash leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Keep {
    /// None of it.
    Nothing,
    /// All of it.
    Everything,
    /// The first so many writes.
    First(usize),
    /// The first so many writes, and the next one torn if it is an append.
    FirstThenTorn(usize),
}

/// What a crash did to a disk.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Damage {
    /// How many writes are gone.
    pub lost: usize,
    /// Whether one was torn.
    pub torn: bool,
}

/// A disk: what is safe, and what was written since.
#[derive(Clone, Debug, Default)]
pub struct Disk {
    safe: Image,
    unsynced: Vec<Write>,
}

impl Disk {
    /// What is there for certain.
    pub fn safe(&self) -> &Image {
        &self.safe
    }

    /// A change, not yet safe.
    pub fn write(&mut self, write: Write) {
        self.unsynced.push(write);
    }

    /// All changes are safe now.
    pub fn sync(&mut self) {
        for write in self.unsynced.drain(..) {
            self.safe.apply(&write);
        }
    }

    /// The node crashes.
    pub fn crash(&mut self, keep: Keep) -> Damage {
        let (kept, tear) = match keep {
            Keep::Nothing => (0, false),
            Keep::Everything => (usize::MAX, false),
            Keep::First(count) => (count, false),
            Keep::FirstThenTorn(count) => (count, true),
        };
        let kept = kept.min(self.unsynced.len());
        let lost = self.unsynced.split_off(kept);
        self.sync();
        let torn = tear && lost.first().is_some_and(|write| self.safe.tear(write));
        Damage { lost: lost.len(), torn }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn append(byte: u8) -> Write {
        Write::Append { log: "log".to_owned(), bytes: vec![byte] }
    }

    fn after(keep: Keep) -> (Vec<Option<Vec<u8>>>, Damage) {
        let mut disk = Disk::default();
        disk.write(append(1));
        disk.sync();
        disk.write(append(2));
        disk.write(append(3));
        let damage = disk.crash(keep);
        (disk.safe().records("log").to_vec(), damage)
    }

    #[test]
    fn what_was_synced_survives_and_of_the_rest_what_the_crash_leaves() {
        let record = |byte| Some(vec![byte]);
        assert_eq!(after(Keep::Nothing), (vec![record(1)], Damage { lost: 2, torn: false }));
        assert_eq!(after(Keep::First(1)), (vec![record(1), record(2)], Damage { lost: 1, torn: false }));
        assert_eq!(after(Keep::Everything), (vec![record(1), record(2), record(3)], Damage::default()));
        assert_eq!(after(Keep::FirstThenTorn(0)), (vec![record(1), None], Damage { lost: 2, torn: true }));
        assert_eq!(after(Keep::FirstThenTorn(9)).1, Damage::default(), "nothing is torn when nothing is lost");
    }

    #[test]
    fn a_value_is_the_old_one_or_the_new_one() {
        let put = |byte| Write::Put { name: "term".to_owned(), bytes: vec![byte] };
        for (keep, value) in [(Keep::Nothing, 1), (Keep::FirstThenTorn(0), 1), (Keep::First(1), 2)] {
            let mut disk = Disk::default();
            disk.write(put(1));
            disk.sync();
            disk.write(put(2));
            disk.crash(keep);
            assert_eq!(disk.safe().value("term"), Some([value].as_slice()), "{keep:?}");
        }
    }

    #[test]
    fn a_log_keeps_the_records_it_is_told_to() {
        let mut image = Image::default();
        (0..5).for_each(|byte| image.apply(&append(byte)));
        image.apply(&Write::Keep { log: "log".to_owned(), from: 1, to: 3 });
        assert_eq!(image.records("log"), [Some(vec![1]), Some(vec![2])]);
        image.apply(&Write::Keep { log: "log".to_owned(), from: 7, to: 9 });
        assert_eq!((image.record_count(), image.size_bytes()), (0, 0));
    }
}
