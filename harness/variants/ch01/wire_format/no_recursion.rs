//! Decodes with a stack of its own instead of recursion, encodes from the last byte to the first, and reads frames off a
//! buffer by a cursor that is moved back to the front now and then.

use ch01::wire_format::{
    DecodeError, DecodeFault, FrameError, MAX_DEPTH, MAX_PAYLOAD_BYTES, Reading, WireFormat, crc32c,
};

/// Collects bytes from the last to the first, so that every length is known when it is written.
#[derive(Default)]
struct Backwards(Vec<u8>);

impl Backwards {
    fn finish(mut self) -> Vec<u8> {
        self.0.reverse();
        self.0
    }

    fn raw(&mut self, bytes: &[u8]) {
        self.0.extend(bytes.iter().rev());
    }

    fn varint(&mut self, value: u64) {
        let groups = (64 - (value | 1).leading_zeros()).div_ceil(7);
        for group in (0..groups).rev() {
            let bits = (value >> (7 * group)) as u8 & 0x7f;
            self.0.push(if group + 1 == groups { bits } else { bits | 0x80 });
        }
    }

    fn delimited(&mut self, tag: u64, write: impl FnOnce(&mut Self)) {
        let before = self.0.len();
        write(self);
        self.varint((self.0.len() - before) as u64);
        self.varint(tag);
    }

    fn number(&mut self, tag: u64, value: u64) {
        if value != 0 {
            self.varint(value);
            self.varint(tag);
        }
    }

    fn fixed(&mut self, tag: u64, bytes: &[u8]) {
        if bytes.iter().any(|byte| *byte > 0) {
            self.raw(bytes);
            self.varint(tag);
        }
    }

    fn reading(&mut self, reading: &Reading) {
        if let Some(corrects) = &reading.corrects {
            self.delimited(0x82, |out| out.reading(corrects));
        }
        if let Some(percent) = reading.battery_percent {
            self.varint(percent.into());
            self.varint(0x68);
        }
        for tag in reading.tags.iter().rev() {
            self.delimited(0x62, |out| out.raw(tag.as_bytes()));
        }
        if !reading.gusts.is_empty() {
            self.delimited(0x5a, |out| reading.gusts.iter().rev().for_each(|gust| out.varint(zig_zag(*gust))));
        }
        if !reading.signature.is_empty() {
            self.delimited(0x52, |out| out.raw(&reading.signature));
        }
        if !reading.place.is_empty() {
            self.delimited(0x4a, |out| out.raw(reading.place.as_bytes()));
        }
        self.fixed(0x41, &reading.temperature_c.to_le_bytes());
        self.fixed(0x3d, &reading.humidity.to_le_bytes());
        self.fixed(0x31, &reading.key.to_le_bytes());
        self.fixed(0x2d, &reading.station.to_le_bytes());
        self.number(0x20, reading.indoors.into());
        self.number(0x18, reading.taken_at_ms as u64);
        self.number(0x10, zig_zag(reading.altitude_m));
        self.number(0x08, reading.sequence);
    }
}

fn zig_zag(value: i32) -> u64 {
    u64::from(value.unsigned_abs().wrapping_mul(2).wrapping_sub(u32::from(value < 0)))
}

fn un_zig_zag(value: u64) -> i32 {
    ((value as u32) >> 1) as i32 ^ -(value as i32 & 1)
}

struct Cursor<'a> {
    bytes: &'a [u8],
    at: usize,
    /// Where the innermost message ends.
    end: usize,
}

impl Cursor<'_> {
    fn fail<T>(&self, fault: DecodeFault) -> Result<T, DecodeError> {
        Err(DecodeError { fault, offset: self.at })
    }

    fn varint(&mut self) -> Result<u64, DecodeError> {
        let mut value = 0u64;
        for (group, byte) in self.bytes[self.at..self.end].iter().take(10).enumerate() {
            let bits = u64::from(byte & 0x7f);
            value |= bits << (7 * group);
            if group == 9 && *byte > 1 {
                return self.fail(DecodeFault::VarintTooLong);
            }
            if byte & 0x80 == 0 {
                self.at += group + 1;
                return Ok(value);
            }
        }
        self.fail(DecodeFault::Truncated)
    }

    fn range(&mut self, length: u64) -> Result<std::ops::Range<usize>, DecodeError> {
        match usize::try_from(length).ok().and_then(|length| self.at.checked_add(length)) {
            Some(end) if end <= self.end => {
                let begin = std::mem::replace(&mut self.at, end);
                Ok(begin..end)
            }
            _ => self.fail(DecodeFault::Truncated),
        }
    }

    fn delimited(&mut self) -> Result<std::ops::Range<usize>, DecodeError> {
        let length = self.varint()?;
        self.range(length)
    }

    fn fixed<const N: usize>(&mut self) -> Result<[u8; N], DecodeError> {
        let range = self.range(N as u64)?;
        Ok(self.bytes[range].try_into().expect("the range has N bytes"))
    }

    fn text(&mut self) -> Result<String, DecodeError> {
        let range = self.delimited()?;
        match std::str::from_utf8(&self.bytes[range.clone()]) {
            Ok(text) => Ok(text.to_owned()),
            Err(_) => Err(DecodeError { fault: DecodeFault::InvalidUtf8, offset: range.start }),
        }
    }
}

/// Takes a reading out of the one around it, and puts it back when its bytes are used up.
fn decode(bytes: &[u8]) -> Result<Reading, DecodeError> {
    let mut cursor = Cursor { bytes, at: 0, end: bytes.len() };
    let mut open: Vec<(Reading, usize)> = Vec::new();
    let mut reading = Reading::default();
    loop {
        while cursor.at == cursor.end {
            let Some((outer, end)) = open.pop() else { return Ok(reading) };
            let inner = std::mem::replace(&mut reading, outer);
            reading.corrects = Some(Box::new(inner));
            cursor.end = end;
        }
        let begin = cursor.at;
        let tag = cursor.varint()?;
        if tag < 8 || tag > u64::from(u32::MAX) {
            return cursor.fail(DecodeFault::InvalidTag);
        }
        match tag {
            0x08 => reading.sequence = cursor.varint()?,
            0x10 => reading.altitude_m = un_zig_zag(cursor.varint()?),
            0x18 => reading.taken_at_ms = cursor.varint()? as i64,
            0x20 => reading.indoors = cursor.varint()? != 0,
            0x2d => reading.station = u32::from_le_bytes(cursor.fixed()?),
            0x31 => reading.key = u64::from_le_bytes(cursor.fixed()?),
            0x3d => reading.humidity = f32::from_le_bytes(cursor.fixed()?),
            0x41 => reading.temperature_c = f64::from_le_bytes(cursor.fixed()?),
            0x4a => reading.place = cursor.text()?,
            0x52 => reading.signature = bytes[cursor.delimited()?].to_vec(),
            0x58 => reading.gusts.push(un_zig_zag(cursor.varint()?)),
            0x5a => {
                let range = cursor.delimited()?;
                let mut packed = Cursor { bytes, at: range.start, end: range.end };
                while packed.at < packed.end {
                    reading.gusts.push(un_zig_zag(packed.varint()?));
                }
            }
            0x62 => reading.tags.push(cursor.text()?),
            0x68 => reading.battery_percent = Some(cursor.varint()? as u32),
            0x82 => {
                let range = cursor.delimited()?;
                if open.len() == MAX_DEPTH {
                    return Err(DecodeError { fault: DecodeFault::TooDeep, offset: begin });
                }
                let inner = reading.corrects.take().map_or_else(Reading::default, |inner| *inner);
                open.push((std::mem::replace(&mut reading, inner), cursor.end));
                (cursor.at, cursor.end) = (range.start, range.end);
            }
            _ => skip(&mut cursor, tag, begin)?,
        }
    }
}

fn skip(cursor: &mut Cursor<'_>, tag: u64, begin: usize) -> Result<(), DecodeError> {
    let (number, wire_type) = (tag >> 3, tag & 7);
    let known = matches!(number, 1..=13 | 16);
    let fault = match wire_type {
        3 | 4 | 6 | 7 => DecodeFault::UnsupportedWireType,
        _ if known => DecodeFault::WrongWireType,
        0 => return cursor.varint().map(drop),
        1 => return cursor.range(8).map(drop),
        2 => return cursor.delimited().map(drop),
        _ => return cursor.range(4).map(drop),
    };
    Err(DecodeError { fault, offset: begin })
}

/// One end of a connection.
pub struct Codec {
    buffer: Vec<u8>,
    /// Where the next frame begins.
    begin: usize,
    broken: Option<FrameError>,
}

impl Codec {
    fn break_with(&mut self, error: FrameError) -> Result<Option<Reading>, FrameError> {
        self.broken = Some(error);
        Err(error)
    }
}

impl WireFormat for Codec {
    fn new() -> Self {
        Codec { buffer: Vec::new(), begin: 0, broken: None }
    }

    fn encode(&self, reading: &Reading) -> Vec<u8> {
        let mut out = Backwards::default();
        out.reading(reading);
        out.finish()
    }

    fn decode(&self, bytes: &[u8]) -> Result<Reading, DecodeError> {
        decode(bytes)
    }

    fn frame(&self, reading: &Reading) -> Vec<u8> {
        let mut out = Backwards::default();
        out.reading(reading);
        out.varint(out.0.len() as u64);
        let mut frame = out.finish();
        frame.extend(crc32c(&frame).to_le_bytes());
        frame
    }

    fn push(&mut self, bytes: &[u8]) {
        if self.broken.is_some() {
            return;
        }
        if self.begin > 1024 {
            self.buffer.drain(..self.begin);
            self.begin = 0;
        }
        self.buffer.extend_from_slice(bytes);
    }

    fn next(&mut self) -> Result<Option<Reading>, FrameError> {
        if let Some(error) = self.broken {
            return Err(error);
        }
        let mut cursor = Cursor { bytes: &self.buffer, at: self.begin, end: self.buffer.len() };
        let length = match cursor.varint() {
            Ok(length) => length,
            Err(error) if error.fault == DecodeFault::Truncated => return Ok(None),
            Err(_) => return self.break_with(FrameError::BadLength),
        };
        if length > MAX_PAYLOAD_BYTES as u64 {
            return self.break_with(FrameError::BadLength);
        }
        let (Ok(payload), Ok(checksum)) = (cursor.range(length), cursor.fixed::<4>()) else { return Ok(None) };
        let end = cursor.at;
        if u32::from_le_bytes(checksum) != crc32c(&self.buffer[self.begin..payload.end]) {
            return self.break_with(FrameError::BadChecksum);
        }
        self.begin = end;
        decode(&self.buffer[payload]).map(Some).map_err(FrameError::Payload)
    }

    fn finish(&self) -> Result<(), FrameError> {
        match self.broken {
            Some(error) => Err(error),
            None if self.begin == self.buffer.len() => Ok(()),
            None => Err(FrameError::Unfinished),
        }
    }
}
