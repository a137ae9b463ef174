//! Which schedules put each promise to the test.

use harness::exercise::Draw;
use rand::RngExt;
use sim::Random;

use super::contract::{By, Counting};
use crate::replicas::schedules::{self, CRASH_PIECES, FORGOTTEN_PIECES};

type Schedule = crate::replicas::Schedule<Counting>;

fn change(random: &mut Random) -> By {
    let by = random.random_range(1..=20);
    By(if random.random_bool(0.5) { by } else { -by })
}

pub fn cut_in_two(draw: &mut Draw) -> Schedule {
    schedules::cut_in_two(draw, change)
}

pub fn bad_network(draw: &mut Draw) -> Schedule {
    match draw.index % 5 {
        4 => schedules::slow_trouble(draw, change),
        _ => schedules::bad_network(draw, change),
    }
}

/// The first of them change, crash and change again.
pub fn crashes(draw: &mut Draw) -> Schedule {
    const ALL_PIECES: u64 = CRASH_PIECES + FORGOTTEN_PIECES;
    let changes = [By(5), By(3), By(-1)];
    match draw.index {
        ..CRASH_PIECES => schedules::crash_piece(draw.index, changes),
        CRASH_PIECES..ALL_PIECES => schedules::forgotten_piece(draw.index - CRASH_PIECES, changes),
        _ => schedules::crashes(draw, change),
    }
}

pub fn calm(draw: &mut Draw) -> Schedule {
    schedules::calm(draw, change)
}
