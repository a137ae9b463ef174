//! There is one administrator.
//!
//! Contract: `ch01::schema_drift`. Lesson: `cargo xtask lesson schema_drift`.

use ch01::schema_drift::{Change, NoSharedVersion, Order, OrderSchema, SchemaError, Value, Version, Versions};
// learner: begin
use ch01::schema_drift::{Delivery, Item, MAX_EXACT, Presence, Record, State};
// learner: end

/// The programs of every team.
pub struct Programs;

impl OrderSchema for Programs {
    fn new() -> Self {
        Programs
    }

    fn read(&self, version: Version, document: &Value) -> Result<Order, SchemaError> {
        // learner: begin
        // learner: | let _ = (version, document);
        // learner: | todo!("take what this version knows, and pass over the rest")
        let order = Place { version, value: document, path: String::new() }.record()?;
        Ok(Order {
            id: order.required("id")?.integer()?,
            buyer: order.renamed("customer", "buyer", Version::V2)?.text()?,
            state: order.required("state")?.state()?,
            items: order.required("items")?.list(Place::item)?,
            note: order.optional("note", Version::V1, Place::text)?,
            currency: match order.field("currency", Version::V2) {
                Some(currency) => currency.text()?,
                None => "EUR".to_owned(),
            },
            delivery: order.optional("delivery", Version::V3, Place::delivery)?,
            tags: order.optional("tags", Version::V3, |tags| tags.list(Place::text))?,
        })
        // learner: end
    }

    fn write(&self, version: Version, order: &Order) -> Value {
        // learner: begin
        // learner: | let _ = (version, order);
        // learner: | todo!("every field that this version knows, under every name that it knows")
        let mut fields = Record::new();
        put(&mut fields, "id", Value::Integer(order.id));
        put_buyer(&mut fields, version, &order.buyer);
        put(&mut fields, "state", Value::Text(name_of(&order.state).to_owned()));
        put(&mut fields, "items", Value::List(order.items.iter().map(|item| item_value(version, item)).collect()));
        put_optional(&mut fields, "note", &order.note, |note| Value::Text(note.clone()));
        if version >= Version::V2 {
            put(&mut fields, "currency", Value::Text(order.currency.clone()));
        }
        if version >= Version::V3 {
            let texts = |texts: &Vec<String>| Value::List(texts.iter().cloned().map(Value::Text).collect());
            put_optional(&mut fields, "delivery", &order.delivery, delivery_value);
            put_optional(&mut fields, "tags", &order.tags, texts);
        }
        Value::Record(fields)
        // learner: end
    }

    fn modify(&self, version: Version, document: &Value, change: &Change) -> Result<Value, SchemaError> {
        // learner: begin
        // learner: | let _ = (version, document, change);
        // learner: | todo!("what does a program have to keep that it does not understand?")
        self.read(version, document)?;
        // Not written from what was read: that has nothing in it that this version does not know.
        let mut changed = document.clone();
        let Value::Record(fields) = &mut changed else { unreachable!("an order was read from it") };
        match change {
            Change::Buyer(buyer) => put_buyer(fields, version, buyer),
            Change::State(state) => put(fields, "state", Value::Text(name_of(state).to_owned())),
            Change::Note(note) => put_optional(fields, "note", note, |note| Value::Text(note.clone())),
            Change::Quantity { item, quantity } => {
                if let Some(Value::Record(item)) = items_of(fields).get_mut(*item) {
                    put(item, "quantity", Value::Integer(*quantity));
                }
            }
            Change::AddItem(item) => items_of(fields).push(item_value(version, item)),
            Change::RemoveItem { item } => {
                items_of(fields).remove(*item);
            }
        }
        Ok(changed)
        // learner: end
    }

    fn negotiate(&self, ours: Versions, theirs: Versions) -> Result<u32, NoSharedVersion> {
        // learner: begin
        // learner: | let _ = (ours, theirs);
        // learner: | todo!("the newest version that is in both ranges, if there is one")
        let newest = ours.newest.min(theirs.newest);
        let oldest = ours.oldest.max(theirs.oldest);
        if newest >= oldest { Ok(newest) } else { Err(NoSharedVersion { ours, theirs }) }
        // learner: end
    }
}

// learner: begin
/// A value, and where in the document it is.
struct Place<'a> {
    version: Version,
    value: &'a Value,
    path: String,
}

/// The same for a record: something with fields.
struct Fields<'a> {
    version: Version,
    record: &'a Record,
    path: String,
}

impl<'a> Fields<'a> {
    fn path_of(&self, name: &str) -> String {
        if self.path.is_empty() { name.to_owned() } else { format!("{}.{name}", self.path) }
    }

    /// A field that the reader's version knows, if it is there.
    fn field(&self, name: &str, since: Version) -> Option<Place<'a>> {
        let value = self.record.get(name).filter(|_| self.version >= since)?;
        Some(Place { version: self.version, value, path: self.path_of(name) })
    }

    fn required(&self, name: &str) -> Result<Place<'a>, SchemaError> {
        self.field(name, Version::V1).ok_or_else(|| SchemaError::Missing { path: self.path_of(name) })
    }

    /// A required field of version 1 that has another name since a later one. The old name counts if it is there:
    /// everybody writes it, and older programs change nothing else.
    fn renamed(&self, old: &str, new: &str, since: Version) -> Result<Place<'a>, SchemaError> {
        let newest = if self.version >= since { new } else { old };
        self.field(old, Version::V1)
            .or_else(|| self.field(new, since))
            .ok_or_else(|| SchemaError::Missing { path: self.path_of(newest) })
    }

    fn optional<T>(
        &self,
        name: &str,
        since: Version,
        read: impl Fn(&Place<'a>) -> Result<T, SchemaError>,
    ) -> Result<Presence<T>, SchemaError> {
        match self.field(name, since) {
            None => Ok(Presence::Absent),
            Some(Place { value: Value::Null, .. }) => Ok(Presence::Null),
            Some(place) => read(&place).map(Presence::Value),
        }
    }
}

impl<'a> Place<'a> {
    fn wrong_type<T>(&self) -> Result<T, SchemaError> {
        Err(SchemaError::WrongType { path: self.path.clone() })
    }

    fn record(&self) -> Result<Fields<'a>, SchemaError> {
        match self.value {
            Value::Record(record) => Ok(Fields { version: self.version, record, path: self.path.clone() }),
            _ => self.wrong_type(),
        }
    }

    fn text(&self) -> Result<String, SchemaError> {
        match self.value {
            Value::Text(text) => Ok(text.clone()),
            _ => self.wrong_type(),
        }
    }

    fn integer(&self) -> Result<i64, SchemaError> {
        match *self.value {
            Value::Integer(number) => Ok(number),
            Value::Float(number) if number.fract() == 0.0 && number.abs() <= MAX_EXACT as f64 => Ok(number as i64),
            _ => self.wrong_type(),
        }
    }

    fn list<T>(&self, read: impl Fn(&Place<'a>) -> Result<T, SchemaError>) -> Result<Vec<T>, SchemaError> {
        let Value::List(values) = self.value else { return self.wrong_type() };
        let place = |(index, value)| Place { version: self.version, value, path: format!("{}[{index}]", self.path) };
        values.iter().enumerate().map(place).map(|place| read(&place)).collect()
    }

    fn state(&self) -> Result<State, SchemaError> {
        let name = self.text()?;
        Ok(match name.as_str() {
            "new" => State::New,
            "paid" => State::Paid,
            "shipped" => State::Shipped,
            "cancelled" if self.version >= Version::V2 => State::Cancelled,
            "returned" if self.version >= Version::V3 => State::Returned,
            _ => State::Unknown(name),
        })
    }

    fn item(&self) -> Result<Item, SchemaError> {
        let item = self.record()?;
        Ok(Item {
            product: item.renamed("sku", "product", Version::V3)?.text()?,
            quantity: item.required("quantity")?.integer()?,
            unit_price_cents: item.optional("unit_price_cents", Version::V2, Place::integer)?,
        })
    }

    fn delivery(&self) -> Result<Delivery, SchemaError> {
        let delivery = self.record()?;
        Ok(Delivery {
            city: delivery.required("city")?.text()?,
            instructions: delivery.optional("instructions", Version::V3, Place::text)?,
        })
    }
}

fn name_of(state: &State) -> &str {
    match state {
        State::New => "new",
        State::Paid => "paid",
        State::Shipped => "shipped",
        State::Cancelled => "cancelled",
        State::Returned => "returned",
        State::Unknown(name) => name,
    }
}

fn put(fields: &mut Record, name: &str, value: Value) {
    fields.insert(name.to_owned(), value);
}

fn put_optional<T>(fields: &mut Record, name: &str, value: &Presence<T>, write: impl Fn(&T) -> Value) {
    match value {
        Presence::Absent => drop(fields.remove(name)),
        Presence::Null => put(fields, name, Value::Null),
        Presence::Value(value) => put(fields, name, write(value)),
    }
}

fn put_buyer(fields: &mut Record, version: Version, buyer: &str) {
    put(fields, "customer", Value::Text(buyer.to_owned()));
    if version >= Version::V2 {
        put(fields, "buyer", Value::Text(buyer.to_owned()));
    }
}

fn item_value(version: Version, item: &Item) -> Value {
    let mut fields = Record::new();
    put(&mut fields, "sku", Value::Text(item.product.clone()));
    if version >= Version::V3 {
        put(&mut fields, "product", Value::Text(item.product.clone()));
    }
    put(&mut fields, "quantity", Value::Integer(item.quantity));
    if version >= Version::V2 {
        put_optional(&mut fields, "unit_price_cents", &item.unit_price_cents, |cents| Value::Integer(*cents));
    }
    Value::Record(fields)
}

fn delivery_value(delivery: &Delivery) -> Value {
    let mut fields = Record::new();
    put(&mut fields, "city", Value::Text(delivery.city.clone()));
    put_optional(&mut fields, "instructions", &delivery.instructions, |text| Value::Text(text.clone()));
    Value::Record(fields)
}

/// The items of a document from which an order was read.
fn items_of(fields: &mut Record) -> &mut Vec<Value> {
    match fields.get_mut("items") {
        Some(Value::List(items)) => items,
        _ => unreachable!("an order was read from it"),
    }
}
// learner: end
