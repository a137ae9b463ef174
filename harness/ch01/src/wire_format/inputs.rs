//! Bytes to put a reader to the test with.

use explore::property::pieces_first;
use proptest::arbitrary::any;
use proptest::collection::vec;
use proptest::prelude::Just;
use proptest::prop_oneof;
use proptest::sample::select;
use proptest::strategy::{BoxedStrategy, Strategy};

use super::contract::{MAX_DEPTH, Reading};
use super::craft::{field, nested, padded, planted, tag, value, varint, wire};
use super::peer;
use super::show::{Expected, Input};
use super::values::ordinary;

/// Bytes that have to be read as prost reads them.
fn good(what: impl Into<String>, bytes: Vec<u8>, mark: Option<usize>) -> Input {
    let reading = peer::decode(&bytes).expect("prost reads what a reader has to read");
    Input { what: what.into(), bytes, mark, expected: Expected::Reading(Box::new(reading)) }
}

/// What prost wrote.
pub fn of_prost(_: u64) -> BoxedStrategy<Input> {
    ordinary(2).prop_map(|reading| good("that prost wrote", peer::encode(&reading), None)).boxed()
}

/// The fields of a reading in some order; elements of a list keep theirs.
pub fn any_order(_: u64) -> BoxedStrategy<Input> {
    let shuffled = |(reading, ranks): (Reading, Vec<u8>)| {
        let mut fields = peer::fields(&peer::encode(&reading));
        fields.sort_by_key(|(number, _)| ranks[*number as usize]);
        let order: Vec<String> = fields.iter().map(|(number, _)| number.to_string()).collect();
        let bytes: Vec<u8> = fields.into_iter().flat_map(|(_, field)| field).collect();
        good(format!("with the fields in the order {}", order.join(", ")), bytes, None)
    };
    (ordinary(1), vec(any::<u8>(), 17)).prop_map(shuffled).boxed()
}

/// Fields of one value that come twice.
pub fn twice(index: u64) -> BoxedStrategy<Input> {
    let zero_last = |number, wire_type, first: u64| {
        let bytes = [first, 0].map(|content| field(number, wire_type, &value(wire_type, content)));
        let mark = bytes[0].len();
        good(format!("in which field {number} comes twice, the second time as 0"), bytes.concat(), Some(mark))
    };
    let emptied = [field(9, wire::LEN, b"old"), field(9, wire::LEN, b"")];
    let pieces = vec![
        zero_last(1, wire::VARINT, 7),
        zero_last(4, wire::VARINT, 1),
        zero_last(5, wire::I32, 7),
        zero_last(13, wire::VARINT, 50),
        good("in which field 9 comes twice, the second time empty", emptied.concat(), Some(emptied[0].len())),
    ];
    let flat = || ordinary(0).prop_map(|reading| Reading { gusts: vec![], tags: vec![], ..reading });
    let joined = |(first, second): (Reading, Reading)| {
        let mut fields = peer::fields(&[peer::encode(&first), peer::encode(&second)].concat());
        fields.sort_by_key(|(number, _)| *number);
        let bytes = fields.into_iter().flat_map(|(_, field)| field).collect();
        good("in which some fields come twice", bytes, None)
    };
    pieces_first(index, pieces, || (flat(), flat()).prop_map(joined).boxed())
}

/// A `corrects` in two parts; no field of one value is in both.
pub fn merged(_: u64) -> BoxedStrategy<Input> {
    let split = |(reading, second): (Reading, Vec<bool>)| {
        let fields = peer::fields(&peer::encode(&reading));
        let part = |of_second: bool| {
            let chosen = fields.iter().zip(second.iter().cycle()).filter(|(_, second)| **second == of_second);
            let inner: Vec<u8> = chosen.flat_map(|((_, field), _)| field.clone()).collect();
            field(16, wire::LEN, &inner)
        };
        let first = part(false);
        let mark = first.len();
        good("in which `corrects` (field 16) comes in two parts", [first, part(true)].concat(), Some(mark))
    };
    (ordinary(1), vec(any::<bool>(), 1..20)).prop_map(split).boxed()
}

/// `gusts` packed, not packed, and mixed.
pub fn packed_or_not(index: u64) -> BoxedStrategy<Input> {
    let build = |parts: Vec<(bool, Vec<i32>)>| {
        let mut bytes = Vec::new();
        for (packed, gusts) in &parts {
            let numbers = gusts.iter().map(|gust| varint(u64::from((*gust as u32) << 1 ^ (*gust >> 31) as u32)));
            if *packed {
                bytes.extend(field(11, wire::LEN, &numbers.collect::<Vec<_>>().concat()));
            } else {
                bytes.extend(numbers.flat_map(|number| field(11, wire::VARINT, &number)));
            }
        }
        good("with `gusts` (field 11) in several parts, packed (tag 5a) or not (tag 58)", bytes, None)
    };
    let pieces = vec![
        build(vec![(false, vec![1, -1])]),
        build(vec![(true, vec![1]), (true, vec![])]),
        build(vec![(true, vec![1]), (true, vec![2])]),
    ];
    pieces_first(index, pieces, || vec((any::<bool>(), vec(-3_000..3_000, 0..4)), 1..4).prop_map(build).boxed())
}

/// Fields that the schema does not know.
pub fn unknown(_: u64) -> BoxedStrategy<Input> {
    let odd = (select(&[14u64, 15, 17, 1_000, (1 << 29) - 1][..]), select(&wire::SKIPPED[..]), any::<u64>());
    let build = |(reading, levels, (number, wire_type, drawn)): (Reading, usize, (u64, u8, u64))| {
        let odd = field(number, wire_type, &value(wire_type, drawn));
        let (bytes, offset) = planted(&reading, number, &odd, levels);
        good(format!("with an unknown field, number {number}, wire type {wire_type}"), bytes, Some(offset))
    };
    (ordinary(1), 0usize..2, odd).prop_map(build).boxed()
}

/// Varints that are longer than they have to be, and values with more bits than their field.
pub fn long_varints(index: u64) -> BoxedStrategy<Input> {
    let one = |number: u64, tag_len, value, len, what: &str| {
        let tag = padded(number << 3, tag_len);
        let mark = if tag_len > 1 { 0 } else { tag.len() };
        good(what, [tag, padded(value, len)].concat(), Some(mark))
    };
    let text = [tag(9, wire::LEN), padded(2, 5), b"hi".to_vec()].concat();
    let pieces = vec![
        one(1, 1, 5, 2, "in which the value 5 takes two bytes"),
        one(1, 1, 5, 10, "in which the value 5 takes ten bytes"),
        one(1, 5, 5, 1, "in which the tag takes five bytes"),
        good("in which the length 2 takes five bytes", text, Some(1)),
        one(4, 1, 1 << 32, 1, "in which a bool is 2^32"),
        one(13, 1, (1 << 32) + 5, 1, "in which a uint32 is 2^32 + 5"),
        one(2, 1, (1 << 40) + 3, 1, "in which a sint32 has a bit beyond the 32nd"),
        one(3, 1, u64::MAX, 1, "in which an int64 is -1"),
    ];
    let drawn = (select(&[1u64, 2, 3, 4, 13][..]), 1usize..=10, any::<u64>(), 0u32..64, 1usize..=10);
    let build = move |(number, tag_len, value, shift, len)| {
        one(number, tag_len, value >> shift, len, "with varints of unusual length, or more bits than the field has")
    };
    pieces_first(index, pieces, || drawn.prop_map(build).boxed())
}

/// Noise, and readings with a few bytes changed.
pub fn random_bytes() -> BoxedStrategy<Input> {
    let input = |what: &str, bytes| Input { what: what.to_owned(), bytes, mark: None, expected: Expected::Anything };
    let damaged = move |(reading, changes): (Reading, Vec<(usize, u8)>)| {
        let mut bytes = peer::encode(&reading);
        for (place, byte) in changes {
            let len = bytes.len().max(1);
            if let Some(changed) = bytes.get_mut(place % len) {
                *changed = byte;
            }
        }
        input("of a reading, some of them overwritten", bytes)
    };
    prop_oneof![
        2 => (ordinary(2), vec((any::<usize>(), any::<u8>()), 1..4)).prop_map(damaged),
        1 => vec(any::<u8>(), 0..40).prop_map(move |bytes| input("drawn at random", bytes)),
    ]
    .boxed()
}

/// How many inputs [`costly`] knows.
pub const COSTLY: usize = 5;

/// Long input that is good, and in which every byte costs memory.
pub fn costly(which: usize) -> Input {
    let (what, bytes) = match which {
        0 => ("of 2,000 empty tags", field(12, wire::LEN, b"").repeat(2_000)),
        1 => ("of 4,000 gusts in one field", field(11, wire::LEN, &[1; 4_000])),
        2 => ("of 2,000 gusts, not packed", field(11, wire::VARINT, &[1]).repeat(2_000)),
        3 => ("of readings inside one another", nested(MAX_DEPTH)),
        _ => ("of 2,000 unknown fields", field(15, wire::VARINT, &[1]).repeat(2_000)),
    };
    good(what, bytes, None)
}

/// A set piece.
pub fn only(input: Input) -> BoxedStrategy<Input> {
    Just(input).boxed()
}

#[cfg(test)]
mod tests {
    use super::*;
    use explore::property::value;
    use sim::Choice;

    #[test]
    fn fields_do_come_out_of_order() {
        let bytes = |index| value(&any_order(index), Choice::new(index)).bytes;
        let ascends = |bytes: &[u8]| peer::fields(bytes).is_sorted_by_key(|(number, _)| *number);
        assert!((0..40).filter(|index| !ascends(&bytes(*index))).count() > 20);
    }

    #[test]
    fn a_nested_reading_in_two_parts_is_the_whole() {
        for index in 0..40 {
            let input = value(&merged(index), Choice::new(index));
            let Expected::Reading(reading) = &input.expected else { panic!("{input}") };
            assert!(peer::encode(reading).len() < input.bytes.len(), "one tag and length instead of two: {input}");
        }
    }
}
