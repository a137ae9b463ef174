//! The harness's own ends: it reads what a sender wrote, and writes what a receiver reads.
//!
//! What reads is lenient. It notes the first thing that is not as the format asks and goes on as long as frames can be
//! told apart, so that a wrong checksum, say, breaks the promise about the format and no other.

use flate2::read::{DeflateDecoder, DeflateEncoder};
use flate2::{Compression, Crc};
use std::io::Read;

use super::contract::{FrameKind, HEADER_BYTES, LENGTH_BYTES};

/// A frame of a stream.
#[derive(Clone, Debug)]
pub struct Frame {
    /// Where it begins in the stream.
    pub from: usize,
    /// Where it ends.
    pub to: usize,
    /// Its kind, as far as it is one.
    pub kind: u8,
    /// How long its content is.
    pub content_bytes: usize,
    /// What is in it.
    pub records: Vec<Vec<u8>>,
}

impl Frame {
    /// Bytes of its body.
    pub fn body_bytes(&self) -> usize {
        self.to - self.from - HEADER_BYTES
    }
}

/// A stream, taken apart.
#[derive(Clone, Debug, Default)]
pub struct Stream {
    /// Its frames, without the end frame.
    pub frames: Vec<Frame>,
    /// Where the end frame ends.
    pub ended_at: Option<usize>,
    /// The first thing that is not as the format asks: what was expected, and what was there.
    pub fault: Option<(String, String)>,
}

impl Stream {
    /// Every record, with the place in the stream where its frame ends.
    pub fn records(&self) -> impl Iterator<Item = (&Frame, &Vec<u8>)> {
        self.frames.iter().flat_map(|frame| frame.records.iter().map(move |record| (frame, record)))
    }

    fn fault(&mut self, expected: impl Into<String>, actual: impl Into<String>) {
        self.fault.get_or_insert_with(|| (expected.into(), actual.into()));
    }
}

fn be(bytes: &[u8]) -> usize {
    bytes.iter().fold(0, |value, byte| value << 8 | usize::from(*byte))
}

/// Takes a stream apart.
pub fn read(bytes: &[u8], frame_bytes: usize) -> Stream {
    let mut stream = Stream::default();
    let mut at = 0;
    while at < bytes.len() {
        let whole = bytes[at..].len() >= HEADER_BYTES && be(&bytes[at + 5..at + 9]) <= bytes[at + HEADER_BYTES..].len();
        let number = stream.frames.len();
        if stream.ended_at.is_some() {
            stream.fault("nothing after the end frame", format!("{} more bytes, from byte {at} on", bytes.len() - at));
            return stream;
        }
        if !whole {
            stream
                .fault("whole frames", format!("frame {number}, from byte {at} on, is cut off or says a wrong length"));
            return stream;
        }
        let to = at + HEADER_BYTES + be(&bytes[at + 5..at + 9]);
        read_frame(&mut stream, &bytes[at..to], at, frame_bytes);
        at = to;
    }
    if stream.ended_at.is_none() {
        stream.fault("an end frame at the end", "a stream without one");
    }
    stream
}

fn read_frame(stream: &mut Stream, bytes: &[u8], from: usize, frame_bytes: usize) {
    let expected = stream.frames.len();
    let (kind, number, checksum) = (bytes[0], be(&bytes[1..5]), be(&bytes[9..13]));
    let body = &bytes[HEADER_BYTES..];
    if number != expected {
        stream.fault(format!("frame {expected} is numbered {expected}"), format!("its number is {number}"));
    }
    let sum = checksum_of(&bytes[..9], body) as usize;
    if checksum != sum {
        let actual = format!("{checksum:#010x}");
        stream.fault(format!("the checksum of frame {expected} is {sum:#010x}"), actual);
    }
    let to = from + bytes.len();
    let content = match kind {
        kind if kind == FrameKind::Stored as u8 => body.to_vec(),
        kind if kind == FrameKind::Deflated as u8 => inflate(stream, body, frame_bytes),
        kind if kind == FrameKind::End as u8 => {
            if !body.is_empty() {
                stream.fault("an end frame without a body", format!("a body of {} bytes", body.len()));
            }
            stream.ended_at = Some(to);
            return;
        }
        kind => {
            stream.fault(format!("frame {expected} is of kind 0, 1 or 2"), format!("kind {kind}"));
            Vec::new()
        }
    };
    if content.len() > frame_bytes {
        stream.fault(format!("contents of at most {frame_bytes} bytes"), format!("{} bytes or more", content.len()));
    }
    let records = split(stream, &content);
    stream.frames.push(Frame { from, to, kind, content_bytes: content.len(), records });
}

fn inflate(stream: &mut Stream, body: &[u8], frame_bytes: usize) -> Vec<u8> {
    let mut content = Vec::new();
    let mut decoder = DeflateDecoder::new(body).take(4 * frame_bytes as u64);
    if decoder.read_to_end(&mut content).is_err() {
        let number = stream.frames.len();
        stream.fault(format!("the body of frame {number} is a DEFLATE stream"), "it can't be inflated");
    }
    content
}

fn split(stream: &mut Stream, content: &[u8]) -> Vec<Vec<u8>> {
    let mut records = Vec::new();
    let mut rest = content;
    while !rest.is_empty() {
        let record = rest.split_at_checked(LENGTH_BYTES).and_then(|(length, rest)| rest.split_at_checked(be(length)));
        let Some((record, after)) = record else {
            let number = stream.frames.len();
            let place = content.len() - rest.len();
            stream.fault(
                format!("the content of frame {number} is made of whole records"),
                format!("from byte {place} of its {} on there is none", content.len()),
            );
            break;
        };
        records.push(record.to_vec());
        rest = after;
    }
    records
}

fn checksum_of(header: &[u8], body: &[u8]) -> u32 {
    let mut crc = Crc::new();
    crc.update(header);
    crc.update(body);
    crc.sum()
}

/// Deflates at flate2's default level.
pub fn deflate(content: &[u8]) -> Vec<u8> {
    let mut body = Vec::new();
    DeflateEncoder::new(content, Compression::default()).read_to_end(&mut body).expect("a slice can be read");
    body
}

/// The header of a frame with these fields, its checksum right for `body`.
fn header(kind: FrameKind, number: u32, length: u32, body: &[u8]) -> Vec<u8> {
    let mut header = vec![kind as u8];
    header.extend(number.to_be_bytes());
    header.extend(length.to_be_bytes());
    header.extend(checksum_of(&header, body).to_be_bytes());
    header
}

/// A frame with that body.
pub fn frame(kind: FrameKind, number: u32, body: &[u8]) -> Vec<u8> {
    let length = u32::try_from(body.len()).expect("bodies are small");
    let mut frame = header(kind, number, length, body);
    frame.extend_from_slice(body);
    frame
}

/// The header of a frame whose body is said to be that long and never comes.
pub fn huge_frame(number: u32, length: u32) -> Vec<u8> {
    header(FrameKind::Stored, number, length, &[])
}

/// A content that says of its first record that it is that long.
pub fn huge_record(length: u32) -> Vec<u8> {
    let mut content = length.to_be_bytes().to_vec();
    content.extend_from_slice(b"that was all");
    content
}

/// The content of a frame with these records.
pub fn content<'a>(records: impl IntoIterator<Item = &'a Vec<u8>>) -> Vec<u8> {
    let mut content = Vec::new();
    for record in records {
        content.extend(u32::try_from(record.len()).expect("records are small").to_be_bytes());
        content.extend_from_slice(record);
    }
    content
}

/// Records in the fullest frames that hold them.
pub fn pack(records: &[Vec<u8>], frame_bytes: usize, most_records: usize) -> Vec<&[Vec<u8>]> {
    let mut frames = Vec::new();
    let mut rest = records;
    while !rest.is_empty() {
        let mut bytes = 0;
        let fits = |record: &&Vec<u8>| {
            bytes += LENGTH_BYTES + record.len();
            bytes <= frame_bytes
        };
        let count = rest.iter().take(most_records).take_while(fits).count().max(1);
        let (frame, more) = rest.split_at(count);
        frames.push(frame);
        rest = more;
    }
    frames
}

/// How many bytes the same records take in the fullest frames, deflated where that helps.
pub fn ideal_bytes(records: &[Vec<u8>], frame_bytes: usize) -> usize {
    let bodies = pack(records, frame_bytes, usize::MAX).into_iter().map(|records| {
        let content = content(records);
        HEADER_BYTES + deflate(&content).len().min(content.len())
    });
    bodies.sum::<usize>() + HEADER_BYTES
}

/// For a diagram: what begins with these bytes, if it looks like a frame.
pub fn first_of(bytes: &[u8]) -> String {
    if bytes.len() < HEADER_BYTES {
        return String::new();
    }
    let number = be(&bytes[1..5]);
    match bytes[0] {
        0 => format!(": frame {number}, stored"),
        1 => format!(": frame {number}, deflated"),
        2 => format!(": end frame {number}"),
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn records(count: usize) -> Vec<Vec<u8>> {
        (0..count).map(|nth| vec![b'a' + nth as u8; nth * 3]).collect()
    }

    fn stream(records: &[Vec<u8>]) -> Vec<u8> {
        let mut bytes = Vec::new();
        let frames = pack(records, 40, 3);
        for (number, records) in frames.iter().enumerate() {
            let content = content(*records);
            bytes.extend(match number % 2 {
                0 => frame(FrameKind::Stored, number as u32, &content),
                _ => frame(FrameKind::Deflated, number as u32, &deflate(&content)),
            });
        }
        bytes.extend(frame(FrameKind::End, frames.len() as u32, &[]));
        bytes
    }

    #[test]
    fn what_is_written_is_read() {
        let sent = records(8);
        let read = read(&stream(&sent), 40);
        assert_eq!(read.fault, None);
        assert_eq!(read.records().map(|(_, record)| record.clone()).collect::<Vec<_>>(), sent);
        assert_eq!(read.ended_at, Some(stream(&sent).len()));
    }

    #[test]
    fn every_changed_byte_is_noticed() {
        let bytes = stream(&records(8));
        for place in 0..bytes.len() {
            let mut bytes = bytes.clone();
            bytes[place] ^= 0x10;
            assert!(read(&bytes, 40).fault.is_some(), "byte {place}");
        }
    }

    #[test]
    fn every_cut_is_noticed() {
        let bytes = stream(&records(8));
        for length in 0..bytes.len() {
            assert!(read(&bytes[..length], 40).fault.is_some(), "{length} bytes");
        }
    }
}
