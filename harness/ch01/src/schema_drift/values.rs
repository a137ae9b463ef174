//! Orders and documents to put promises to the test with.
//!
//! What is drawn for a promise has nothing in it that another promise is about: no null, nothing empty, no large number
//! and no state that somebody does not know, unless the promise is about that. So a program that is wrong in one way is
//! told about that one, and not everywhere.

use std::fmt;

use proptest::collection::vec;
use proptest::prelude::Just;
use proptest::prop_oneof;
use proptest::sample::{Index, select};
use proptest::strategy::{BoxedStrategy, Strategy};
use proptest::{arbitrary::any, collection::btree_map};

use super::contract::{Change, Delivery, Item, Order, Presence, State, Version};
use super::document::{Record, Value};
use super::peer;

/// What every version knows.
const STATES: [State; 3] = [State::New, State::Paid, State::Shipped];

/// An order, and the version of the program that writes it; there is nothing in it that this version does not know.
#[derive(Clone, Debug)]
pub struct Written {
    pub by: Version,
    pub order: Order,
}

impl fmt::Display for Written {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} writes {:?}", self.by, self.order)
    }
}

/// A document that a program of some version works on.
#[derive(Clone, Debug)]
pub struct Given<T> {
    /// The version at work.
    pub version: Version,
    /// What is special about the document, as the end of a sentence that begins with "a document ".
    pub what: String,
    pub document: Value,
    /// What it does with it, or what has to come of that.
    pub then: T,
}

impl fmt::Display for Given<Change> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} makes the change {:?} in a document {}:\n{}", self.version, self.then, self.what, self.document)
    }
}

impl<T, E> fmt::Display for Given<Result<T, E>> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} reads a document {}:\n{}", self.version, self.what, self.document)
    }
}

pub fn text() -> BoxedStrategy<String> {
    select(&["ada", "grace", "Zoë", "a 🦀", "two words"][..]).prop_map(str::to_owned).boxed()
}

pub fn version() -> BoxedStrategy<Version> {
    select(&Version::ALL[..]).boxed()
}

fn maybe<T: fmt::Debug + Clone + 'static>(value: impl Strategy<Value = T> + 'static) -> BoxedStrategy<Presence<T>> {
    prop_oneof![Just(Presence::Absent), value.prop_map(Presence::Value)].boxed()
}

pub fn item() -> BoxedStrategy<Item> {
    (text(), 1i64..10, maybe(1i64..5_000))
        .prop_map(|(product, quantity, unit_price_cents)| Item { product, quantity, unit_price_cents })
        .boxed()
}

fn delivery() -> BoxedStrategy<Delivery> {
    (text(), maybe(text())).prop_map(|(city, instructions)| Delivery { city, instructions }).boxed()
}

/// Nothing special about it; it has an item at least. The newest version would write it.
pub fn order() -> BoxedStrategy<Order> {
    let currency = select(&["EUR", "CHF", "JPY"][..]).prop_map(str::to_owned);
    let head = (1i64..10_000, text(), select(&STATES[..]), vec(item(), 1..4), maybe(text()));
    (head, currency, maybe(delivery()), maybe(vec(text(), 1..3)))
        .prop_map(|((id, buyer, state, items, note), currency, delivery, tags)| Order {
            id,
            buyer,
            state,
            items,
            note,
            currency,
            delivery,
            tags,
        })
        .boxed()
}

/// One that is as small as it can be and still has something to change.
pub fn small() -> Order {
    let item = |product: &str| Item { product: product.to_owned(), quantity: 1, unit_price_cents: Presence::Absent };
    Order {
        id: 1,
        buyer: "ada".to_owned(),
        state: State::New,
        items: vec![item("tea"), item("cup")],
        note: Presence::Value("call first".to_owned()),
        currency: "EUR".to_owned(),
        delivery: Presence::Absent,
        tags: Presence::Absent,
    }
}

/// An order with a delivery in it, to which something can be added.
pub fn delivered_order() -> BoxedStrategy<Order> {
    (order(), delivery()).prop_map(|(order, delivery)| Order { delivery: Presence::Value(delivery), ..order }).boxed()
}

/// An order that a program of this version writes.
pub fn written_by(version: Version, order: &Order) -> Written {
    Written { by: version, order: peer::seen_by(version, order) }
}

impl Written {
    pub fn document(&self) -> Value {
        peer::write(self.by, &self.order)
    }
}

/// Fields that no version knows yet.
pub fn extras() -> BoxedStrategy<Record> {
    let leaf = prop_oneof![
        any::<bool>().prop_map(Value::Bool),
        (1i64..1_000).prop_map(Value::Integer),
        Just(Value::Float(0.5)),
        text().prop_map(Value::Text),
        vec(text().prop_map(Value::Text), 1..3).prop_map(Value::List),
    ]
    .boxed();
    let record = btree_map(select(&["points", "until"][..]).prop_map(str::to_owned), leaf.clone(), 1..3);
    let names = select(&["loyalty", "x-trace", "größe"][..]).prop_map(str::to_owned);
    btree_map(names, prop_oneof![leaf, record.prop_map(Value::Record)], 1..3).boxed()
}

/// A document with fields of the future everywhere: in it, in each of its items, which differ, and in its delivery.
pub fn with_extras(mut document: Value, extras: &Record) -> Value {
    let add = |fields: &mut Record| fields.extend(extras.clone());
    let fields = peer::fields_of(&mut document);
    for (place, item) in (1..).zip(peer::items_of(fields)) {
        let item = peer::fields_of(item);
        add(item);
        item.insert("line".to_owned(), Value::Integer(place));
    }
    if let Some(delivery @ Value::Record(_)) = fields.get_mut("delivery") {
        add(peer::fields_of(delivery));
    }
    add(fields);
    document
}

/// What somebody may want to change.
#[derive(Clone, Copy, Debug)]
pub enum Wish {
    Buyer,
    State,
    Note,
    Quantity,
    AddItem,
    RemoveItem,
}

impl Wish {
    pub const ALL: [Wish; 6] = [Wish::State, Wish::Buyer, Wish::Note, Wish::Quantity, Wish::AddItem, Wish::RemoveItem];
}

/// How a [`Wish`] becomes a change of some order.
#[derive(Clone, Debug)]
pub struct Details {
    which: Index,
    state: Index,
    text: String,
    note: Presence<String>,
    quantity: i64,
    item: Item,
}

/// Values that no [`order`] has, so that every change is one.
pub fn details() -> BoxedStrategy<Details> {
    let text = || select(&["linus", "somebody else"][..]).prop_map(str::to_owned);
    (any::<Index>(), any::<Index>(), text(), maybe(text()), 10i64..99, item())
        .prop_map(|(which, state, text, note, quantity, item)| Details { which, state, text, note, quantity, item })
        .boxed()
}

impl Wish {
    /// As a change of this order by that version.
    pub fn change(self, version: Version, order: &Order, details: &Details) -> Change {
        let item = || details.which.index(order.items.len());
        match self {
            Wish::Buyer => Change::Buyer(details.text.clone()),
            Wish::State => {
                let others: Vec<State> =
                    known_states(version).into_iter().filter(|state| *state != order.state).collect();
                Change::State(others[details.state.index(others.len())].clone())
            }
            Wish::Note if order.note == Presence::Absent => Change::Note(Presence::Value(details.text.clone())),
            Wish::Note => Change::Note(details.note.clone()),
            Wish::Quantity => Change::Quantity { item: item(), quantity: details.quantity },
            Wish::AddItem => {
                let mut seen = Order { items: vec![details.item.clone()], ..order.clone() };
                seen = peer::seen_by(version, &seen);
                Change::AddItem(seen.items.remove(0))
            }
            Wish::RemoveItem => Change::RemoveItem { item: item() },
        }
    }
}

fn known_states(version: Version) -> Vec<State> {
    let later = [(Version::V2, State::Cancelled), (Version::V3, State::Returned)];
    let later = later.into_iter().filter(|(since, _)| version >= *since).map(|(_, state)| state);
    STATES.into_iter().chain(later).collect()
}
