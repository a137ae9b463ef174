//! Transport cost is zero.
//!
//! Contract: `ch01::egress_bill`. Lesson: `cargo xtask lesson egress_bill`.

// learner: begin
use std::collections::{BTreeMap, BTreeSet};
// learner: end
use std::sync::Arc;
// learner: begin
use std::time::Duration;
// learner: end

use async_trait::async_trait;
use ch01::egress_bill::{Catalog, Query, QueryError, QueryPlanner, Regions, Row};
// learner: begin
use ch01::egress_bill::{Aggregate, PartitionId, Region, Select, Subquery, Value};
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout};
// learner: end

/// Asks where it is cheap, and moves answers instead of data.
pub struct Planner {
    // learner: begin
    // learner: | // What does every query need?
    regions: Arc<dyn Regions>,
    catalog: Catalog,
    // learner: end
}

#[async_trait]
impl QueryPlanner for Planner {
    fn new(regions: Arc<dyn Regions>, catalog: Catalog) -> Self {
        // learner: begin
        // learner: | let _ = (regions, catalog);
        // learner: | todo!("keep what your queries will need")
        Planner { regions, catalog }
        // learner: end
    }

    async fn run(&self, query: Query) -> Result<Vec<Row>, QueryError> {
        // learner: begin
        // learner: | let _ = query;
        // learner: | todo!("choose a region for each partition, ask them all at once, merge what comes back")
        let deadline = Instant::now() + Duration::from_millis(query.deadline_ms);
        let mut asked = JoinSet::new();
        let mut failed = BTreeSet::new();
        let mut rows = Vec::new();
        let all = self.catalog.replicas.keys().copied();
        self.ask(&mut asked, &query, deadline, all, &failed)?;
        while let Some(reply) = asked.join_next().await {
            let Reply { region, partitions, rows: came } = reply.expect("asking a region does not panic");
            match came {
                Some(came) => rows.extend(came),
                None => {
                    failed.insert(region);
                    self.ask(&mut asked, &query, deadline, partitions, &failed)?;
                }
            }
        }
        Ok(match &query.select {
            Select::Rows(_) => rows,
            Select::Groups { by, of } => merge(rows, by.is_some(), of),
        })
        // learner: end
    }
}

// learner: begin
/// What came of asking a region; no rows at all if it failed.
struct Reply {
    region: Region,
    partitions: Vec<PartitionId>,
    rows: Option<Vec<Row>>,
}

impl Planner {
    /// Asks for these partitions: each region once, all at the same time. Dropping `asked` gives up on them.
    fn ask(
        &self,
        asked: &mut JoinSet<Reply>,
        query: &Query,
        deadline: Instant,
        partitions: impl IntoIterator<Item = PartitionId>,
        failed: &BTreeSet<Region>,
    ) -> Result<(), QueryError> {
        let mut plan: BTreeMap<Region, Vec<PartitionId>> = BTreeMap::new();
        for partition in partitions {
            plan.entry(self.cheapest(partition, deadline, failed)?).or_default().push(partition);
        }
        for (region, partitions) in plan {
            let filter = query.filter.clone();
            let subquery = Subquery { partitions: partitions.clone(), filter, select: pushed_down(&query.select) };
            let regions = self.regions.clone();
            let patience = self.answers_within(region);
            asked.spawn(async move {
                let came = timeout(patience, regions.execute(region, subquery)).await;
                Reply { region, partitions, rows: came.ok().and_then(Result::ok) }
            });
        }
        Ok(())
    }

    /// Where to read a partition: at the lowest price, of those that can still answer in time. Home costs nothing.
    fn cheapest(
        &self,
        partition: PartitionId,
        deadline: Instant,
        failed: &BTreeSet<Region>,
    ) -> Result<Region, QueryError> {
        let left = deadline - Instant::now();
        let alive: Vec<Region> = self.catalog.replicas[&partition].difference(failed).copied().collect();
        if alive.is_empty() {
            return Err(QueryError::Unavailable(partition));
        }
        alive
            .into_iter()
            .filter(|region| self.answers_within(*region) <= left)
            .min_by_key(|region| self.catalog.price(*region, self.catalog.home))
            .ok_or(QueryError::TooLate(partition))
    }

    fn answers_within(&self, region: Region) -> Duration {
        Duration::from_millis(self.catalog.answers_within_ms[&region])
    }
}

/// What a region computes of it. Averages of parts can't be merged; their sums and counts can.
fn pushed_down(select: &Select) -> Select {
    match select {
        Select::Rows(columns) => Select::Rows(columns.clone()),
        Select::Groups { by, of } => Select::Groups { by: *by, of: of.iter().flat_map(|of| parts(*of)).collect() },
    }
}

/// What an aggregate is put together from.
fn parts(of: Aggregate) -> Vec<Aggregate> {
    match of {
        Aggregate::Average(column) => vec![Aggregate::Sum(column), Aggregate::Count],
        whole => vec![whole],
    }
}

/// Puts the groups of several regions together: rows of what was [`pushed_down`] become rows of the query.
fn merge(rows: Vec<Row>, keyed: bool, of: &[Aggregate]) -> Vec<Row> {
    let parts: Vec<Aggregate> = of.iter().flat_map(|of| parts(*of)).collect();
    let nothing = || parts.iter().map(|part| (*part == Aggregate::Count).then_some(0)).collect();
    let mut groups: BTreeMap<Option<i128>, Vec<Option<i128>>> = BTreeMap::new();
    if !keyed {
        groups.insert(None, nothing());
    }
    for row in rows {
        let mut values = row.into_iter().map(int);
        let key = if keyed { values.next().flatten() } else { None };
        let group = groups.entry(key).or_insert_with(nothing);
        for ((part, so_far), value) in parts.iter().zip(group).zip(values) {
            *so_far = combine(*part, *so_far, value);
        }
    }
    let finish = |(key, group): (Option<i128>, Vec<Option<i128>>)| {
        let mut group = group.into_iter();
        let aggregates: Vec<Value> = of.iter().map(|of| finished(*of, &mut group)).collect();
        key.map(Value::Int).into_iter().chain(aggregates).collect()
    };
    groups.into_iter().map(finish).collect()
}

fn int(value: Value) -> Option<i128> {
    match value {
        Value::Int(value) => Some(value),
        Value::Null | Value::Float(_) => None,
    }
}

/// A region without matching rows has no least value, which is not the same as a least value of zero.
fn combine(part: Aggregate, one: Option<i128>, other: Option<i128>) -> Option<i128> {
    let (Some(a), Some(b)) = (one, other) else { return one.or(other) };
    Some(match part {
        Aggregate::Min(_) => a.min(b),
        Aggregate::Max(_) => a.max(b),
        Aggregate::Count | Aggregate::Sum(_) | Aggregate::Average(_) => a + b,
    })
}

/// Makes the value of one aggregate, of the next of the group's parts.
fn finished(of: Aggregate, group: &mut impl Iterator<Item = Option<i128>>) -> Value {
    let mut next = || group.next().flatten();
    match of {
        Aggregate::Average(_) => match (next(), next()) {
            (Some(sum), Some(count)) => Value::Float(sum as f64 / count as f64),
            _ => Value::Null,
        },
        _ => next().map_or(Value::Null, Value::Int),
    }
}
// learner: end
