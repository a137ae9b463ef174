//! Bytes that are no reading, each for one reason.

use explore::property::pieces_first;
use proptest::arbitrary::any;
use proptest::sample::{Index, select};
use proptest::strategy::{BoxedStrategy, Strategy};

use super::contract::{DecodeFault, MAX_DEPTH, Reading};
use super::craft::{field, nested, padded, planted, tag, value, varint, wire};
use super::show::{Expected, Input};
use super::values::ordinary;
use super::{inputs, peer};

/// One field that is at fault.
#[derive(Clone, Debug)]
struct Odd {
    /// Where it belongs among other fields.
    number: u64,
    what: String,
    bytes: Vec<u8>,
    any_of: Vec<DecodeFault>,
}

fn odd(number: u64, what: impl Into<String>, bytes: Vec<u8>, any_of: &[DecodeFault]) -> Odd {
    Odd { number, what: what.into(), bytes, any_of: any_of.to_vec() }
}

/// The field at fault among good ones, in a reading inside `levels` others.
fn input(odd: &Odd, reading: &Reading, levels: usize) -> Input {
    let (bytes, from) = planted(reading, odd.number, &odd.bytes, levels);
    let expected = Expected::Fault { any_of: odd.any_of.clone(), from, to: from + odd.bytes.len() };
    Input { what: format!("with {}", odd.what), bytes, mark: Some(from), expected }
}

/// Each alone first, then some of them among other fields.
fn planted_anywhere(index: u64, odds: Vec<Odd>) -> BoxedStrategy<Input> {
    let alone = odds.iter().map(|odd| input(odd, &Reading::default(), 0)).collect();
    let drawn = || {
        (select(odds), ordinary(1), 0usize..3).prop_map(|(odd, reading, levels)| input(&odd, &reading, levels)).boxed()
    };
    pieces_first(index, alone, drawn)
}

/// Varints of more than ten bytes or 64 bits, wherever a varint may stand.
pub fn long_varint(index: u64) -> BoxedStrategy<Input> {
    use DecodeFault::{InvalidTag, VarintTooLong};
    let endless = padded(1, 11);
    let bit_65: Vec<u8> = [&[0xff; 9][..], &[0x02]].concat();
    let after = |tag: &[u8], value: &[u8]| [tag, value].concat();
    let text = tag(9, wire::LEN);
    let odds = vec![
        odd(1, "a varint of eleven bytes in field 1", after(&tag(1, wire::VARINT), &endless), &[VarintTooLong]),
        odd(1, "a varint of 65 bits in field 1", after(&tag(1, wire::VARINT), &bit_65), &[VarintTooLong]),
        odd(
            15,
            "a varint of eleven bytes in the unknown field 15",
            after(&tag(15, wire::VARINT), &endless),
            &[VarintTooLong],
        ),
        odd(9, "a length of eleven bytes in field 9", [&text[..], &endless, b"a"].concat(), &[VarintTooLong]),
        odd(1, "a tag of eleven bytes", [padded(8, 11), vec![1]].concat(), &[VarintTooLong]),
        odd(1, "a tag of 65 bits", [bit_65.clone(), vec![1]].concat(), &[VarintTooLong, InvalidTag]),
        odd(11, "a packed varint of eleven bytes in field 11", field(11, wire::LEN, &endless), &[VarintTooLong]),
    ];
    planted_anywhere(index, odds)
}

/// Field numbers that there are not.
pub fn invalid_tag(index: u64) -> BoxedStrategy<Input> {
    let number = |number, wire_type| {
        let bytes = field(number, wire_type, &value(wire_type, 1));
        odd(number, format!("the field number {number}"), bytes, &[DecodeFault::InvalidTag])
    };
    let odds = vec![
        number(0, wire::VARINT),
        number(0, wire::LEN),
        number(1 << 29, wire::VARINT),
        // Cut to 32 bits, this tag is that of field 1.
        number((1 << 29) + 1, wire::VARINT),
        number((1 << 61) - 1, wire::I32),
    ];
    planted_anywhere(index, odds)
}

/// Groups, and wire types that mean nothing.
pub fn unsupported(index: u64) -> BoxedStrategy<Input> {
    use DecodeFault::{UnsupportedWireType, WrongWireType};
    let known = [UnsupportedWireType, WrongWireType];
    let inside = field(1, wire::VARINT, &[1]);
    let group = |number| [tag(number, wire::GROUP_START), inside.clone(), tag(number, wire::GROUP_END)].concat();
    let odds = vec![
        odd(15, "a group in the unknown field 15", group(15), &known[..1]),
        odd(15, "an end of a group that never began, field 15", tag(15, wire::GROUP_END), &known[..1]),
        odd(15, "wire type 6 in the unknown field 15", [tag(15, 6), vec![8, 1]].concat(), &known[..1]),
        odd(15, "wire type 7 in the unknown field 15", [tag(15, 7), vec![8, 1]].concat(), &known[..1]),
        odd(1, "a group in field 1", group(1), &known),
        odd(9, "wire type 7 in field 9", [tag(9, 7), vec![8, 1]].concat(), &known),
    ];
    planted_anywhere(index, odds)
}

/// Fields of the schema with a wire type that is another field's.
pub fn wrong_type(index: u64) -> BoxedStrategy<Input> {
    use wire::{I32, I64, LEN, VARINT};
    let own: [(u64, &[u8]); 14] = [
        (1, &[VARINT]),
        (2, &[VARINT]),
        (3, &[VARINT]),
        (4, &[VARINT]),
        (5, &[I32]),
        (6, &[I64]),
        (7, &[I32]),
        (8, &[I64]),
        (9, &[LEN]),
        (10, &[LEN]),
        (11, &[LEN, VARINT]),
        (12, &[LEN]),
        (13, &[VARINT]),
        (16, &[LEN]),
    ];
    let mut odds = Vec::new();
    for (number, own) in own {
        for other in wire::SKIPPED.into_iter().filter(|wire_type| !own.contains(wire_type)) {
            let what = format!("wire type {other} in field {number}, whose own is {}", own[0]);
            odds.push(odd(number, what, field(number, other, &value(other, 1)), &[DecodeFault::WrongWireType]));
        }
    }
    planted_anywhere(index, odds)
}

/// Text that is not UTF-8.
pub fn not_utf8(index: u64) -> BoxedStrategy<Input> {
    let texts: [(&str, &[u8]); 5] = [
        ("a byte that no character has", b"a\xff"),
        ("a character that its end cuts off", b"a\xe2\x82"),
        ("a slash in two bytes where one would do", b"\xc0\xaf"),
        ("half of a pair of UTF-16", b"\xed\xa0\x80"),
        ("a character beyond the last", b"\xf5\x80\x80\x80"),
    ];
    let mut odds = Vec::new();
    for (number, name) in [(9, "`place`"), (12, "`tags`")] {
        for (what, bytes) in texts {
            odds.push(odd(
                number,
                format!("{what} in {name}"),
                field(number, wire::LEN, bytes),
                &[DecodeFault::InvalidUtf8],
            ));
        }
    }
    planted_anywhere(index, odds)
}

/// How many readings stand inside one another in the deepest input.
pub const DEEPEST: usize = MAX_DEPTH + 4_900;

/// More readings inside one another than there may be.
pub fn too_deep(index: u64) -> BoxedStrategy<Input> {
    // The least of them comes first, so that a reader without a limit is told before the last can exhaust its stack.
    let depths = [MAX_DEPTH + 1, MAX_DEPTH + 2, MAX_DEPTH + 50, MAX_DEPTH + 900, DEEPEST];
    let depth = depths[index as usize % depths.len()];
    let bytes = nested(depth);
    let any_of = vec![DecodeFault::TooDeep];
    let expected = Expected::Fault { any_of, from: 0, to: bytes.len() };
    inputs::only(Input { what: format!("of {depth} readings inside one another"), bytes, mark: None, expected })
}

/// Input that ends before its last field does, and fields that reach past the end of what holds them.
pub fn truncated(index: u64) -> BoxedStrategy<Input> {
    let truncated = [DecodeFault::Truncated];
    // What follows the early end is a field again, so nothing else is wrong.
    let past = |what: &str, bytes, end| {
        let input = input(&odd(0, what, bytes, &truncated), &Reading::default(), 0);
        Input { mark: Some(end), ..input }
    };
    let overlong = [tag(16, wire::LEN), vec![4], field(9, wire::LEN, b"\x0a\x00\x08\x01")].concat();
    let straddling = [tag(16, wire::LEN), vec![2], tag(5, wire::I32), vec![0x0d], vec![8, 1, 8, 1, 8, 1]].concat();
    let pieces = vec![
        past("a text that reaches past the end of the `corrects` it is in", overlong, 7),
        past("a fixed32 that reaches past the end of the `corrects` it is in", straddling, 5),
        past(
            "a packed varint that reaches past the end of field 11",
            [tag(11, wire::LEN), vec![1, 0x80], vec![8, 1]].concat(),
            3,
        ),
    ];
    pieces_first(index, pieces, || (ordinary(2), any::<Index>(), any::<Index>()).prop_map(cut_short).boxed())
}

fn cut_short((reading, which, at): (Reading, Index, Index)) -> Input {
    // Never empty, and never without a field of more than one byte.
    let reading = Reading { station: reading.station.max(1), ..reading };
    let mut fields = peer::fields(&peer::encode(&reading));
    fields.truncate(which.index(fields.len()) + 1);
    let (number, last) = fields.pop().expect("there is one at least");
    let before: Vec<u8> = fields.into_iter().flat_map(|(_, field)| field).collect();
    let kept = 1 + at.index(last.len() - 1);
    let bytes = [&before[..], &last[..kept]].concat();
    let expected = Expected::Fault { any_of: vec![DecodeFault::Truncated], from: before.len(), to: bytes.len() };
    let what = format!("that end {kept} bytes into the {} of field {number}", last.len());
    Input { what, mark: Some(bytes.len()), bytes, expected }
}

/// In this order, so that a reader that believes a length is told while the machine can still give what it asks for.
const CLAIMS: [u64; 7] = [1 << 18, 1 << 20, 1 << 24, 1 << 31, (1 << 32) + 1, 1 << 63, u64::MAX];

/// Fields with a length, one of them unknown.
const CLAIMANTS: [u64; 6] = [9, 10, 11, 12, 15, 16];

/// How many cases [`hostile`] has before the noise.
pub const HOSTILE_PIECES: usize = CLAIMS.len() * CLAIMANTS.len() + inputs::COSTLY;

/// Lengths that claim what is not there, from large to absurd; then input that is costly to read; then noise.
pub fn hostile(index: u64) -> BoxedStrategy<Input> {
    let index = index as usize;
    match CLAIMS.get(index / CLAIMANTS.len()) {
        Some(claim) => inputs::only(claiming(CLAIMANTS[index % CLAIMANTS.len()], *claim)),
        None if index < HOSTILE_PIECES => inputs::only(inputs::costly(index % inputs::COSTLY)),
        None => inputs::random_bytes(),
    }
}

fn claiming(number: u64, claim: u64) -> Input {
    let bytes = [field(1, wire::VARINT, &[1]), tag(number, wire::LEN), varint(claim), b"\x08\x01".to_vec()].concat();
    let expected = Expected::Fault { any_of: vec![DecodeFault::Truncated], from: 2, to: bytes.len() };
    Input { what: format!("in which field {number} claims to be {claim} bytes long"), bytes, mark: Some(2), expected }
}

/// Every kind of fault, behind other fields and inside other readings.
pub fn any_fault(index: u64) -> BoxedStrategy<Input> {
    // Past the set pieces, which stand at the beginning of their input, where an offset can hardly be wrong.
    let later = 1_000 + index;
    match index % 6 {
        0 => long_varint(later),
        1 => invalid_tag(later),
        2 => unsupported(later),
        3 => wrong_type(later),
        4 => not_utf8(later),
        _ => truncated(later),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use explore::property;
    use sim::Choice;

    fn bytes_of(draw: fn(u64) -> BoxedStrategy<Input>, cases: u64) -> Vec<Input> {
        (0..cases).map(|index| property::value(&draw(index), Choice::new(index))).collect()
    }

    #[test]
    fn prost_refuses_what_has_to_be_refused() {
        // Not groups, which prost skips, as older versions of the format ask for.
        for draw in [long_varint, invalid_tag, wrong_type, not_utf8, too_deep, truncated] {
            for input in bytes_of(draw, 100) {
                assert!(peer::decode(&input.bytes).is_err(), "{input}");
            }
        }
    }

    #[test]
    fn a_field_at_fault_is_where_it_is_said_to_be() {
        for input in bytes_of(any_fault, 200) {
            let Expected::Fault { from, to, .. } = input.expected else { panic!("{input}") };
            assert!(from < to && to <= input.bytes.len(), "{input}");
        }
    }

    #[test]
    fn a_length_is_believed_by_small_steps() {
        assert!(CLAIMS.is_sorted());
        assert!(
            CLAIMS[0] as usize > 2 * super::super::contract::SLACK_BYTES,
            "the first is noticed in the memory used"
        );
    }
}
