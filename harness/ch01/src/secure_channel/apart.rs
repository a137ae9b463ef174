//! Both ends in another process, and the wire here.

use std::sync::Arc;

use async_trait::async_trait;
use harness::apart::{self, Desk, Made, Object, Tap, running};
use harness::serve::{Service, order};
use serde::{Deserialize, Serialize};
use sim::plain::Blob;

use super::contract::*;

/// What an end is made from.
#[derive(Serialize, Deserialize)]
enum From {
    Connect(Credentials, String, Limits),
    Accept(Credentials, Limits),
}

/// A call of the channel.
#[derive(Serialize, Deserialize)]
enum Call {
    Open,
    Send(Blob),
    Receive,
    Close,
}

/// A call of the wire.
#[derive(Serialize, Deserialize)]
enum Ask {
    Send(Blob),
    Recv,
    Finish,
}

/// The judge's end.
pub struct StandIn(Object);

impl StandIn {
    fn make(wire: Arc<dyn Wire>, from: &From) -> Result<Self, ChannelError> {
        let answers = move |ask: Ask| {
            let wire = wire.clone();
            match ask {
                Ask::Send(bytes) => running(async move { wire.send(bytes.0).await }),
                Ask::Recv => running(async move { wire.recv().await.map(Blob) }),
                Ask::Finish => running(async move { wire.finish().await }),
            }
        };
        let (channel, made): (_, Result<(), ChannelError>) = apart::make(from, answers);
        made.map(|()| StandIn(channel))
    }
}

#[async_trait]
impl SecureChannel for StandIn {
    fn connect(
        wire: Arc<dyn Wire>,
        credentials: Credentials,
        server_name: String,
        limits: Limits,
    ) -> Result<Self, ChannelError> {
        StandIn::make(wire, &From::Connect(credentials, server_name, limits))
    }

    fn accept(wire: Arc<dyn Wire>, credentials: Credentials, limits: Limits) -> Result<Self, ChannelError> {
        StandIn::make(wire, &From::Accept(credentials, limits))
    }

    async fn open(&self) -> Result<(), ChannelError> {
        self.0.call(&Call::Open).await
    }

    async fn send(&self, message: Vec<u8>) -> Result<(), ChannelError> {
        self.0.call(&Call::Send(Blob(message))).await
    }

    async fn receive(&self) -> Result<Option<Vec<u8>>, ChannelError> {
        let received: Result<Option<Blob>, ChannelError> = self.0.call(&Call::Receive).await;
        received.map(|message| message.map(|message| message.0))
    }

    async fn close(&self) -> Result<(), ChannelError> {
        self.0.call(&Call::Close).await
    }
}

/// The worker's end.
pub fn serve<C: SecureChannel>() -> Box<dyn Service> {
    apart::serve(|from, desk| {
        let wire = Arc::new(Near { arrivals: desk.tap(), desk });
        let made = match order(from) {
            From::Connect(credentials, server_name, limits) => C::connect(wire, credentials, server_name, limits),
            From::Accept(credentials, limits) => C::accept(wire, credentials, limits),
        };
        match made {
            Ok(channel) => end(channel).saying(&Ok::<(), ChannelError>(())),
            Err(error) => Made::nothing().saying(&Err::<(), ChannelError>(error)),
        }
    })
}

fn end(channel: impl SecureChannel) -> Made {
    let channel = Arc::new(channel);
    Made::object(move |call: Call| {
        let channel = channel.clone();
        match call {
            Call::Open => running(async move { channel.open().await }),
            Call::Send(message) => running(async move { channel.send(message.0).await }),
            Call::Receive => running(async move { channel.receive().await.map(|message| message.map(Blob)) }),
            Call::Close => running(async move { channel.close().await }),
        }
    })
}

/// An end of the wire.
struct Near {
    desk: Desk,
    arrivals: Tap,
}

#[async_trait]
impl Wire for Near {
    async fn send(&self, bytes: Vec<u8>) {
        self.desk.ask(&Ask::Send(Blob(bytes))).await
    }

    async fn recv(&self) -> Option<Vec<u8>> {
        let bytes: Option<Blob> = self.arrivals.ask(&Ask::Recv).await;
        bytes.map(|bytes| bytes.0)
    }

    async fn finish(&self) {
        self.desk.ask(&Ask::Finish).await
    }
}
