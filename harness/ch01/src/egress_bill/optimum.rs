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

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    use Region::{Frankfurt, Sydney, Virginia};

    /// Frankfurt asks; a byte costs 10 p$ from Sydney and 9 p$ from Virginia. Each partition has one order of each of
    /// these countries.
    fn seen(partitions: &[(&[Region], &[i64])]) -> Seen {
        let price = |(from, to, picodollars)| Price { from, to, picodollars };
        let prices =
            [(Sydney, Frankfurt, 10), (Virginia, Frankfurt, 9), (Frankfurt, Sydney, 1), (Frankfurt, Virginia, 1)];
        let ids = || (1..).map(PartitionId).zip(partitions);
        let row = |(nth, country): (usize, &i64)| [nth as i64, 1, *country, 1, 100];
        Seen {
            catalog: Catalog {
                home: Frankfurt,
                replicas: ids().map(|(id, (held, _))| (id, held.iter().copied().collect())).collect(),
                answers_within_ms: BTreeMap::from(Region::ALL.map(|region| (region, 10))),
                prices: prices.map(price).to_vec(),
            },
            table: ids().map(|(id, (_, of))| (id, of.iter().enumerate().map(row).collect())).collect(),
            dead: BTreeSet::new(),
            query: None,
            subqueries: Vec::new(),
        }
    }

    fn by_country() -> Query {
        let select = Select::Groups { by: Some(Column::Country), of: vec![Aggregate::Count] };
        Query { filter: Vec::new(), select, deadline_ms: 1_000 }
    }

    #[test]
    fn a_dearer_region_that_must_be_asked_anyway_takes_what_shares_its_groups() {
        let seen = seen(&[(&[Sydney], &[33, 49]), (&[Sydney, Virginia], &[33, 49])]);
        let best = best(&seen, &by_country(), |_| true).expect("every partition has a replica");
        assert_eq!(best.placement, [(Sydney, vec![PartitionId(1), PartitionId(2)])]);
        assert_eq!(best.picodollars, 10 * (64 + 2 * 2 * 8));
    }

    #[test]
    fn groups_that_are_not_shared_come_from_where_each_is_cheapest() {
        let many: Vec<i64> = (100..140).collect();
        let seen = seen(&[(&[Sydney], &[33]), (&[Sydney, Virginia], &many)]);
        let best = best(&seen, &by_country(), |_| true).expect("every partition has a replica");
        assert_eq!(best.placement, [(Sydney, vec![PartitionId(1)]), (Virginia, vec![PartitionId(2)])]);
        assert_eq!(best.picodollars, 10 * (64 + 2 * 8) + 9 * (64 + 40 * 2 * 8));
    }

    #[test]
    fn home_costs_nothing_and_a_region_that_is_not_usable_is_not_used() {
        let seen = seen(&[(&[Frankfurt, Virginia], &[33])]);
        let cost = |usable: &[Region]| best(&seen, &by_country(), |region| usable.contains(&region));
        assert_eq!(cost(&Region::ALL).map(|best| best.picodollars), Some(0));
        assert_eq!(cost(&[Sydney, Virginia]).map(|best| best.picodollars), Some(9 * (64 + 2 * 8)));
        assert_eq!(cost(&[Sydney]), None);
    }
}
