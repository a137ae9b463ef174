//! The coordinator in another process, and the source and the workers here.

use std::sync::Arc;

use async_trait::async_trait;
use harness::apart::{self, Desk, Made, Object, Tap, running};
use harness::serve::{Service, order};
use serde::{Deserialize, Serialize};

use super::contract::*;

/// A call of what the coordinator is given.
#[derive(Serialize, Deserialize)]
enum Ask {
    Next,
    Execute(WorkerId, Task),
}

/// The judge's end.
pub struct StandIn(Object);

#[async_trait]
impl Coordinator for StandIn {
    fn new(source: Arc<dyn Source>, cluster: Arc<dyn Cluster>, policy: Policy) -> Self {
        let answers = move |ask: Ask| {
            let (source, cluster) = (source.clone(), cluster.clone());
            match ask {
                Ask::Next => running(async move { source.next().await }),
                Ask::Execute(worker, task) => running(async move { cluster.execute(worker, task).await }),
            }
        };
        let (coordinator, ()) = apart::make(&policy, answers);
        StandIn(coordinator)
    }

    async fn run(&self) -> Result<Tally, JobError> {
        self.0.call(&()).await
    }
}

/// The worker's end.
pub fn serve<C: Coordinator>() -> Box<dyn Service> {
    apart::serve(|from, desk| {
        let coordinator = Arc::new(C::new(Arc::new(Tasks(desk.tap())), Arc::new(Workers(desk)), order(from)));
        Made::object(move |()| {
            let coordinator = coordinator.clone();
            running(async move { coordinator.run().await })
        })
    })
}

struct Tasks(Tap);

#[async_trait]
impl Source for Tasks {
    async fn next(&self) -> Option<Task> {
        self.0.ask(&Ask::Next).await
    }
}

struct Workers(Desk);

#[async_trait]
impl Cluster for Workers {
    async fn execute(&self, worker: WorkerId, task: Task) -> Result<Tally, WorkerError> {
        self.0.ask(&Ask::Execute(worker, task)).await
    }
}
