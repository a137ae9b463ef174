//! Compiles and does nothing useful.

use ch01::schema_drift::{Change, NoSharedVersion, Order, OrderSchema, SchemaError, Value, Version, Versions};

/// Finds something missing in every document, writes nothing, changes nothing, and agrees to everything.
pub struct Programs;

impl OrderSchema for Programs {
    fn new() -> Self {
        Programs
    }

    fn read(&self, _: Version, _: &Value) -> Result<Order, SchemaError> {
        Err(SchemaError::Missing { path: String::new() })
    }

    fn write(&self, _: Version, _: &Order) -> Value {
        Value::Null
    }

    fn modify(&self, _: Version, document: &Value, _: &Change) -> Result<Value, SchemaError> {
        Ok(document.clone())
    }

    fn negotiate(&self, _: Versions, _: Versions) -> Result<u32, NoSharedVersion> {
        Ok(0)
    }
}
