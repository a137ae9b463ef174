//! The planner in another process, and its regions here.

use std::sync::Arc;

use async_trait::async_trait;
use harness::apart::{self, Desk, Made, Object, running};
use harness::serve::{Service, order};

use super::contract::*;

/// The judge's end.
pub struct StandIn(Object);

#[async_trait]
impl QueryPlanner for StandIn {
    fn new(regions: Arc<dyn Regions>, catalog: Catalog) -> Self {
        let answers = move |(region, subquery): (Region, Subquery)| {
            let regions = regions.clone();
            running(async move { regions.execute(region, subquery).await })
        };
        let (planner, ()) = apart::make(&catalog, answers);
        StandIn(planner)
    }

    async fn run(&self, query: Query) -> Result<Vec<Row>, QueryError> {
        self.0.call(&query).await
    }
}

/// The worker's end.
pub fn serve<P: QueryPlanner>() -> Box<dyn Service> {
    apart::serve(|from, desk| {
        let planner = Arc::new(P::new(Arc::new(Abroad(desk)), order(from)));
        Made::object(move |query: Query| {
            let planner = planner.clone();
            running(async move { planner.run(query).await })
        })
    })
}

struct Abroad(Desk);

#[async_trait]
impl Regions for Abroad {
    async fn execute(&self, region: Region, subquery: Subquery) -> Result<Vec<Row>, RegionError> {
        self.0.ask(&(region, subquery)).await
    }
}
