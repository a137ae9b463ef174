//! Bandwidth is infinite.
//!
//! Contract: `ch01::thin_pipe`. Lesson: `cargo xtask lesson thin_pipe`.

// learner: begin
use std::io::Read;
// learner: end
use std::sync::Arc;
// learner: begin
use std::time::Duration;
// learner: end

use async_trait::async_trait;
// learner: begin
use flate2::read::{DeflateDecoder, DeflateEncoder};
use flate2::{Compression, Crc};
// learner: end
use ch01::thin_pipe::{LinkReader, LinkWriter, Policy, ReceiveError, SendError, TelemetryReceiver, TelemetrySender};
// learner: begin
use ch01::thin_pipe::{FrameKind, HEADER_BYTES, LENGTH_BYTES, LinkBroken};
use tokio::sync::{Semaphore, mpsc, oneshot};
use tokio::time::{Instant, timeout_at};
// learner: end

/// Packs records into frames and sends them as fast as the link allows.
pub struct Sender {
    // learner: begin
    // learner: | // What do `send` and the task that writes frames have to share?
    policy: Policy,
    /// As many permits as bytes of records fit into the window.
    window: Arc<Semaphore>,
    orders: mpsc::UnboundedSender<Order>,
    // learner: end
}

#[async_trait]
impl TelemetrySender for Sender {
    fn new(link: Arc<dyn LinkWriter>, policy: Policy) -> Self {
        // learner: begin
        // learner: | let _ = (link, policy);
        // learner: | todo!("keep what `send` needs; start what writes frames when their time has come")
        let window = Arc::new(Semaphore::new(policy.window_bytes));
        let (orders, queue) = mpsc::unbounded_channel();
        let packer = Packer { link, policy, window: window.clone(), queue, left_over: None, frames: 0 };
        tokio::spawn(packer.run());
        Sender { policy, window, orders }
        // learner: end
    }

    async fn send(&self, record: Vec<u8>) -> Result<(), SendError> {
        // learner: begin
        // learner: | let _ = record;
        // learner: | todo!("refuse what fits into no frame; wait for room in the window; hand the record over")
        let size = size_in_frame(&record);
        if size > self.policy.frame_bytes {
            return Err(SendError::TooLarge);
        }
        // The queue is unbounded, but what may be in it isn't. The packer closes the window when the link breaks.
        let room = self.window.acquire_many(size as u32).await.map_err(|_| SendError::Broken)?;
        room.forget();
        self.orders.send(Order::Ship(record, Instant::now())).map_err(|_| SendError::Broken)
        // learner: end
    }

    async fn finish(&self) -> Result<(), SendError> {
        // learner: begin
        // learner: | todo!("wait until every record and the end frame are on the wire")
        let (done, wait) = oneshot::channel();
        self.orders.send(Order::Finish(done)).map_err(|_| SendError::Broken)?;
        // Whoever drops the other end without an answer has met the broken link.
        wait.await.map_err(|_| SendError::Broken)
        // learner: end
    }
}

// learner: begin
enum Order {
    Ship(Vec<u8>, Instant),
    Finish(oneshot::Sender<()>),
}

/// The task that makes frames of records and writes them.
struct Packer {
    link: Arc<dyn LinkWriter>,
    policy: Policy,
    window: Arc<Semaphore>,
    queue: mpsc::UnboundedReceiver<Order>,
    /// What was taken from the queue and did not fit into the last frame.
    left_over: Option<(Vec<u8>, Instant)>,
    frames: u32,
}

impl Packer {
    async fn run(mut self) {
        if let Ok(Some(done)) = self.pack().await {
            // Nobody may be waiting any more.
            let _ = done.send(());
        }
        self.window.close();
    }

    /// Writes frames until the stream is finished. Ends without anything if the sender is dropped before.
    async fn pack(&mut self) -> Result<Option<oneshot::Sender<()>>, LinkBroken> {
        loop {
            let (first, taken) = match self.left_over.take() {
                Some(record) => record,
                None => match self.queue.recv().await {
                    Some(Order::Ship(record, taken)) => (record, taken),
                    Some(Order::Finish(done)) => return self.end(done).await,
                    None => return Ok(None),
                },
            };
            let mut content = Vec::new();
            append(&mut content, &first);
            let done = self.fill(&mut content, taken + Duration::from_millis(self.policy.linger_ms)).await;
            self.ship(content).await?;
            if let Some(done) = done {
                return self.end(done).await;
            }
        }
    }

    /// Adds records until the frame is full or may not wait any longer; gives the order to finish if that came.
    async fn fill(&mut self, content: &mut Vec<u8>, until: Instant) -> Option<oneshot::Sender<()>> {
        while let Ok(Some(order)) = timeout_at(until, self.queue.recv()).await {
            match order {
                Order::Finish(done) => return Some(done),
                Order::Ship(record, taken) if content.len() + size_in_frame(&record) > self.policy.frame_bytes => {
                    self.left_over = Some((record, taken));
                    return None;
                }
                Order::Ship(record, _) => append(content, &record),
            }
        }
        None
    }

    async fn ship(&mut self, content: Vec<u8>) -> Result<(), LinkBroken> {
        let room = content.len();
        let deflated = deflate(&content);
        let (kind, body) =
            if deflated.len() < content.len() { (FrameKind::Deflated, deflated) } else { (FrameKind::Stored, content) };
        self.write(kind, &body).await?;
        self.window.add_permits(room);
        Ok(())
    }

    async fn end(&mut self, done: oneshot::Sender<()>) -> Result<Option<oneshot::Sender<()>>, LinkBroken> {
        self.write(FrameKind::End, &[]).await?;
        Ok(Some(done))
    }

    async fn write(&mut self, kind: FrameKind, body: &[u8]) -> Result<(), LinkBroken> {
        let mut frame = vec![kind as u8];
        frame.extend(self.frames.to_be_bytes());
        frame.extend((body.len() as u32).to_be_bytes());
        frame.extend(checksum(&frame, body).to_be_bytes());
        frame.extend_from_slice(body);
        self.frames += 1;
        self.link.write(frame).await
    }
}

/// What a record takes up in a frame. The window counts the same, so that many empty records fill it, too.
fn size_in_frame(record: &[u8]) -> usize {
    LENGTH_BYTES + record.len()
}

fn append(content: &mut Vec<u8>, record: &[u8]) {
    content.extend((record.len() as u32).to_be_bytes());
    content.extend_from_slice(record);
}

fn deflate(content: &[u8]) -> Vec<u8> {
    let mut deflated = Vec::new();
    DeflateEncoder::new(content, Compression::default()).read_to_end(&mut deflated).expect("a slice can be read");
    deflated
}

fn checksum(header: &[u8], body: &[u8]) -> u32 {
    let mut crc = Crc::new();
    crc.update(header);
    crc.update(body);
    crc.sum()
}
// learner: end

/// Reads frames, believes nothing that it has not checked, and hands out their records.
pub struct Receiver {
    // learner: begin
    // learner: | // What is left of the bytes that were read, and where in the stream are you?
    link: Arc<dyn LinkReader>,
    frame_bytes: usize,
    /// The content of the present frame, and how much of it was handed out.
    content: Vec<u8>,
    handed_out: usize,
    frames: u32,
    /// How the stream ended, once it has.
    over: Option<Result<(), ReceiveError>>,
    // learner: end
}

#[async_trait]
impl TelemetryReceiver for Receiver {
    fn new(link: Arc<dyn LinkReader>, frame_bytes: usize) -> Self {
        // learner: begin
        // learner: | let _ = (link, frame_bytes);
        // learner: | todo!("keep what `next` needs")
        Receiver { link, frame_bytes, content: Vec::new(), handed_out: 0, frames: 0, over: None }
        // learner: end
    }

    async fn next(&mut self) -> Result<Option<Vec<u8>>, ReceiveError> {
        // learner: begin
        // learner: | todo!("read a frame if none is open; check it; hand out its next record")
        while self.over.is_none() && self.handed_out == self.content.len() {
            match self.frame().await {
                Ok(Some(content)) => (self.content, self.handed_out) = (content, 0),
                Ok(None) => self.over = Some(Ok(())),
                Err(error) => self.over = Some(Err(error)),
            }
        }
        if let Some(over) = &self.over {
            return over.clone().map(|()| None);
        }
        let (record, rest) = split(&self.content[self.handed_out..]).expect("a content is checked before it is kept");
        self.handed_out = self.content.len() - rest.len();
        Ok(Some(record.to_vec()))
        // learner: end
    }
}

// learner: begin
impl Receiver {
    /// The content of the next frame, checked in every way, or nothing if it is the end frame.
    async fn frame(&mut self) -> Result<Option<Vec<u8>>, ReceiveError> {
        let header = self.read(HEADER_BYTES).await?;
        let kind = header[0];
        let (number, length, sum) = (be(&header[1..5]), be(&header[5..9]) as usize, be(&header[9..13]));
        // Before anything is done with the length: it was written by anybody.
        if length > self.frame_bytes {
            return Err(ReceiveError::TooLarge);
        }
        let body = self.read(length).await?;
        if checksum(&header[..9], &body) != sum {
            return Err(corrupt("the checksum is wrong"));
        }
        if number != self.frames {
            return Err(corrupt("a frame is missing, repeated or out of place"));
        }
        self.frames += 1;
        let content = match kind {
            kind if kind == FrameKind::Stored as u8 => body,
            kind if kind == FrameKind::Deflated as u8 => inflate(&body, self.frame_bytes)?,
            kind if kind == FrameKind::End as u8 => return Ok(None),
            _ => return Err(corrupt("there is no such kind of frame")),
        };
        let mut rest = &content[..];
        while !rest.is_empty() {
            rest = split(rest).ok_or_else(|| corrupt("a record is longer than its frame"))?.1;
        }
        Ok(Some(content))
    }

    /// Exactly that many bytes, in however many pieces they come.
    async fn read(&self, bytes: usize) -> Result<Vec<u8>, ReceiveError> {
        let mut all = Vec::with_capacity(bytes);
        while all.len() < bytes {
            let more = self.link.read(bytes - all.len()).await;
            if more.is_empty() {
                return Err(ReceiveError::Truncated);
            }
            all.extend(more);
        }
        Ok(all)
    }
}

fn be(bytes: &[u8]) -> u32 {
    u32::from_be_bytes(bytes.try_into().expect("four bytes"))
}

/// Inflates at most one byte more than is allowed, which is enough to know that there is more.
fn inflate(body: &[u8], limit: usize) -> Result<Vec<u8>, ReceiveError> {
    let mut content = Vec::new();
    let mut decoder = DeflateDecoder::new(body).take(limit as u64 + 1);
    decoder.read_to_end(&mut content).map_err(|_| corrupt("a body can't be inflated"))?;
    if content.len() > limit {
        return Err(ReceiveError::TooLarge);
    }
    Ok(content)
}

/// The first record of a content, and what comes after it.
fn split(content: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = content.split_first_chunk::<LENGTH_BYTES>()?;
    rest.split_at_checked(u32::from_be_bytes(*length) as usize)
}

fn corrupt(reason: &str) -> ReceiveError {
    ReceiveError::Corrupt { reason: reason.to_owned() }
}
// learner: end
