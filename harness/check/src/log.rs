//! Replicated logs: what must be the same on all nodes (Ongaro and Ousterhout 2014, "In Search of an Understandable
//! Consensus Algorithm", figure 3).

use std::collections::BTreeMap;

use crate::violation::{Rule, Violation};

/// The log of a node, or the part of it that it still has, as it was seen at some time.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Log<T, C> {
    /// The index of the first of `entries`.
    pub first_index: u64,
    /// Term and command of each entry, without gaps.
    pub entries: Vec<(T, C)>,
}

/// Log matching: if two logs contain an entry with the same index and term, they are the same up to that entry.
///
/// Also two logs of the same node at different times, for what an index and a term name never changes. The time is that
/// of one pass: it is enough that an index and a term always name the same command and always follow the same term; the
/// rest is induction.
pub fn matching<T: Ord, C: PartialEq>(logs: &[Log<T, C>]) -> Result<(), Violation> {
    // By index and term: the command and the log it was seen in; the term before and the log that was seen in.
    let mut commands: BTreeMap<(u64, &T), (&C, usize)> = BTreeMap::new();
    let mut terms_before: BTreeMap<(u64, &T), (&T, usize)> = BTreeMap::new();
    for (place, log) in logs.iter().enumerate() {
        let mut before = None;
        for (index, (term, command)) in (log.first_index..).zip(&log.entries) {
            if let Some(before) = before {
                let (known, seen_in) = *terms_before.entry((index, term)).or_insert((before, place));
                if known != before {
                    return Err(Violation::new(Rule::LogMatching { index: index - 1 }, place, seen_in));
                }
            }
            let (known, seen_in) = *commands.entry((index, term)).or_insert((command, place));
            if known != command {
                return Err(Violation::new(Rule::LogMatching { index }, place, seen_in));
            }
            before = Some(term);
        }
    }
    Ok(())
}

/// A node was seen to apply an entry to its state machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Applied<N, V> {
    /// Which state machine. One that a restart empties is a new one, so name it by node and life.
    pub machine: N,
    /// At which index.
    pub index: u64,
    /// What.
    pub entry: V,
}

/// State-machine safety: no two machines apply different entries at the same index; and each applies one index after
/// another, from wherever it begins.
pub fn applied_alike<N: Ord, V: PartialEq>(applied: &[Applied<N, V>]) -> Result<(), Violation> {
    let mut first: BTreeMap<u64, usize> = BTreeMap::new();
    let mut last: BTreeMap<&N, usize> = BTreeMap::new();
    for (place, now) in applied.iter().enumerate() {
        let earlier = *first.entry(now.index).or_insert(place);
        if applied[earlier].entry != now.entry {
            return Err(Violation::new(Rule::StateMachineSafety, place, earlier));
        }
        if let Some(before) = last.insert(&now.machine, place)
            && applied[before].index.checked_add(1) != Some(now.index)
        {
            return Err(Violation::new(Rule::AppliedInOrder, place, before));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `1a 1b 2c` from `first_index` on.
    fn log(first_index: u64, entries: &str) -> Log<char, String> {
        let entry = |entry: &str| (entry.chars().next().unwrap(), entry[1..].to_owned());
        Log { first_index, entries: entries.split_whitespace().map(entry).collect() }
    }

    fn applied(seen: &[(char, u64, char)]) -> Vec<Applied<char, char>> {
        seen.iter().map(|&(machine, index, entry)| Applied { machine, index, entry }).collect()
    }

    #[test]
    fn logs_may_part_and_be_of_different_lengths() {
        let logs = [log(1, "1a 1b 2c 2d"), log(1, "1a 1b 3e"), log(1, ""), log(1, "1a"), log(3, "2c 2d 4f")];
        assert_eq!(matching(&logs), Ok(()));
    }

    #[test]
    fn the_same_index_and_term_name_the_same_command() {
        let logs = [log(1, "1a 1b"), log(1, "1a"), log(1, "1a 1c")];
        assert_eq!(matching(&logs), Err(Violation::new(Rule::LogMatching { index: 2 }, 2, 0)));
    }

    #[test]
    fn logs_that_meet_again_after_they_parted_do_not_match() {
        let logs = [log(1, "1a 1b 3d"), log(1, "1a 2c"), log(1, "1a 2c 3d")];
        assert_eq!(matching(&logs), Err(Violation::new(Rule::LogMatching { index: 2 }, 2, 0)));
    }

    #[test]
    fn a_log_whose_beginning_was_dropped_is_compared_from_there_on() {
        assert_eq!(matching(&[log(1, "1a 1b 3d"), log(3, "3d 3e")]), Ok(()));
        let differs = matching(&[log(1, "1a 1b 3d 3e"), log(3, "2c 3e")]);
        assert_eq!(differs, Err(Violation::new(Rule::LogMatching { index: 3 }, 1, 0)));
    }

    #[test]
    fn machines_that_apply_the_same_in_order_are_alike() {
        let seen = applied(&[('a', 1, 'x'), ('a', 2, 'y'), ('b', 1, 'x'), ('c', 2, 'y'), ('c', 3, 'z')]);
        assert_eq!(applied_alike(&seen), Ok(()));
    }

    #[test]
    fn machines_that_apply_different_entries_at_an_index_are_not() {
        let seen = applied(&[('a', 1, 'x'), ('b', 1, 'x'), ('a', 2, 'y'), ('b', 2, 'z')]);
        assert_eq!(applied_alike(&seen), Err(Violation::new(Rule::StateMachineSafety, 3, 2)));
    }

    #[test]
    fn a_machine_neither_skips_nor_repeats_an_index() {
        for index in [1, 3] {
            let entry = if index == 1 { 'x' } else { 'z' };
            let seen = applied(&[('a', 1, 'x'), ('b', 1, 'x'), ('a', index, entry)]);
            assert_eq!(applied_alike(&seen), Err(Violation::new(Rule::AppliedInOrder, 2, 0)), "index {index}");
        }
    }
}
