//! What programs of every version do, in the plainest way: orders come first here, and documents are made of them, so that
//! nothing has to be read.

use super::contract::{Change, Delivery, Item, Order, Presence, State, Version};
use super::document::{Record, Value};

/// A field that has two names.
#[derive(Clone, Copy)]
pub struct Rename {
    pub old: &'static str,
    pub new: &'static str,
    /// The first version that knows both.
    pub since: Version,
}

pub const BUYER: Rename = Rename { old: "customer", new: "buyer", since: Version::V2 };
pub const PRODUCT: Rename = Rename { old: "sku", new: "product", since: Version::V3 };

impl Rename {
    /// The names under which a version writes.
    pub fn names(self, version: Version) -> Vec<&'static str> {
        if version >= self.since { vec![self.old, self.new] } else { vec![self.old] }
    }
}

/// The name of a state in documents.
pub fn name(state: &State) -> &str {
    match state {
        State::New => "new",
        State::Paid => "paid",
        State::Shipped => "shipped",
        State::Cancelled => "cancelled",
        State::Returned => "returned",
        State::Unknown(name) => name,
    }
}

/// What a version sees of an order that the newest one has written.
pub fn seen_by(version: Version, order: &Order) -> Order {
    let since = |since| version >= since;
    let known = match &order.state {
        State::Cancelled => since(Version::V2),
        State::Returned => since(Version::V3),
        _ => true,
    };
    let item = |item: &Item| Item {
        unit_price_cents: if since(Version::V2) { item.unit_price_cents } else { Presence::Absent },
        ..item.clone()
    };
    Order {
        id: order.id,
        buyer: order.buyer.clone(),
        state: if known { order.state.clone() } else { State::Unknown(name(&order.state).to_owned()) },
        items: order.items.iter().map(item).collect(),
        note: order.note.clone(),
        currency: if since(Version::V2) { order.currency.clone() } else { "EUR".to_owned() },
        delivery: if since(Version::V3) { order.delivery.clone() } else { Presence::Absent },
        tags: if since(Version::V3) { order.tags.clone() } else { Presence::Absent },
    }
}

/// The document of an order, written by a version that knows all that is in it.
pub fn write(version: Version, order: &Order) -> Value {
    let mut fields = Record::new();
    fields.insert("id".to_owned(), Value::Integer(order.id));
    for name in BUYER.names(version) {
        fields.insert(name.to_owned(), Value::Text(order.buyer.clone()));
    }
    fields.insert("state".to_owned(), Value::Text(name(&order.state).to_owned()));
    fields.insert("items".to_owned(), Value::List(order.items.iter().map(|item| write_item(version, item)).collect()));
    put(&mut fields, "note", &order.note, |note| Value::Text(note.clone()));
    if version >= Version::V2 {
        fields.insert("currency".to_owned(), Value::Text(order.currency.clone()));
    }
    if version >= Version::V3 {
        put(&mut fields, "delivery", &order.delivery, write_delivery);
        put(&mut fields, "tags", &order.tags, |tags| Value::List(tags.iter().cloned().map(Value::Text).collect()));
    }
    Value::Record(fields)
}

fn write_item(version: Version, item: &Item) -> Value {
    let mut fields = Record::new();
    for name in PRODUCT.names(version) {
        fields.insert(name.to_owned(), Value::Text(item.product.clone()));
    }
    fields.insert("quantity".to_owned(), Value::Integer(item.quantity));
    if version >= Version::V2 {
        put(&mut fields, "unit_price_cents", &item.unit_price_cents, |cents| Value::Integer(*cents));
    }
    Value::Record(fields)
}

fn write_delivery(delivery: &Delivery) -> Value {
    let mut fields = Record::from([("city".to_owned(), Value::Text(delivery.city.clone()))]);
    put(&mut fields, "instructions", &delivery.instructions, |text| Value::Text(text.clone()));
    Value::Record(fields)
}

fn put<T>(fields: &mut Record, name: &str, value: &Presence<T>, write: impl Fn(&T) -> Value) {
    match value {
        Presence::Absent => fields.remove(name),
        Presence::Null => fields.insert(name.to_owned(), Value::Null),
        Presence::Value(value) => fields.insert(name.to_owned(), write(value)),
    };
}

/// A document after a change by a version that can read it.
pub fn modify(version: Version, document: &Value, change: &Change) -> Value {
    let mut changed = document.clone();
    let fields = fields_of(&mut changed);
    match change {
        Change::Buyer(buyer) => {
            for name in BUYER.names(version) {
                fields.insert(name.to_owned(), Value::Text(buyer.clone()));
            }
        }
        Change::State(state) => {
            fields.insert("state".to_owned(), Value::Text(name(state).to_owned()));
        }
        Change::Note(note) => put(fields, "note", note, |note| Value::Text(note.clone())),
        Change::Quantity { item, quantity } => {
            let quantity = Value::Integer(*quantity);
            fields_of(&mut items_of(fields)[*item]).insert("quantity".to_owned(), quantity);
        }
        Change::AddItem(item) => items_of(fields).push(write_item(version, item)),
        Change::RemoveItem { item } => {
            items_of(fields).remove(*item);
        }
    }
    changed
}

/// The fields of a record of a document made here.
pub fn fields_of(value: &mut Value) -> &mut Record {
    let Value::Record(fields) = value else { unreachable!("documents that are made here have a record in this place") };
    fields
}

/// The items of a document made here.
pub fn items_of(fields: &mut Record) -> &mut Vec<Value> {
    let Some(Value::List(items)) = fields.get_mut("items") else { unreachable!("documents made here have items") };
    items
}
