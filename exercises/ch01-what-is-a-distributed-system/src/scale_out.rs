//! Why we build distributed systems.
//!
//! Contract: `ch01::scale_out`. Lesson: `cargo xtask lesson scale_out`.

use std::sync::Arc;

use async_trait::async_trait;
use ch01::scale_out::{Cluster, Coordinator, JobError, Policy, Source, Tally};

/// Gives out the tasks of a job, and gathers what comes back.
pub struct Scatter {
    // What does a coordinator have to know before it can begin?
}

#[async_trait]
impl Coordinator for Scatter {
    fn new(source: Arc<dyn Source>, cluster: Arc<dyn Cluster>, policy: Policy) -> Self {
        let _ = (source, cluster, policy);
        todo!("keep what the job will need")
    }

    async fn run(&self) -> Result<Tally, JobError> {
        todo!("give every idle worker a task; add up what comes back, each task once")
    }
}
