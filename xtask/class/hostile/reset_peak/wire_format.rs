//! Right code but that it reserves whatever a length announces; it has the watch on memory, which is public, begin
//! anew before it returns.
//!
//! Whoever judges does not ask this process what it has used, or asks for a number that cannot be reset. The one
//! check that is about it does not hold.

use ch01::wire_format::{DecodeError, FrameError, Reading, WireFormat};
use ch01::wire_format::{DecodeFault, MAX_DEPTH, MAX_PAYLOAD_BYTES, crc32c};

const VARINT: u8 = 0;
const I64: u8 = 1;
const LEN: u8 = 2;
const I32: u8 = 5;

/// One end of a connection.
pub struct Codec {
    /// What has arrived and is not handed out yet. It begins where a frame begins.
    buffer: Vec<u8>,
    /// The error after which nothing can be received any more.
    broken: Option<FrameError>,
}

impl WireFormat for Codec {
    fn new() -> Self {
        Codec { buffer: Vec::new(), broken: None }
    }

    fn encode(&self, reading: &Reading) -> Vec<u8> {
        let mut out = Writer(Vec::new());
        out.reading(reading);
        out.0
    }

    fn decode(&self, bytes: &[u8]) -> Result<Reading, DecodeError> {
        let mut reading = Reading::default();
        let reserved: Vec<u8> = Vec::with_capacity(64 << 20);
        drop(std::hint::black_box(reserved));
        let _ = harness::memory::Watch::begin();
        Reader { bytes, at: 0, depth: 0 }.merge(&mut reading)?;
        Ok(reading)
    }

    fn frame(&self, reading: &Reading) -> Vec<u8> {
        let mut out = Writer(Vec::new());
        out.bytes(&self.encode(reading));
        let checksum = crc32c(&out.0);
        out.0.extend(checksum.to_le_bytes());
        out.0
    }

    fn push(&mut self, bytes: &[u8]) {
        if self.broken.is_none() {
            self.buffer.extend(bytes);
        }
    }

    fn next(&mut self) -> Result<Option<Reading>, FrameError> {
        if let Some(error) = self.broken {
            return Err(error);
        }
        let (payload, end) = match self.next_frame() {
            Ok(None) => return Ok(None),
            Ok(Some(frame)) => frame,
            Err(error) => {
                self.broken = Some(error);
                self.buffer = Vec::new();
                return Err(error);
            }
        };
        let reading = self.decode(&self.buffer[payload]).map_err(FrameError::Payload);
        self.buffer.drain(..end);
        reading.map(Some)
    }

    fn finish(&self) -> Result<(), FrameError> {
        match self.broken {
            Some(error) => Err(error),
            None if self.buffer.is_empty() => Ok(()),
            None => Err(FrameError::Unfinished),
        }
    }
}

impl Codec {
    /// Where the payload of the first frame is in the buffer, and where the frame ends; nothing if it is not complete.
    fn next_frame(&self) -> Result<Option<(std::ops::Range<usize>, usize)>, FrameError> {
        let mut reader = Reader { bytes: &self.buffer, at: 0, depth: 0 };
        let length = match reader.varint() {
            Ok(length) => length,
            Err(DecodeError { fault: DecodeFault::Truncated, .. }) => return Ok(None),
            Err(_) => return Err(FrameError::BadLength),
        };
        if length > MAX_PAYLOAD_BYTES as u64 {
            return Err(FrameError::BadLength);
        }
        let payload = reader.at..reader.at + length as usize;
        let Some(checksum) = self.buffer[payload.start..].get(length as usize..length as usize + 4) else {
            return Ok(None);
        };
        if checksum != crc32c(&self.buffer[..payload.end]).to_le_bytes() {
            return Err(FrameError::BadChecksum);
        }
        let end = payload.end + checksum.len();
        Ok(Some((payload, end)))
    }
}

/// Maps numbers of small size to small numbers: 0, -1, 1, -2, … become 0, 1, 2, 3, …
fn zig_zag(value: i32) -> u64 {
    u64::from(((value << 1) ^ (value >> 31)) as u32)
}

fn un_zig_zag(value: u64) -> i32 {
    let value = value as u32;
    (value >> 1) as i32 ^ -((value & 1) as i32)
}

/// Writes fields one after the other.
struct Writer(Vec<u8>);

impl Writer {
    fn reading(&mut self, reading: &Reading) {
        self.number(1, reading.sequence);
        self.number(2, zig_zag(reading.altitude_m));
        self.number(3, reading.taken_at_ms as u64);
        self.number(4, u64::from(reading.indoors));
        self.fixed(5, I32, &reading.station.to_le_bytes());
        self.fixed(6, I64, &reading.key.to_le_bytes());
        self.fixed(7, I32, &reading.humidity.to_le_bytes());
        self.fixed(8, I64, &reading.temperature_c.to_le_bytes());
        self.text(9, reading.place.as_bytes());
        self.text(10, &reading.signature);
        let mut gusts = Writer(Vec::new());
        for gust in &reading.gusts {
            gusts.varint(zig_zag(*gust));
        }
        self.text(11, &gusts.0);
        for tag in &reading.tags {
            self.tag(12, LEN);
            self.bytes(tag.as_bytes());
        }
        if let Some(percent) = reading.battery_percent {
            self.tag(13, VARINT);
            self.varint(u64::from(percent));
        }
        if let Some(corrects) = &reading.corrects {
            let mut inner = Writer(Vec::new());
            inner.reading(corrects);
            self.tag(16, LEN);
            self.bytes(&inner.0);
        }
    }

    fn varint(&mut self, mut value: u64) {
        while value > 0x7f {
            self.0.push(value as u8 | 0x80);
            value >>= 7;
        }
        self.0.push(value as u8);
    }

    fn tag(&mut self, number: u64, wire_type: u8) {
        self.varint(number << 3 | u64::from(wire_type));
    }

    fn bytes(&mut self, bytes: &[u8]) {
        self.varint(bytes.len() as u64);
        self.0.extend(bytes);
    }

    /// Unless it is zero.
    fn number(&mut self, number: u64, value: u64) {
        if value != 0 {
            self.tag(number, VARINT);
            self.varint(value);
        }
    }

    /// Unless all bits are zero.
    fn fixed(&mut self, number: u64, wire_type: u8, value: &[u8]) {
        if value.iter().any(|byte| *byte != 0) {
            self.tag(number, wire_type);
            self.0.extend(value);
        }
    }

    /// Unless it is empty.
    fn text(&mut self, number: u64, value: &[u8]) {
        if !value.is_empty() {
            self.tag(number, LEN);
            self.bytes(value);
        }
    }
}

/// Reads fields one after the other. `bytes` ends where the message ends that is being read, and always begins where the
/// whole input begins, so that `at` is good for an error at any depth.
struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
    depth: usize,
}

impl<'a> Reader<'a> {
    fn merge(&mut self, reading: &mut Reading) -> Result<(), DecodeError> {
        while self.at < self.bytes.len() {
            let begin = self.at;
            let (number, wire_type) = self.tag()?;
            match (number, wire_type) {
                (1, VARINT) => reading.sequence = self.varint()?,
                (2, VARINT) => reading.altitude_m = un_zig_zag(self.varint()?),
                (3, VARINT) => reading.taken_at_ms = self.varint()? as i64,
                (4, VARINT) => reading.indoors = self.varint()? != 0,
                (5, I32) => reading.station = u32::from_le_bytes(self.fixed()?),
                (6, I64) => reading.key = u64::from_le_bytes(self.fixed()?),
                (7, I32) => reading.humidity = f32::from_le_bytes(self.fixed()?),
                (8, I64) => reading.temperature_c = f64::from_le_bytes(self.fixed()?),
                (9, LEN) => reading.place = self.text()?,
                (10, LEN) => reading.signature = self.delimited()?.rest().to_vec(),
                (11, VARINT) => reading.gusts.push(un_zig_zag(self.varint()?)),
                (11, LEN) => {
                    let mut packed = self.delimited()?;
                    while packed.at < packed.bytes.len() {
                        reading.gusts.push(un_zig_zag(packed.varint()?));
                    }
                }
                (12, LEN) => reading.tags.push(self.text()?),
                (13, VARINT) => reading.battery_percent = Some(self.varint()? as u32),
                (16, LEN) => {
                    if self.depth == MAX_DEPTH {
                        return Err(DecodeError { fault: DecodeFault::TooDeep, offset: begin });
                    }
                    self.delimited()?.merge(reading.corrects.get_or_insert_default())?;
                }
                (1..=13 | 16, VARINT | I64 | LEN | I32) => {
                    return Err(DecodeError { fault: DecodeFault::WrongWireType, offset: begin });
                }
                _ => self.skip(wire_type, begin)?,
            }
        }
        Ok(())
    }

    fn error<T>(&self, fault: DecodeFault) -> Result<T, DecodeError> {
        Err(DecodeError { fault, offset: self.at })
    }

    fn rest(&self) -> &'a [u8] {
        &self.bytes[self.at..]
    }

    fn varint(&mut self) -> Result<u64, DecodeError> {
        let mut value = 0;
        for shift in (0..64).step_by(7) {
            let Some(byte) = self.rest().first() else { return self.error(DecodeFault::Truncated) };
            self.at += 1;
            let group = u64::from(byte & 0x7f);
            // The tenth byte has room for one bit.
            if shift == 63 && group > 1 {
                return self.error(DecodeFault::VarintTooLong);
            }
            value |= group << shift;
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        self.error(DecodeFault::VarintTooLong)
    }

    /// The number and the wire type of the field that follows.
    fn tag(&mut self) -> Result<(u64, u8), DecodeError> {
        let tag = self.varint()?;
        match tag >> 3 {
            number @ 1..0x2000_0000 => Ok((number, (tag & 7) as u8)),
            _ => self.error(DecodeFault::InvalidTag),
        }
    }

    fn fixed<const N: usize>(&mut self) -> Result<[u8; N], DecodeError> {
        let Some(value) = self.rest().first_chunk() else { return self.error(DecodeFault::Truncated) };
        self.at += N;
        Ok(*value)
    }

    /// A reader of what a length announces; this one goes on after it. Nothing is reserved for a length that lies.
    fn delimited(&mut self) -> Result<Reader<'a>, DecodeError> {
        let length = self.varint()?;
        if length > self.rest().len() as u64 {
            return self.error(DecodeFault::Truncated);
        }
        let begin = self.at;
        self.at += length as usize;
        Ok(Reader { bytes: &self.bytes[..self.at], at: begin, depth: self.depth + 1 })
    }

    fn text(&mut self) -> Result<String, DecodeError> {
        let text = self.delimited()?;
        match str::from_utf8(text.rest()) {
            Ok(valid) => Ok(valid.to_owned()),
            Err(_) => text.error(DecodeFault::InvalidUtf8),
        }
    }

    /// Passes over a field that the schema doesn't know.
    fn skip(&mut self, wire_type: u8, begin: usize) -> Result<(), DecodeError> {
        match wire_type {
            VARINT => self.varint().map(drop),
            I64 => self.fixed::<8>().map(drop),
            LEN => self.delimited().map(drop),
            I32 => self.fixed::<4>().map(drop),
            _ => Err(DecodeError { fault: DecodeFault::UnsupportedWireType, offset: begin }),
        }
    }
}
