//! Not serde.
