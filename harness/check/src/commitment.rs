//! Atomic commitment: all participants of a transaction decide alike (Gray 1978; the rules are AC1 to AC3 of Bernstein,
//! Hadzilacos and Goodman 1987, section 7.3).

use std::collections::BTreeMap;

use crate::violation::{Rule, Violation};

/// What a node did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Step {
    /// It voted: yes or no.
    Vote(bool),
    /// It decided: commit or abort.
    Decide(bool),
}

/// A node was seen to vote or decide.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Observation<T, N> {
    /// On which transaction.
    pub transaction: T,
    /// Who: a participant or the coordinator.
    pub node: N,
    /// What.
    pub step: Step,
}

/// Nobody decides otherwise than somebody else or than itself before; nobody commits before every participant has voted
/// yes; and a vote stands. Votes and decisions may be repeated.
///
/// `observations` are in the order in which they were seen, and `participants` says who has a vote in a transaction.
pub fn check<'p, T: Ord, N: Ord + 'p>(
    observations: &[Observation<T, N>],
    participants: impl Fn(&T) -> &'p [N],
) -> Result<(), Violation> {
    let mut decided: BTreeMap<&T, usize> = BTreeMap::new();
    let mut voted: BTreeMap<(&T, &N), usize> = BTreeMap::new();
    for (place, now) in observations.iter().enumerate() {
        match now.step {
            Step::Vote(_) => {
                let earlier = *voted.entry((&now.transaction, &now.node)).or_insert(place);
                if observations[earlier].step != now.step {
                    return Err(Violation::new(Rule::VoteStands, place, earlier));
                }
            }
            Step::Decide(commit) => {
                let earlier = *decided.entry(&now.transaction).or_insert(place);
                if observations[earlier].step != now.step {
                    return Err(Violation::new(Rule::Atomicity, place, earlier));
                }
                for participant in participants(&now.transaction).iter().filter(|_| commit) {
                    let vote = voted.get(&(&now.transaction, participant)).copied();
                    if vote.is_none_or(|vote| observations[vote].step != Step::Vote(true)) {
                        return Err(Violation::new(Rule::Unanimity, place, vote));
                    }
                }
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const YES: Step = Step::Vote(true);
    const NO: Step = Step::Vote(false);
    const COMMIT: Step = Step::Decide(true);
    const ABORT: Step = Step::Decide(false);

    /// A transaction between `a` and `b`; `c` coordinates.
    fn judge(steps: &[(u8, char, Step)]) -> Result<(), Violation> {
        let seen: Vec<_> =
            steps.iter().map(|&(transaction, node, step)| Observation { transaction, node, step }).collect();
        check(&seen, |_| &['a', 'b'])
    }

    #[test]
    fn two_yes_and_a_commit_everywhere_are_right() {
        assert_eq!(
            judge(&[(1, 'a', YES), (1, 'b', YES), (1, 'c', COMMIT), (1, 'a', COMMIT), (1, 'b', COMMIT)]),
            Ok(())
        );
    }

    #[test]
    fn an_abort_needs_no_reason() {
        assert_eq!(judge(&[(1, 'c', ABORT), (1, 'a', ABORT)]), Ok(()));
        assert_eq!(judge(&[(1, 'a', YES), (1, 'b', YES), (1, 'c', ABORT)]), Ok(()));
    }

    #[test]
    fn transactions_have_nothing_to_do_with_each_other() {
        let steps = [(1, 'a', YES), (2, 'a', NO), (1, 'b', YES), (1, 'c', COMMIT), (2, 'c', ABORT)];
        assert_eq!(judge(&steps), Ok(()));
    }

    #[test]
    fn one_commits_and_another_aborts() {
        let steps = [(1, 'a', YES), (1, 'b', YES), (1, 'c', COMMIT), (1, 'a', COMMIT), (1, 'b', ABORT)];
        assert_eq!(judge(&steps), Err(Violation::new(Rule::Atomicity, 4, 2)));
    }

    #[test]
    fn a_commit_against_a_no_points_at_the_no() {
        let steps = [(1, 'a', YES), (1, 'b', NO), (1, 'c', COMMIT)];
        assert_eq!(judge(&steps), Err(Violation::new(Rule::Unanimity, 2, 1)));
    }

    #[test]
    fn a_missing_vote_is_no_yes() {
        assert_eq!(judge(&[(1, 'a', YES), (1, 'c', COMMIT)]), Err(Violation::new(Rule::Unanimity, 1, None)));
        let late = [(1, 'a', YES), (1, 'c', COMMIT), (1, 'b', YES)];
        assert_eq!(judge(&late), Err(Violation::new(Rule::Unanimity, 1, None)));
    }

    #[test]
    fn a_vote_may_be_repeated_and_not_changed() {
        assert_eq!(judge(&[(1, 'a', YES), (1, 'a', YES)]), Ok(()));
        assert_eq!(judge(&[(1, 'a', NO), (1, 'a', YES)]), Err(Violation::new(Rule::VoteStands, 1, 0)));
    }
}
