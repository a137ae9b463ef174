//! An independent implementation of the same schema, made with prost.
//!
//! The trait is implemented by hand, with the functions that prost's derive would call: a learner then does not wait for
//! the derive to compile, and -0.0 is written, as the specification asks for and the derive does not do.

use prost::bytes::{Buf, BufMut};
use prost::encoding::{self, DecodeContext, WireType};
use prost::{DecodeError, Message};

use super::contract::Reading;

/// The bytes of a reading, as prost writes them.
pub fn encode(reading: &Reading) -> Vec<u8> {
    let mut out = Vec::new();
    reading.encode_raw(&mut out);
    out
}

/// What prost reads in these bytes. The reason is prost's own.
pub fn decode(bytes: &[u8]) -> Result<Reading, String> {
    Reading::decode(bytes).map_err(|error| error.to_string())
}

/// Whether two readings are the same in every bit, also where a number is NaN.
pub fn same(left: &Reading, right: &Reading) -> bool {
    encode(left) == encode(right)
}

/// The fields of a message, each with its tag, and their numbers.
pub fn fields(message: &[u8]) -> Vec<(u32, Vec<u8>)> {
    let mut rest = message;
    let mut fields = Vec::new();
    while !rest.is_empty() {
        let whole = rest;
        let (number, wire_type) = encoding::decode_key(&mut rest).expect("prost reads what it wrote");
        encoding::skip_field(wire_type, number, &mut rest, DecodeContext::default())
            .expect("prost skips what it wrote");
        fields.push((number, whole[..whole.len() - rest.len()].to_vec()));
    }
    fields
}

impl Message for Reading {
    fn encode_raw(&self, out: &mut impl BufMut) {
        if self.sequence != 0 {
            encoding::uint64::encode(1, &self.sequence, out);
        }
        if self.altitude_m != 0 {
            encoding::sint32::encode(2, &self.altitude_m, out);
        }
        if self.taken_at_ms != 0 {
            encoding::int64::encode(3, &self.taken_at_ms, out);
        }
        if self.indoors {
            encoding::bool::encode(4, &self.indoors, out);
        }
        if self.station != 0 {
            encoding::fixed32::encode(5, &self.station, out);
        }
        if self.key != 0 {
            encoding::fixed64::encode(6, &self.key, out);
        }
        if self.humidity.to_bits() != 0 {
            encoding::float::encode(7, &self.humidity, out);
        }
        if self.temperature_c.to_bits() != 0 {
            encoding::double::encode(8, &self.temperature_c, out);
        }
        if !self.place.is_empty() {
            encoding::string::encode(9, &self.place, out);
        }
        if !self.signature.is_empty() {
            encoding::bytes::encode(10, &self.signature, out);
        }
        encoding::sint32::encode_packed(11, &self.gusts, out);
        encoding::string::encode_repeated(12, &self.tags, out);
        if let Some(percent) = &self.battery_percent {
            encoding::uint32::encode(13, percent, out);
        }
        if let Some(corrects) = &self.corrects {
            // Not `message::encode`: it asks every depth for its length first, and here that is as much work as encoding.
            let inner = encode(corrects);
            encoding::encode_key(16, WireType::LengthDelimited, out);
            encoding::encode_varint(inner.len() as u64, out);
            out.put_slice(&inner);
        }
    }

    fn merge_field(
        &mut self,
        number: u32,
        wire_type: WireType,
        input: &mut impl Buf,
        context: DecodeContext,
    ) -> Result<(), DecodeError> {
        match number {
            1 => encoding::uint64::merge(wire_type, &mut self.sequence, input, context),
            2 => encoding::sint32::merge(wire_type, &mut self.altitude_m, input, context),
            3 => encoding::int64::merge(wire_type, &mut self.taken_at_ms, input, context),
            4 => encoding::bool::merge(wire_type, &mut self.indoors, input, context),
            5 => encoding::fixed32::merge(wire_type, &mut self.station, input, context),
            6 => encoding::fixed64::merge(wire_type, &mut self.key, input, context),
            7 => encoding::float::merge(wire_type, &mut self.humidity, input, context),
            8 => encoding::double::merge(wire_type, &mut self.temperature_c, input, context),
            9 => encoding::string::merge(wire_type, &mut self.place, input, context),
            10 => encoding::bytes::merge(wire_type, &mut self.signature, input, context),
            11 => encoding::sint32::merge_repeated(wire_type, &mut self.gusts, input, context),
            12 => encoding::string::merge_repeated(wire_type, &mut self.tags, input, context),
            13 => {
                let percent = self.battery_percent.get_or_insert_default();
                encoding::uint32::merge(wire_type, percent, input, context)
            }
            16 => {
                let corrects = self.corrects.get_or_insert_default();
                encoding::message::merge(wire_type, corrects.as_mut(), input, context)
            }
            _ => encoding::skip_field(wire_type, number, input, context),
        }
    }

    fn encoded_len(&self) -> usize {
        encode(self).len()
    }

    fn clear(&mut self) {
        *self = Reading::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_examples_of_the_specification_come_out() {
        // https://protobuf.dev/programming-guides/encoding/, with this schema's field numbers.
        assert_eq!(encode(&Reading { sequence: 150, ..Reading::default() }), [0x08, 0x96, 0x01]);
        assert_eq!(encode(&Reading { place: "testing".into(), ..Reading::default() }), b"\x4a\x07testing");
        assert_eq!(encode(&Reading { altitude_m: -2, ..Reading::default() }), [0x10, 0x03]);
        assert_eq!(encode(&Reading { altitude_m: i32::MIN, ..Reading::default() }), b"\x10\xff\xff\xff\xff\x0f");
        let minus_two = [&[0x18, 0xfe][..], &[0xff; 8], &[0x01]].concat();
        assert_eq!(encode(&Reading { taken_at_ms: -2, ..Reading::default() }), minus_two);
        let inner = Reading { sequence: 150, ..Reading::default() };
        let outer = Reading { corrects: Some(Box::new(inner)), ..Reading::default() };
        assert_eq!(encode(&outer), [0x82, 0x01, 0x03, 0x08, 0x96, 0x01]);
    }

    #[test]
    fn what_is_written_is_what_is_read() {
        let inner = Reading { gusts: vec![-1, 0, 7], tags: vec!["".into(), "b".into()], ..Reading::default() };
        let outer = Reading {
            humidity: f32::NAN,
            battery_percent: Some(0),
            corrects: Some(inner.into()),
            ..Reading::default()
        };
        let read = decode(&encode(&outer)).expect("it is good");
        assert!(same(&read, &outer));
        assert!(!same(&read, &Reading { humidity: -f32::NAN, ..outer }), "another bit is another reading");
    }

    #[test]
    fn a_message_falls_into_its_fields() {
        let reading = Reading { sequence: 1, tags: vec!["a".into(), "b".into()], ..Reading::default() };
        let numbers: Vec<u32> = fields(&encode(&reading)).into_iter().map(|(number, _)| number).collect();
        assert_eq!(numbers, [1, 12, 12]);
    }
}
