//! Compiles, and does nothing.

use std::sync::Arc;

use async_trait::async_trait;
use ch01::egress_bill::{Catalog, Query, QueryError, QueryPlanner, Regions, Row};

pub struct Planner;

#[async_trait]
impl QueryPlanner for Planner {
    fn new(_: Arc<dyn Regions>, _: Catalog) -> Self {
        Planner
    }

    async fn run(&self, _: Query) -> Result<Vec<Row>, QueryError> {
        Ok(Vec::new())
    }
}
