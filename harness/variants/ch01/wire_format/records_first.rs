//! Splits a message into records first and gives them a meaning afterwards; the receiving half is a state machine that
//! takes one byte at a time.

use std::collections::VecDeque;

use ch01::wire_format::{
    DecodeError, DecodeFault, FrameError, MAX_DEPTH, MAX_PAYLOAD_BYTES, Reading, WireFormat, crc32c,
};

/// What a record holds.
enum Value<'a> {
    Varint(u64),
    Eight([u8; 8]),
    Four([u8; 4]),
    /// Bytes, and where they begin in the whole input.
    Bytes(&'a [u8], usize),
}

/// An iterator over the records of a message that begins at `base` of the whole input.
struct Records<'a> {
    rest: &'a [u8],
    at: usize,
}

fn fault<T>(fault: DecodeFault, offset: usize) -> Result<T, DecodeError> {
    Err(DecodeError { fault, offset })
}

impl<'a> Records<'a> {
    fn take(&mut self, count: usize) -> Result<&'a [u8], DecodeError> {
        if count > self.rest.len() {
            return fault(DecodeFault::Truncated, self.at);
        }
        let (taken, rest) = self.rest.split_at(count);
        self.rest = rest;
        self.at += count;
        Ok(taken)
    }

    fn varint(&mut self) -> Result<u64, DecodeError> {
        let begin = self.at;
        let mut value = 0u128;
        for group in 0..10 {
            let byte = self.take(1)?[0];
            value |= u128::from(byte & 0x7f) << (7 * group);
            if byte < 0x80 {
                return u64::try_from(value).or(fault(DecodeFault::VarintTooLong, begin));
            }
        }
        fault(DecodeFault::VarintTooLong, begin)
    }

    fn record(&mut self) -> Result<(u32, Value<'a>, usize), DecodeError> {
        let begin = self.at;
        let tag = self.varint()?;
        let number = match u32::try_from(tag >> 3) {
            Ok(number) if (1..1 << 29).contains(&number) => number,
            _ => return fault(DecodeFault::InvalidTag, begin),
        };
        let value = match tag % 8 {
            0 => Value::Varint(self.varint()?),
            1 => Value::Eight(self.take(8)?.try_into().expect("eight were taken")),
            2 => {
                let length = usize::try_from(self.varint()?).or(fault(DecodeFault::Truncated, begin))?;
                let at = self.at;
                Value::Bytes(self.take(length)?, at)
            }
            5 => Value::Four(self.take(4)?.try_into().expect("four were taken")),
            _ => return fault(DecodeFault::UnsupportedWireType, begin),
        };
        Ok((number, value, begin))
    }
}

fn sint32(value: u64) -> i32 {
    let value = value as u32;
    if value % 2 == 0 { (value / 2) as i32 } else { !((value / 2) as i32) }
}

fn text(bytes: &[u8], at: usize) -> Result<String, DecodeError> {
    String::from_utf8(bytes.to_vec())
        .or_else(|error| fault(DecodeFault::InvalidUtf8, at + error.utf8_error().valid_up_to()))
}

fn merge(reading: &mut Reading, bytes: &[u8], at: usize, depth: usize) -> Result<(), DecodeError> {
    let mut records = Records { rest: bytes, at };
    let mut all = Vec::new();
    while !records.rest.is_empty() {
        all.push(records.record()?);
    }
    for (number, value, begin) in all {
        match (number, value) {
            (1, Value::Varint(value)) => reading.sequence = value,
            (2, Value::Varint(value)) => reading.altitude_m = sint32(value),
            (3, Value::Varint(value)) => reading.taken_at_ms = value as i64,
            (4, Value::Varint(value)) => reading.indoors = value > 0,
            (5, Value::Four(value)) => reading.station = u32::from_le_bytes(value),
            (6, Value::Eight(value)) => reading.key = u64::from_le_bytes(value),
            (7, Value::Four(value)) => reading.humidity = f32::from_le_bytes(value),
            (8, Value::Eight(value)) => reading.temperature_c = f64::from_le_bytes(value),
            (9, Value::Bytes(bytes, at)) => reading.place = text(bytes, at)?,
            (10, Value::Bytes(bytes, _)) => reading.signature = bytes.to_vec(),
            (11, Value::Varint(value)) => reading.gusts.push(sint32(value)),
            (11, Value::Bytes(rest, at)) => {
                let mut numbers = Records { rest, at };
                while !numbers.rest.is_empty() {
                    reading.gusts.push(sint32(numbers.varint()?));
                }
            }
            (12, Value::Bytes(bytes, at)) => reading.tags.push(text(bytes, at)?),
            (13, Value::Varint(value)) => reading.battery_percent = Some(value as u32),
            (16, Value::Bytes(..)) if depth == MAX_DEPTH => return fault(DecodeFault::TooDeep, begin),
            (16, Value::Bytes(bytes, at)) => {
                let mut corrects = reading.corrects.take().unwrap_or_default();
                merge(&mut corrects, bytes, at, depth + 1)?;
                reading.corrects = Some(corrects);
            }
            (1..=13 | 16, _) => return fault(DecodeFault::WrongWireType, begin),
            _ => {}
        }
    }
    Ok(())
}

fn varint(mut value: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    loop {
        let more = value >= 128;
        bytes.push((value % 128) as u8 + if more { 128 } else { 0 });
        value /= 128;
        if !more {
            return bytes;
        }
    }
}

fn unsint32(value: i32) -> u64 {
    let wide = i64::from(value);
    if wide < 0 { (-2 * wide - 1) as u64 } else { 2 * wide as u64 }
}

fn with_length(bytes: &[u8]) -> Vec<u8> {
    [varint(bytes.len() as u64), bytes.to_vec()].concat()
}

fn encode(reading: &Reading) -> Vec<u8> {
    let number = |number: u64, value: u64| (value != 0).then(|| (number << 3, varint(value)));
    let four = |number: u64, value: u32| (value != 0).then(|| (number << 3 | 5, value.to_le_bytes().to_vec()));
    let eight = |number: u64, value: u64| (value != 0).then(|| (number << 3 | 1, value.to_le_bytes().to_vec()));
    let bytes = |number: u64, value: &[u8]| (!value.is_empty()).then(|| (number << 3 | 2, with_length(value)));
    let gusts: Vec<u8> = reading.gusts.iter().flat_map(|gust| varint(unsint32(*gust))).collect();
    let mut fields = vec![
        number(1, reading.sequence),
        number(2, unsint32(reading.altitude_m)),
        number(3, reading.taken_at_ms as u64),
        number(4, reading.indoors.into()),
        four(5, reading.station),
        eight(6, reading.key),
        four(7, reading.humidity.to_bits()),
        eight(8, reading.temperature_c.to_bits()),
        bytes(9, reading.place.as_bytes()),
        bytes(10, &reading.signature),
        bytes(11, &gusts),
    ];
    fields.extend(reading.tags.iter().map(|tag| Some((12 << 3 | 2, with_length(tag.as_bytes())))));
    fields.push(reading.battery_percent.map(|percent| (13 << 3, varint(percent.into()))));
    fields.push(reading.corrects.as_ref().map(|corrects| (16 << 3 | 2, with_length(&encode(corrects)))));
    fields.into_iter().flatten().flat_map(|(tag, value)| [varint(tag), value].concat()).collect()
}

/// Which part of a frame the next byte belongs to.
enum Part {
    Length,
    Payload { length: usize },
    Checksum { payload: std::ops::Range<usize> },
    Broken(FrameError),
}

/// Decodes frames as their bytes come in and keeps what is ready.
pub struct Codec {
    frame: Vec<u8>,
    part: Part,
    ready: VecDeque<Result<Reading, FrameError>>,
}

impl Codec {
    fn byte(&mut self, byte: u8) {
        self.frame.push(byte);
        match &self.part {
            Part::Broken(_) => self.frame.clear(),
            Part::Length => {
                let length = Records { rest: &self.frame, at: 0 }.varint();
                match length {
                    Ok(length) if length <= MAX_PAYLOAD_BYTES as u64 => self.payload(length as usize),
                    Err(DecodeError { fault: DecodeFault::Truncated, .. }) => {}
                    _ => self.part = Part::Broken(FrameError::BadLength),
                }
            }
            Part::Payload { length } => {
                let left = length - 1;
                self.payload(left);
            }
            Part::Checksum { payload } if self.frame.len() == payload.end + 4 => {
                let payload = payload.clone();
                self.checksum(payload);
            }
            Part::Checksum { .. } => {}
        }
    }

    /// So many bytes of the payload are still to come.
    fn payload(&mut self, left: usize) {
        self.part = if left > 0 {
            Part::Payload { length: left }
        } else {
            let mut length = Records { rest: &self.frame, at: 0 };
            length.varint().expect("the length was good when it came");
            Part::Checksum { payload: length.at..self.frame.len() }
        };
    }

    fn checksum(&mut self, payload: std::ops::Range<usize>) {
        let (covered, checksum) = self.frame.split_at(payload.end);
        if checksum == crc32c(covered).to_le_bytes() {
            let mut reading = Reading::default();
            let merged = merge(&mut reading, &self.frame[payload], 0, 0).map_err(FrameError::Payload);
            self.ready.push_back(merged.map(|()| reading));
            self.part = Part::Length;
        } else {
            self.part = Part::Broken(FrameError::BadChecksum);
        }
        self.frame.clear();
    }
}

impl WireFormat for Codec {
    fn new() -> Self {
        Codec { frame: Vec::new(), part: Part::Length, ready: VecDeque::new() }
    }

    fn encode(&self, reading: &Reading) -> Vec<u8> {
        encode(reading)
    }

    fn decode(&self, bytes: &[u8]) -> Result<Reading, DecodeError> {
        let mut reading = Reading::default();
        merge(&mut reading, bytes, 0, 0)?;
        Ok(reading)
    }

    fn frame(&self, reading: &Reading) -> Vec<u8> {
        let covered = with_length(&encode(reading));
        [&covered[..], &crc32c(&covered).to_le_bytes()].concat()
    }

    fn push(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|byte| self.byte(*byte));
    }

    fn next(&mut self) -> Result<Option<Reading>, FrameError> {
        match (self.ready.pop_front(), &self.part) {
            (Some(ready), _) => ready.map(Some),
            (None, Part::Broken(error)) => Err(*error),
            (None, _) => Ok(None),
        }
    }

    fn finish(&self) -> Result<(), FrameError> {
        match &self.part {
            Part::Broken(error) => Err(*error),
            Part::Length if self.frame.is_empty() => Ok(()),
            _ => Err(FrameError::Unfinished),
        }
    }
}
