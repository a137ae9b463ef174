//! Frames are made by `send` itself and wait in a queue under a mutex; a task takes them from there, and takes the unfinished
//! one when it is due. Records that come after a quiet time leave at once. The receiver is a task, too, that works
//! one frame ahead.

use std::collections::VecDeque;
use std::io::{Read, Write};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use flate2::write::{DeflateDecoder, DeflateEncoder};
use flate2::{Compression, CrcReader};
use ch01::thin_pipe::{
    LinkReader, LinkWriter, Policy, ReceiveError, SendError, TelemetryReceiver, TelemetrySender,
};
use tokio::sync::{Notify, mpsc};
use tokio::time::{Instant, timeout_at};

#[derive(Default)]
struct State {
    full: VecDeque<Vec<u8>>,
    open: Vec<u8>,
    due: Option<Instant>,
    held_bytes: usize,
    last_write: Option<Instant>,
    finishing: bool,
    finished: bool,
    broken: bool,
}

struct Shared {
    policy: Policy,
    state: Mutex<State>,
    work: Notify,
    progress: Notify,
}

pub struct Sender(Arc<Shared>);

impl Shared {
    /// The next content to write, or how long there will be none.
    fn next(&self) -> Result<Vec<u8>, (Option<Instant>, bool)> {
        let mut state = self.state.lock().unwrap();
        if let Some(content) = state.full.pop_front() {
            return Ok(content);
        }
        let due = state.due.is_some_and(|due| due <= Instant::now());
        if !state.open.is_empty() && (due || state.finishing) {
            state.due = None;
            return Ok(std::mem::take(&mut state.open));
        }
        Err((state.due, state.finishing))
    }

    async fn run(self: Arc<Self>, link: Arc<dyn LinkWriter>) {
        let mut number = 0u32;
        loop {
            let (bytes, freed, last) = match self.next() {
                Ok(content) => (frame(number, &content), content.len(), false),
                Err((_, true)) => (seal(2, number, Vec::new()), 0, true),
                Err((None, _)) => {
                    self.work.notified().await;
                    continue;
                }
                Err((Some(due), _)) => {
                    let _ = timeout_at(due, self.work.notified()).await;
                    continue;
                }
            };
            number += 1;
            self.state.lock().unwrap().last_write = Some(Instant::now());
            let written = link.write(bytes).await;
            let mut state = self.state.lock().unwrap();
            state.held_bytes -= freed;
            state.broken |= written.is_err();
            state.finished |= last && written.is_ok();
            let over = last || state.broken;
            drop(state);
            self.progress.notify_waiters();
            if over {
                return;
            }
        }
    }

    /// Tries once; gives the record back if there is no room.
    fn take(&self, record: Vec<u8>) -> Result<Option<Vec<u8>>, SendError> {
        let mut state = self.state.lock().unwrap();
        let size = record.len() + 4;
        if state.broken {
            return Err(SendError::Broken);
        }
        if state.held_bytes + size > self.policy.window_bytes {
            return Ok(Some(record));
        }
        state.held_bytes += size;
        if state.open.len() + size > self.policy.frame_bytes {
            let content = std::mem::take(&mut state.open);
            state.full.push_back(content);
            state.due = None;
        }
        let linger = Duration::from_millis(self.policy.linger_ms);
        let quiet = state.last_write.is_none_or(|at| at + linger <= Instant::now());
        let due = if quiet { Instant::now() } else { Instant::now() + linger };
        state.due.get_or_insert(due);
        state.open.extend((record.len() as u32).to_be_bytes());
        state.open.extend(record);
        drop(state);
        self.work.notify_one();
        Ok(None)
    }
}

fn frame(number: u32, content: &[u8]) -> Vec<u8> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(content).unwrap();
    let body = encoder.finish().unwrap();
    if body.len() < content.len() { seal(1, number, body) } else { seal(0, number, content.to_vec()) }
}

fn seal(kind: u8, number: u32, body: Vec<u8>) -> Vec<u8> {
    let mut frame = [&[kind][..], &number.to_be_bytes(), &(body.len() as u32).to_be_bytes()].concat();
    let sum = sum(frame.chain(&body[..]));
    frame.extend(sum.to_be_bytes());
    frame.extend(body);
    frame
}

fn sum(bytes: impl Read) -> u32 {
    let mut reader = CrcReader::new(bytes);
    std::io::copy(&mut reader, &mut std::io::sink()).unwrap();
    reader.crc().sum()
}

#[async_trait]
impl TelemetrySender for Sender {
    fn new(link: Arc<dyn LinkWriter>, policy: Policy) -> Self {
        let state = Mutex::default();
        let shared = Arc::new(Shared { policy, state, work: Notify::new(), progress: Notify::new() });
        tokio::spawn(shared.clone().run(link));
        Sender(shared)
    }

    async fn send(&self, record: Vec<u8>) -> Result<(), SendError> {
        if record.len() + 4 > self.0.policy.frame_bytes {
            return Err(SendError::TooLarge);
        }
        let mut record = record;
        loop {
            let progress = self.0.progress.notified();
            match self.0.take(record)? {
                None => return Ok(()),
                Some(again) => record = again,
            }
            progress.await;
        }
    }

    async fn finish(&self) -> Result<(), SendError> {
        self.0.state.lock().unwrap().finishing = true;
        self.0.work.notify_one();
        loop {
            let progress = self.0.progress.notified();
            {
                let state = self.0.state.lock().unwrap();
                if state.broken {
                    return Err(SendError::Broken);
                }
                if state.finished {
                    return Ok(());
                }
            }
            progress.await;
        }
    }
}

type Frame = Result<VecDeque<Vec<u8>>, Option<ReceiveError>>;

pub struct Receiver {
    frames: mpsc::Receiver<Frame>,
    present: Frame,
}

#[async_trait]
impl TelemetryReceiver for Receiver {
    fn new(link: Arc<dyn LinkReader>, frame_bytes: usize) -> Self {
        let (sender, frames) = mpsc::channel(1);
        tokio::spawn(async move {
            for number in 0.. {
                let frame = read_frame(&*link, frame_bytes, number).await;
                let last = frame.is_err();
                if sender.send(frame).await.is_err() || last {
                    return;
                }
            }
        });
        Receiver { frames, present: Ok(VecDeque::new()) }
    }

    async fn next(&mut self) -> Result<Option<Vec<u8>>, ReceiveError> {
        loop {
            match &mut self.present {
                Ok(records) => match records.pop_front() {
                    Some(record) => return Ok(Some(record)),
                    None => self.present = self.frames.recv().await.unwrap_or(Err(Some(ReceiveError::Truncated))),
                },
                Err(None) => return Ok(None),
                Err(Some(error)) => return Err(error.clone()),
            }
        }
    }
}

/// An error without a cause is the end.
async fn read_frame(link: &dyn LinkReader, frame_bytes: usize, expected: u32) -> Frame {
    let header = exactly(link, 13).await?;
    let field = |place: usize| u32::from_be_bytes([0, 1, 2, 3].map(|nth| header[place + nth]));
    if field(5) as usize > frame_bytes {
        return Err(Some(ReceiveError::TooLarge));
    }
    let body = exactly(link, field(5) as usize).await?;
    let corrupt = |reason: &str| Some(ReceiveError::Corrupt { reason: reason.to_owned() });
    if sum(header[..9].chain(&body[..])) != field(9) {
        return Err(corrupt("checksum"));
    }
    if field(1) != expected {
        return Err(corrupt("number"));
    }
    let content = match header[0] {
        0 => body,
        1 => {
            let mut decoder = DeflateDecoder::new(Bounded { bytes: Vec::new(), limit: frame_bytes });
            decoder.write_all(&body).and_then(|()| decoder.finish()).map_err(|_| corrupt("body"))?.bytes
        }
        2 => return Err(None),
        _ => return Err(corrupt("kind")),
    };
    let mut records = VecDeque::new();
    let mut place = 0;
    while place < content.len() {
        let length = content.get(place..place + 4).ok_or_else(|| corrupt("length"))?;
        let length = length.iter().fold(0, |value, byte| value << 8 | usize::from(*byte));
        place += 4 + length;
        records.push_back(content.get(place - length..place).ok_or_else(|| corrupt("record"))?.to_vec());
    }
    Ok(records)
}

/// A writer that refuses what is too much.
struct Bounded {
    bytes: Vec<u8>,
    limit: usize,
}

impl Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        if self.bytes.len() + bytes.len() > self.limit {
            return Err(std::io::ErrorKind::FileTooLarge.into());
        }
        self.bytes.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

async fn exactly(link: &dyn LinkReader, bytes: usize) -> Result<Vec<u8>, Option<ReceiveError>> {
    let mut all = Vec::new();
    while all.len() < bytes {
        let more = link.read((bytes - all.len()).min(1024)).await;
        if more.is_empty() {
            return Err(Some(ReceiveError::Truncated));
        }
        all.extend(more);
    }
    Ok(all)
}
