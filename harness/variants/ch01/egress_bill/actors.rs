//! A task for each region, told over channels what to ask; the coordinator keeps a ranked list of regions for each
//! partition and hands a partition to the next of its list when a region has failed.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use ch01::egress_bill::{
    Aggregate, Catalog, PartitionId, Query, QueryError, QueryPlanner, Region, Regions, Row, Select, Subquery, Value,
};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};

/// What a region's task says: who, what it was asked for, and the rows unless it has failed.
type Report = (Region, Vec<PartitionId>, Option<Vec<Row>>);

pub struct Planner {
    regions: Arc<dyn Regions>,
    catalog: Catalog,
}

struct Coordinator<'a> {
    planner: &'a Planner,
    query: &'a Query,
    select: Select,
    deadline: Instant,
    /// Regions not tried yet, the cheapest last.
    ranked: BTreeMap<PartitionId, Vec<Region>>,
    reports: mpsc::UnboundedSender<Report>,
    awaited: usize,
}

impl Coordinator<'_> {
    fn dispatch(&mut self, partitions: Vec<PartitionId>) -> Result<(), QueryError> {
        let mut batches: BTreeMap<Region, Vec<PartitionId>> = BTreeMap::new();
        for id in partitions {
            batches.entry(self.next(id)?).or_default().push(id);
        }
        for (region, partitions) in batches {
            let subquery = Subquery {
                partitions: partitions.clone(),
                filter: self.query.filter.clone(),
                select: self.select.clone(),
            };
            let gives_up = Instant::now() + self.planner.within(region);
            let (regions, reports) = (self.planner.regions.clone(), self.reports.clone());
            self.awaited += 1;
            tokio::spawn(async move {
                let rows = tokio::select! {
                    result = regions.execute(region, subquery) => result.ok(),
                    () = sleep_until(gives_up) => None,
                };
                // The query may be over.
                let _ = reports.send((region, partitions, rows));
            });
        }
        Ok(())
    }

    fn next(&mut self, id: PartitionId) -> Result<Region, QueryError> {
        let left = self.deadline - Instant::now();
        let ranked = self.ranked.get_mut(&id).expect("every partition has its list");
        let mut error = QueryError::Unavailable(id);
        while let Some(region) = ranked.pop() {
            if self.planner.within(region) <= left {
                return Ok(region);
            }
            error = QueryError::TooLate(id);
        }
        Err(error)
    }

    fn strike(&mut self, region: Region) {
        for ranked in self.ranked.values_mut() {
            ranked.retain(|other| *other != region);
        }
    }
}

impl Planner {
    fn within(&self, region: Region) -> Duration {
        Duration::from_millis(self.catalog.answers_within_ms[&region])
    }
}

/// What is known of an aggregate so far.
#[derive(Clone, Copy, Default)]
struct Tally {
    count: i128,
    sum: i128,
    least: Option<i128>,
    greatest: Option<i128>,
}

impl Tally {
    /// Takes the values that a region sent for this aggregate.
    fn add(&mut self, of: Aggregate, values: &mut impl Iterator<Item = Value>) {
        let mut next = || if let Some(Value::Int(value)) = values.next() { Some(value) } else { None };
        match of {
            Aggregate::Count => self.count += next().unwrap_or(0),
            Aggregate::Average(_) => {
                self.sum += next().unwrap_or(0);
                self.count += next().unwrap_or(0);
            }
            Aggregate::Sum(_) => {
                let value = next();
                self.sum += value.unwrap_or(0);
                self.count += i128::from(value.is_some());
            }
            Aggregate::Min(_) => self.least = self.least.into_iter().chain(next()).min(),
            Aggregate::Max(_) => self.greatest = self.greatest.into_iter().chain(next()).max(),
        }
    }

    fn value(&self, of: Aggregate) -> Value {
        let int = |value: Option<i128>| value.map_or(Value::Null, Value::Int);
        match of {
            Aggregate::Count => Value::Int(self.count),
            Aggregate::Sum(_) => int((self.count > 0).then_some(self.sum)),
            Aggregate::Min(_) => int(self.least),
            Aggregate::Max(_) => int(self.greatest),
            Aggregate::Average(_) if self.count == 0 => Value::Null,
            Aggregate::Average(_) => Value::Float(self.sum as f64 / self.count as f64),
        }
    }
}

#[async_trait]
impl QueryPlanner for Planner {
    fn new(regions: Arc<dyn Regions>, catalog: Catalog) -> Self {
        Planner { regions, catalog }
    }

    async fn run(&self, query: Query) -> Result<Vec<Row>, QueryError> {
        let select = match &query.select {
            Select::Rows(columns) => Select::Rows(columns.clone()),
            Select::Groups { by, of } => {
                let mut parts = Vec::new();
                for of in of {
                    match *of {
                        Aggregate::Average(column) => parts.extend([Aggregate::Sum(column), Aggregate::Count]),
                        whole => parts.push(whole),
                    }
                }
                Select::Groups { by: *by, of: parts }
            }
        };
        let rank = |(id, held): (&PartitionId, &std::collections::BTreeSet<Region>)| {
            let mut ranked: Vec<Region> = held.iter().copied().collect();
            ranked.sort_by_key(|region| std::cmp::Reverse(self.catalog.price(*region, self.catalog.home)));
            (*id, ranked)
        };
        let (reports, mut reported) = mpsc::unbounded_channel();
        let mut coordinator = Coordinator {
            planner: self,
            query: &query,
            select,
            deadline: Instant::now() + Duration::from_millis(query.deadline_ms),
            ranked: self.catalog.replicas.iter().map(rank).collect(),
            reports,
            awaited: 0,
        };
        coordinator.dispatch(self.catalog.replicas.keys().copied().collect())?;
        let mut rows = Vec::new();
        while coordinator.awaited > 0 {
            let (region, partitions, came) = reported.recv().await.expect("the coordinator holds a sender itself");
            coordinator.awaited -= 1;
            match came {
                Some(came) => rows.extend(came),
                None => {
                    coordinator.strike(region);
                    coordinator.dispatch(partitions)?;
                }
            }
        }
        let Select::Groups { by, of } = &query.select else { return Ok(rows) };
        let mut groups: BTreeMap<Option<i128>, Vec<Tally>> = BTreeMap::new();
        let none = vec![Tally::default(); of.len()];
        if by.is_none() {
            groups.insert(None, none.clone());
        }
        for row in rows {
            let mut values = row.into_iter();
            let key = by.and_then(|_| if let Some(Value::Int(key)) = values.next() { Some(key) } else { None });
            let tallies = groups.entry(key).or_insert_with(|| none.clone());
            tallies.iter_mut().zip(of).for_each(|(tally, of)| tally.add(*of, &mut values));
        }
        let row = |(key, tallies): (Option<i128>, Vec<Tally>)| {
            let values = tallies.iter().zip(of).map(|(tally, of)| tally.value(*of));
            key.map(Value::Int).into_iter().chain(values).collect()
        };
        Ok(groups.into_iter().map(row).collect())
    }
}
