//! Schedules, and what is seen when they are played.
//!
//! The partitions of the table are entries of the schedule, each with its rows, so that shrinking leaves only those that
//! matter. A schedule asks one query.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use explore::Plan;
use harness::exercise::World;
use harness::stage::{Played, Stage, play, sleep, timeout};
use render::explain::plural;
use sim::{Choice, EventId, Lane, Tone, Trace};

use super::cloud::Machines;
use super::contract::*;
use super::table::{self, Stored, Words};

/// How the planner under test is made.
pub type Make = fn(Arc<dyn Regions>, Catalog) -> Arc<dyn QueryPlanner>;

/// The world of this exercise.
pub struct Cloud {
    /// The code under test.
    pub make: Make,
}

/// What a schedule fixes.
#[derive(Clone, Debug)]
pub struct Setup {
    pub home: Region,
    /// What the other regions charge and how fast all of them are; the same numbers as in the catalog.
    pub prices: Vec<Price>,
    pub answers_within_ms: BTreeMap<Region, u64>,
}

/// A step of the workload, a part of the table, or a fault.
#[derive(Clone, Debug, PartialEq)]
pub enum Entry {
    /// A partition, with its rows and replicas.
    Partition { id: PartitionId, rows: Vec<Stored>, replicas: Vec<Replica> },
    /// The query.
    Ask { home: Region, query: Query },
    /// A region is down for the whole run.
    Dead { region: Region, silent: bool },
}

/// A replica, with what a reader wants to know of its region.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Replica {
    pub region: Region,
    /// Picodollars a byte from there to home; nothing for home itself.
    pub picodollars: Option<u64>,
    pub within_ms: u64,
}

impl fmt::Display for Replica {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Replica { region, picodollars, within_ms } = self;
        match picodollars {
            Some(price) => write!(out, "{region} ({price} p$ a byte, {within_ms} ms)"),
            None => write!(out, "{region} (at home, {within_ms} ms)"),
        }
    }
}

impl fmt::Display for Entry {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Entry::Partition { id, rows, replicas } => {
                let replicas: Vec<String> = replicas.iter().map(ToString::to_string).collect();
                write!(out, "partition {} has {} in ", id.0, plural(rows.len() as u64, "row"))?;
                out.write_str(&replicas.join(" and "))
            }
            Entry::Ask { home, query } => {
                let words = Words(&query.select, &query.filter);
                write!(out, "{home} asks for {words}, within {} ms", query.deadline_ms)
            }
            Entry::Dead { region, silent: true } => write!(out, "{region} is down and answers nothing at all"),
            Entry::Dead { region, silent: false } => write!(out, "{region} is down and answers with an error"),
        }
    }
}

/// What a play leaves behind.
pub struct Seen {
    pub catalog: Catalog,
    pub table: BTreeMap<PartitionId, Vec<Stored>>,
    pub dead: BTreeSet<Region>,
    /// Nothing where no query was asked.
    pub query: Option<QuerySeen>,
    pub subqueries: Vec<SubquerySeen>,
}

/// The query, as whoever asked it saw it.
#[derive(Clone, Debug)]
pub struct QuerySeen {
    pub query: Query,
    pub took_ms: u64,
    /// The event at which it ended.
    pub ended: EventId,
    /// The first event after its deadline, if it was still under way then.
    pub overdue: Option<EventId>,
    pub outcome: Outcome,
}

/// How a query ended.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    Returned(Result<Vec<Row>, QueryError>),
    /// It had not returned a long time after its deadline.
    Never,
}

impl fmt::Display for Outcome {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Outcome::Returned(Ok(rows)) => out.write_str(&table::show(rows)),
            Outcome::Returned(Err(error)) => write!(out, "the error {error:?}"),
            Outcome::Never => write!(out, "nothing {PATIENCE_MS} ms after the deadline"),
        }
    }
}

/// A subquery, as the region saw it.
#[derive(Clone, Debug)]
pub struct SubquerySeen {
    pub region: Region,
    pub subquery: Subquery,
    pub at_ms: u64,
    /// When the planner first knew that the region has failed, or would have known had it waited as long as it had to.
    pub failed_ms: Option<u64>,
    /// What the region sent back, if it did.
    pub reply: Option<ReplySeen>,
}

/// What a region sent back.
#[derive(Clone, Copy, Debug)]
pub struct ReplySeen {
    pub rows: u64,
    /// In all rows together.
    pub values: u64,
    pub bytes: u64,
    pub picodollars: u64,
    /// The event at which it came in, if somebody waited for it.
    pub came: Option<EventId>,
}

/// Evidence counted by the world.
pub mod evidence {
    pub const CAME: &str = "a region replies";
    pub const CROSSED: &str = "a result crosses a border";
    pub const DOWN: &str = "a region that is down returns an error";
    pub const SILENT: &str = "a region that is asked stays silent";
}

/// Time after its deadline in which a query may still be seen to return.
const PATIENCE_MS: u64 = 2_000;

/// Quiet time at the end of every play, for replies that nobody waits for any more.
const AFTERMATH_MS: u64 = 2_000;

impl World for Cloud {
    type Setup = Setup;
    type Entry = Entry;
    type Seen = Seen;

    fn play(&self, choice: Choice, plan: &Plan<Setup, Entry>) -> Played<Seen> {
        let plan = plan.clone();
        let deadline_ms = plan.entries.iter().find_map(Entry::query).map_or(0, |query| query.deadline_ms);
        let regions = Region::ALL.iter().map(ToString::to_string);
        let trace = Trace::new(std::iter::once("planner".to_owned()).chain(regions));
        let limit_ms = deadline_ms + PATIENCE_MS + AFTERMATH_MS + 1_000;
        play(choice, limit_ms, trace, |stage| script(self.make, choice, plan, stage))
    }
}

impl Entry {
    fn query(&self) -> Option<&Query> {
        if let Entry::Ask { query, .. } = self { Some(query) } else { None }
    }
}

async fn script(make: Make, choice: Choice, plan: Plan<Setup, Entry>, stage: Stage) -> Seen {
    let query = plan.entries.iter().find_map(Entry::query).cloned();
    let mut replicas: BTreeMap<PartitionId, BTreeSet<Region>> = BTreeMap::new();
    let mut table = BTreeMap::new();
    let mut dead = BTreeMap::new();
    for entry in plan.entries {
        match entry {
            Entry::Partition { id, rows, replicas: held } => {
                replicas.insert(id, held.iter().map(|replica| replica.region).collect());
                table.insert(id, rows);
            }
            Entry::Dead { region, silent } => {
                dead.insert(region, silent);
            }
            Entry::Ask { .. } => {}
        }
    }
    let Setup { home, prices, answers_within_ms } = plan.setup;
    let catalog = Catalog { home, replicas, answers_within_ms, prices };
    let machines = Arc::new(Machines::new(stage.clone(), choice, catalog.clone(), table.clone(), dead.clone()));
    let planner = make(machines.clone(), catalog.clone());
    let mut asked = None;
    if let Some(query) = query {
        asked = Some(ask(&stage, &*planner, query).await);
    }
    sleep(Duration::from_millis(AFTERMATH_MS)).await;
    let dead = dead.into_keys().collect();
    Seen { catalog, table, dead, query: asked, subqueries: machines.books() }
}

async fn ask(stage: &Stage, planner: &dyn QueryPlanner, query: Query) -> QuerySeen {
    let lane = stage.lane("planner");
    let words = Words(&query.select, &query.filter).to_string();
    stage.note(lane, Tone::Plain, format!("query: {words}"));
    let wait = stage.waiting(format!("the query for {words}"));
    let overdue = Arc::new(Mutex::new(None));
    let watch = tokio::spawn(note_deadline(stage.clone(), lane, query.deadline_ms, overdue.clone()));
    let limit = Duration::from_millis(query.deadline_ms + PATIENCE_MS);
    let result = timeout(limit, planner.run(query.clone())).await;
    let took_ms = stage.now_ms();
    drop(wait);
    watch.abort();
    let (outcome, tone, text) = match result {
        Ok(Ok(rows)) => {
            let text = format!("answer: {}", table::brief(&rows));
            (Outcome::Returned(Ok(rows)), Tone::Good, text)
        }
        Ok(Err(error)) => (Outcome::Returned(Err(error)), Tone::Plain, format!("error: {error:?}")),
        Err(_) => (Outcome::Never, Tone::Bad, "still no answer".to_owned()),
    };
    let ended = stage.note(lane, tone, text);
    let overdue = overdue.lock().unwrap_or_else(PoisonError::into_inner).take();
    QuerySeen { query, took_ms, ended, overdue, outcome }
}

/// Marks the first millisecond after the deadline that found the query still under way.
async fn note_deadline(stage: Stage, lane: Lane, deadline_ms: u64, overdue: Arc<Mutex<Option<EventId>>>) {
    stage.until_ms(deadline_ms + 1).await;
    let event = stage.note(lane, Tone::Bad, format!("the deadline of {deadline_ms} ms has passed"));
    *overdue.lock().unwrap_or_else(PoisonError::into_inner) = Some(event);
}
