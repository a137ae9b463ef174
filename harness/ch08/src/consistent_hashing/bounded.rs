//! What is promised of keys that are assigned with a bound on the load.

use std::collections::BTreeMap;

use explore::{Breach, Evidence};

use super::Make;
use super::contract::*;
use super::fleets::{Extra, Load};
use super::instance::Instance;
use super::promises::{Verdict, told};

pub const FULL: &str = "a member is full";
pub const ELSEWHERE: &str = "a key is assigned to another member than its owner";

/// An assignment, looked at.
struct Assigned {
    members: Vec<Member>,
    loads: BTreeMap<Member, usize>,
}

fn slack_percent(load: &Load) -> u32 {
    match load.extra {
        Extra::SlackPercent(percent) => percent,
        Extra::None | Extra::Replicas(_) => 0,
    }
}

fn most(load: &Load, member: Member) -> usize {
    let keys = load.keys.count as usize;
    bound(keys, load.fleet.weight(member), load.fleet.total_weight(), slack_percent(load))
}

fn assign(placement: &dyn Instance, load: &Load) -> Assigned {
    let members = placement.assign(load.keys, slack_percent(load));
    let mut loads = BTreeMap::new();
    members.iter().for_each(|member| *loads.entry(*member).or_default() += 1);
    Assigned { members, loads }
}

/// Nobody has more than its bound, and every key has a member.
pub fn is_kept(make: &Make, load: &Load, counts: &mut Evidence) -> Verdict {
    let placement = load.fleet.placement(*make);
    let assigned = assign(&*placement, load);
    let (keys, members) = (load.keys.count as usize, assigned.members.len());
    if members != keys {
        return Err(Breach::new(
            format!("{keys} keys were assigned to {members} members"),
            "one member for each key",
            format!("{members} members for {keys} keys"),
        ));
    }
    for (member, keys) in &assigned.loads {
        let most = most(load, *member);
        if *keys >= most {
            counts.count(FULL);
        }
        if *keys > most {
            let all =
                assigned.loads.iter().map(|(member, keys)| format!("{member} {keys} of {}", self::most(load, *member)));
            return Err(Breach::new(
                format!("{member} was assigned {keys} keys, {} more than it may have", keys - most),
                format!("at most {most}: its due and {} % more, rounded up", slack_percent(load)),
                format!("assigned and allowed: {}", all.collect::<Vec<_>>().join(", ")),
            ));
        }
    }
    Ok(())
}

/// Whoever comes before its member in the list of a key is full.
pub fn is_least(make: &Make, load: &Load, counts: &mut Evidence) -> Verdict {
    let placement = load.fleet.placement(*make);
    let assigned = assign(&*placement, load);
    let lists = placement.replicas(load.keys, load.fleet.0.len());
    for ((key, list), member) in load.keys.names().zip(lists).zip(&assigned.members) {
        let passed = list.iter().take_while(|other| *other != member);
        if list.first().is_some_and(|owner| owner != member) {
            counts.count(ELSEWHERE);
        }
        for other in passed {
            let (keys, most) = (assigned.loads.get(other).copied().unwrap_or_default(), most(load, *other));
            if keys < most {
                return Err(Breach::new(
                    format!("{key} was assigned to {member}, although {other} comes before it and has room"),
                    format!("{key} on {other}: its list is {}, and only who is full is passed by", told(&list)),
                    format!("{key} on {member}; {other} has {keys} keys and may have {most}"),
                ));
            }
        }
    }
    Ok(())
}
