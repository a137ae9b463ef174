//! Compiles, and is of no use.

use std::sync::Arc;

use async_trait::async_trait;
use ch01::secure_channel::{ChannelError, Credentials, Limits, SecureChannel, Wire};

/// Neither sends nor receives.
pub struct Channel;

#[async_trait]
impl SecureChannel for Channel {
    fn connect(_: Arc<dyn Wire>, _: Credentials, _: String, _: Limits) -> Result<Self, ChannelError> {
        Ok(Channel)
    }

    fn accept(_: Arc<dyn Wire>, _: Credentials, _: Limits) -> Result<Self, ChannelError> {
        Ok(Channel)
    }

    async fn open(&self) -> Result<(), ChannelError> {
        Ok(())
    }

    async fn send(&self, _: Vec<u8>) -> Result<(), ChannelError> {
        Ok(())
    }

    async fn receive(&self) -> Result<Option<Vec<u8>>, ChannelError> {
        Ok(None)
    }

    async fn close(&self) -> Result<(), ChannelError> {
        Ok(())
    }
}
