//! The contract of `egress_bill`.
//!
//! All times are milliseconds of tokio's clock, all prices are in picodollars: 20 p$ a byte are 2 cents a gigabyte.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

// ANCHOR: planner
/// Answers queries over a table whose partitions lie in several regions.
///
/// # What is promised
///
/// - **The answer is that of a single machine** that holds every partition once (see [`Select`] for what it would say).
///   Rows may come in any order. Averages may differ by one part in a billion.
/// - **A partition with a replica at home is read at home** and nowhere else, unless the home region fails.
/// - **Only results cross a border.** What another region sends for [`Select::Rows`] are rows that pass the filter, with as
///   many values as the query selects. What it sends for [`Select::Groups`] is one row a group, with the group's key and
///   one value for each aggregate, two for an average.
/// - **The bill** of a query is what all replies to its subqueries cost, also replies that nobody waited for. It is at
///   most twice that of the best choice of replicas, among those whose region answers within the query's deadline. In that
///   choice, each region that is used sends one reply. Where regions fail, the bill is at most four times that of the
///   best choice among the regions that don't. A failed region sends nothing and costs nothing.
/// - **Failed** is a region that returns an error, or has not answered [`Catalog::answers_within_ms`] after it was asked;
///   all others do answer within that time. As soon as a region has failed, and not only when all others have answered,
///   its partitions are asked for in another region that holds a replica, has not failed in this query and answers
///   within the time that is left.
/// - **No partial answers.** If nobody is left to ask for a partition, the query fails ([`QueryError`]).
/// - **The deadline holds**, to the millisecond, whatever happens: a query has its answer or its error no later
///   than [`Query::deadline_ms`] after it began. Regions that have nothing to wait for are asked at the same time.
#[async_trait]
pub trait QueryPlanner: Send + Sync + 'static {
    /// A planner in the region [`Catalog::home`]. The catalog does not change.
    fn new(regions: Arc<dyn Regions>, catalog: Catalog) -> Self
    where
        Self: Sized;

    /// Answers a query.
    ///
    /// # Errors
    ///
    /// See [`QueryError`].
    async fn run(&self, query: Query) -> Result<Vec<Row>, QueryError>;
}
// ANCHOR_END: planner

// ANCHOR: regions
/// The regions, as seen from home.
#[async_trait]
pub trait Regions: Send + Sync {
    /// Has a region compute a subquery over its replicas, and waits for the reply. May wait for ever.
    ///
    /// The region takes the partitions as if they were one table: groups that occur in several of them come back as one
    /// row. A partition that is named twice counts twice. The reply is `64 + 8 * rows * values in a row` bytes long, and
    /// each of them costs [`Catalog::price`] from that region to home. Giving up on a reply does not make it cheaper.
    ///
    /// # Errors
    ///
    /// See [`RegionError`].
    async fn execute(&self, region: Region, subquery: Subquery) -> Result<Vec<Row>, RegionError>;
}

/// What a region is asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subquery {
    /// Over which partitions.
    pub partitions: Vec<PartitionId>,
    /// Which rows of them.
    pub filter: Vec<Condition>,
    /// What of these rows.
    pub select: Select,
}

/// Why a region has not computed a subquery.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum RegionError {
    /// The region is down.
    Down,
    /// It has no replica of this partition.
    NotHere(PartitionId),
}
// ANCHOR_END: regions

// ANCHOR: query
/// A question about the table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Query {
    /// Which rows: those that meet every condition. No conditions, all rows.
    pub filter: Vec<Condition>,
    /// What of these rows.
    pub select: Select,
    /// How long the query may take, in milliseconds from its beginning.
    pub deadline_ms: u64,
}

/// What a query or a subquery wants of the rows that pass its filter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Select {
    /// These columns of every row, in this order.
    Rows(Vec<Column>),
    /// One row a group: the key, if there is one, and then the aggregates in this order.
    Groups {
        /// The column whose values make the groups. A group without rows does not appear. Without a column, all rows are
        /// one group, and that one appears even if there are no rows.
        by: Option<Column>,
        /// What to compute over each group.
        of: Vec<Aggregate>,
    },
}

/// One value over the rows of a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Aggregate {
    /// How many rows. Zero if there are none; all the others are [`Value::Null`] then.
    Count,
    /// [`Value::Int`].
    Sum(Column),
    /// [`Value::Int`].
    Min(Column),
    /// [`Value::Int`].
    Max(Column),
    /// [`Value::Float`]: `sum as f64 / count as f64`.
    Average(Column),
}

/// A condition on a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Condition {
    /// The column looked at.
    pub column: Column,
    /// How it compares with the value.
    pub is: Comparison,
    /// The value.
    pub value: i64,
}

/// How a column compares with a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Comparison {
    /// `column >= value`
    AtLeast,
    /// `column <= value`
    AtMost,
    /// `column == value`
    Equal,
}
// ANCHOR_END: query

/// The columns of the table, in its order. Each holds an `i64`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Column {
    /// The number of the order; no two rows share one.
    Order,
    /// Who ordered.
    Customer,
    /// From which country.
    Country,
    /// How many things.
    Items,
    /// For how much.
    Cents,
}

/// A row of an answer.
pub type Row = Vec<Value>;

/// A value in a row of an answer.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd, Serialize, Deserialize)]
pub enum Value {
    /// Nothing: the sum, least, greatest or average of no rows.
    Null,
    /// A column's value, a count or a sum; wide enough for the sum of any table.
    Int(i128),
    /// An average.
    Float(f64),
}

/// A part of the table's rows. Every row is in one partition; a partition has replicas in one or more regions, all alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct PartitionId(pub u32);

/// Where machines stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Region {
    /// In Europe.
    Frankfurt,
    /// In Australia.
    Sydney,
    /// In North America.
    Virginia,
}

impl Region {
    /// All of them.
    pub const ALL: [Region; 3] = [Region::Frankfurt, Region::Sydney, Region::Virginia];
}

impl fmt::Display for Region {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, out)
    }
}

// ANCHOR: catalog
/// What is known beforehand.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Catalog {
    /// The region in which queries are asked.
    pub home: Region,
    /// The partitions of the table and the regions that hold a replica of each.
    pub replicas: BTreeMap<PartitionId, BTreeSet<Region>>,
    /// Asked from home, a region that has not failed answers sooner than this, in milliseconds.
    pub answers_within_ms: BTreeMap<Region, u64>,
    /// What transport costs, for every pair of different regions.
    pub prices: Vec<Price>,
}

/// What a byte costs on its way from one region to another. The way back may have another price.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Price {
    /// Where the byte comes from.
    pub from: Region,
    /// Where it goes.
    pub to: Region,
    /// Picodollars a byte.
    pub picodollars: u64,
}

impl Catalog {
    /// What a byte costs on its way, in picodollars. Nothing within a region.
    pub fn price(&self, from: Region, to: Region) -> u64 {
        let price = self.prices.iter().find(|price| (price.from, price.to) == (from, to));
        if from == to { 0 } else { price.expect("the catalog has every pair of regions").picodollars }
    }
}
// ANCHOR_END: catalog

/// Why a query has no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum QueryError {
    /// Every region with a replica of this partition has failed. If there are several such partitions, any of them.
    Unavailable(PartitionId),
    /// There are regions with a replica of this partition that have not failed, but none of them answers within the time
    /// that is left.
    TooLate(PartitionId),
}
