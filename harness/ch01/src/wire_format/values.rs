//! Readings to put promises to the test with.
//!
//! Chance hardly ever draws the numbers at which codecs break, so the extremes are drawn by name. Every other promise
//! uses ordinary readings, so that a codec that is wrong at an extreme is told about that, and not everywhere.

use explore::property::pieces_first;
use proptest::arbitrary::{Arbitrary, any};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::Just;
use proptest::prop_oneof;
use proptest::sample::select;
use proptest::strategy::{BoxedStrategy, Strategy};

use super::contract::{MAX_DEPTH, Reading};
use super::show::Value;

/// Nothing special about any of its numbers; `depth` readings inside it at most.
pub fn ordinary(depth: usize) -> BoxedStrategy<Reading> {
    let numbers = (
        some(1u64..100_000),
        some(-400i32..9_000),
        some(-1_000_000_000_000i64..2_000_000_000_000),
        any::<bool>(),
        some(1u32..5_000_000),
        some(1u64..1 << 60),
        some(0.01f32..1.0),
        some(-50.0f64..50.0),
    );
    reading(numbers.boxed(), some(-3_000i32..3_000), option::of(0u32..=100).boxed(), depth)
}

/// Numbers at the ends of their types, and those with one byte more than their neighbours.
fn extreme(depth: usize) -> BoxedStrategy<Reading> {
    const I32: &[i32] = &[-1, 63, -64, 64, -65, i32::MAX, i32::MIN];
    let numbers = (
        edge::<u64>(&[127, 128, 16_383, 16_384, 1 << 63, u64::MAX]),
        edge(I32),
        edge::<i64>(&[-1, 127, 128, 1 << 53, i64::MAX, i64::MIN]),
        any::<bool>(),
        edge::<u32>(&[1, 0x0102_0304, u32::MAX]),
        edge::<u64>(&[1, 0x0102_0304_0506_0708, u64::MAX]),
        edge::<f32>(&[-0.0, 1.5, f32::MIN_POSITIVE, f32::INFINITY]),
        edge::<f64>(&[-0.0, 1.5, f64::MIN_POSITIVE, f64::NEG_INFINITY]),
    );
    let percent = prop_oneof![Just(None), Just(Some(0)), Just(Some(u32::MAX)), any::<u32>().prop_map(Some)];
    reading(numbers.boxed(), edge(I32), percent.boxed(), depth)
}

/// Zero as often as not.
fn some<T: Default + Clone + std::fmt::Debug + 'static>(range: impl Strategy<Value = T> + 'static) -> BoxedStrategy<T> {
    prop_oneof![Just(T::default()), range].boxed()
}

fn edge<T: Arbitrary + Default + Clone + 'static>(edges: &'static [T]) -> BoxedStrategy<T> {
    prop_oneof![Just(T::default()), select(edges), any::<T>()].boxed()
}

type Numbers = (u64, i32, i64, bool, u32, u64, f32, f64);

fn reading(
    numbers: BoxedStrategy<Numbers>,
    gust: BoxedStrategy<i32>,
    percent: BoxedStrategy<Option<u32>>,
    depth: usize,
) -> BoxedStrategy<Reading> {
    let inner = match depth {
        0 => Just(None).boxed(),
        _ => option::of(reading(numbers.clone(), gust.clone(), percent.clone(), depth - 1).prop_map(Box::new)).boxed(),
    };
    let rest = (text(), vec(any::<u8>(), 0..5), vec(gust, 0..5), vec(text(), 0..4), percent, inner);
    let build = |(numbers, rest)| {
        let (sequence, altitude_m, taken_at_ms, indoors, station, key, humidity, temperature_c): Numbers = numbers;
        let (place, signature, gusts, tags, battery_percent, corrects) = rest;
        let reading =
            Reading { sequence, altitude_m, taken_at_ms, indoors, station, key, humidity, ..Reading::default() };
        Reading { temperature_c, place, signature, gusts, tags, battery_percent, corrects, ..reading }
    };
    (numbers, rest).prop_map(build).boxed()
}

/// Characters of one to four bytes, and now and then so many that the length takes two.
fn text() -> BoxedStrategy<String> {
    let letter = select(&['a', 'z', '~', 'ß', '中', '🦀'][..]);
    let word = |len| vec(letter.clone(), len).prop_map(String::from_iter);
    prop_oneof![4 => word(0..6), 1 => word(130..132)].boxed()
}

/// Some ordinary reading to be written.
pub fn ordinary_value(_: u64) -> BoxedStrategy<Value> {
    ordinary(2).prop_map(Value).boxed()
}

/// Set pieces at the edges, then extremes.
pub fn extreme_value(index: u64) -> BoxedStrategy<Value> {
    pieces_first(index, pieces().into_iter().map(Value).collect(), || extreme(1).prop_map(Value).boxed())
}

fn pieces() -> Vec<Reading> {
    let empty = Reading::default;
    vec![
        empty(),
        Reading { altitude_m: i32::MIN, ..empty() },
        Reading { taken_at_ms: -1, ..empty() },
        Reading { sequence: u64::MAX, ..empty() },
        Reading { humidity: -0.0, ..empty() },
        Reading { temperature_c: -0.0, ..empty() },
        Reading { humidity: f32::from_bits(0x7fc1_2345), ..empty() },
        Reading { temperature_c: f64::from_bits(0xfff8_0000_dead_beef), ..empty() },
        Reading { battery_percent: Some(0), ..empty() },
        Reading { corrects: Some(Box::default()), ..empty() },
        Reading { tags: vec![String::new(), "a".into(), String::new()], ..empty() },
        Reading { gusts: vec![1, -1], ..empty() },
        Reading { gusts: vec![0, i32::MIN, 0, i32::MAX], ..empty() },
        within(Reading { sequence: 7, ..empty() }, MAX_DEPTH),
    ]
}

/// A reading inside `depth` others.
fn within(innermost: Reading, depth: usize) -> Reading {
    (0..depth).fold(innermost, |inner, _| Reading { corrects: Some(Box::new(inner)), ..Reading::default() })
}
