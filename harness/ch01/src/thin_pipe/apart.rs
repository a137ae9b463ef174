//! The two ends in another process, and the link here.

use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use harness::apart::{self, Desk, Made, Object, Tap, running};
use harness::serve::{Service, order};
use serde::{Deserialize, Serialize};
use sim::plain::Blob;

use super::contract::*;

/// What an end is made from.
#[derive(Serialize, Deserialize)]
enum From {
    Sender(Policy),
    Receiver { frame_bytes: usize },
}

/// A call of the sender.
#[derive(Serialize, Deserialize)]
enum Call {
    Send(Blob),
    Finish,
}

/// The judge's end of a sender.
pub struct Sender(Object);

#[async_trait]
impl TelemetrySender for Sender {
    fn new(link: Arc<dyn LinkWriter>, policy: Policy) -> Self {
        let answers = move |bytes: Blob| {
            let link = link.clone();
            running(async move { link.write(bytes.0).await })
        };
        let (sender, ()) = apart::make(&From::Sender(policy), answers);
        Sender(sender)
    }

    async fn send(&self, record: Vec<u8>) -> Result<(), SendError> {
        self.0.call(&Call::Send(Blob(record))).await
    }

    async fn finish(&self) -> Result<(), SendError> {
        self.0.call(&Call::Finish).await
    }
}

/// The judge's end of a receiver.
pub struct Receiver(Object);

#[async_trait]
impl TelemetryReceiver for Receiver {
    fn new(link: Arc<dyn LinkReader>, frame_bytes: usize) -> Self {
        let answers = move |max_bytes: usize| {
            let link = link.clone();
            running(async move { Blob(link.read(max_bytes).await) })
        };
        let (receiver, ()) = apart::make(&From::Receiver { frame_bytes }, answers);
        Receiver(receiver)
    }

    async fn next(&mut self) -> Result<Option<Vec<u8>>, ReceiveError> {
        let next: Result<Option<Blob>, ReceiveError> = self.0.call(&()).await;
        next.map(|record| record.map(|record| record.0))
    }
}

/// The worker's end.
pub fn serve<S: TelemetrySender, R: TelemetryReceiver>() -> Box<dyn Service> {
    apart::serve(|from, desk| match order(from) {
        From::Sender(policy) => sender(S::new(Arc::new(Writer(desk)), policy)),
        From::Receiver { frame_bytes } => receiver(R::new(Arc::new(Reader::new(desk.tap())), frame_bytes)),
    })
}

fn sender(sender: impl TelemetrySender) -> Made {
    let sender = Arc::new(sender);
    Made::object(move |call: Call| {
        let sender = sender.clone();
        match call {
            Call::Send(record) => running(async move { sender.send(record.0).await }),
            Call::Finish => running(async move { sender.finish().await }),
        }
    })
}

fn receiver(receiver: impl TelemetryReceiver) -> Made {
    // One caller at a time asks it.
    let receiver = Arc::new(tokio::sync::Mutex::new(receiver));
    Made::object(move |()| {
        let receiver = receiver.clone();
        running(async move { receiver.lock().await.next().await.map(|record| record.map(Blob)) })
    })
}

struct Writer(Desk);

#[async_trait]
impl LinkWriter for Writer {
    async fn write(&self, bytes: Vec<u8>) -> Result<(), LinkBroken> {
        self.0.ask(&Blob(bytes)).await
    }
}

/// Nothing is promised of a read that is dropped; the link, where it is in the same process, loses nothing by it.
struct Reader {
    link: Tap,
    /// What came for a read that was dropped, and is more than the next one takes.
    left: Mutex<Vec<u8>>,
}

impl Reader {
    fn new(link: Tap) -> Self {
        Reader { link, left: Mutex::default() }
    }

    fn left(&self) -> std::sync::MutexGuard<'_, Vec<u8>> {
        self.left.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl LinkReader for Reader {
    async fn read(&self, max_bytes: usize) -> Vec<u8> {
        let mut bytes = std::mem::take(&mut *self.left());
        if bytes.is_empty() {
            bytes = self.link.ask::<Blob>(&max_bytes).await.0;
        }
        let most = bytes.len().min(max_bytes.max(1));
        *self.left() = bytes.split_off(most);
        bytes
    }
}
