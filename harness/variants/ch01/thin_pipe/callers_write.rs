//! No queue: whoever fills a frame writes it, under a lock, and a timer task writes what stays behind. Bodies are deflated
//! at the fastest level with the low-level interface. The receiver has a buffer of its own, and a state machine over it.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use flate2::{Compress, Compression, Crc, Decompress, FlushCompress, FlushDecompress, Status};
use ch01::thin_pipe::{
    FrameKind, HEADER_BYTES, LENGTH_BYTES, LinkReader, LinkWriter, Policy, ReceiveError, SendError, TelemetryReceiver,
    TelemetrySender,
};
use tokio::sync::{Mutex, MutexGuard, Notify};
use tokio::time::{Instant, sleep_until};

pub struct Sender {
    desk: Arc<Desk>,
}

/// Two locks: a frame can be filled while another is written.
struct Desk {
    policy: Policy,
    filling: Mutex<Filling>,
    writing: Mutex<Writing>,
    started: Notify,
}

#[derive(Default)]
struct Filling {
    content: Vec<u8>,
    since: Option<Instant>,
    nth: u64,
}

struct Writing {
    link: Arc<dyn LinkWriter>,
    codec: Compress,
    number: u32,
    broken: bool,
}

impl Desk {
    /// Writes what is there, once it is this caller's turn. Holding the frame's lock while waiting for the other one keeps
    /// frames in order and lets at most two be held.
    async fn flush(&self, mut filling: MutexGuard<'_, Filling>) -> Result<(), SendError> {
        let mut writing = self.writing.lock().await;
        filling.since = None;
        filling.nth += 1;
        let content = std::mem::take(&mut filling.content);
        drop(filling);
        if content.is_empty() { Ok(()) } else { writing.frame(&content).await }
    }

    async fn watch(self: Arc<Self>) {
        loop {
            let (due, nth) = {
                let filling = self.filling.lock().await;
                (filling.since.map(|since| since + Duration::from_millis(self.policy.linger_ms)), filling.nth)
            };
            let Some(due) = due else {
                self.started.notified().await;
                continue;
            };
            sleep_until(due).await;
            let filling = self.filling.lock().await;
            if filling.nth == nth && self.flush(filling).await.is_err() {
                return;
            }
        }
    }
}

impl Writing {
    async fn frame(&mut self, content: &[u8]) -> Result<(), SendError> {
        self.codec.reset();
        let mut body = Vec::with_capacity(content.len());
        let status = self.codec.compress_vec(content, &mut body, FlushCompress::Finish);
        match status {
            Ok(Status::StreamEnd) if body.len() < content.len() => self.put(FrameKind::Deflated, &body).await,
            _ => self.put(FrameKind::Stored, content).await,
        }
    }

    async fn put(&mut self, kind: FrameKind, body: &[u8]) -> Result<(), SendError> {
        if self.broken {
            return Err(SendError::Broken);
        }
        let mut header = [0; HEADER_BYTES];
        header[0] = kind as u8;
        header[1..5].copy_from_slice(&self.number.to_be_bytes());
        header[5..9].copy_from_slice(&u32::try_from(body.len()).unwrap().to_be_bytes());
        let mut crc = Crc::new();
        crc.update(&header[..9]);
        crc.update(body);
        header[9..].copy_from_slice(&crc.sum().to_be_bytes());
        self.number += 1;
        for bytes in [header.to_vec(), body.to_vec()] {
            if self.link.write(bytes).await.is_err() {
                self.broken = true;
                return Err(SendError::Broken);
            }
        }
        Ok(())
    }
}

#[async_trait]
impl TelemetrySender for Sender {
    fn new(link: Arc<dyn LinkWriter>, policy: Policy) -> Self {
        let codec = Compress::new(Compression::fast(), false);
        let desk = Arc::new(Desk {
            policy,
            filling: Mutex::default(),
            writing: Mutex::new(Writing { link, codec, number: 0, broken: false }),
            started: Notify::new(),
        });
        tokio::spawn(desk.clone().watch());
        Sender { desk }
    }

    async fn send(&self, record: Vec<u8>) -> Result<(), SendError> {
        let size = LENGTH_BYTES + record.len();
        if size > self.desk.policy.frame_bytes {
            return Err(SendError::TooLarge);
        }
        let mut filling = self.desk.filling.lock().await;
        if filling.content.len() + size > self.desk.policy.frame_bytes {
            self.desk.flush(filling).await?;
            filling = self.desk.filling.lock().await;
        }
        filling.content.extend(u32::try_from(record.len()).unwrap().to_be_bytes());
        filling.content.extend(record);
        if filling.since.is_none() {
            filling.since = Some(Instant::now());
            self.desk.started.notify_one();
        }
        Ok(())
    }

    async fn finish(&self) -> Result<(), SendError> {
        self.desk.flush(self.desk.filling.lock().await).await?;
        self.desk.writing.lock().await.put(FrameKind::End, &[]).await
    }
}

pub struct Receiver {
    link: Arc<dyn LinkReader>,
    frame_bytes: usize,
    buffer: Vec<u8>,
    codec: Decompress,
    number: u32,
    records: VecDeque<Vec<u8>>,
    state: State,
}

#[derive(Clone)]
enum State {
    Open,
    Ended,
    Failed(ReceiveError),
}

impl Receiver {
    fn corrupt(reason: String) -> ReceiveError {
        ReceiveError::Corrupt { reason }
    }

    fn number_at(&self, place: usize) -> u32 {
        self.buffer[place..place + 4].iter().fold(0, |value, byte| value << 8 | u32::from(*byte))
    }

    /// Takes a frame off the buffer if there is a whole one.
    fn step(&mut self) -> Result<bool, ReceiveError> {
        if self.buffer.len() < HEADER_BYTES {
            return Ok(false);
        }
        let (number, length, sum) = (self.number_at(1), self.number_at(5) as usize, self.number_at(9));
        if length > self.frame_bytes {
            return Err(ReceiveError::TooLarge);
        }
        let end = HEADER_BYTES + length;
        if self.buffer.len() < end {
            return Ok(false);
        }
        let frame: Vec<u8> = self.buffer.drain(..end).collect();
        let mut crc = Crc::new();
        crc.update(&frame[..9]);
        crc.update(&frame[HEADER_BYTES..]);
        if crc.sum() != sum || number != self.number {
            return Err(Self::corrupt(format!("frame {} is damaged or misplaced", self.number)));
        }
        self.number += 1;
        match frame[0] {
            0 => self.unpack(&frame[HEADER_BYTES..]),
            1 => {
                let content = self.inflate(&frame[HEADER_BYTES..])?;
                self.unpack(&content)
            }
            2 => {
                self.state = State::Ended;
                Ok(())
            }
            kind => Err(Self::corrupt(format!("kind {kind}"))),
        }
        .map(|()| true)
    }

    /// Into a buffer that has all the room a content may need, and one byte to see that it needs more.
    fn inflate(&mut self, body: &[u8]) -> Result<Vec<u8>, ReceiveError> {
        let mut content = Vec::with_capacity(self.frame_bytes + 1);
        self.codec.reset(false);
        let status = self.codec.decompress_vec(body, &mut content, FlushDecompress::Finish);
        match status {
            Ok(Status::StreamEnd) if content.len() <= self.frame_bytes => Ok(content),
            _ if content.len() > self.frame_bytes => Err(ReceiveError::TooLarge),
            other => Err(Self::corrupt(format!("{other:?}"))),
        }
    }

    fn unpack(&mut self, mut content: &[u8]) -> Result<(), ReceiveError> {
        let mut records = VecDeque::new();
        while let Some((length, rest)) = content.split_first_chunk::<4>() {
            let length = u32::from_be_bytes(*length) as usize;
            let Some((record, rest)) = rest.split_at_checked(length) else {
                return Err(Self::corrupt(format!("a record of {length} bytes")));
            };
            records.push_back(record.to_vec());
            content = rest;
        }
        if !content.is_empty() {
            return Err(Self::corrupt("half a length".to_owned()));
        }
        self.records = records;
        Ok(())
    }
}

#[async_trait]
impl TelemetryReceiver for Receiver {
    fn new(link: Arc<dyn LinkReader>, frame_bytes: usize) -> Self {
        let (buffer, records) = (Vec::new(), VecDeque::new());
        Receiver { link, frame_bytes, buffer, codec: Decompress::new(false), number: 0, records, state: State::Open }
    }

    async fn next(&mut self) -> Result<Option<Vec<u8>>, ReceiveError> {
        loop {
            if let Some(record) = self.records.pop_front() {
                return Ok(Some(record));
            }
            match &self.state {
                State::Open => {}
                State::Ended => return Ok(None),
                State::Failed(error) => return Err(error.clone()),
            }
            match self.step() {
                Ok(true) => continue,
                Ok(false) => {}
                Err(error) => {
                    self.state = State::Failed(error);
                    continue;
                }
            }
            let more = self.link.read(self.frame_bytes).await;
            if more.is_empty() {
                self.state = State::Failed(ReceiveError::Truncated);
            }
            self.buffer.extend(more);
        }
    }
}
