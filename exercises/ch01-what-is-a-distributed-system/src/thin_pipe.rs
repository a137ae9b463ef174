//! Bandwidth is infinite.
//!
//! Contract: `ch01::thin_pipe`. Lesson: `cargo xtask lesson thin_pipe`.

use std::sync::Arc;

use async_trait::async_trait;
use ch01::thin_pipe::{LinkReader, LinkWriter, Policy, ReceiveError, SendError, TelemetryReceiver, TelemetrySender};

/// Packs records into frames and sends them as fast as the link allows.
pub struct Sender {
    // What do `send` and the task that writes frames have to share?
}

#[async_trait]
impl TelemetrySender for Sender {
    fn new(link: Arc<dyn LinkWriter>, policy: Policy) -> Self {
        let _ = (link, policy);
        todo!("keep what `send` needs; start what writes frames when their time has come")
    }

    async fn send(&self, record: Vec<u8>) -> Result<(), SendError> {
        let _ = record;
        todo!("refuse what fits into no frame; wait for room in the window; hand the record over")
    }

    async fn finish(&self) -> Result<(), SendError> {
        todo!("wait until every record and the end frame are on the wire")
    }
}

/// Reads frames, believes nothing that it has not checked, and hands out their records.
pub struct Receiver {
    // What is left of the bytes that were read, and where in the stream are you?
}

#[async_trait]
impl TelemetryReceiver for Receiver {
    fn new(link: Arc<dyn LinkReader>, frame_bytes: usize) -> Self {
        let _ = (link, frame_bytes);
        todo!("keep what `next` needs")
    }

    async fn next(&mut self) -> Result<Option<Vec<u8>>, ReceiveError> {
        todo!("read a frame if none is open; check it; hand out its next record")
    }
}
