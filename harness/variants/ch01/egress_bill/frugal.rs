//! Tries every choice of replicas and takes the cheapest by an estimate, asks for each partial only once however many
//! aggregates need it, and follows each region and its detours in a recursive future of its own, joined by hand.

use std::collections::{BTreeMap, BTreeSet};
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::Poll;
use std::time::Duration;

use async_trait::async_trait;
use ch01::egress_bill::{
    Aggregate, Catalog, PartitionId, Query, QueryError, QueryPlanner, Region, Regions, Row, Select, Subquery, Value,
};
use tokio::time::{Instant, timeout};

type Plan = BTreeMap<Region, Vec<PartitionId>>;

pub struct Planner {
    regions: Arc<dyn Regions>,
    catalog: Catalog,
}

/// A query under way.
struct Job<'a> {
    planner: &'a Planner,
    query: &'a Query,
    /// What regions are asked to compute: no part twice.
    parts: Vec<Aggregate>,
    select: Select,
    deadline: Instant,
    failed: Mutex<BTreeSet<Region>>,
}

type Work<'a, T> = Pin<Box<dyn Future<Output = Result<T, QueryError>> + Send + 'a>>;

impl Job<'_> {
    /// The partitions' rows, from wherever they can be had.
    fn fetch(&self, partitions: Vec<PartitionId>) -> Work<'_, Vec<Row>> {
        Box::pin(async move {
            let plan = self.plan(&partitions)?;
            let asks = plan.into_iter().map(|(region, partitions)| self.fetch_from(region, partitions)).collect();
            Ok(all(asks).await?.into_iter().flatten().collect())
        })
    }

    fn fetch_from(&self, region: Region, partitions: Vec<PartitionId>) -> Work<'_, Vec<Row>> {
        Box::pin(async move {
            let subquery = Subquery {
                partitions: partitions.clone(),
                filter: self.query.filter.clone(),
                select: self.select.clone(),
            };
            let patience = Duration::from_millis(self.planner.catalog.answers_within_ms[&region]);
            match timeout(patience, self.planner.regions.execute(region, subquery)).await {
                Ok(Ok(rows)) => Ok(rows),
                _ => {
                    self.failed.lock().unwrap().insert(region);
                    self.fetch(partitions).await
                }
            }
        })
    }

    fn plan(&self, partitions: &[PartitionId]) -> Result<Plan, QueryError> {
        let left = self.deadline - Instant::now();
        let mut plans = vec![Plan::new()];
        for id in partitions {
            let mut alive = self.planner.catalog.replicas[id].clone();
            alive.retain(|region| !self.failed.lock().unwrap().contains(region));
            if alive.is_empty() {
                return Err(QueryError::Unavailable(*id));
            }
            alive.retain(|region| Duration::from_millis(self.planner.catalog.answers_within_ms[region]) <= left);
            if alive.is_empty() {
                return Err(QueryError::TooLate(*id));
            }
            if alive.contains(&self.planner.catalog.home) {
                alive.retain(|region| *region == self.planner.catalog.home);
            }
            let more = |plan: &Plan| {
                let plan = plan.clone();
                let with = move |region: &Region| {
                    let mut plan = plan.clone();
                    plan.entry(*region).or_default().push(*id);
                    plan
                };
                alive.iter().map(with).collect::<Vec<_>>()
            };
            plans = plans.iter().flat_map(more).collect();
        }
        Ok(plans.into_iter().min_by_key(|plan| self.estimate(plan)).expect("no partitions make one empty plan"))
    }

    /// Rows add up; groups are taken to be the same everywhere, so that a reply costs the same for one partition or ten.
    fn estimate(&self, plan: &Plan) -> u64 {
        let home = self.planner.catalog.home;
        let cost = |(region, partitions): (&Region, &Vec<PartitionId>)| {
            let size = if matches!(self.query.select, Select::Rows(_)) { partitions.len() as u64 } else { 1 };
            size * self.planner.catalog.price(*region, home)
        };
        plan.iter().map(cost).sum()
    }

    fn merge(&self, rows: Vec<Row>) -> Vec<Row> {
        let Select::Groups { by, of } = &self.query.select else { return rows };
        let keys = usize::from(by.is_some());
        let mut groups: Vec<Row> = Vec::new();
        for row in rows {
            match groups.iter_mut().find(|group| group[..keys] == row[..keys]) {
                None => groups.push(row),
                Some(group) => {
                    for (place, part) in self.parts.iter().enumerate() {
                        group[keys + place] = combine(*part, group[keys + place], row[keys + place]);
                    }
                }
            }
        }
        if groups.is_empty() && keys == 0 {
            groups.push(self.parts.iter().map(|part| part_of_nothing(*part)).collect());
        }
        let finish = |group: Row| {
            let part = |part: Aggregate| group[keys + self.place(part)];
            let value = |of: &Aggregate| match *of {
                Aggregate::Average(column) => match (part(Aggregate::Sum(column)), part(Aggregate::Count)) {
                    (Value::Int(sum), Value::Int(count)) => Value::Float(sum as f64 / count as f64),
                    _ => Value::Null,
                },
                whole => part(whole),
            };
            group[..keys].iter().copied().chain(of.iter().map(value)).collect()
        };
        groups.into_iter().map(finish).collect()
    }

    fn place(&self, part: Aggregate) -> usize {
        self.parts.iter().position(|have| *have == part).expect("every part was asked for")
    }
}

fn part_of_nothing(part: Aggregate) -> Value {
    if part == Aggregate::Count { Value::Int(0) } else { Value::Null }
}

fn combine(part: Aggregate, one: Value, other: Value) -> Value {
    match (one, other) {
        (Value::Int(a), Value::Int(b)) => Value::Int(match part {
            Aggregate::Min(_) => a.min(b),
            Aggregate::Max(_) => a.max(b),
            _ => a + b,
        }),
        (Value::Null, value) | (value, _) => value,
    }
}

/// All of them at once; the first error ends it.
async fn all<T: Send>(mut works: Vec<Work<'_, T>>) -> Result<Vec<T>, QueryError> {
    let mut done = Vec::new();
    poll_fn(move |context| {
        let mut error = None;
        works.retain_mut(|work| match work.as_mut().poll(context) {
            Poll::Pending => true,
            Poll::Ready(Ok(value)) => {
                done.push(value);
                false
            }
            Poll::Ready(Err(refused)) => {
                error = Some(refused);
                false
            }
        });
        match error {
            Some(error) => Poll::Ready(Err(error)),
            None if works.is_empty() => Poll::Ready(Ok(std::mem::take(&mut done))),
            None => Poll::Pending,
        }
    })
    .await
}

#[async_trait]
impl QueryPlanner for Planner {
    fn new(regions: Arc<dyn Regions>, catalog: Catalog) -> Self {
        Planner { regions, catalog }
    }

    async fn run(&self, query: Query) -> Result<Vec<Row>, QueryError> {
        let mut parts = Vec::new();
        let select = match &query.select {
            Select::Rows(columns) => Select::Rows(columns.clone()),
            Select::Groups { by, of } => {
                for of in of {
                    let needed = match *of {
                        Aggregate::Average(column) => vec![Aggregate::Sum(column), Aggregate::Count],
                        whole => vec![whole],
                    };
                    for part in needed {
                        if !parts.contains(&part) {
                            parts.push(part);
                        }
                    }
                }
                Select::Groups { by: *by, of: parts.clone() }
            }
        };
        let deadline = Instant::now() + Duration::from_millis(query.deadline_ms);
        let job = Job { planner: self, query: &query, parts, select, deadline, failed: Mutex::default() };
        let rows = job.fetch(self.catalog.replicas.keys().copied().collect()).await?;
        Ok(job.merge(rows))
    }
}
