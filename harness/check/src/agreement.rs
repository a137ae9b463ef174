//! Nodes that decide together: consensus, broadcast, elections.
//!
//! A decision belongs to an instance: the number of a consensus, a sender's broadcast, a term, an index in a log. Where
//! there is just one, it is `()`. Nodes that crashed count as well: what a node decided before it died, it may have told
//! somebody.

use std::collections::BTreeMap;

use crate::violation::{Rule, Violation};

/// A node was seen to decide.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Decision<I, N, V> {
    /// What about.
    pub instance: I,
    /// Who.
    pub node: N,
    /// What.
    pub value: V,
}

/// No two decisions of the same instance differ, neither of two nodes nor of one, and every value is one that
/// `proposed` knows. A node may be seen to decide the same again; see [`at_most_once`].
///
/// `decisions` are in the order in which they were seen.
pub fn check<I: Ord, N, V: PartialEq>(
    decisions: &[Decision<I, N, V>],
    proposed: impl Fn(&I, &V) -> bool,
) -> Result<(), Violation> {
    let mut first: BTreeMap<&I, usize> = BTreeMap::new();
    for (place, decision) in decisions.iter().enumerate() {
        let earlier = *first.entry(&decision.instance).or_insert(place);
        if decisions[earlier].value != decision.value {
            return Err(Violation::new(Rule::Agreement, place, earlier));
        }
        if !proposed(&decision.instance, &decision.value) {
            return Err(Violation::new(Rule::Validity, place, None));
        }
    }
    Ok(())
}

/// No node decides, or delivers, twice in the same instance, be it the same value.
pub fn at_most_once<I: Ord, N: Ord, V>(decisions: &[Decision<I, N, V>]) -> Result<(), Violation> {
    let mut first = BTreeMap::new();
    for (place, decision) in decisions.iter().enumerate() {
        if let Some(earlier) = first.insert((&decision.instance, &decision.node), place) {
            return Err(Violation::new(Rule::AtMostOnce, place, earlier));
        }
    }
    Ok(())
}

/// A node was seen to lead in a term.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Leader<T, N> {
    /// In which term, ballot, epoch or view.
    pub term: T,
    /// Who.
    pub node: N,
}

/// At most one node leads in a term (Ongaro and Ousterhout 2014, figure 3). The same node may be seen to lead any number
/// of times.
pub fn one_leader_a_term<T: Ord, N: PartialEq>(leaders: &[Leader<T, N>]) -> Result<(), Violation> {
    let mut first = BTreeMap::new();
    for (place, leader) in leaders.iter().enumerate() {
        let earlier = *first.entry(&leader.term).or_insert(place);
        if leaders[earlier].node != leader.node {
            return Err(Violation::new(Rule::ElectionSafety, place, earlier));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decided(decisions: &[(u8, &'static str, char)]) -> Vec<Decision<u8, &'static str, char>> {
        decisions.iter().map(|&(instance, node, value)| Decision { instance, node, value }).collect()
    }

    fn leaders(leaders: &[(u64, char)]) -> Vec<Leader<u64, char>> {
        leaders.iter().map(|&(term, node)| Leader { term, node }).collect()
    }

    #[test]
    fn nodes_that_decide_alike_agree() {
        let decisions = decided(&[(1, "a", 'x'), (2, "a", 'y'), (1, "b", 'x'), (1, "a", 'x')]);
        assert_eq!(check(&decisions, |_, value| "xy".contains(*value)), Ok(()));
        assert_eq!(check(&decided(&[]), |_, _| false), Ok(()));
    }

    #[test]
    fn nodes_that_decide_differently_do_not() {
        let decisions = decided(&[(2, "a", 'y'), (1, "a", 'x'), (2, "b", 'y'), (1, "b", 'y')]);
        let violation = Violation { rule: Rule::Agreement, at: 3, against: Some(1) };
        assert_eq!(check(&decisions, |_, _| true), Err(violation));
        assert_eq!(violation.to_string(), "no two nodes decide differently: observation 3 contradicts observation 1");
    }

    #[test]
    fn a_node_that_changes_its_mind_disagrees_with_itself() {
        let decisions = decided(&[(1, "a", 'x'), (1, "a", 'y')]);
        assert_eq!(check(&decisions, |_, _| true), Err(Violation::new(Rule::Agreement, 1, 0)));
    }

    #[test]
    fn what_nobody_proposed_is_not_decided() {
        let decisions = decided(&[(1, "a", 'x'), (2, "a", 'x')]);
        let violation = check(&decisions, |instance, _| *instance == 1).unwrap_err();
        assert_eq!(violation, Violation { rule: Rule::Validity, at: 1, against: None });
        assert_eq!(violation.to_string(), "what is decided was proposed: observation 1 does not hold to it");
    }

    #[test]
    fn a_second_delivery_is_one_too_many() {
        let once = decided(&[(1, "a", 'x'), (1, "b", 'x'), (2, "a", 'x')]);
        assert_eq!(at_most_once(&once), Ok(()));
        let twice = decided(&[(1, "a", 'x'), (1, "b", 'x'), (1, "a", 'x')]);
        assert_eq!(at_most_once(&twice), Err(Violation::new(Rule::AtMostOnce, 2, 0)));
    }

    #[test]
    fn a_node_may_lead_in_many_terms_and_a_term_may_have_no_leader() {
        assert_eq!(one_leader_a_term(&leaders(&[(1, 'a'), (3, 'a'), (4, 'b'), (3, 'a')])), Ok(()));
    }

    #[test]
    fn two_leaders_of_a_term_are_one_too_many() {
        let seen = leaders(&[(1, 'a'), (2, 'b'), (1, 'b')]);
        assert_eq!(one_leader_a_term(&seen), Err(Violation::new(Rule::ElectionSafety, 2, 0)));
    }
}
