//! What is promised, and how each promise is judged.
//!
//! A judge looks away from keys that another promise has to complain about: one whose replicas are missing or too many has no
//! owner that could have moved.

use std::collections::{BTreeMap, BTreeSet};

use explore::{Breach, Evidence};
use harness::exercise::{Check, Law};
use proptest::strategy::BoxedStrategy;
use render::explain::{list_in_words, plural, thousands};

use super::Make;
use super::bounded;
use super::contract::*;
use super::fleets::{self, Change, Extra, Fleet, Keys, Load, What};
use super::histories::{self, History};
use super::instance::Instance;

/// So little that somebody is full in nearly every fleet.
const LITTLE_SLACK_PERCENT: u32 = 2;

/// Whether a promise was kept.
pub type Verdict = Result<(), Breach>;

pub const PLACED: &str = "a key is placed";
const MOVED: &str = "a key moves";
const JUDGED: &str = "a member is due enough keys to be judged by";
const SPREAD: &str = "the replicas of a key are on several members";

type Judge<V> = fn(&Make, &V, &mut Evidence) -> Verdict;

/// Every promise of the contract.
pub fn all(make: Make) -> Vec<Check> {
    let loads = |name, cases, draw: fn(u64) -> BoxedStrategy<Load>, judge: Judge<Load>, needs| {
        Check::law(make, Law { name, cases, needs, draw, judge })
    };
    let changes = |name, draw: fn(u64) -> BoxedStrategy<Change>, judge: Judge<Change>, needs| {
        Check::law(make, Law { name, cases: 12, needs, draw, judge })
    };
    let order = Law {
        name: "the_order_of_joins_does_not_matter",
        cases: 12,
        needs: &[PLACED],
        draw: histories::detours,
        judge: order_is_nothing,
    };
    vec![
        loads("every_instance_computes_the_same", 6, fleets::any, instances_agree, &[PLACED]),
        Check::law(make, order),
        loads("keys_spread_evenly", 10, fleets::equals, is_even, &[JUDGED, PLACED]),
        loads("weights_are_honoured", 10, fleets::weighted, is_even, &[JUDGED, PLACED]),
        changes("a_join_moves_keys_to_the_newcomer_only", fleets::join, only_to_the_newcomer, &[MOVED]),
        changes("a_leave_moves_the_keys_of_the_leaver_only", fleets::leave, only_from_the_leaver, &[MOVED]),
        changes("a_new_weight_moves_no_key_between_others", fleets::reweigh, only_to_or_from, &[PLACED]),
        loads("replicas_live_on_different_members", 12, fleets::small, are_apart, &[SPREAD]),
        loads("more_replicas_begin_with_the_same_ones", 10, fleets::any, begin_alike, &[SPREAD]),
        loads("few_members_or_none_are_enough", 7, fleets::lonely, few_are_enough, &[PLACED]),
        loads("nobody_is_assigned_more_than_its_bound", 14, fleets::bounded, bounded::is_kept, &[bounded::FULL]),
        loads("only_what_overflows_goes_elsewhere", 14, fleets::bounded, bounded::is_least, &[bounded::ELSEWHERE]),
    ]
}

fn replicas_of(load: &Load) -> usize {
    match load.extra {
        Extra::Replicas(count) => count,
        Extra::None | Extra::SlackPercent(_) => 1,
    }
}

pub fn told(members: &[Member]) -> String {
    if members.is_empty() { "nobody".to_owned() } else { list_in_words(members) }
}

/// The first key that two placements put on different members.
fn difference(
    one: &dyn Instance,
    other: &dyn Instance,
    keys: Keys,
    count: usize,
    counts: &mut Evidence,
) -> Option<Breach> {
    let both = one.replicas(keys, count).into_iter().zip(other.replicas(keys, count));
    for (key, (first, second)) in keys.names().zip(both) {
        if !first.is_empty() {
            counts.count(PLACED);
        }
        if first != second {
            return Some(Breach::new(
                format!("{key} is on {} in one instance and on {} in the other", told(&first), told(&second)),
                "two instances with the same members and weights place every key alike",
                format!("{} in the one, {} in the other", told(&first), told(&second)),
            ));
        }
    }
    None
}

/// Says nothing of what was seen: if a hasher has a random seed, that is something else each time.
fn instances_agree(make: &Make, load: &Load, counts: &mut Evidence) -> Verdict {
    let (one, other) = (load.fleet.placement(*make), load.fleet.placement(*make));
    if difference(&*one, &*other, load.keys, replicas_of(load), counts).is_some() {
        return Err(Breach::new(
            "two instances whose members joined in the same order place some keys on different members",
            "two instances with the same members and weights place every key alike",
            "the placement hangs on something else: most often on a hasher that is seeded at random, as that of HashMap is",
        ));
    }
    if one.assign(load.keys, LITTLE_SLACK_PERCENT) != other.assign(load.keys, LITTLE_SLACK_PERCENT) {
        return Err(Breach::new(
            format!(
                "two instances with the same members assign some keys differently, with {LITTLE_SLACK_PERCENT} % of slack"
            ),
            "two instances with the same members and weights assign the same keys alike",
            "the assignment hangs on something else: most often on the order in which a HashMap or HashSet is gone through",
        ));
    }
    Ok(())
}

fn order_is_nothing(make: &Make, history: &History, counts: &mut Evidence) -> Verdict {
    let one = history.fleet.placement(*make);
    let mut other = make();
    history.steps.iter().for_each(|step| step.take(&mut *other));
    if let Some(breach) = difference(&*one, &*other, history.keys, 2, counts) {
        return Err(breach);
    }
    let names: Vec<_> = history.keys.names().collect();
    let [first, second] = [&one, &other].map(|placement| placement.assign(history.keys, LITTLE_SLACK_PERCENT));
    let differs = |nth: &usize| first.get(*nth) != second.get(*nth);
    let Some(nth) = (0..first.len().max(second.len())).find(differs) else { return Ok(()) };
    let on = |assigned: &[Member]| assigned.get(nth).map_or("nobody".to_owned(), Member::to_string);
    let (first, second, key) = (on(&first), on(&second), names.get(nth).map_or("a key too many", String::as_str));
    Err(Breach::new(
        format!(
            "with {LITTLE_SLACK_PERCENT} % of slack, {key} is assigned to {first} in one instance and to {second} in the other"
        ),
        "two instances with the same members and weights assign the same keys alike",
        format!(
            "{first} in the one, {second} in the other, although replicas of all keys are on the same members in both"
        ),
    ))
}

/// Everybody has about what is due to it.
fn is_even(make: &Make, load: &Load, counts: &mut Evidence) -> Verdict {
    let placement = load.fleet.placement(*make);
    let mut owned: BTreeMap<Member, u64> = BTreeMap::new();
    for places in placement.replicas(load.keys, 1) {
        if let Some(owner) = places.first() {
            counts.count(PLACED);
            *owned.entry(*owner).or_default() += 1;
        }
    }
    let keys = u64::from(load.keys.count);
    let due = |member| keys * u64::from(load.fleet.weight(member)) / u64::from(load.fleet.total_weight());
    for member in load.fleet.members().filter(|member| due(*member) >= FAIR_KEYS) {
        counts.count(JUDGED);
        let (due, owns) = (due(member), owned.get(&member).copied().unwrap_or_default());
        let allowed = due * LEAST_PERCENT / 100..=(due * MOST_PERCENT).div_ceil(100);
        if !allowed.contains(&owns) {
            let all = load.fleet.members().map(|member| {
                let owns = owned.get(&member).copied().unwrap_or_default();
                format!("{member} {} of {}", thousands(owns), thousands(due_of(load, member)))
            });
            return Err(Breach::new(
                format!("{member} owns {} keys, {} % of what is due to it", thousands(owns), owns * 100 / due),
                format!("between {} and {} keys, for {} are due to it", allowed.start(), allowed.end(), thousands(due)),
                format!("owned and due: {}", all.collect::<Vec<_>>().join(", ")),
            ));
        }
    }
    Ok(())
}

fn due_of(load: &Load, member: Member) -> u64 {
    u64::from(load.keys.count) * u64::from(load.fleet.weight(member)) / u64::from(load.fleet.total_weight())
}

/// Where each key was before a change and is after it, where both are as many different members as they should be.
fn before_and_after(make: &Make, change: &Change) -> Vec<(String, BTreeSet<Member>, BTreeSet<Member>)> {
    let mut placement = change.fleet.placement(*make);
    let places = |placement: &dyn Instance| {
        let places = placement.replicas(change.keys, change.replicas).into_iter();
        places.map(BTreeSet::from_iter).collect::<Vec<BTreeSet<Member>>>()
    };
    let before = places(&*placement);
    let (mut after_count, before_count) = (change.fleet.0.len(), change.fleet.0.len());
    match change.what {
        What::Joins { weight } => {
            placement.join(change.member, weight);
            after_count += 1;
        }
        What::Leaves => {
            placement.leave(change.member);
            after_count -= 1;
        }
        What::Weighs { weight } => placement.join(change.member, weight),
    }
    let whole = |places: &BTreeSet<Member>, members: usize| places.len() == change.replicas.min(members);
    let both = change.keys.names().zip(before).zip(places(&*placement));
    both.map(|((key, before), after)| (key, before, after))
        .filter(|(_, before, after)| whole(before, before_count) && whole(after, after_count))
        .collect()
}

/// Judges every key that has moved by who has gained it and who has lost it.
fn moves(
    make: &Make,
    change: &Change,
    counts: &mut Evidence,
    expected: &str,
    may: impl Fn(&[Member], &[Member]) -> bool,
) -> Verdict {
    let keys = before_and_after(make, change);
    let mut moved = Vec::new();
    let mut wrong = None;
    for (key, before, after) in &keys {
        counts.count(PLACED);
        let gained: Vec<_> = after.difference(before).copied().collect();
        let lost: Vec<_> = before.difference(after).copied().collect();
        if gained.is_empty() && lost.is_empty() {
            continue;
        }
        counts.count(MOVED);
        if !may(&gained, &lost) {
            moved.push(key);
            wrong = wrong.or(Some((key, before, after)));
        }
    }
    let Some((key, before, after)) = wrong else { return Ok(()) };
    let on = |members: &BTreeSet<Member>| told(&members.iter().copied().collect::<Vec<_>>());
    let many = plural(moved.len() as u64, "key");
    Err(Breach::new(
        format!("{many} of {} moved that should have stayed, {key} from {} to {}", keys.len(), on(before), on(after)),
        expected,
        format!("{key} was on {} before and is on {} after it", on(before), on(after)),
    ))
}

fn only_to_the_newcomer(make: &Make, change: &Change, counts: &mut Evidence) -> Verdict {
    let newcomer = change.member;
    let expected = format!("a key stays where it is, or {newcomer} takes the place of one member");
    let grows = change.fleet.0.len() < change.replicas;
    moves(make, change, counts, &expected, |gained, lost| {
        gained == [newcomer] && (lost.len() == 1 || grows && lost.is_empty())
    })
}

fn only_from_the_leaver(make: &Make, change: &Change, counts: &mut Evidence) -> Verdict {
    let leaver = change.member;
    let expected =
        format!("a key stays where it is unless it was on {leaver}, and then one other member takes that place");
    moves(make, change, counts, &expected, |gained, lost| lost == [leaver] && gained.len() <= 1)
}

fn only_to_or_from(make: &Make, change: &Change, counts: &mut Evidence) -> Verdict {
    let member = change.member;
    let What::Weighs { weight } = change.what else { return Ok(()) };
    let old = change.fleet.weight(member);
    let (grows, shrinks) = (weight > old, weight < old);
    let expected = match (grows, shrinks) {
        (true, _) => {
            format!("the weight of {member} grows from {old} to {weight}, so keys move to it and nowhere else")
        }
        (_, true) => format!(
            "the weight of {member} shrinks from {old} to {weight}, so keys move away from it and from nobody else"
        ),
        _ => format!("the weight of {member} stays {weight}, so no key moves"),
    };
    moves(make, change, counts, &expected, |gained, lost| grows && gained == [member] || shrinks && lost == [member])
}

fn are_apart(make: &Make, load: &Load, counts: &mut Evidence) -> Verdict {
    let placement = load.fleet.placement(*make);
    let count = replicas_of(load);
    for (key, places) in load.keys.names().zip(placement.replicas(load.keys, count)) {
        check_replicas(&places, &load.fleet, &key, count)?;
        if count.min(load.fleet.0.len()) > 1 {
            counts.count(SPREAD);
        }
    }
    Ok(())
}

/// As many replicas as there should be, on different members of the fleet.
fn check_replicas(places: &[Member], fleet: &Fleet, key: &str, count: usize) -> Verdict {
    let different: BTreeSet<_> = places.iter().copied().filter(|member| fleet.weight(*member) > 0).collect();
    let wanted = count.min(fleet.0.len());
    if places.len() == wanted && different.len() == wanted {
        return Ok(());
    }
    let replicas = plural(count as u64, "replica");
    Err(Breach::new(
        format!("of {key}, {replicas} were asked for, and it is on {}", told(places)),
        format!("{} of the fleet", plural(wanted as u64, "different member")),
        told(places),
    ))
}

fn begin_alike(make: &Make, load: &Load, counts: &mut Evidence) -> Verdict {
    let placement = load.fleet.placement(*make);
    let lists = placement.replicas(load.keys, load.fleet.0.len());
    let longest = lists.iter().map(Vec::len).max().unwrap_or(0);
    let fewer: Vec<_> = (1..longest.min(4)).map(|count| placement.replicas(load.keys, count)).collect();
    for ((nth, key), all) in load.keys.names().enumerate().zip(lists) {
        for (count, some) in (1..all.len()).zip(fewer.iter().map(|lists| &lists[nth])) {
            if some.len() == count && count > 1 {
                counts.count(SPREAD);
            }
            if some.len() == count && *some != all[..count] {
                return Err(Breach::new(
                    format!(
                        "{} of {key} are on {}, all of them on {}",
                        plural(count as u64, "replica"),
                        told(some),
                        told(&all)
                    ),
                    format!("{}, which is how the list of all begins", told(&all[..count])),
                    told(some),
                ));
            }
        }
    }
    Ok(())
}

fn few_are_enough(make: &Make, load: &Load, counts: &mut Evidence) -> Verdict {
    let placement = load.fleet.placement(*make);
    let count = replicas_of(load);
    for (key, places) in load.keys.names().zip(placement.replicas(load.keys, count)) {
        check_replicas(&places, &load.fleet, &key, count)?;
    }
    let assigned = placement.assign(load.keys, 0);
    counts.count_many(PLACED, assigned.len() as u64);
    let wanted = if load.fleet.0.is_empty() { 0 } else { load.keys.count as usize };
    if assigned.len() == wanted {
        return Ok(());
    }
    Err(Breach::new(
        format!(
            "{} were assigned to {}, and the answer has {}",
            plural(u64::from(load.keys.count), "key"),
            load.fleet,
            assigned.len()
        ),
        format!("{} in the answer", plural(wanted as u64, "member")),
        plural(assigned.len() as u64, "member"),
    ))
}
