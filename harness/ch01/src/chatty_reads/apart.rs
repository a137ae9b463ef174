//! The reader in another process, and its store here.

use std::sync::Arc;

use async_trait::async_trait;
use harness::apart::{self, Desk, Made, Object, running};
use harness::serve::{Service, order};
use serde::{Deserialize, Serialize};

use super::contract::*;

/// A call of the reader.
#[derive(Serialize, Deserialize)]
enum Call {
    Read(Key),
    Write(Key, Value),
}

/// A call of the store.
#[derive(Serialize, Deserialize)]
enum Ask {
    Get(Key),
    MultiGet(Vec<Key>),
    Put(Key, Value),
}

/// The judge's end.
pub struct StandIn(Object);

#[async_trait]
impl Reader for StandIn {
    fn new(store: Arc<dyn Store>, policy: Policy) -> Self {
        let answers = move |ask: Ask| {
            let store = store.clone();
            match ask {
                Ask::Get(key) => running(async move { store.get(key).await }),
                Ask::MultiGet(keys) => running(async move { store.multi_get(keys).await }),
                Ask::Put(key, value) => running(async move { store.put(key, value).await }),
            }
        };
        let (reader, ()) = apart::make(&policy, answers);
        StandIn(reader)
    }

    async fn read(&self, key: Key) -> Result<Option<Value>, StoreError> {
        self.0.call(&Call::Read(key)).await
    }

    async fn write(&self, key: Key, value: Value) -> Result<(), StoreError> {
        self.0.call(&Call::Write(key, value)).await
    }
}

/// The worker's end.
pub fn serve<R: Reader>() -> Box<dyn Service> {
    apart::serve(|from, desk| {
        let reader = Arc::new(R::new(Arc::new(Wire(desk)), order(from)));
        Made::object(move |call: Call| {
            let reader = reader.clone();
            match call {
                Call::Read(key) => running(async move { reader.read(key).await }),
                Call::Write(key, value) => running(async move { reader.write(key, value).await }),
            }
        })
    })
}

struct Wire(Desk);

#[async_trait]
impl Store for Wire {
    async fn get(&self, key: Key) -> Result<Option<Value>, StoreError> {
        self.0.ask(&Ask::Get(key)).await
    }

    async fn multi_get(&self, keys: Vec<Key>) -> Result<Answers, StoreError> {
        self.0.ask(&Ask::MultiGet(keys)).await
    }

    async fn put(&self, key: Key, value: Value) -> Result<(), StoreError> {
        self.0.ask(&Ask::Put(key, value)).await
    }
}
