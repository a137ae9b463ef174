//! Bytes that no honest writer writes, and honest ones that few writers write.

use super::contract::{Reading, crc32c};
use super::peer;

/// Wire types, by the names that the specification gives them.
pub mod wire {
    pub const VARINT: u8 = 0;
    pub const I64: u8 = 1;
    pub const LEN: u8 = 2;
    pub const GROUP_START: u8 = 3;
    pub const GROUP_END: u8 = 4;
    pub const I32: u8 = 5;
    /// Every one that a reader may have to skip.
    pub const SKIPPED: [u8; 4] = [VARINT, I64, LEN, I32];
}

/// A varint in the fewest bytes.
pub fn varint(value: u64) -> Vec<u8> {
    padded(value, 1)
}

/// A varint in at least `len` bytes, filled up with groups of zeros.
pub fn padded(mut value: u64, len: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    loop {
        let group = (value & 0x7f) as u8;
        value >>= 7;
        let last = value == 0 && bytes.len() + 1 >= len;
        bytes.push(if last { group } else { group | 0x80 });
        if last {
            return bytes;
        }
    }
}

/// A tag, of any field number that fits 61 bits.
pub fn tag(number: u64, wire_type: u8) -> Vec<u8> {
    varint(number << 3 | u64::from(wire_type))
}

/// A field whose value has these bytes; for wire type 2, the length is put before it.
pub fn field(number: u64, wire_type: u8, value: &[u8]) -> Vec<u8> {
    let length = if wire_type == wire::LEN { varint(value.len() as u64) } else { Vec::new() };
    [tag(number, wire_type), length, value.to_vec()].concat()
}

/// A good value of that wire type, without the length.
pub fn value(wire_type: u8, number: u64) -> Vec<u8> {
    match wire_type {
        wire::VARINT => varint(number),
        wire::I64 => number.to_le_bytes().to_vec(),
        wire::I32 => (number as u32).to_le_bytes().to_vec(),
        // Looks like field 1, should anybody look inside what is to be skipped.
        _ => field(1, wire::VARINT, &varint(number)),
    }
}

/// `odd` as one more field of a reading, where its number belongs, and that reading inside `levels` others; with the
/// offset of `odd`.
pub fn planted(reading: &Reading, number: u64, odd: &[u8], levels: usize) -> (Vec<u8>, usize) {
    let (before, after): (Vec<_>, Vec<_>) =
        peer::fields(&peer::encode(reading)).into_iter().partition(|(other, _)| u64::from(*other) <= number);
    let join = |fields: Vec<(u32, Vec<u8>)>| fields.into_iter().flat_map(|(_, field)| field).collect::<Vec<u8>>();
    let before = join(before);
    let mut offset = before.len();
    let mut bytes = [&before[..], odd, &join(after)].concat();
    let around = Reading { place: "a station that stands around others".into(), ..Reading::default() };
    for _ in 0..levels {
        let head = [peer::encode(&around), tag(16, wire::LEN), varint(bytes.len() as u64)].concat();
        offset += head.len();
        bytes = [head, bytes].concat();
    }
    (bytes, offset)
}

/// Empty readings inside one another, the outermost not counted.
pub fn nested(depth: usize) -> Vec<u8> {
    (0..depth).fold(Vec::new(), |inner, _| field(16, wire::LEN, &inner))
}

/// The frame of a payload.
pub fn frame(payload: &[u8]) -> Vec<u8> {
    let mut frame = [varint(payload.len() as u64), payload.to_vec()].concat();
    frame.extend(crc32c(&frame).to_le_bytes());
    frame
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_varint_has_the_length_that_is_asked_for() {
        assert_eq!(varint(150), [0x96, 0x01]);
        assert_eq!(varint(u64::MAX).len(), 10);
        assert_eq!(padded(5, 3), [0x85, 0x80, 0x00]);
        assert_eq!(padded(150, 1), varint(150), "never shorter than it has to be");
    }

    #[test]
    fn readings_stand_inside_one_another() {
        assert!(peer::decode(&nested(super::super::contract::MAX_DEPTH)).is_ok());
        assert!(peer::decode(&nested(super::super::contract::MAX_DEPTH + 1)).is_err());
    }

    #[test]
    fn an_odd_field_is_found_at_its_offset() {
        let reading = Reading { sequence: 1, battery_percent: Some(1), ..Reading::default() };
        for levels in 0..3 {
            let (bytes, offset) = planted(&reading, 9, b"odd", levels);
            assert_eq!(&bytes[offset..offset + 3], b"odd");
        }
        assert_eq!(planted(&reading, 9, b"odd", 0).1, 2, "after field 1, before field 13");
    }
}
