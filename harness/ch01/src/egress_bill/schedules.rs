//! Which schedules put each promise to the test.
//!
//! Of the two regions away from home, one is always cheap and slow, the other dear and fast. The way there has its prices
//! the other way round.

use std::collections::BTreeMap;

use explore::Plan;
use harness::exercise::Draw;
use rand::RngExt;
use rand::seq::{IndexedRandom, SliceRandom};
use sim::Random;

use super::contract::*;
use super::table::Stored;
use super::world::{Entry, Replica, Setup};

type Schedule = Plan<Setup, Entry>;

/// Time enough for every region to be silent, one after the other.
const PATIENT_MS: u64 = 1_000;

const COUNTRIES: [i64; 3] = [33, 49, 61];

/// A world in the making: the regions and who plays which part.
struct World<'a> {
    random: &'a mut Random,
    home: Region,
    cheap: Region,
    dear: Region,
    setup: Setup,
    entries: Vec<Entry>,
}

impl<'a> World<'a> {
    fn new(draw: &'a mut Draw) -> Self {
        let random = &mut draw.random;
        let first = random.random_range(0..3);
        let second = first + random.random_range(1..=2);
        let [home, cheap, dear] = [first, second, 3 - first % 3 - second % 3].map(|place| Region::ALL[place % 3]);
        let mut low = || random.random_range(5..=20);
        let (to_home, to_dear) = (low(), low());
        let mut high = || random.random_range(100..=180);
        let (from_dear, to_cheap) = (high(), high());
        let between = random.random_range(5..=180);
        let price = |from, to, picodollars| Price { from, to, picodollars };
        let prices = vec![
            price(cheap, home, to_home),
            price(dear, home, from_dear),
            price(home, cheap, to_cheap),
            price(home, dear, to_dear),
            price(cheap, dear, between),
            price(dear, cheap, between),
        ];
        let answers_within_ms = BTreeMap::from([
            (home, random.random_range(6..=10)),
            (dear, random.random_range(60..=100)),
            (cheap, random.random_range(150..=250)),
        ]);
        let setup = Setup { home, prices, answers_within_ms };
        World { random, home, cheap, dear, setup, entries: Vec::new() }
    }

    fn within_ms(&self, region: Region) -> u64 {
        self.setup.answers_within_ms[&region]
    }

    /// One more partition, with these replicas.
    fn partition(&mut self, held: &[Region], rows: impl FnOnce(&mut Random, i64) -> Vec<Stored>) {
        let id = self.entries.iter().filter(|entry| matches!(entry, Entry::Partition { .. })).count() as u32 + 1;
        let mut replicas: Vec<Replica> = held.iter().map(|region| self.replica(*region)).collect();
        replicas.sort_by_key(|replica| replica.region);
        let rows = rows(self.random, i64::from(id) * 1_000);
        self.entries.push(Entry::Partition { id: PartitionId(id), rows, replicas });
    }

    fn replica(&self, region: Region) -> Replica {
        let price = self.setup.prices.iter().find(|price| (price.from, price.to) == (region, self.home));
        Replica { region, picodollars: price.map(|price| price.picodollars), within_ms: self.within_ms(region) }
    }

    /// Some region with a chance of one in three.
    fn any(&mut self) -> Region {
        *[self.home, self.cheap, self.dear].choose(self.random).expect("three regions")
    }

    fn dead(&mut self, region: Region, silent: bool) {
        self.entries.push(Entry::Dead { region, silent });
    }

    fn ask(self, filter: Vec<Condition>, select: Select, deadline_ms: u64) -> Schedule {
        let World { home, setup, mut entries, .. } = self;
        let query = Query { filter, select, deadline_ms };
        entries.push(Entry::Ask { home, query });
        Plan { setup, entries }
    }

    /// Asks for rows or for groups, whatever comes.
    fn ask_anything(self, deadline_ms: u64) -> Schedule {
        let select = if self.random.random_bool(0.5) { columns(self.random) } else { groups(self.random, &PLAIN) };
        let filter = filter(self.random);
        self.ask(filter, select, deadline_ms)
    }
}

/// Rows of every country, of which some are large orders: nothing that the queries look for is missing.
fn full(random: &mut Random, from: i64) -> Vec<Stored> {
    let count = random.random_range(9..=18);
    let row = |nth: i64| {
        let items = if nth < 3 { 9 } else { random.random_range(1..=9) };
        let country = COUNTRIES[nth as usize % 3];
        [from + nth, random.random_range(1..=40), country, items, random.random_range(100..=9_999)]
    };
    (0..count).map(row).collect()
}

fn filter(random: &mut Random) -> Vec<Condition> {
    let items = Condition { column: Column::Items, is: Comparison::AtLeast, value: random.random_range(3..=8) };
    let country = |is, value| Condition { column: Column::Country, is, value };
    match random.random_range(0..6) {
        0 => vec![items, country(Comparison::Equal, COUNTRIES[1])],
        1 => vec![country(Comparison::AtMost, COUNTRIES[1]), items],
        _ => vec![items],
    }
}

fn columns(random: &mut Random) -> Select {
    let mut columns = vec![Column::Order];
    columns.extend([Column::Customer, Column::Country, Column::Cents].iter().filter(|_| random.random_bool(0.3)));
    Select::Rows(columns)
}

const PLAIN: [Aggregate; 4] =
    [Aggregate::Count, Aggregate::Sum(Column::Cents), Aggregate::Min(Column::Cents), Aggregate::Max(Column::Items)];

/// One to three of these aggregates, by country or over everything.
fn groups(random: &mut Random, from: &[Aggregate]) -> Select {
    let mut of = from.to_vec();
    of.shuffle(random);
    of.truncate(random.random_range(1..=3));
    let by = if random.random_bool(0.6) { Some(Column::Country) } else { None };
    Select::Groups { by, of }
}

/// Partitions with a replica at home, among others.
pub fn at_home(draw: &mut Draw) -> Schedule {
    let mut world = World::new(draw);
    let (home, cheap, dear) = (world.home, world.cheap, world.dear);
    for _ in 0..world.random.random_range(2..=4) {
        let held: &[Region] = match world.random.random_range(0..4) {
            0 => &[home, cheap],
            1 => &[home, dear],
            2 => &[home, cheap, dear],
            _ => &[cheap],
        };
        world.partition(held, full);
    }
    world.partition(&[home, cheap], full);
    world.ask_anything(PATIENT_MS)
}

/// Rows from other regions, of which a filter leaves a few.
pub fn rows_from_afar(draw: &mut Draw) -> Schedule {
    let mut world = World::new(draw);
    afar(&mut world);
    let select = columns(world.random);
    let filter = filter(world.random);
    world.ask(filter, select, PATIENT_MS)
}

/// Groups from other regions, averages too.
pub fn groups_from_afar(draw: &mut Draw) -> Schedule {
    let mut world = World::new(draw);
    afar(&mut world);
    let mut of = PLAIN.to_vec();
    of.push(Aggregate::Average(Column::Cents));
    let select = groups(world.random, &of);
    let filter = filter(world.random);
    world.ask(filter, select, PATIENT_MS)
}

fn afar(world: &mut World<'_>) {
    let (cheap, dear) = (world.cheap, world.dear);
    for _ in 0..world.random.random_range(2..=4) {
        let held = if world.random.random_bool(0.5) { cheap } else { dear };
        world.partition(&[held], full);
    }
}

/// Partitions that can be had from the cheap region and from the dear one.
pub fn cheap_and_dear(draw: &mut Draw) -> Schedule {
    let mut world = World::new(draw);
    let (cheap, dear) = (world.cheap, world.dear);
    for _ in 0..world.random.random_range(4..=6) {
        world.partition(&[cheap, dear], full);
    }
    if world.random.random_bool(0.3) {
        let held = if world.random.random_bool(0.5) { cheap } else { dear };
        world.partition(&[held], full);
    }
    world.ask_anything(PATIENT_MS)
}

/// One replica each, and nothing unusual in the data.
pub fn scattered(draw: &mut Draw) -> Schedule {
    let mut world = World::new(draw);
    scatter(&mut world);
    world.ask_anything(PATIENT_MS)
}

fn scatter(world: &mut World<'_>) {
    for _ in 0..world.random.random_range(2..=5) {
        let held = world.any();
        world.partition(&[held], full);
    }
}

/// Averages over partitions of different sizes and price levels.
pub fn averages(draw: &mut Draw) -> Schedule {
    let mut world = World::new(draw);
    for nth in 0..world.random.random_range(2..=4) {
        let held = [world.home, world.cheap, world.dear][nth % 3];
        let level = world.random.random_range(1..=50);
        world.partition(&[held], |random, from| {
            let mut rows = full(random, from);
            let kept = random.random_range(3..=rows.len());
            rows.truncate(kept);
            rows.iter_mut().for_each(|row| row[Column::Cents as usize] *= level);
            rows
        });
    }
    let average = [Aggregate::Average(Column::Cents), Aggregate::Average(Column::Items)];
    let mut select = groups(world.random, &average);
    if let Select::Groups { of, .. } = &mut select {
        of.extend(world.random.random_bool(0.3).then_some(Aggregate::Max(Column::Cents)));
    }
    let filter = filter(world.random);
    world.ask(filter, select, PATIENT_MS)
}

/// Partitions in which nothing, or nothing of a country, passes the filter; refunds, with amounts below zero.
pub fn gaps(draw: &mut Draw) -> Schedule {
    let all_empty = draw.index.is_multiple_of(4);
    let mut world = World::new(draw);
    let sign = if world.random.random_bool(0.5) { -1 } else { 1 };
    for nth in 0..world.random.random_range(2..=4) {
        let held = [world.cheap, world.home, world.dear][nth % 3];
        let empty = all_empty || nth % 2 == 0;
        world.partition(&[held], |random, from| {
            let mut rows = full(random, from);
            let missing = *COUNTRIES.choose(random).expect("three countries");
            for row in &mut rows {
                row[Column::Cents as usize] *= sign;
                if empty || row[Column::Country as usize] == missing {
                    row[Column::Items as usize] = 1;
                }
            }
            rows
        });
    }
    let max = Aggregate::Max(Column::Cents);
    let average = Aggregate::Average(Column::Cents);
    let mut select = groups(world.random, &[PLAIN[0], PLAIN[1], PLAIN[2], max, average]);
    if let Select::Groups { by, of } = &mut select
        && all_empty
    {
        // The one group over no rows is where a missing value shows.
        *by = None;
        of.retain(|of| *of != average);
        of.push(average);
    }
    let filter = filter(world.random);
    world.ask(filter, select, PATIENT_MS)
}

/// Amounts so large that two of them do not fit into 64 bits.
pub fn large_sums(draw: &mut Draw) -> Schedule {
    let mut world = World::new(draw);
    for nth in 0..world.random.random_range(2..=3) {
        let held = [world.home, world.cheap, world.dear][nth % 3];
        world.partition(&[held], |random, from| {
            let mut rows = full(random, from);
            rows.iter_mut().for_each(|row| row[Column::Cents as usize] += i64::MAX / 4 * 3);
            rows
        });
    }
    let by = if world.random.random_bool(0.5) { Some(Column::Country) } else { None };
    let of = vec![Aggregate::Sum(Column::Cents), Aggregate::Count];
    world.ask(Vec::new(), Select::Groups { by, of }, PATIENT_MS)
}

/// Two or three replicas of everything.
pub fn replicated(draw: &mut Draw) -> Schedule {
    let mut world = World::new(draw);
    let all = [world.home, world.cheap, world.dear];
    for _ in 0..world.random.random_range(2..=4) {
        let spared = world.random.random_range(0..4);
        let held: Vec<Region> = (0..3).filter(|place| *place != spared).map(|place| all[place]).collect();
        world.partition(&held, full);
    }
    let select = match world.random.random_range(0..3) {
        0 => columns(world.random),
        1 => Select::Groups { by: None, of: vec![Aggregate::Count] },
        _ => Select::Groups { by: Some(Column::Country), of: vec![Aggregate::Count] },
    };
    let filter = filter(world.random);
    world.ask(filter, select, PATIENT_MS)
}

/// One region is down; whatever it holds can be had elsewhere.
pub fn one_dead(draw: &mut Draw) -> Schedule {
    let mut world = World::new(draw);
    // The dear region alone is never asked while a cheaper one lives, so its death would go unnoticed.
    let (dead, other) =
        if world.random.random_bool(0.5) { (world.home, world.cheap) } else { (world.cheap, world.home) };
    let silent = world.random.random_bool(0.5);
    let dear = world.dear;
    for _ in 0..world.random.random_range(1..=3) {
        world.partition(&[dead, dear], full);
    }
    if world.random.random_bool(0.5) {
        world.partition(&[other], full);
    }
    world.dead(dead, silent);
    world.ask_anything(PATIENT_MS)
}

/// The home region is down; the rest of the world has everything.
pub fn home_dead(draw: &mut Draw) -> Schedule {
    let mut world = World::new(draw);
    let all = [world.home, world.cheap, world.dear];
    for _ in 0..world.random.random_range(2..=6) {
        world.partition(&all, full);
    }
    world.dead(all[0], false);
    world.ask_anything(PATIENT_MS)
}

/// A region fails soon, while others take their time.
pub fn early_failure(draw: &mut Draw) -> Schedule {
    let mut world = World::new(draw);
    let (home, cheap, dear) = (world.home, world.cheap, world.dear);
    let silent = world.random.random_bool(0.5);
    if world.random.random_bool(0.7) {
        // The home region fails within milliseconds; the cheap one is slow.
        world.partition(&[cheap], full);
        let elsewhere = if world.random.random_bool(0.5) { cheap } else { dear };
        world.partition(&[home, elsewhere], full);
        world.dead(home, silent);
    } else {
        world.partition(&[cheap, dear], full);
        world.partition(&[home], full);
        world.dead(cheap, silent);
    }
    world.ask_anything(PATIENT_MS)
}

/// Every region holds something that no other has.
pub fn everywhere(draw: &mut Draw) -> Schedule {
    let mut world = World::new(draw);
    for held in [world.home, world.cheap, world.dear] {
        for _ in 0..world.random.random_range(1..=2) {
            world.partition(&[held], full);
        }
    }
    world.ask_anything(PATIENT_MS)
}

/// The cheap region can't answer within the deadline; the dear one can.
pub fn in_a_hurry(draw: &mut Draw) -> Schedule {
    let mut world = World::new(draw);
    let (cheap, dear) = (world.cheap, world.dear);
    for _ in 0..world.random.random_range(1..=3) {
        world.partition(&[cheap, dear], full);
    }
    let deadline_ms = world.random.random_range(105..=118);
    world.ask_anything(deadline_ms)
}

/// Regions are silent, and the deadline leaves time for one, or for two of them.
pub fn short_of_time(draw: &mut Draw) -> Schedule {
    let mut world = World::new(draw);
    let (home, cheap, dear) = (world.home, world.cheap, world.dear);
    for _ in 0..world.random.random_range(1..=3) {
        let held: &[Region] = if world.random.random_bool(0.5) { &[cheap, dear] } else { &[home, cheap] };
        world.partition(held, full);
    }
    world.partition(&[cheap, dear], full);
    world.dead(cheap, true);
    if world.random.random_bool(0.5) {
        world.dead(dear, true);
    }
    if world.random.random_bool(0.5) {
        let silent = world.random.random_bool(0.5);
        world.dead(home, silent);
    }
    let slack_ms = world.random.random_range(5..=120);
    let deadline_ms = world.within_ms(cheap) + slack_ms;
    world.ask_anything(deadline_ms)
}

/// All regions with a replica of some partition are down, or none of them is fast enough.
pub fn hopeless(draw: &mut Draw) -> Schedule {
    let slow = draw.index.is_multiple_of(3);
    let mut world = World::new(draw);
    let (home, cheap, dear) = (world.home, world.cheap, world.dear);
    for _ in 0..world.random.random_range(1..=2) {
        world.partition(&[home], full);
    }
    if slow {
        world.partition(&[cheap], full);
        let deadline_ms = world.random.random_range(70..=118);
        return world.ask_anything(deadline_ms);
    }
    if world.random.random_bool(0.5) {
        world.partition(&[cheap, dear], full);
        let silent = world.random.random_bool(0.5);
        world.dead(cheap, silent);
    } else {
        world.partition(&[dear], full);
    }
    let silent = world.random.random_bool(0.5);
    world.dead(dear, silent);
    world.ask_anything(PATIENT_MS)
}
