//! The regions, with their faults and what their replies cost.
//!
//! A region that was asked computes and sends, whether anybody still waits or not: what has been sent is paid for.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use harness::stage::{Stage, sleep, sleep_unheard};
use rand::RngExt;
use sim::{Choice, Lane, MessageId, Tone};
use tokio::sync::oneshot;

use super::contract::*;
use super::table::{self, Stored, Words};
use super::world::{ReplySeen, SubquerySeen, evidence};

/// All machines in all regions.
#[derive(Clone)]
pub struct Machines {
    shared: Arc<Shared>,
}

struct Shared {
    stage: Stage,
    choice: Choice,
    catalog: Catalog,
    table: BTreeMap<PartitionId, Vec<Stored>>,
    /// Which regions are down, and whether they say nothing at all.
    dead: BTreeMap<Region, bool>,
    books: Mutex<Vec<SubquerySeen>>,
}

struct Arrived {
    message: Option<MessageId>,
    result: Result<Vec<Row>, RegionError>,
}

impl Machines {
    /// Machines that hold what the catalog says.
    pub fn new(
        stage: Stage,
        choice: Choice,
        catalog: Catalog,
        table: BTreeMap<PartitionId, Vec<Stored>>,
        dead: BTreeMap<Region, bool>,
    ) -> Self {
        Machines { shared: Arc::new(Shared { stage, choice, catalog, table, dead, books: Mutex::default() }) }
    }

    /// Every subquery.
    pub fn books(&self) -> Vec<SubquerySeen> {
        std::mem::take(&mut *self.shared.books())
    }
}

impl Shared {
    fn books(&self) -> MutexGuard<'_, Vec<SubquerySeen>> {
        self.books.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn compute(&self, region: Region, subquery: &Subquery) -> Result<Vec<Row>, RegionError> {
        let here = |id: &&PartitionId| self.catalog.replicas.get(id).is_some_and(|held| held.contains(&region));
        if let Some(stranger) = subquery.partitions.iter().find(|id| !here(id)) {
            return Err(RegionError::NotHere(*stranger));
        }
        let rows = subquery.partitions.iter().flat_map(|id| &self.table[id]);
        Ok(table::answer(rows, &subquery.filter, &subquery.select))
    }

    /// How long the region takes, there and back; always less than the catalog says.
    fn takes_ms(&self, region: Region, nth: usize) -> (u64, u64) {
        let within_ms = self.catalog.answers_within_ms[&region];
        let mut drawn = self.choice.part("takes", nth as u64).stream("ms");
        let takes_ms = drawn.random_range(within_ms * 4 / 5..within_ms);
        (takes_ms / 2, takes_ms - takes_ms / 2)
    }

    /// Takes a subquery to its region and the reply back.
    async fn carry(self: Arc<Self>, flight: Flight, to: oneshot::Sender<Arrived>) {
        let Flight { nth, lane, message, region, subquery } = flight;
        let stage = &self.stage;
        let (there_ms, back_ms) = self.takes_ms(region, nth);
        if self.dead.get(&region) == Some(&true) {
            stage.lost(lane, message, "no answer");
            stage.count(evidence::SILENT);
            let within_ms = self.catalog.answers_within_ms[&region];
            sleep(Duration::from_millis(within_ms)).await;
            self.books()[nth].failed_ms = Some(stage.now_ms());
            stage.note(lane, Tone::Fault, format!("{region}, silent for {within_ms} ms, has failed"));
            // Keeps the sender, so that whoever waits goes on waiting.
            std::future::pending::<()>().await;
        }
        sleep_unheard(Duration::from_millis(there_ms), Duration::from_millis(there_ms + back_ms)).await;
        if self.dead.contains_key(&region) {
            stage.lost(lane, message, "down");
            sleep(Duration::from_millis(back_ms)).await;
            self.books()[nth].failed_ms = Some(stage.now_ms());
            stage.count(evidence::DOWN);
            let _ = to.send(Arrived { message: None, result: Err(RegionError::Down) });
            return;
        }
        let there = stage.lane(&region.to_string());
        stage.receive(there, message);
        let result = self.compute(region, &subquery);
        let message = match &result {
            Ok(rows) => {
                let reply = self.bill(region, rows);
                self.books()[nth].reply = Some(reply);
                let rows = table::brief(rows);
                stage.send(there, lane, format!("{rows}; {} bytes, {} p$", reply.bytes, reply.picodollars))
            }
            Err(error) => stage.send(there, lane, format!("{error:?}")),
        };
        sleep(Duration::from_millis(back_ms)).await;
        // Whoever asked may have gone.
        let _ = to.send(Arrived { message: Some(message), result });
    }

    fn bill(&self, region: Region, rows: &[Row]) -> ReplySeen {
        let values = rows.iter().map(|row| row.len() as u64).sum();
        let bytes = table::reply_bytes(1, values);
        let home = self.catalog.home;
        if region != home {
            self.stage.count(evidence::CROSSED);
        }
        let picodollars = bytes * self.catalog.price(region, home);
        ReplySeen { rows: rows.len() as u64, values, bytes, picodollars, came: None }
    }
}

struct Flight {
    nth: usize,
    lane: Lane,
    message: MessageId,
    region: Region,
    subquery: Subquery,
}

#[async_trait]
impl Regions for Machines {
    async fn execute(&self, region: Region, subquery: Subquery) -> Result<Vec<Row>, RegionError> {
        let shared = &self.shared;
        let stage = &shared.stage;
        stage.enter().await;
        let lane = stage.lane("planner");
        let label = format!("{}: {}", show(&subquery.partitions), Words(&subquery.select, &subquery.filter));
        let message = stage.send(lane, stage.lane(&region.to_string()), label);
        let at_ms = stage.now_ms();
        let nth = {
            let mut books = shared.books();
            books.push(SubquerySeen { region, subquery: subquery.clone(), at_ms, failed_ms: None, reply: None });
            books.len() - 1
        };
        let (sender, receiver) = oneshot::channel();
        tokio::spawn(shared.clone().carry(Flight { nth, lane, message, region, subquery }, sender));
        let mut attended = Attended { stage, lane, region, over: false };
        let arrived = receiver.await.expect("the way back keeps the sender until there is a reply");
        attended.over = true;
        match arrived.message {
            Some(message) => {
                let came = stage.receive(lane, message);
                if let Some(reply) = &mut shared.books()[nth].reply {
                    stage.count(evidence::CAME);
                    reply.came = Some(came);
                }
            }
            None => {
                stage.note(lane, Tone::Fault, format!("{region} is down"));
            }
        }
        arrived.result
    }
}

/// Partitions in words.
pub fn show(partitions: &[PartitionId]) -> String {
    let ids: Vec<String> = partitions.iter().map(|id| id.0.to_string()).collect();
    format!("{} {}", if ids.len() == 1 { "partition" } else { "partitions" }, ids.join(", "))
}

/// Notices when a subquery is given up.
struct Attended<'a> {
    stage: &'a Stage,
    lane: Lane,
    region: Region,
    over: bool,
}

impl Drop for Attended<'_> {
    fn drop(&mut self) {
        if !self.over {
            self.stage.note(self.lane, Tone::Plain, format!("gives up on {}", self.region));
        }
    }
}
