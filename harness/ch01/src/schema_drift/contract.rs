//! The contract of `schema_drift`.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::document::Value;

/// A version of the schema, as a program knows it. Later ones know all that earlier ones know.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Version {
    /// The first.
    V1,
    /// With currencies and prices; `customer` has become `buyer`.
    V2,
    /// With deliveries and tags; an item's `sku` has become its `product`.
    V3,
}

// ANCHOR: order
/// An order, as programs hold it. What a program's version does not know is held as if it were absent.
///
/// | field of the document | since | type                  | if absent         |
/// |-----------------------|-------|-----------------------|-------------------|
/// | `id`                  | 1     | whole number          | error             |
/// | `customer`            | 1     | text                  | error             |
/// | `buyer`               | 2     | new name of `customer`| error             |
/// | `state`               | 1     | text, see [`State`]   | error             |
/// | `items`               | 1     | list of [`Item`]s     | error             |
/// | `note`                | 1     | text                  | [`Presence`]      |
/// | `currency`            | 2     | text                  | `"EUR"`           |
/// | `delivery`            | 3     | [`Delivery`]          | [`Presence`]      |
/// | `tags`                | 3     | list of texts         | [`Presence`]      |
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Order {
    /// Made of the time and a counter, so well above 2^53.
    pub id: i64,
    /// Who pays. The field `customer`; from version 2 on also `buyer`.
    pub buyer: String,
    /// How far it has come.
    pub state: State,
    /// What is bought.
    pub items: Vec<Item>,
    /// What the customer wants to say.
    pub note: Presence<String>,
    /// Version 2: of the prices. Before, every price was in euros.
    pub currency: String,
    /// Version 3: where it goes.
    pub delivery: Presence<Delivery>,
    /// Version 3: any words.
    pub tags: Presence<Vec<String>>,
}

/// One line of an order.
///
/// | field of the document | since | type                  | if absent         |
/// |-----------------------|-------|-----------------------|-------------------|
/// | `sku`                 | 1     | text                  | error             |
/// | `product`             | 3     | new name of `sku`     | error             |
/// | `quantity`            | 1     | whole number          | error             |
/// | `unit_price_cents`    | 2     | whole number          | [`Presence`]      |
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Item {
    /// What it is. The field `sku`; from version 3 on also `product`.
    pub product: String,
    /// How many. Negative if they come back.
    pub quantity: i64,
    /// Version 2: what one costs, in hundredths of the currency.
    pub unit_price_cents: Presence<i64>,
}

/// Where an order goes. Since version 3.
///
/// | field of the document | since | type                  | if absent         |
/// |-----------------------|-------|-----------------------|-------------------|
/// | `city`                | 3     | text                  | error             |
/// | `instructions`        | 3     | text                  | [`Presence`]      |
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Delivery {
    /// Where to.
    pub city: String,
    /// What the driver has to know.
    pub instructions: Presence<String>,
}

/// How far an order has come: in the document, the name in lower case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum State {
    /// Version 1.
    New,
    /// Version 1.
    Paid,
    /// Version 1.
    Shipped,
    /// Version 2.
    Cancelled,
    /// Version 3.
    Returned,
    /// A name that the reader's version does not know, letter for letter.
    Unknown(String),
}

/// An optional field. These are three different things, and so are an empty text, an empty list and 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Presence<T> {
    /// The field is not there: nobody has said anything.
    Absent,
    /// The field is there and null: somebody has said "none".
    Null,
    /// The field is there.
    Value(T),
}
// ANCHOR_END: order

// ANCHOR: schema
/// The programs of every team, whichever version they run: what they read, write and agree upon.
///
/// # Reading
///
/// - Fields that the reader's version does not know are passed over, whatever is in them, at every depth.
/// - A name of a state that the version does not know is [`State::Unknown`], not an error.
/// - A renamed field is read under either name by versions that know both. If both are there, the **old** name counts:
///   whoever knows both writes both alike, so where they differ, a program that knows only the old one has changed it.
/// - A whole number may be [`Value::Integer`], of any size, or [`Value::Float`], if it has no fraction and is not larger
///   than [`MAX_EXACT`] in either direction. Other floats are of the wrong type: what a float of that size was before it
///   was rounded, nobody knows.
/// - Null is good for fields of type [`Presence`] only; elsewhere it is of the wrong type.
///
/// # Writing
///
/// - All fields that the version knows are written, whole numbers as [`Value::Integer`], and no others.
/// - A renamed field is written under both names by versions that know both, so that older readers find it.
/// - An [`Absent`](Presence::Absent) field is not written, and a [`Null`](Presence::Null) one is written as null.
///
/// # Agreeing
///
/// Two programs that meet speak the newest version that both know.
pub trait OrderSchema: Send + Sync + 'static {
    /// The programs keep no state.
    fn new() -> Self
    where
        Self: Sized;

    /// The order that a program of this version sees in a document, whichever version wrote it.
    ///
    /// # Errors
    ///
    /// See [`SchemaError`]. If several things are wrong, any of them may be reported.
    fn read(&self, version: Version, document: &Value) -> Result<Order, SchemaError>;

    /// A new document, written by a program of this version. The order has nothing in it that the version does not know,
    /// unless as [`State::Unknown`], which is written as the name that it holds.
    fn write(&self, version: Version, order: &Order) -> Value;

    /// Changes a document that may be older or newer than the program of this version which does it.
    ///
    /// Afterwards the fields that the [`Change`] speaks of say what it says, written as above. Everything else is what it
    /// was, at every depth, whether the version knows it or not: what was absent is still absent, and what was there
    /// under one name is not added under the other.
    ///
    /// # Errors
    ///
    /// The same as of [`read`](Self::read): what a program cannot read, it does not rewrite.
    fn modify(&self, version: Version, document: &Value, change: &Change) -> Result<Value, SchemaError>;

    /// The newest version that is in both ranges.
    ///
    /// # Errors
    ///
    /// There is none. The error holds both ranges, so that whoever reads it knows who has to move.
    fn negotiate(&self, ours: Versions, theirs: Versions) -> Result<u32, NoSharedVersion>;
}

/// The largest whole number that a 64-bit float holds without having to wonder whether it was another one: 2^53 - 1.
pub const MAX_EXACT: i64 = (1 << 53) - 1;
// ANCHOR_END: schema

// ANCHOR: change
/// What a program wants to change. It speaks only of what its version knows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Change {
    /// Somebody else pays.
    Buyer(String),
    /// It has come further. Never to [`State::Unknown`].
    State(State),
    /// The note is written, said to be none, or taken away.
    Note(Presence<String>),
    /// More or fewer of an item. The document has an item of this index.
    Quantity {
        /// Which, from 0.
        item: usize,
        /// How many there are now.
        quantity: i64,
    },
    /// One more item, after the others.
    AddItem(Item),
    /// One item less; those after it move up. The document has an item of this index.
    RemoveItem {
        /// Which, from 0.
        item: usize,
    },
}

/// Why a document is not an order.
///
/// A path leads from the whole document, whose own path is empty, to a field: `buyer`, `delivery.city`, `items[0].sku`,
/// `tags[2]`. The first item is `items[0]`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum SchemaError {
    /// A field that has to be there is not.
    Missing {
        /// Where it should be. If the field was renamed, under the newest name that the reader's version knows.
        path: String,
    },
    /// A field holds a value of another type than the schema says.
    WrongType {
        /// Where the value is. For a field that was renamed, either name is good.
        path: String,
    },
}

/// The versions that a program knows, also such as nobody has thought of yet. `oldest` is at most `newest`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Versions {
    /// The first.
    pub oldest: u32,
    /// The last.
    pub newest: u32,
}

/// Two programs have no version in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NoSharedVersion {
    /// What we know.
    pub ours: Versions,
    /// What they know.
    pub theirs: Versions,
}
// ANCHOR_END: change

impl Version {
    /// Every one, in order.
    pub const ALL: [Version; 3] = [Version::V1, Version::V2, Version::V3];
}

impl fmt::Display for Version {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "version {}", *self as u8 + 1)
    }
}

impl fmt::Display for Versions {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} to {}", self.oldest, self.newest)
    }
}

impl fmt::Display for SchemaError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (what, path) = match self {
            SchemaError::Missing { path } => ("is missing", path),
            SchemaError::WrongType { path } => ("is of the wrong type", path),
        };
        let place = if path.is_empty() { "the document itself" } else { path };
        write!(out, "{place} {what}")
    }
}

impl std::error::Error for SchemaError {}

impl fmt::Display for NoSharedVersion {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "no version in common: we know {}, they know {}", self.ours, self.theirs)
    }
}

impl std::error::Error for NoSharedVersion {}
