//! The least that a query can cost, by trying every choice of replicas.
//!
//! With three regions and a handful of partitions these are at most a few thousand choices. What a reply costs depends
//! only on which partitions it covers, so that is computed once for each set of them.

use std::collections::BTreeSet;

use super::contract::*;
use super::table;
use super::world::Seen;

/// A choice of replicas: for each partition the region that is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Best {
    /// What it costs.
    pub picodollars: u64,
    /// Which region is asked for what; regions that are not asked are left out.
    pub placement: Vec<(Region, Vec<PartitionId>)>,
}

/// The best choice of replicas for the query, among regions for which `usable` says yes. `None` if a partition has no
/// replica in such a region.
pub fn best(seen: &Seen, query: &Query, usable: impl Fn(Region) -> bool) -> Option<Best> {
    let partitions: Vec<(PartitionId, Vec<Region>)> = seen
        .catalog
        .replicas
        .iter()
        .map(|(id, held)| (*id, held.iter().copied().filter(|region| usable(*region)).collect()))
        .collect();
    let bytes = bytes_of_sets(seen, query, &partitions.iter().map(|(id, _)| *id).collect::<Vec<_>>());
    let mut choice = vec![0; partitions.len()];
    let mut best: Option<(u64, [usize; 3])> = None;
    if partitions.iter().any(|(_, held)| held.is_empty()) {
        return None;
    }
    loop {
        let mut sets = [0usize; 3];
        for (place, (_, held)) in partitions.iter().enumerate() {
            sets[held[choice[place]] as usize] |= 1 << place;
        }
        let price = |region: Region| seen.catalog.price(region, seen.catalog.home);
        let cost = Region::ALL.iter().map(|region| bytes[sets[*region as usize]] * price(*region)).sum();
        if best.is_none_or(|(least, _)| cost < least) {
            best = Some((cost, sets));
        }
        // Counts up, with the number of replicas of each partition as its base.
        let Some(next) = (0..choice.len()).find(|place| choice[*place] + 1 < partitions[*place].1.len()) else { break };
        choice[next] += 1;
        choice[..next].fill(0);
    }
    let (picodollars, sets) = best?;
    let named = |set: usize| {
        partitions.iter().enumerate().filter(move |(place, _)| set & 1 << place != 0).map(|(_, (id, _))| *id).collect()
    };
    let placement = Region::ALL.iter().map(|region| (*region, sets[*region as usize]));
    let placement = placement.filter(|(_, set)| *set != 0).map(|(region, set)| (region, named(set))).collect();
    Some(Best { picodollars, placement })
}

/// The length of the one reply for each set of partitions; nothing for the empty set, for then nobody is asked.
fn bytes_of_sets(seen: &Seen, query: &Query, partitions: &[PartitionId]) -> Vec<u64> {
    assert!(partitions.len() <= 8, "every choice is tried, so there must not be many");
    let values = table::values_needed(&query.select);
    let keyed = |select: &Select| matches!(select, Select::Groups { by: Some(_), .. });
    let answers: Vec<Vec<Row>> =
        partitions.iter().map(|id| table::answer(&seen.table[id], &query.filter, &query.select)).collect();
    let rows_of = |set: usize| {
        let members = || answers.iter().enumerate().filter(|(place, _)| set & 1 << place != 0);
        match &query.select {
            Select::Rows(_) => members().map(|(_, rows)| rows.len() as u64).sum(),
            select if keyed(select) => {
                let key = |row: &Row| if let Value::Int(key) = row[0] { key } else { unreachable!("keys are whole") };
                members().flat_map(|(_, rows)| rows.iter().map(key)).collect::<BTreeSet<_>>().len() as u64
            }
            Select::Groups { .. } => 1,
        }
    };
    let bytes = |set| if set == 0 { 0 } else { table::reply_bytes(rows_of(set), values) };
    (0..1 << partitions.len()).map(bytes).collect()
}
