//! **Transport cost is zero.** Answer queries over a table whose partitions lie in three regions: right, in time, and for
//! little money.
//!
//! - [`contract`]: what you implement ([`QueryPlanner`]) and what you are given ([`Regions`], [`Catalog`]).
//! - `table`: the table, and what a single machine would answer.
//! - `world`: schedules, and what is seen when they are played.
//! - `cloud`: the regions, with their faults and what their replies cost.
//! - `optimum`: the least that a query can cost.
//! - `schedules`: which schedules put each promise to the test.
//! - `promises`: what is checked.
//! - `apart`: the planner in another process.

mod apart;
mod cloud;
pub mod contract;
mod optimum;
mod promises;
mod schedules;
mod table;
mod world;

use std::sync::Arc;

use harness::exercise::Exercise;
use harness::serve::Service;

pub use contract::{
    Aggregate, Catalog, Column, Comparison, Condition, PartitionId, Price, Query, QueryError, QueryPlanner, Region,
    RegionError, Regions, Row, Select, Subquery, Value,
};

/// The exercise, with `P` as the planner.
pub fn exercise<P: QueryPlanner>() -> Exercise {
    let make: world::Make = |regions, catalog| Arc::new(P::new(regions, catalog));
    Exercise::in_world("ch01", "egress_bill", world::Cloud { make }, promises::all())
}

/// The exercise, with the planner in a process of its own.
pub fn remote() -> Exercise {
    exercise::<apart::StandIn>()
}

/// What such a process serves, with `P` as the planner.
pub fn serve<P: QueryPlanner>() -> Box<dyn Service> {
    apart::serve::<P>()
}
