//! What can cross from one process of the operating system to another.
//!
//! Bytes are postcard's. The trait stands between because the contracts speak of [`Infallible`] where a kind of node is asked
//! nothing, and serde knows no such type.

use std::collections::BTreeSet;
use std::convert::Infallible;
use std::fmt;

use serde::de::{DeserializeOwned, Error, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::pair::Either;
use crate::process::NodeId;

/// Plain data: a value that can be written as bytes and read again.
pub trait Plain: Sized {
    /// The value as bytes.
    fn to_bytes(&self) -> Vec<u8>;

    /// The value again; nothing if these are not the bytes of one.
    fn from_bytes(bytes: &[u8]) -> Option<Self>;
}

/// The bytes of a type that serde knows.
pub fn save(value: &impl Serialize) -> Vec<u8> {
    postcard::to_allocvec(value).expect("plain data of the course's own can be written")
}

/// A value of a type that serde knows; nothing if these are not the bytes of one, all of them.
pub fn load<T: DeserializeOwned>(bytes: &[u8]) -> Option<T> {
    match postcard::take_from_bytes(bytes) {
        Ok((value, [])) => Some(value),
        _ => None,
    }
}

/// Bytes that are written as a whole, which serde does for a `Vec<u8>` one by one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Blob(pub Vec<u8>);

impl Serialize for Blob {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(&self.0)
    }
}

impl<'de> Deserialize<'de> for Blob {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Bytes;
        impl Visitor<'_> for Bytes {
            type Value = Blob;

            fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str("bytes")
            }

            fn visit_bytes<E: Error>(self, bytes: &[u8]) -> Result<Blob, E> {
                Ok(Blob(bytes.to_vec()))
            }
        }
        deserializer.deserialize_bytes(Bytes)
    }
}

/// Says of types that serde knows that they are [`Plain`].
#[macro_export]
macro_rules! plain {
    ($($type:ty),+ $(,)?) => {$(
        impl $crate::plain::Plain for $type {
            fn to_bytes(&self) -> ::std::vec::Vec<u8> {
                $crate::plain::save(self)
            }

            fn from_bytes(bytes: &[u8]) -> ::std::option::Option<Self> {
                $crate::plain::load(bytes)
            }
        }
    )+};
}

plain!((), bool, u8, u64, (u64, u64), NodeId, BTreeSet<NodeId>);

impl<const N: usize> Plain for [u64; N] {
    fn to_bytes(&self) -> Vec<u8> {
        save(&self.as_slice())
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        load::<Vec<u64>>(bytes)?.try_into().ok()
    }
}

impl Plain for Infallible {
    fn to_bytes(&self) -> Vec<u8> {
        match *self {}
    }

    fn from_bytes(_bytes: &[u8]) -> Option<Self> {
        None
    }
}

impl<A: Plain> Plain for Option<A> {
    fn to_bytes(&self) -> Vec<u8> {
        self.as_ref().map_or_else(Vec::new, |value| tagged(1, value))
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        match bytes.split_first() {
            None => Some(None),
            Some((1, rest)) => A::from_bytes(rest).map(Some),
            Some(_) => None,
        }
    }
}

impl<A: Plain, B: Plain> Plain for Either<A, B> {
    fn to_bytes(&self) -> Vec<u8> {
        match self {
            Either::First(one) => tagged(1, one),
            Either::Second(other) => tagged(2, other),
        }
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        match bytes.split_first()? {
            (1, rest) => A::from_bytes(rest).map(Either::First),
            (2, rest) => B::from_bytes(rest).map(Either::Second),
            _ => None,
        }
    }
}

fn tagged(tag: u8, value: &impl Plain) -> Vec<u8> {
    let mut bytes = vec![tag];
    bytes.extend(value.to_bytes());
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    type Nested = Either<Option<u64>, Either<Infallible, [u64; 2]>>;

    #[test]
    fn what_is_written_is_read_again() {
        for value in [
            Nested::First(None),
            Nested::First(Some(0)),
            Nested::First(Some(u64::MAX)),
            Nested::Second(Either::Second([3, 4])),
        ] {
            let bytes = value.to_bytes();
            let read = Nested::from_bytes(&bytes).expect("these are its bytes");
            assert_eq!(read.to_bytes(), bytes);
        }
    }

    #[test]
    fn other_bytes_are_nothing() {
        for bytes in [&[][..], &[3], &[2], &[2, 1], &[2, 2, 1, 0], &[1, 1], &[1, 1, 7, 7], &[1, 2, 7]] {
            assert!(Nested::from_bytes(bytes).is_none(), "{bytes:?}");
        }
    }
}
