//! Changes the typed order, and merges what differs from before into the document.

use ch01::schema_drift::{
    Change, Delivery, Item, NoSharedVersion, Order, OrderSchema, Presence, Record, SchemaError, State, Value, Version,
    Versions,
};

pub struct Programs;

type Read<T> = fn(Version, &Value) -> Result<T, Fault>;

/// What is wrong, and the way to it, innermost step first.
struct Fault {
    missing: bool,
    way: Vec<String>,
}

impl Fault {
    fn wrong() -> Self {
        Fault { missing: false, way: Vec::new() }
    }

    fn within(mut self, step: impl Into<String>) -> Self {
        self.way.push(step.into());
        self
    }
}

impl From<Fault> for SchemaError {
    fn from(fault: Fault) -> Self {
        let mut path = String::new();
        for step in fault.way.iter().rev() {
            if !path.is_empty() && !step.starts_with('[') {
                path.push('.');
            }
            path += step;
        }
        if fault.missing { SchemaError::Missing { path } } else { SchemaError::WrongType { path } }
    }
}

fn record(value: &Value) -> Result<&Record, Fault> {
    if let Value::Record(record) = value { Ok(record) } else { Err(Fault::wrong()) }
}

fn text(_: Version, value: &Value) -> Result<String, Fault> {
    if let Value::Text(text) = value { Ok(text.clone()) } else { Err(Fault::wrong()) }
}

fn number(_: Version, value: &Value) -> Result<i64, Fault> {
    match value {
        Value::Integer(number) => Ok(*number),
        // The largest integer below which a float has no neighbour that is rounded to it.
        Value::Float(float) if (float.trunc() - float).abs() == 0.0 && float.abs() < 2f64.powi(53) => Ok(*float as i64),
        _ => Err(Fault::wrong()),
    }
}

fn list<T>(version: Version, value: &Value, read: Read<T>) -> Result<Vec<T>, Fault> {
    let Value::List(values) = value else { return Err(Fault::wrong()) };
    let mut list = Vec::new();
    for (index, value) in values.iter().enumerate() {
        list.push(read(version, value).map_err(|fault| fault.within(format!("[{index}]")))?);
    }
    Ok(list)
}

fn texts(version: Version, value: &Value) -> Result<Vec<String>, Fault> {
    list(version, value, text)
}

fn items(version: Version, value: &Value) -> Result<Vec<Item>, Fault> {
    list(version, value, item)
}

const NAMES: [(&str, State, Version); 5] = [
    ("new", State::New, Version::V1),
    ("paid", State::Paid, Version::V1),
    ("shipped", State::Shipped, Version::V1),
    ("cancelled", State::Cancelled, Version::V2),
    ("returned", State::Returned, Version::V3),
];

fn state(version: Version, value: &Value) -> Result<State, Fault> {
    let name = text(version, value)?;
    let known = NAMES.iter().find(|(known, _, since)| *known == name && version >= *since);
    Ok(known.map_or(State::Unknown(name), |(_, state, _)| state.clone()))
}

fn any_of<T>(version: Version, fields: &Record, names: &[&str], read: Read<T>) -> Result<T, Fault> {
    match names.iter().find_map(|name| Some((name, fields.get(*name)?))) {
        Some((name, value)) => read(version, value).map_err(|fault| fault.within(*name)),
        None => Err(Fault { missing: true, way: vec![names[names.len() - 1].to_owned()] }),
    }
}

fn maybe<T>(version: Version, fields: &Record, name: &str, since: Version, read: Read<T>) -> Result<Presence<T>, Fault> {
    match fields.get(name) {
        Some(Value::Null) if version >= since => Ok(Presence::Null),
        Some(value) if version >= since => {
            read(version, value).map(Presence::Value).map_err(|fault| fault.within(name))
        }
        _ => Ok(Presence::Absent),
    }
}

fn buyer_names(version: Version) -> &'static [&'static str] {
    if version == Version::V1 { &["customer"] } else { &["customer", "buyer"] }
}

fn product_names(version: Version) -> &'static [&'static str] {
    if version == Version::V3 { &["sku", "product"] } else { &["sku"] }
}

fn item(version: Version, value: &Value) -> Result<Item, Fault> {
    let fields = record(value)?;
    Ok(Item {
        product: any_of(version, fields, product_names(version), text)?,
        quantity: any_of(version, fields, &["quantity"], number)?,
        unit_price_cents: maybe(version, fields, "unit_price_cents", Version::V2, number)?,
    })
}

fn delivery(version: Version, value: &Value) -> Result<Delivery, Fault> {
    let fields = record(value)?;
    Ok(Delivery {
        city: any_of(version, fields, &["city"], text)?,
        instructions: maybe(version, fields, "instructions", Version::V3, text)?,
    })
}

fn order(version: Version, value: &Value) -> Result<Order, Fault> {
    let fields = record(value)?;
    let currency = match fields.contains_key("currency") && version > Version::V1 {
        true => any_of(version, fields, &["currency"], text)?,
        false => "EUR".into(),
    };
    Ok(Order {
        currency,
        id: any_of(version, fields, &["id"], number)?,
        buyer: any_of(version, fields, buyer_names(version), text)?,
        state: any_of(version, fields, &["state"], state)?,
        items: any_of(version, fields, &["items"], items)?,
        note: maybe(version, fields, "note", Version::V1, text)?,
        delivery: maybe(version, fields, "delivery", Version::V3, delivery)?,
        tags: maybe(version, fields, "tags", Version::V3, texts)?,
    })
}

/// Puts a field there if it is not what it was.
fn merge<T: PartialEq>(fields: &mut Record, names: &[&str], before: Option<&T>, after: &T, write: impl Fn(&T) -> Value) {
    if before != Some(after) {
        fields.extend(names.iter().map(|name| ((*name).to_owned(), write(after))));
    }
}

fn merge_maybe<T: PartialEq>(
    fields: &mut Record,
    name: &str,
    before: Option<&Presence<T>>,
    after: &Presence<T>,
    write: impl Fn(&T) -> Value,
) {
    let value = match after {
        _ if before == Some(after) => return,
        Presence::Absent => {
            fields.remove(name);
            return;
        }
        Presence::Null => Value::Null,
        Presence::Value(value) => write(value),
    };
    fields.insert(name.to_owned(), value);
}

fn merge_item(version: Version, fields: &mut Record, before: Option<&Item>, after: &Item) {
    let names = product_names(version);
    merge(fields, names, before.map(|item| &item.product), &after.product, |text| Value::Text(text.clone()));
    merge(fields, &["quantity"], before.map(|item| &item.quantity), &after.quantity, |number| Value::Integer(*number));
    let price = before.map(|item| &item.unit_price_cents);
    merge_maybe(fields, "unit_price_cents", price, &after.unit_price_cents, |cents| Value::Integer(*cents));
}

fn merge_delivery(delivery: &Delivery) -> Value {
    let mut fields = Record::new();
    merge(&mut fields, &["city"], None, &delivery.city, |text| Value::Text(text.clone()));
    merge_maybe(&mut fields, "instructions", None, &delivery.instructions, |text| Value::Text(text.clone()));
    Value::Record(fields)
}

fn state_text(state: &State) -> Value {
    let name = match state {
        State::Unknown(name) => name.clone(),
        state => NAMES.iter().find(|(_, known, _)| known == state).map_or(String::new(), |(name, ..)| (*name).into()),
    };
    Value::Text(name)
}

/// All fields but the items.
fn merge_order(version: Version, fields: &mut Record, before: Option<&Order>, after: &Order) {
    let text = |text: &String| Value::Text(text.clone());
    merge(fields, &["id"], before.map(|order| &order.id), &after.id, |id| Value::Integer(*id));
    merge(fields, buyer_names(version), before.map(|order| &order.buyer), &after.buyer, text);
    merge(fields, &["state"], before.map(|order| &order.state), &after.state, state_text);
    merge_maybe(fields, "note", before.map(|order| &order.note), &after.note, text);
    if version > Version::V1 {
        merge(fields, &["currency"], before.map(|order| &order.currency), &after.currency, text);
    }
    merge_maybe(fields, "delivery", before.map(|order| &order.delivery), &after.delivery, merge_delivery);
    let tags = |tags: &Vec<String>| Value::List(tags.iter().map(text).collect());
    merge_maybe(fields, "tags", before.map(|order| &order.tags), &after.tags, tags);
}

/// The items after a change, each with the one in the document that it was.
fn merge_items(version: Version, old: &[Value], before: &[Item], after: &[(Option<usize>, Item)]) -> Value {
    let merged = after.iter().map(|(origin, item)| {
        let mut fields = match origin.map(|origin| &old[origin]) {
            Some(Value::Record(fields)) => fields.clone(),
            _ => Record::new(),
        };
        merge_item(version, &mut fields, origin.map(|origin| &before[origin]), item);
        Value::Record(fields)
    });
    Value::List(merged.collect())
}

impl OrderSchema for Programs {
    fn new() -> Self {
        Programs
    }

    fn read(&self, version: Version, document: &Value) -> Result<Order, SchemaError> {
        Ok(order(version, document)?)
    }

    fn write(&self, version: Version, order: &Order) -> Value {
        let mut fields = Record::new();
        merge_order(version, &mut fields, None, order);
        let items: Vec<_> = order.items.iter().map(|item| (None, item.clone())).collect();
        fields.insert("items".into(), merge_items(version, &[], &[], &items));
        Value::Record(fields)
    }

    fn modify(&self, version: Version, document: &Value, change: &Change) -> Result<Value, SchemaError> {
        let before = self.read(version, document)?;
        let mut after = before.clone();
        let mut items: Vec<_> = before.items.iter().cloned().enumerate().map(|(at, item)| (Some(at), item)).collect();
        match change.clone() {
            Change::Buyer(buyer) => after.buyer = buyer,
            Change::State(state) => after.state = state,
            Change::Note(note) => after.note = note,
            Change::Quantity { item, quantity } => items[item].1.quantity = quantity,
            Change::AddItem(item) => items.push((None, item)),
            Change::RemoveItem { item } => drop(items.remove(item)),
        }
        let mut fields = record(document)?.clone();
        if let Some(Value::List(old)) = fields.get("items") {
            let items = merge_items(version, old, &before.items, &items);
            fields.insert("items".into(), items);
        }
        merge_order(version, &mut fields, Some(&before), &after);
        Ok(Value::Record(fields))
    }

    fn negotiate(&self, ours: Versions, theirs: Versions) -> Result<u32, NoSharedVersion> {
        let knows = |versions: Versions, version| (versions.oldest..=versions.newest).contains(&version);
        let candidates = [ours.newest, theirs.newest];
        let shared = candidates.into_iter().filter(|version| knows(ours, *version) && knows(theirs, *version));
        shared.max().ok_or(NoSharedVersion { ours, theirs })
    }
}
